/// Reasoning that a model writes before its answer, in tags of its own.
enum Reasoning: Equatable {
  case none
  /// The answer begins at this scalar.
  case ended(Int)
  case unfinished

  private static let tags = ["think", "thinking", "reasoning", "reflection", "scratchpad"]

  /// Where reasoning at the beginning ends. A template may have opened the tag in the prompt
  /// already, so the closing one alone will do.
  static func end(in text: LoweredText) -> Reasoning {
    let scalars = text.scalars
    for tag in tags {
      let close = Array("</\(tag)>".unicodeScalars)
      if let end = index(of: close, in: scalars) { return .ended(end + close.count) }
      let open = Array("<\(tag)>".unicodeScalars)
      if scalars.drop(while: { $0.properties.isWhitespace }).starts(with: open) {
        return .unfinished
      }
    }
    return .none
  }

  /// The scalar at which the answer begins; `nil` where it never does.
  func answerStart(of text: LoweredText) -> Int? {
    switch self {
    case .none: 0
    case .ended(let start): start
    case .unfinished: nil
    }
  }

  /// The last of them: reasoning may speak of its own tags.
  private static func index(of part: [Unicode.Scalar], in scalars: [Unicode.Scalar]) -> Int? {
    guard scalars.count >= part.count else { return nil }
    return (0...(scalars.count - part.count)).last { start in
      scalars[start] == "<" && scalars[start...].starts(with: part)
    }
  }
}

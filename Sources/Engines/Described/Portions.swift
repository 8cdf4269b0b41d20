import LanguageModel

extension Transformer.Input {
  /// Positions of every sequence.
  var lengths: [Int] {
    switch self {
    case .tokens(let prompts): prompts.map(\.count)
    case .residual(_, let lengths, _): lengths
    }
  }

  /// Some of the sequences.
  func part(_ range: Range<Int>, width: Int) -> Transformer.Input {
    switch self {
    case .tokens(let prompts): return .tokens(Array(prompts[range]))
    case .residual(let rows, let lengths, let hook):
      let first = lengths[..<range.lowerBound].reduce(0, +)
      let count = lengths[range].reduce(0, +)
      return .residual(
        Array(rows[first * width..<(first + count) * width]), lengths: Array(lengths[range]),
        at: hook)
    }
  }
}

extension Edit {
  /// The edit of some of the sequences, numbered from 0; `nil` where it is of none of them.
  func part(_ range: Range<Int>) -> Edit? {
    guard let prompts else { return self }
    let own = prompts.filter(range.contains).map { $0 - range.lowerBound }
    guard !own.isEmpty else { return nil }
    var edit = self
    edit.prompts = Set(own)
    return edit
  }
}

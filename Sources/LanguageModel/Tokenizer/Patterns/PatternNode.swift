/// A regular expression, read.
indirect enum PatternNode: Equatable, Sendable {
  enum Greed: Sendable { case greedy, lazy, possessive }
  enum Place: Sendable {
    /// `^` and `$`, which are those of lines.
    case lineStart, lineEnd
    /// `\A`, `\z`, and `\Z`: before a line feed at the end too.
    case textStart, textEnd, lastLineEnd
    case wordBoundary, noWordBoundary
  }

  case set(ScalarSet)
  case sequence([PatternNode])
  case either([PatternNode])
  case repeated(PatternNode, least: Int, most: Int?, Greed)
  case look(PatternNode, ahead: Bool, isNegative: Bool)
  case atomic(PatternNode)
  case place(Place)

  /// Whether it can match nothing.
  var isNullable: Bool {
    switch self {
    case .set: false
    case .sequence(let nodes): nodes.allSatisfy(\.isNullable)
    case .either(let nodes): nodes.contains(where: \.isNullable)
    case .repeated(let node, let least, _, _): least == 0 || node.isNullable
    case .look, .place: true
    case .atomic(let node): node.isNullable
    }
  }

  /// The number of scalars of every match, where it is one number.
  var width: Int? {
    switch self {
    case .set: return 1
    case .sequence(let nodes):
      var total = 0
      for node in nodes {
        guard let width = node.width, total < 256 else { return nil }
        total += width
      }
      return total
    case .either(let nodes):
      let widths = Set(nodes.map(\.width))
      return widths.count == 1 ? widths.first ?? nil : nil
    case .repeated(let node, let least, let most, _):
      guard least == most, least < 256, let width = node.width else { return nil }
      return width * least
    case .look, .place: return 0
    case .atomic(let node): return node.width
    }
  }
}

/// Why a regular expression is not understood.
struct PatternError: Error, Equatable {
  var message: String
}

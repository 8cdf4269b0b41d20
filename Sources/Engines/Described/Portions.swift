import LanguageModel

/// Sequences dealt out to messages, in their order.
enum Portions {
  /// Ranges of as many sequences as stay within `most` together; one that is larger by itself is alone.
  static func within(_ most: Int, _ sizes: [Int]) -> [Range<Int>] {
    var (portions, first, sum) = ([Range<Int>](), 0, 0)
    for (index, size) in sizes.enumerated() {
      if index > first, sum + size > most {
        portions.append(first..<index)
        (first, sum) = (index, 0)
      }
      sum += size
    }
    if first < sizes.count { portions.append(first..<sizes.count) }
    return portions
  }
}

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

/// A key of `alpha_pattern` or `rank_pattern`: a regular expression of Python's for the last parts of
/// a module's path, as the PEFT library matches it: `(.*\.)?(KEY)$` from the path's beginning.
///
/// Only whether a path matches is asked, so the sets of places that an expression can end at are
/// carried along, and neither time nor memory grows exponentially with any expression. What Python
/// knows beyond such sets (references to groups, lookbehind, possessive repeats, flags) is refused.
struct NamePattern: Sendable {
  indirect enum Node: Sendable {
    case one(@Sendable (Unicode.Scalar) -> Bool)
    case start, end, veryEnd
    case wordBoundary(Bool)
    case ahead(Node, isWanted: Bool)
    case sequence([Node])
    case choice([Node])
    case repeated(Node, atLeast: Int, atMost: Int?)
  }

  /// The key, as the file has it.
  let text: String
  let whole: Node
  /// The expression without what stands before it in a path.
  private let key: Node
  /// A key without operators but the dot, which most are; `nil` stands for the dot.
  private let plain: [Unicode.Scalar?]?

  /// Longer keys are not names; longer paths are not modules'.
  static let longestKey = 4096
  private static let longestPath = 1024
  private static let largestEffort = 4_000_000

  /// - Throws: `ModelError.unsupported`, naming the key and what in it was not understood.
  init(_ text: String) throws {
    self.text = text
    var parser = Parser(text)
    key = try parser.whole()
    let dot = Node.one { $0 == "." }
    let any = Node.one { $0 != "\n" }
    whole = .sequence([
      .repeated(
        .sequence([.repeated(any, atLeast: 0, atMost: nil), dot]), atLeast: 0, atMost: 1),
      key, .end,
    ])
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || "0123456789_-.".unicodeScalars.contains($0))
    }
    plain = isPlain ? text.unicodeScalars.map { $0 == "." ? nil : $0 } : nil
  }

  /// Whether the expression is for the whole of `path`, as Python's `fullmatch` has it.
  ///
  /// - Throws: `ModelError.unsupported` where the answer would take too long.
  func matchesWhole(_ path: String) throws -> Bool {
    try matches(Array(path.unicodeScalars), .sequence([key, .veryEnd]))
  }

  /// Whether the key is the one for the module at `path`.
  ///
  /// - Throws: `ModelError.unsupported` where the answer would take too long.
  func matches(_ path: String) throws -> Bool {
    let scalars = Array(path.unicodeScalars)
    if let plain, !scalars.contains("\n") {
      guard scalars.count >= plain.count else { return false }
      let start = scalars.count - plain.count
      return (start == 0 || scalars[start - 1] == ".")
        && zip(scalars[start...], plain).allSatisfy { $1 == nil || $0 == $1 }
    }
    return try matches(scalars, whole)
  }

  private func matches(_ scalars: [Unicode.Scalar], _ node: Node) throws -> Bool {
    guard scalars.count <= Self.longestPath else {
      throw ModelError(
        .unsupported, "a module's path of \(scalars.count) characters is not matched with patterns")
    }
    var search = Search(text: scalars, effort: Self.largestEffort)
    var starts = [Bool](repeating: false, count: scalars.count + 1)
    starts[0] = true
    guard let ends = search.ends(of: node, from: starts) else {
      throw ModelError(
        .unsupported,
        "adapter_config.json: the pattern \(ModelError.printable(text)) takes too long to match")
    }
    return ends.contains(true)
  }

  // MARK: - Matching

  private struct Search {
    let text: [Unicode.Scalar]
    /// How many single steps may still be taken.
    var effort: Int

    func isWord(_ index: Int) -> Bool {
      text.indices.contains(index) && NamePattern.isWord(text[index])
    }

    /// Where `node` can end that begins at one of `starts`; `nil` where that takes too long.
    mutating func ends(of node: Node, from starts: [Bool]) -> [Bool]? {
      effort -= starts.count
      guard effort > 0 else { return nil }
      switch node {
      case .one(let accepts):
        var result = [Bool](repeating: false, count: starts.count)
        for index in text.indices where starts[index] && accepts(text[index]) {
          result[index + 1] = true
        }
        return result
      case .start: return keep(starts) { $0 == 0 }
      case .veryEnd: return keep(starts) { $0 == text.count }
      case .end:
        return keep(starts) {
          $0 == text.count || ($0 == text.count - 1 && text[$0] == "\n")
        }
      case .wordBoundary(let isWanted):
        return keep(starts) { (isWord($0 - 1) != isWord($0)) == isWanted }
      case .ahead(let inner, let isWanted):
        var result = starts
        for index in starts.indices where starts[index] {
          var single = [Bool](repeating: false, count: starts.count)
          single[index] = true
          guard let found = ends(of: inner, from: single) else { return nil }
          result[index] = found.contains(true) == isWanted
        }
        return result
      case .sequence(let nodes):
        var places = starts
        for node in nodes {
          guard places.contains(true) else { return places }
          guard let next = ends(of: node, from: places) else { return nil }
          places = next
        }
        return places
      case .choice(let nodes):
        var result = [Bool](repeating: false, count: starts.count)
        for node in nodes {
          guard let found = ends(of: node, from: starts) else { return nil }
          unite(&result, found)
        }
        return result
      case .repeated(let inner, let atLeast, let atMost):
        return repeated(inner, atLeast, atMost, from: starts)
      }
    }

    mutating func repeated(
      _ inner: Node, _ atLeast: Int, _ atMost: Int?, from starts: [Bool]
    ) -> [Bool]? {
      var places = starts
      for _ in 0..<atLeast {
        guard places.contains(true) else { return places }
        guard let next = ends(of: inner, from: places) else { return nil }
        // From here on every round gives the same.
        if next == places { break }
        places = next
      }
      var result = places
      var round = atLeast
      while round < atMost ?? .max {
        guard let next = ends(of: inner, from: places) else { return nil }
        let before = result
        unite(&result, next)
        if result == before { break }
        places = next
        round += 1
      }
      return result
    }

    private func keep(_ starts: [Bool], _ isKept: (Int) -> Bool) -> [Bool] {
      starts.indices.map { starts[$0] && isKept($0) }
    }

    private func unite(_ result: inout [Bool], _ other: [Bool]) {
      for index in result.indices where other[index] { result[index] = true }
    }
  }

  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

/// A key of `alpha_pattern` or `rank_pattern`: a regular expression of Python's for the last parts of
/// a module's path, as the PEFT library matches it: `(.*\.)?(KEY)$` from the path's beginning.
///
/// Only whether a path matches is asked, so the sets of places that an expression can end at are
/// carried along, and neither time nor memory grows exponentially with any expression. What Python
/// knows beyond such sets (references to groups, lookbehind, possessive repeats, flags) is refused.
struct NamePattern: Sendable {
  private indirect enum Node: Sendable {
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
  private let whole: Node
  /// A key without operators but the dot, which most are; `nil` stands for the dot.
  private let plain: [Unicode.Scalar?]?

  /// Longer keys are not names; longer paths are not modules'.
  private static let longestKey = 4096
  private static let longestPath = 1024
  private static let largestEffort = 4_000_000

  /// - Throws: `ModelError.unsupported`, naming the key and what in it was not understood.
  init(_ text: String) throws {
    self.text = text
    var parser = Parser(text)
    let key = try parser.whole()
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
    guard scalars.count <= Self.longestPath else {
      throw ModelError(
        .unsupported, "a module's path of \(scalars.count) characters is not matched with patterns")
    }
    var search = Search(text: scalars, effort: Self.largestEffort)
    var starts = [Bool](repeating: false, count: scalars.count + 1)
    starts[0] = true
    guard let ends = search.ends(of: whole, from: starts) else {
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

    private func isWord(_ index: Int) -> Bool {
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

    private mutating func repeated(
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

  fileprivate static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
  }
}

// MARK: - Reading an expression

extension NamePattern {
  private struct Parser {
    private let text: String
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) {
      self.text = text
      scalars = Array(text.unicodeScalars)
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func refused(_ what: String) -> ModelError {
      ModelError(
        .unsupported,
        "adapter_config.json: \(what) in the pattern \(ModelError.printable(text)) is not "
          + "implemented")
    }

    private func malformed(_ what: String) -> ModelError {
      ModelError(
        .malformedConfiguration,
        "adapter_config.json: \(what) in the pattern \(ModelError.printable(text))")
    }

    private mutating func take(_ wanted: String) -> Bool {
      let wanted = Array(wanted.unicodeScalars)
      guard scalars[position...].starts(with: wanted) else { return false }
      position += wanted.count
      return true
    }

    mutating func whole() throws -> Node {
      guard scalars.count <= NamePattern.longestKey else {
        throw refused("a key of \(scalars.count) characters")
      }
      let node = try choice()
      guard position == scalars.count else { throw malformed("a ')' without its '('") }
      return node
    }

    private mutating func choice() throws -> Node {
      var choices = [try sequence()]
      while take("|") { choices.append(try sequence()) }
      return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws -> Node {
      var nodes: [Node] = []
      while let scalar = next, scalar != "|", scalar != ")" {
        guard let item = try item() else { continue }
        nodes.append(try quantified(item))
      }
      return .sequence(nodes)
    }

    /// What follows an item to say how often it comes.
    private mutating func quantified(_ item: Node) throws -> Node {
      guard let (least, most) = try quantifier() else { return item }
      // Whether it takes much or little changes nothing about whether the whole matches.
      if !take("?"), next == "+" { throw refused("a possessive repeat") }
      let end = position
      if try quantifier() != nil { throw malformed("a repeat of a repeat") }
      position = end
      return .repeated(item, atLeast: least, atMost: most)
    }

    private mutating func quantifier() throws -> (Int, Int?)? {
      if take("*") { return (0, nil) }
      if take("+") { return (1, nil) }
      if take("?") { return (0, 1) }
      let start = position
      guard take("{"), next != "}" else {
        position = start
        return nil
      }
      let least = try number()
      let hasComma = take(",")
      let most = hasComma ? try number() : least
      // Anything else in braces stands for itself.
      guard hasComma || least != nil, take("}") else {
        position = start
        return nil
      }
      guard most ?? .max >= least ?? 0 else { throw malformed("a repeat that ends early") }
      return (least ?? 0, most)
    }

    private mutating func number() throws -> Int? {
      let start = position
      var value = 0
      while let digit = next, ("0"..."9").contains(digit) {
        value = value * 10 + Int(digit.value - 48)
        guard value <= 65_535 else { throw refused("a repeat of more than 65535 times") }
        position += 1
      }
      return position == start ? nil : value
    }

    /// A single item; `nil` for a comment.
    private mutating func item() throws -> Node? {
      guard let scalar = next else { return nil }
      position += 1
      switch scalar {
      case ".": return .one { $0 != "\n" }
      case "^": return .start
      case "$": return .end
      case "(": return try group()
      case "[":
        let accepts = try characterClass()
        return .one(accepts)
      case "\\": return try escape()
      case "*", "+", "?": throw malformed("nothing to repeat")
      default: return .one { $0 == scalar }
      }
    }

    private mutating func group() throws -> Node? {
      depth += 1
      defer { depth -= 1 }
      guard depth <= 64 else { throw refused("groups more than 64 deep") }
      var ahead: Bool?
      if take("?") {
        if take("#") {
          while let scalar = next, scalar != ")" {
            _ = scalar
            position += 1
          }
          guard take(")") else { throw malformed("an unclosed comment") }
          return nil
        }
        if take("P<") {
          while let scalar = next, NamePattern.isWord(scalar) { position += 1 }
          guard take(">") else { throw malformed("a group's unclosed name") }
        } else if take("=") {
          ahead = true
        } else if take("!") {
          ahead = false
        } else if !take(":") {
          throw refused("(?\(next.map { String($0) } ?? "")")
        }
      }
      let inner = try choice()
      guard take(")") else { throw malformed("a '(' without its ')'") }
      return ahead.map { .ahead(inner, isWanted: $0) } ?? inner
    }

    private static func named(_ letter: Unicode.Scalar) -> (@Sendable (Unicode.Scalar) -> Bool)? {
      switch letter {
      case "d": { $0.properties.generalCategory == .decimalNumber }
      case "D": { $0.properties.generalCategory != .decimalNumber }
      case "s": { $0.properties.isWhitespace }
      case "S": { !$0.properties.isWhitespace }
      case "w": { NamePattern.isWord($0) }
      case "W": { !NamePattern.isWord($0) }
      default: nil
      }
    }

    private mutating func escape() throws -> Node {
      guard let letter = next else { throw malformed("a backslash at the end") }
      if let accepts = Self.named(letter) {
        position += 1
        return .one(accepts)
      }
      if take("A") { return .start }
      if take("Z") { return .veryEnd }
      if take("b") { return .wordBoundary(true) }
      if take("B") { return .wordBoundary(false) }
      let scalar = try escapedScalar()
      return .one { $0 == scalar }
    }

    /// The character that an escape spells, its backslash being read.
    private mutating func escapedScalar() throws -> Unicode.Scalar {
      guard let letter = next else { throw malformed("a backslash at the end") }
      position += 1
      switch letter {
      case "n": return "\n"
      case "t": return "\t"
      case "r": return "\r"
      case "f": return "\u{c}"
      case "v": return "\u{b}"
      case "a": return "\u{7}"
      case let other where other.isASCII && (isLetter(other) || ("0"..."9").contains(other)):
        throw refused("\\\(other)")
      default: return letter
      }
    }

    private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
      ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar)
    }

    private mutating func characterClass() throws -> @Sendable (Unicode.Scalar) -> Bool {
      let isNegated = take("^")
      var tests: [@Sendable (Unicode.Scalar) -> Bool] = []
      var isFirst = true
      while true {
        guard let scalar = next else { throw malformed("a '[' without its ']'") }
        if scalar == "]", !isFirst {
          position += 1
          break
        }
        isFirst = false
        position += 1
        if scalar == "\\", let letter = next, let accepts = Self.named(letter) {
          position += 1
          tests.append(accepts)
          continue
        }
        let low = scalar == "\\" ? try classEscape() : scalar
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
          tests.append { $0 == low }
          continue
        }
        position += 2
        let last = scalars[position - 1]
        let high = last == "\\" ? try classEscape() : last
        guard low <= high else { throw malformed("a range that ends early") }
        tests.append { (low...high).contains($0) }
      }
      let all = tests
      return { scalar in all.contains { $0(scalar) } != isNegated }
    }

    private mutating func classEscape() throws -> Unicode.Scalar {
      if take("b") { return "\u{8}" }
      return try escapedScalar()
    }
  }
}

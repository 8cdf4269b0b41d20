extension NamePattern {
  struct Parser {
    let text: String
    let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    init(_ text: String) {
      self.text = text
      scalars = Array(text.unicodeScalars)
    }

    var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    func refused(_ what: String) -> ModelError {
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

    mutating func take(_ wanted: String) -> Bool {
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

    mutating func choice() throws -> Node {
      var choices = [try sequence()]
      while take("|") { choices.append(try sequence()) }
      return choices.count == 1 ? choices[0] : .choice(choices)
    }

    mutating func sequence() throws -> Node {
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

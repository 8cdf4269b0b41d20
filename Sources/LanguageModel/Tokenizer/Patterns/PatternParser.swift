/// Reads regular expressions as Oniguruma, which the hub's `tokenizers` library matches with, reads
/// them: the part of that language that published tokenizers use. What is beyond it is an error that
/// names it.
///
/// For llama.cpp classes mean something else. It does not match the characters but one byte for
/// each, of its class: all kinds of letters are `\p{L}`, `\d` is of ASCII, and ranges of characters
/// beyond ASCII never take in white space.
struct PatternParser {
  private let scalars: [Unicode.Scalar]
  let lineage: TokenizerLineage
  var index = 0
  private var depth = 0
  var isCaseless = false
  var dotTakesAll = false

  static let longestPattern = 16384
  private static let deepestNesting = 64

  private init(_ text: String, _ lineage: TokenizerLineage) {
    scalars = Array(text.unicodeScalars)
    self.lineage = lineage
  }

  static func parse(_ text: String, _ lineage: TokenizerLineage = .hub) throws -> PatternNode {
    var parser = PatternParser(text, lineage)
    guard parser.scalars.count <= longestPattern else {
      throw PatternError(
        message: "\(parser.scalars.count) characters, at most \(longestPattern)")
    }
    let node = try parser.alternatives()
    guard parser.index == parser.scalars.count else {
      throw PatternError(message: "a ) without (")
    }
    return node
  }

  var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  func scalar(_ offset: Int) -> Unicode.Scalar? {
    index + offset < scalars.count ? scalars[index + offset] : nil
  }

  mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard index + wanted.count <= scalars.count,
      scalars[index..<(index + wanted.count)].elementsEqual(wanted)
    else { return false }
    index += wanted.count
    return true
  }

  mutating func pop() throws -> Unicode.Scalar {
    guard let next else { throw PatternError(message: "it ends too early") }
    index += 1
    return next
  }

  func unsupported(_ what: String) -> PatternError {
    PatternError(message: "\(what) is not supported")
  }

  // MARK: - Structure

  private mutating func alternatives() throws -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else {
      throw PatternError(message: "nested more than \(Self.deepestNesting) deep")
    }
    let caseless = isCaseless
    let dot = dotTakesAll
    defer { (isCaseless, dotTakesAll) = (caseless, dot) }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  mutating func sequence() throws -> PatternNode {
    var nodes: [PatternNode] = []
    /// The letter before, where case does not matter.
    var caselessLetter: Unicode.Scalar?
    while let scalar = next, scalar != "|", scalar != ")" {
      let start = index
      // Options that hold to the end of the group.
      if let node = try optionsToTheEnd() {
        nodes.append(node)
        break
      }
      guard let atom = try self.atom() else { continue }
      let letter = isCaseless && index == start + 1 ? scalar : nil
      if let caselessLetter, let letter {
        try refuseFolding(caselessLetter, letter)
      }
      caselessLetter = letter
      let repeated = try repeats(atom)
      if repeated != atom { caselessLetter = nil }
      nodes.append(repeated)
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// Two letters that one character stands for when case does not matter, as `ß` for `ss`.
  private func refuseFolding(_ first: Unicode.Scalar, _ second: Unicode.Scalar) throws {
    let pair = String([Character(first), Character(second)]).lowercased()
    if ["ss", "st", "ff", "fi", "fl"].contains(pair) {
      throw unsupported("\(pair) without regard to case")
    }
  }

  private mutating func optionsToTheEnd() throws -> PatternNode? {
    guard next == "(", scalar(1) == "?" else { return nil }
    let start = index
    index += 2
    guard let first = next, first == "i" || first == "m" || first == "-",
      let options = try options(), take(")")
    else {
      index = start
      return nil
    }
    (isCaseless, dotTakesAll) = options
    return try alternatives(keeping: options)
  }

  private mutating func alternatives(
    keeping options: (caseless: Bool, dot: Bool)
  ) throws -> PatternNode {
    (isCaseless, dotTakesAll) = options
    return try alternatives()
  }

  /// Letters between `(?` and `:` or `)`.
  private mutating func options() throws -> (caseless: Bool, dot: Bool)? {
    var (caseless, dot, on) = (isCaseless, dotTakesAll, true)
    while let option = next, option != ":", option != ")" {
      switch option {
      case "-": on = false
      case "i": caseless = on
      case "m": dot = on
      default: throw unsupported("the option \(option)")
      }
      index += 1
    }
    return (caseless, dot)
  }

  mutating func group() throws -> PatternNode? {
    if take("?#") {
      while try pop() != ")" {}
      return nil
    }
    let node: PatternNode
    if take("?:") {
      node = try alternatives()
    } else if take("?=") {
      node = .look(try alternatives(), ahead: true, isNegative: false)
    } else if take("?!") {
      node = .look(try alternatives(), ahead: true, isNegative: true)
    } else if take("?<=") {
      node = .look(try alternatives(), ahead: false, isNegative: false)
    } else if take("?<!") {
      node = .look(try alternatives(), ahead: false, isNegative: true)
    } else if take("?>") {
      node = .atomic(try alternatives())
    } else if take("?<") {
      // A name for the group: nothing refers to it.
      while try pop() != ">" {}
      node = try alternatives()
    } else if next == "?" {
      index += 1
      guard let letter = next, "im-".unicodeScalars.contains(letter),
        let options = try options(), take(":")
      else { throw unsupported("the group (?\(next.map(String.init) ?? "")") }
      let saved = (isCaseless, dotTakesAll)
      node = try alternatives(keeping: options)
      (isCaseless, dotTakesAll) = saved
    } else {
      node = try alternatives()
    }
    guard take(")") else { throw PatternError(message: "a ( without )") }
    return node
  }

  private mutating func repeats(_ atom: PatternNode) throws -> PatternNode {
    var node = atom
    while let mark = next {
      let least: Int
      var most: Int?
      var isCounted = false
      switch mark {
      case "*": (least, most) = (0, nil)
      case "+": (least, most) = (1, nil)
      case "?": (least, most) = (0, 1)
      case "{":
        guard let counts = try counts() else { return node }
        (least, most) = counts
        isCounted = true
      default: return node
      }
      index += 1
      var greed = PatternNode.Greed.greedy
      if next == "?" {
        // `{3}?` is not lazy: it makes the three optional.
        if !isCounted || least != most {
          greed = .lazy
          index += 1
        }
      } else if next == "+", !isCounted {
        greed = .possessive
        index += 1
      }
      if most == nil, node.isNullable {
        throw unsupported("repeating what may match nothing without end")
      }
      if case .place = node { throw unsupported("repeating a position") }
      if case .look = node { throw unsupported("repeating a position") }
      node = .repeated(node, least: least, most: most, greed)
    }
    return node
  }

  /// `{2}`, `{2,}`, `{2,5}` or `{,5}`, up to its bracket; `nil` where the bracket is a character.
  private mutating func counts() throws -> (Int, Int?)? {
    var end = index + 1
    var parts = [""]
    while end < scalars.count, scalars[end] != "}" {
      if scalars[end] == "," {
        parts.append("")
      } else {
        parts[parts.count - 1].unicodeScalars.append(scalars[end])
      }
      end += 1
    }
    let isNumber = parts.allSatisfy { $0.allSatisfy { ("0"..."9").contains($0) } }
    guard end < scalars.count, parts.count <= 2, isNumber, parts.contains(where: { $0 != "" })
    else { return nil }
    let least = parts[0].isEmpty ? 0 : Int(parts[0]) ?? .max
    let most = parts.count == 1 ? least : parts[1].isEmpty ? nil : Int(parts[1]) ?? .max
    guard least <= 1000, most ?? 0 <= 1000, least <= most ?? least else {
      throw unsupported("a repeat {\(parts.joined(separator: ","))}")
    }
    index = end
    return (least, most)
  }

  // MARK: - Brackets

  /// What is in `[…]`, after the opening bracket: ranges, classes, brackets within, `&&`.
  mutating func bracket() throws -> ScalarSet {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepestNesting else {
      throw PatternError(message: "nested more than \(Self.deepestNesting) deep")
    }
    let isNegated = take("^")
    var members: [ScalarSet.Member] = []
    var intersected: ScalarSet?
    var isFirst = true
    while true {
      if next == "]", !isFirst { break }
      if take("&&") {
        intersected = both(intersected, finished(members))
        members = []
        continue
      }
      isFirst = false
      if take("[:") {
        members.append(try posix())
      } else if take("[") {
        members.append(.set(try bracket()))
      } else if let low = try bracketScalar(&members) {
        members.append(try range(from: low))
      }
    }
    index += 1
    var set = finished(members)
    if let intersected { set = both(intersected, set) }
    return isNegated ? set.negated : set
  }

  private func finished(_ members: [ScalarSet.Member]) -> ScalarSet {
    ScalarSet(isCaseless ? Self.caseless(members) : members)
  }

  private func both(_ left: ScalarSet?, _ right: ScalarSet) -> ScalarSet {
    left.map { ScalarSet([.both($0, right)]) } ?? right
  }

  /// A single character; or `nil` after a class such as `\s`, which went to `members`.
  private mutating func bracketScalar(
    _ members: inout [ScalarSet.Member]
  ) throws -> Unicode.Scalar? {
    let scalar = try pop()
    guard scalar == "\\" else { return scalar }
    if let set = try escapedSet() {
      members += set.isNegated ? [.not(set.negated)] : set.members
      return nil
    }
    if let scalar = try escapedScalar() { return scalar }
    let letter = try pop()
    guard letter == "b" else { throw unsupported("\\\(letter) in brackets") }
    return "\u{08}"
  }

  mutating func range(from low: Unicode.Scalar) throws -> ScalarSet.Member {
    var high = low
    if next == "-", let after = scalar(1), after != "]" {
      index += 1
      var members: [ScalarSet.Member] = []
      if next == "[" { throw unsupported("a range to a bracket") }
      guard let end = try bracketScalar(&members) else {
        throw unsupported("a range to a class")
      }
      high = end
      guard low <= high else { throw PatternError(message: "the range \(low)-\(high) is empty") }
    }
    if isCaseless, !high.isASCII { throw unsupported("\(high) without regard to case") }
    let range = ScalarSet.Member.range(low.value...high.value)
    guard lineage == .llamaCpp, !high.isASCII else { return range }
    return .both(ScalarSet([range]), ScalarSet.whitespace.negated)
  }

  private mutating func posix() throws -> ScalarSet.Member {
    let isNegated = take("^")
    var name = ""
    while !take(":]") { name.unicodeScalars.append(try pop()) }
    let set: ScalarSet
    switch name {
    case "alpha": set = ScalarSet([.alphabetic])
    case "digit": set = .digit
    case "space": set = .whitespace
    case "word": set = .patternWord
    case "punct": set = ScalarSet([.categories(CategorySet.punctuation.union(.symbol))])
    case "xdigit": set = .hexadecimal
    case "cntrl": set = ScalarSet([.categories(CategorySet(.control))])
    default: throw unsupported("[:\(name):]")
    }
    if isCaseless { throw unsupported("[:\(name):] without regard to case") }
    return isNegated ? .not(set) : .set(set)
  }
}

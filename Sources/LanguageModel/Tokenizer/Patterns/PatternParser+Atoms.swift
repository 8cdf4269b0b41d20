extension PatternParser {
  mutating func atom() throws -> PatternNode? {
    let scalar = try pop()
    switch scalar {
    case "(": return try group()
    case "[": return .set(try bracket())
    case ".": return .set(dotTakesAll ? .all : ScalarSet.lineFeed.negated)
    case "^": return .place(.lineStart)
    case "$": return .place(.lineEnd)
    case "\\": return try escape()
    case "*", "+", "?": throw PatternError(message: "a \(scalar) with nothing to repeat")
    default: return .set(try literal(scalar))
    }
  }

  private func literal(_ scalar: Unicode.Scalar) throws -> ScalarSet {
    guard isCaseless else { return .single(scalar) }
    guard scalar.isASCII else { throw unsupported("\(scalar) without regard to case") }
    return ScalarSet(Self.caseless([.range(scalar.value...scalar.value)]))
  }

  /// ASCII letters with those of the other case, and the two characters beyond ASCII that fold to
  /// one of them: ſ and the Kelvin sign.
  static func caseless(_ members: [ScalarSet.Member]) -> [ScalarSet.Member] {
    let set = ScalarSet(members)
    var folded = members
    for lower in UInt32(0x61)...0x7A {
      let isIn = [lower, lower - 32].contains { set.contains(ascii: UInt8($0)) }
      guard isIn else { continue }
      folded += [.range(lower...lower), .range((lower - 32)...(lower - 32))]
      if lower == 0x73 { folded.append(.range(0x17F...0x17F)) }
      if lower == 0x6B { folded.append(.range(0x212A...0x212A)) }
    }
    return folded
  }

  private mutating func escape() throws -> PatternNode {
    if let set = try escapedSet() { return .set(set) }
    if let scalar = try escapedScalar() { return .set(try literal(scalar)) }
    let letter = try pop()
    switch letter {
    case "A": return .place(.textStart)
    case "z": return .place(.textEnd)
    case "Z": return .place(.lastLineEnd)
    case "b": return .place(.wordBoundary)
    case "B": return .place(.noWordBoundary)
    case "R":
      let pair = PatternNode.sequence([.set(.single("\r")), .set(.single("\n"))])
      let one = ScalarSet([.range(0x0A...0x0D), .range(0x85...0x85), .range(0x2028...0x2029)])
      return .atomic(.either([pair, .set(one)]))
    default: throw unsupported("\\\(letter)")
    }
  }

  /// `\s` and its like, `\p{…}`, after the backslash.
  mutating func escapedSet() throws -> ScalarSet? {
    guard let letter = next else { throw PatternError(message: "it ends in a backslash") }
    let set: ScalarSet
    switch letter {
    case "s": set = .whitespace
    case "S": set = ScalarSet.whitespace.negated
    case "d": set = lineage == .hub ? .digit : .asciiDigit
    case "D": set = (lineage == .hub ? ScalarSet.digit : .asciiDigit).negated
    case "w": set = .patternWord
    case "W": set = ScalarSet.patternWord.negated
    case "h": set = .hexadecimal
    case "H": set = ScalarSet.hexadecimal.negated
    case "N": set = ScalarSet.lineFeed.negated
    case "O": set = .all
    case "p", "P": return try property()
    default: return nil
    }
    index += 1
    return set
  }

  private mutating func property() throws -> ScalarSet {
    var isNegated = try pop() == "P"
    guard take("{") else { throw unsupported("\\p without braces") }
    if take("^") { isNegated.toggle() }
    var name = ""
    while true {
      let scalar = try pop()
      if scalar == "}" { break }
      name.unicodeScalars.append(scalar)
    }
    let key = name.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    let found = lineage == .hub ? Self.properties(key) : Self.llamaCppProperties(key)
    guard let set = found else { throw unsupported("\\p{\(name)}") }
    if isCaseless, !["n", "nd", "m", "mn", "p", "s", "z", "zs"].contains(key) {
      throw unsupported("\\p{\(name)} without regard to case")
    }
    return isNegated ? set.negated : set
  }

  private static func llamaCppProperties(_ key: String) -> ScalarSet? {
    switch key {
    case "l", "lu", "ll", "lt", "lm", "lo": return ScalarSet([.llamaCppCategories(.letter)])
    case "n": return ScalarSet([.llamaCppCategories(.number)])
    case "p": return ScalarSet([.llamaCppCategories(.punctuation)])
    case "m": return ScalarSet([.llamaCppCategories(.mark)])
    case "s": return ScalarSet([.llamaCppCategories(.symbol)])
    default: return nil
    }
  }

  private static func properties(_ key: String) -> ScalarSet? {
    if let categories = CategorySet.named[key] { return ScalarSet([.categories(categories)]) }
    switch key {
    case "alphabetic", "alpha": return ScalarSet([.alphabetic])
    case "whitespace", "space": return .whitespace
    case "digit": return .digit
    case "word": return .patternWord
    case "any": return .all
    case "han", "hani": return ScalarSet([.ranges(UnicodeScript.han)])
    case "hiragana", "hira": return ScalarSet([.ranges(UnicodeScript.hiragana)])
    case "katakana", "kana": return ScalarSet([.ranges(UnicodeScript.katakana)])
    case "hangul", "hang": return ScalarSet([.ranges(UnicodeScript.hangul)])
    case "thai": return ScalarSet([.ranges(UnicodeScript.thai)])
    case "arabic", "arab": return ScalarSet([.ranges(UnicodeScript.arabic)])
    case "cyrillic", "cyrl": return ScalarSet([.ranges(UnicodeScript.cyrillic)])
    case "greek", "grek": return ScalarSet([.ranges(UnicodeScript.greek)])
    case "hebrew", "hebr": return ScalarSet([.ranges(UnicodeScript.hebrew)])
    case "latin", "latn": return ScalarSet([.ranges(UnicodeScript.latin)])
    case "devanagari", "deva": return ScalarSet([.ranges(UnicodeScript.devanagari)])
    default: return nil
    }
  }

  /// `\n`, `\x41`, `\u0041` and escaped signs, after the backslash; `nil` for other letters.
  mutating func escapedScalar() throws -> Unicode.Scalar? {
    let letter = try pop()
    switch letter {
    case "t": return "\t"
    case "n": return "\n"
    case "r": return "\r"
    case "f": return "\u{0C}"
    case "v": return "\u{0B}"
    case "a": return "\u{07}"
    case "e": return "\u{1B}"
    case "x":
      if take("{") {
        var digits = ""
        while true {
          let digit = try pop()
          if digit == "}" { break }
          digits.unicodeScalars.append(digit)
        }
        return try hexadecimal(digits, "\\x{\(digits)}")
      }
      var digits = ""
      while digits.count < 2, let digit = next, ScalarSet.hexadecimal.contains(digit) {
        digits.unicodeScalars.append(try pop())
      }
      let scalar = try hexadecimal(digits, "\\x\(digits)")
      guard scalar.isASCII else { throw unsupported("\\x\(digits), a byte of a character,") }
      return scalar
    case "u":
      var digits = ""
      for _ in 0..<4 { digits.unicodeScalars.append(try pop()) }
      return try hexadecimal(digits, "\\u\(digits)")
    default:
      guard letter.isASCII else { return letter }
      if letter.properties.isAlphabetic || ("0"..."9").contains(letter) {
        index -= 1
        return nil
      }
      return letter
    }
  }

  func hexadecimal(_ digits: String, _ spelled: String) throws -> Unicode.Scalar {
    guard digits.allSatisfy(\.isHexDigit), let value = UInt32(digits, radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw PatternError(message: "\(spelled) is no character") }
    return scalar
  }
}

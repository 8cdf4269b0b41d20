/// A set of Unicode scalars, as a class of a regular expression describes it.
struct ScalarSet: Sendable, Equatable {
  indirect enum Member: Sendable, Equatable {
    case range(ClosedRange<UInt32>)
    case categories(CategorySet)
    /// By the tables of llama.cpp.
    case llamaCppCategories(CategorySet)
    /// `\w`: alphabetic, a mark, a decimal digit or a connector.
    case word
    case alphabetic
    case ranges([ClosedRange<UInt32>])
    /// Punctuation by version 8 of Unicode, which splitting at punctuation goes by.
    case oldPunctuation
    case set(ScalarSet)
    case not(ScalarSet)
    case both(ScalarSet, ScalarSet)
  }

  private(set) var members: [Member] = []
  private(set) var isNegated = false
  /// Bit by bit, whether each ASCII scalar is in the set.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  init(_ members: [Member], isNegated: Bool = false) {
    self.isNegated = isNegated
    var categories: CategorySet = []
    for member in members {
      if case .categories(let more) = member {
        categories.formUnion(more)
      } else {
        self.members.append(member)
      }
    }
    if !categories.isEmpty { self.members.insert(.categories(categories), at: 0) }
    for value in UInt32(0)..<128 where search(Unicode.Scalar(UInt8(value))) {
      if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
    }
  }

  static func == (left: ScalarSet, right: ScalarSet) -> Bool {
    left.members == right.members && left.isNegated == right.isNegated
  }

  var negated: ScalarSet { ScalarSet(members, isNegated: !isNegated) }

  @inline(__always)
  func contains(ascii byte: UInt8) -> Bool {
    byte < 64 ? low >> UInt64(byte) & 1 == 1 : high >> UInt64(byte - 64) & 1 == 1
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 128 ? contains(ascii: UInt8(scalar.value)) : search(scalar)
  }

  private func search(_ scalar: Unicode.Scalar) -> Bool {
    for member in members where Self.matches(member, scalar) { return !isNegated }
    return isNegated
  }

  private static func matches(_ member: Member, _ scalar: Unicode.Scalar) -> Bool {
    switch member {
    case .range(let range): return range.contains(scalar.value)
    case .categories(let set): return set.contains(CategorySet(UnicodeAge.category(scalar)))
    case .llamaCppCategories(let set):
      return set.contains(CategorySet(UnicodeAge.category(scalar, .llamaCpp)))
    case .alphabetic:
      return scalar.properties.isAlphabetic && UnicodeAge.isAssigned(scalar, by: 16)
    case .word: return isWord(scalar)
    case .ranges(let ranges):
      var (lower, upper) = (0, ranges.count)
      while lower < upper {
        let middle = (lower + upper) / 2
        if ranges[middle].upperBound < scalar.value { lower = middle + 1 } else { upper = middle }
      }
      return lower < ranges.count && ranges[lower].contains(scalar.value)
    case .oldPunctuation:
      if scalar.value == 0x166D || scalar.value == 0x111C9 { return true }
      return CategorySet.punctuation.contains(CategorySet(scalar.properties.generalCategory))
        && UnicodeAge.isAssigned(scalar, by: 8)
    case .set(let set): return set.contains(scalar)
    case .not(let set): return !set.contains(scalar)
    case .both(let left, let right): return left.contains(scalar) && right.contains(scalar)
    }
  }

  private static let wordCategories: CategorySet =
    CategorySet.letter.union(.mark).union(CategorySet([.decimalNumber, .connectorPunctuation]))

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if wordCategories.contains(CategorySet(UnicodeAge.category(scalar))) { return true }
    return scalar.properties.isAlphabetic && UnicodeAge.isAssigned(scalar, by: 16)
  }

  // MARK: - Well-known sets

  static let whitespace = ScalarSet([
    .range(0x09...0x0D), .range(0x85...0x85), .categories(.separator),
  ])
  /// With the two joiners, as the library's own expressions have it.
  static let word = ScalarSet([.word, .range(0x200C...0x200D)])
  /// `\w` of the hub's regular expressions, which takes six more from Latin-1: ² ³ ¹ ¼ ½ ¾.
  static let patternWord = ScalarSet([
    .word, .range(0xB2...0xB3), .range(0xB9...0xB9), .range(0xBC...0xBE),
  ])
  static let digit = ScalarSet([.categories(CategorySet(.decimalNumber))])
  static let asciiDigit = ScalarSet([.range(0x30...0x39)])
  static let hexadecimal = ScalarSet([
    .range(0x30...0x39), .range(0x41...0x46), .range(0x61...0x66),
  ])
  static let all = ScalarSet([], isNegated: true)
  static let lineFeed = ScalarSet([.range(0x0A...0x0A)])
  /// Category P, and the rest of ASCII's punctuation.
  static let punctuation = ScalarSet([
    .oldPunctuation, .range(0x21...0x2F), .range(0x3A...0x40), .range(0x5B...0x60),
    .range(0x7B...0x7E),
  ])

  static func single(_ scalar: Unicode.Scalar) -> ScalarSet {
    ScalarSet([.range(scalar.value...scalar.value)])
  }
}

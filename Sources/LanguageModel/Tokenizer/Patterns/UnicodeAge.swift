/// Whose reading of text a tokenizer follows.
enum TokenizerLineage: Sendable, Equatable {
  /// The hub's `tokenizers` library: regular expressions of Oniguruma, Unicode 16.
  case hub
  /// llama.cpp: regular expressions over classes of characters, Unicode 15.1.
  case llamaCpp
}

/// Characters as the software that tokenizers come from knows them: each has tables of one version
/// of Unicode, and what was assigned later is unassigned to it.
enum UnicodeAge {
  /// Whether the scalar was assigned by version `major`.`minor` of Unicode.
  static func isAssigned(_ scalar: Unicode.Scalar, by major: Int, _ minor: Int = 0) -> Bool {
    let value = scalar.value
    if value < 0x2B0 { return true }
    // Nothing in here is younger than version 6; most text is.
    if (0x4E00...0x9FA5).contains(value) || (0xAC00...0xD7A3).contains(value) { return true }
    guard let age = scalar.properties.age else {
      return scalar.properties.generalCategory == .privateUse
    }
    return age.major < major || (age.major == major && age.minor <= minor)
  }

  /// The general category by the tables of that software.
  static func category(
    _ scalar: Unicode.Scalar, _ lineage: TokenizerLineage = .hub
  ) -> Unicode.GeneralCategory {
    // A lower-case letter until version 17 made it one without case.
    if scalar.value == 0x295 { return .lowercaseLetter }
    let category = scalar.properties.generalCategory
    if category == .unassigned { return category }
    let isKnown =
      switch lineage {
      case .hub: isAssigned(scalar, by: 16)
      case .llamaCpp: isAssigned(scalar, by: 15, 1)
      }
    return isKnown ? category : .unassigned
  }
}

/// A set of general categories.
struct CategorySet: OptionSet, Sendable, Equatable {
  let rawValue: UInt32

  init(rawValue: UInt32) { self.rawValue = rawValue }

  init(_ category: Unicode.GeneralCategory) {
    self.init(rawValue: 1 << Self.bit(category))
  }

  init(_ categories: [Unicode.GeneralCategory]) {
    self = categories.reduce(into: []) { $0.formUnion(CategorySet($1)) }
  }

  private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
    switch category {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }

  static let letter = CategorySet([
    .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
  ])
  static let mark = CategorySet([.nonspacingMark, .spacingMark, .enclosingMark])
  static let number = CategorySet([.decimalNumber, .letterNumber, .otherNumber])
  static let punctuation = CategorySet([
    .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
    .initialPunctuation, .finalPunctuation, .otherPunctuation,
  ])
  static let symbol = CategorySet([.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol])
  static let separator = CategorySet([.spaceSeparator, .lineSeparator, .paragraphSeparator])
  static let other = CategorySet([.control, .format, .surrogate, .privateUse, .unassigned])

  /// By the names that regular expressions give them, in lower case without `_`, `-` and spaces.
  static let named: [String: CategorySet] = [
    "l": .letter, "letter": .letter,
    "lu": CategorySet(.uppercaseLetter), "uppercaseletter": CategorySet(.uppercaseLetter),
    "ll": CategorySet(.lowercaseLetter), "lowercaseletter": CategorySet(.lowercaseLetter),
    "lt": CategorySet(.titlecaseLetter), "titlecaseletter": CategorySet(.titlecaseLetter),
    "lm": CategorySet(.modifierLetter), "modifierletter": CategorySet(.modifierLetter),
    "lo": CategorySet(.otherLetter), "otherletter": CategorySet(.otherLetter),
    "m": .mark, "mark": .mark,
    "mn": CategorySet(.nonspacingMark), "nonspacingmark": CategorySet(.nonspacingMark),
    "mc": CategorySet(.spacingMark), "spacingmark": CategorySet(.spacingMark),
    "me": CategorySet(.enclosingMark), "enclosingmark": CategorySet(.enclosingMark),
    "n": .number, "number": .number,
    "nd": CategorySet(.decimalNumber), "decimalnumber": CategorySet(.decimalNumber),
    "nl": CategorySet(.letterNumber), "letternumber": CategorySet(.letterNumber),
    "no": CategorySet(.otherNumber), "othernumber": CategorySet(.otherNumber),
    "p": .punctuation, "punctuation": .punctuation,
    "pc": CategorySet(.connectorPunctuation), "pd": CategorySet(.dashPunctuation),
    "ps": CategorySet(.openPunctuation), "pe": CategorySet(.closePunctuation),
    "pi": CategorySet(.initialPunctuation), "pf": CategorySet(.finalPunctuation),
    "po": CategorySet(.otherPunctuation),
    "s": .symbol, "symbol": .symbol,
    "sm": CategorySet(.mathSymbol), "sc": CategorySet(.currencySymbol),
    "sk": CategorySet(.modifierSymbol), "so": CategorySet(.otherSymbol),
    "z": .separator, "separator": .separator,
    "zs": CategorySet(.spaceSeparator), "zl": CategorySet(.lineSeparator),
    "zp": CategorySet(.paragraphSeparator),
    "c": .other, "other": .other,
    "cc": CategorySet(.control), "cf": CategorySet(.format), "co": CategorySet(.privateUse),
    "cn": CategorySet(.unassigned),
  ]
}

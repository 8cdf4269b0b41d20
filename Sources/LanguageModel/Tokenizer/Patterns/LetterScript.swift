/// A script that letters are told by, as Unicode's Script property has it.
package struct LetterScript: Sendable, Equatable {
  package let name: String
  private let ranges: [ClosedRange<UInt32>]

  private static let all: [LetterScript] = [
    LetterScript(name: "Arabic", ranges: UnicodeScript.arabic),
    LetterScript(name: "Cyrillic", ranges: UnicodeScript.cyrillic),
    LetterScript(name: "Devanagari", ranges: UnicodeScript.devanagari),
    LetterScript(name: "Greek", ranges: UnicodeScript.greek),
    LetterScript(name: "Han", ranges: UnicodeScript.han),
    LetterScript(name: "Hangul", ranges: UnicodeScript.hangul),
    LetterScript(name: "Hebrew", ranges: UnicodeScript.hebrew),
    LetterScript(name: "Hiragana", ranges: UnicodeScript.hiragana),
    LetterScript(name: "Katakana", ranges: UnicodeScript.katakana),
    LetterScript(name: "Latin", ranges: UnicodeScript.latin),
    LetterScript(name: "Thai", ranges: UnicodeScript.thai),
  ]

  package static var names: [String] { all.map(\.name) }

  /// The script of a name, whatever its case; `nil` for any that is not among ``names``.
  package static func named(_ name: String) -> LetterScript? {
    all.first { $0.name.lowercased() == name.lowercased() }
  }

  /// How many of a text's letters, which are the scalars of Unicode's categories L, are of the script.
  package func count(in text: String) -> (own: Int, letters: Int) {
    var (own, letters) = (0, 0)
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
        letters += 1
        if ranges.contains(where: { $0.contains(scalar.value) }) { own += 1 }
      default: continue
      }
    }
    return (own, letters)
  }
}

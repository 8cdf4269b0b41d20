import Testing

@testable import LanguageModel

@Suite struct LetterScriptTests {
  /// Every letter up to the kana, where ten of the scripts lie.
  private static let letters = String(
    String.UnicodeScalarView(
      (UInt32(0)..<0x3100).compactMap(Unicode.Scalar.init).filter(\.properties.isAlphabetic)))

  @Test(arguments: LetterScript.names)
  func `letters are those that Swift's own tables have of a script`(_ name: String) throws {
    let script = try #require(LetterScript.named(name.uppercased()))
    func count(_ pattern: String) throws -> Int {
      Self.letters.matches(of: try Regex(pattern).matchingSemantics(.unicodeScalar)).count
    }
    let (own, all) = script.count(in: Self.letters)
    #expect(own == (try count(#"[\p{Script=\#(name)}&&\p{L}]"#)))
    #expect(try all == count(#"\p{L}"#))
    #expect(name == "Hangul" ? own == 256 : own > 0)
  }

  @Test func `another name is none`() {
    #expect(LetterScript.named("Klingon") == nil)
    #expect(LetterScript.named("Cyrl") == nil)
  }
}

import TestSupport
import Testing

@testable import LanguageModel

@Suite struct HubTokenizerTests {
  static let names = ["byte-fallback-gemma", "byte-level-llama3", "byte-level-neox"]

  static func tokenizer(_ name: String) throws -> Tokenizer {
    try TokenizerLoader.fromTokenizerJSON(
      Fixtures.url("tokenizer-json/\(name).tokenizer.json"))
  }

  @Test(arguments: names)
  func `ids and decoded text are those of the hub's library`(name: String) throws {
    let tokenizer = try Self.tokenizer(name)
    let texts = try GoldenText.read("tokenizer-json/\(name).jsonl")
    #expect(texts.count > 150)
    for golden in texts {
      let ids = tokenizer.encode(golden.text, addSpecial: true, parseSpecial: true)
      #expect(ids == golden.ids, "\(golden.text)")
      let plain = tokenizer.encode(golden.text, addSpecial: false, parseSpecial: true)
      #expect(plain == golden.withoutSpecial, "\(golden.text)")
      #expect(tokenizer.decode(ids, skipSpecial: true) == golden.decoded, "\(golden.text)")
    }
  }
}

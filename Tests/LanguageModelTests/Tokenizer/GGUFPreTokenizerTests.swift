import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// Pre-tokenizers of GGUF files against llama.cpp; see `Tests/Fixtures/tokenizer-variants/README.md`.
@Suite struct GGUFPreTokenizerTests {
  private struct Golden: Decodable {
    var tokens: [String]
    var types: [Int]
    var merges: [String]
    var bos: Int
    var eos: Int
    var texts: [String]
    /// By the pre-tokenizer's name, the ids of each text.
    var ids: [String: [[Int]]]
  }

  private static func golden() throws -> Golden {
    try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("tokenizer-variants/pre-tokenizers.json")))
  }

  private static func metadata(_ golden: Golden, pre: String) -> MetadataObject {
    var metadata = MetadataObject()
    metadata["model"] = .string("gpt2")
    metadata["pre"] = .string(pre)
    metadata["tokens"] = .strings(golden.tokens)
    metadata["token_type"] = .integers(golden.types)
    metadata["merges"] = .strings(golden.merges)
    metadata["bos_token_id"] = .integer(golden.bos)
    metadata["eos_token_id"] = .integer(golden.eos)
    return metadata
  }

  @Test func `a pre-tokenizer of every rule gives the ids of llama dot cpp`() throws {
    let golden = try Self.golden()
    #expect(golden.ids.count == 34 && golden.texts.count == 14)
    for (pre, ids) in golden.ids {
      let tokenizer = try TokenizerLoader.fromGGUF(metadata: Self.metadata(golden, pre: pre))
      for (text, expected) in zip(golden.texts, ids) {
        let found = tokenizer.encode(text, addSpecial: true, parseSpecial: true)
        #expect(found == expected, "\(pre): \(text)")
      }
    }
  }

  @Test func `characters of Unicode 16 are unassigned to llama dot cpp`() {
    let words = { (rule: SplitRule) in SplitRuleTests.words(rule, "a\u{1C89}1\u{10D40}") }
    #expect(words(.gpt2(.hub)) == ["a\u{1C89}", "1\u{10D40}"])
    #expect(words(.gpt2(.llamaCpp)) == ["a", "\u{1C89}", "1", "\u{10D40}"])
  }

  @Test func `blanks behind special tokens go by the model's name`() throws {
    let golden = try Self.golden()
    var metadata = Self.metadata(golden, pre: "gpt-2")
    let end = try #require(golden.tokens.firstIndex(of: "<|im_end|>"))
    func ids(_ text: String) throws -> [Int] {
      try TokenizerLoader.fromGGUF(metadata: metadata)
        .encode(text, addSpecial: false, parseSpecial: true)
    }
    let plain = try ids("a")
    #expect(try ids("<|im_end|> \n\ta") != [end] + plain)
    metadata.set("general.name", .string("Phi-3 mini"))
    #expect(try ids("<|im_end|> \n\ta") == [end] + plain)
    #expect(try ids("<s> a") == [golden.bos] + ids(" a"))
  }
}

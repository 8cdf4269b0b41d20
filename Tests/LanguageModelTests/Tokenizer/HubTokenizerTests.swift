import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct HubTokenizerTests {
  static let families = ["byte-fallback-gemma", "byte-level-llama3", "byte-level-neox"]
    .map { "tokenizer-json/\($0)" }
  static let variants = [
    "nfc-qwen2", "digits", "prefix-space", "added-tokens", "prepend", "metaspace-first",
    "metaspace-always", "metaspace-split",
  ].map { "tokenizer-variants/\($0)" }

  static func tokenizer(_ path: String) throws -> Tokenizer {
    try TokenizerLoader.fromTokenizerJSON(Fixtures.url("\(path).tokenizer.json"))
  }

  @Test(arguments: families + variants)
  func `ids and decoded text are those of the hub's library`(path: String) throws {
    let tokenizer = try Self.tokenizer(path)
    let texts = try GoldenText.read("\(path).jsonl")
    #expect(texts.count > 60)
    for golden in texts {
      let parses = golden.parseSpecial ?? true
      let ids = tokenizer.encode(golden.text, addSpecial: true, parseSpecial: parses)
      #expect(ids == golden.ids, "\(golden.text)")
      let plain = tokenizer.encode(golden.text, addSpecial: false, parseSpecial: parses)
      #expect(plain == golden.withoutSpecial, "\(golden.text)")
      let decoded = tokenizer.decode(ids, skipSpecial: true)
      #expect(sameBytes(decoded, golden.decoded), "\(golden.text)")
    }
  }

  @Test(arguments: families + variants)
  func `streaming gives the text that decoding at once gives`(path: String) throws {
    let tokenizer = try Self.tokenizer(path)
    for golden in try GoldenText.read("\(path).jsonl") {
      var decoder = StreamingDecoder(tokenizer)
      let streamed = golden.ids.map { decoder.push($0) }.joined() + decoder.flush()
      let whole = tokenizer.decode(golden.ids, skipSpecial: true)
      #expect(sameBytes(streamed, whole), "\(golden.text)")
    }
  }

  @Test(arguments: families + variants)
  func `each token's end is in the text and the last reaches its end`(path: String) throws {
    let tokenizer = try Self.tokenizer(path)
    for golden in try GoldenText.read("\(path).jsonl") where !golden.text.isEmpty {
      let tokens = tokenizer.encodeWithOffsets(
        golden.text, addSpecial: false, parseSpecial: true)
      #expect(tokens.ends.count == tokens.ids.count)
      #expect(tokens.ends == tokens.ends.sorted(), "\(golden.text)")
      if let last = tokens.ends.last { #expect(last <= golden.text.utf8.count) }
    }
  }

  @Test func `an end marks the text up to which the tokens have come`() throws {
    let tokenizer = try Self.tokenizer("tokenizer-json/byte-level-llama3")
    let text = "The café is open. 🙂"
    let tokens = tokenizer.encodeWithOffsets(text, addSpecial: true, parseSpecial: true)
    #expect(tokens.ends.first == 0)
    #expect(tokens.ends.last == text.utf8.count)
    for (index, end) in tokens.ends.enumerated() {
      let bytes = tokens.ids[1..<max(1, index + 1)].flatMap { tokenizer.bytes(of: $0) }
      #expect(bytes == Array(text.utf8.prefix(end)))
    }
  }

  @Test func `ends are those of the text as given, not as composed`() throws {
    let tokenizer = try Self.tokenizer("tokenizer-json/byte-level-neox")
    // Each decomposed é is three bytes of the text, and two of what is encoded.
    let text = "e\u{301}e\u{301} x"
    let tokens = tokenizer.encodeWithOffsets(text, addSpecial: false, parseSpecial: true)
    #expect(tokenizer.decode(tokens.ids, skipSpecial: true).utf8.count == 6)
    #expect(tokens.ends.last == 8)
    #expect(Set(tokens.ends).isSubset(of: [3, 6, 7, 8]))
  }

  @Test func `a prefix that encoding puts in front covers no text`() throws {
    let tokenizer = try Self.tokenizer("tokenizer-variants/prepend")
    let tokens = tokenizer.encodeWithOffsets("Ж", addSpecial: true, parseSpecial: true)
    #expect(tokens.ends.first == 0)
    #expect(tokens.ends.last == 2)
  }

  @Test func `special tokens are known by what the files say`() throws {
    let llama = try Self.tokenizer("tokenizer-json/byte-level-llama3")
    #expect(llama.bos == 0)
    #expect(llama.endOfTurn == 1)
    #expect(llama.stopIDs == [1])
    #expect(llama.isSpecial(0))
    #expect(!llama.isSpecial(2))
    let gemma = try Self.tokenizer("tokenizer-json/byte-fallback-gemma")
    #expect(gemma.bos == 2)
    #expect(gemma.eos == 1)
    #expect(gemma.vocabularySize == 1100)
  }

  @Test func `files beside the tokenizer say what it does not`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: Fixtures.url("tokenizer-variants/digits.tokenizer.json"),
      to: folder.file("tokenizer.json"))
    let config = """
      {"bos_token": {"content": "<|im_start|>"}, "eos_token": "<|im_end|>",
       "chat_template": [{"name": "rag", "template": "R"}, {"name": "default", "template": "D"}]}
      """
    try Data(config.utf8).write(to: folder.file("tokenizer_config.json"))
    try Data(#"{"eos_token_id": [2, 7, 999999]}"#.utf8)
      .write(to: folder.file("generation_config.json"))
    let tokenizer = try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
    #expect(tokenizer.bos == 1)
    #expect(tokenizer.eos == 2)
    #expect(try tokenizer.chat.entry().text == "D")
    #expect(tokenizer.stopIDs == [0, 2, 7])
    try Data("J".utf8).write(to: folder.file("chat_template.jinja"))
    let again = try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
    #expect(try again.chat.entry().text == "J")
  }

  @Test func `special tokens that only their settings name are found, with the flags given there`()
    throws
  {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: Fixtures.url("tokenizer-variants/digits.tokenizer.json"),
      to: folder.file("tokenizer.json"))
    func expect(_ config: String, _ text: String, _ ids: [Int]) throws {
      try Data(config.utf8).write(to: folder.file("tokenizer_config.json"))
      let tokenizer = try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
      let found = tokenizer.encode(text, addSpecial: false, parseSpecial: true)
      #expect(found == ids, "\(config)")
    }
    // By transformers 4.57.6.
    try expect(
      #"{"tokenizer_class": "PreTrainedTokenizerFast", "extra_special_tokens": {"image": "<image>"}}"#,
      "a <image> b", [67, 223, 420, 223, 68])
    try expect(
      #"""
      {"tokenizer_class": "CodeLlamaTokenizer", "unk_token": null, "bos_token": null, "eos_token": null,
       "add_bos_token": false, "additional_special_tokens": ["<x>"], "extra_special_tokens": {"i": "<image>"}}
      """#, "a<x>▁<PRE>b<image>", [67, 420, 421, 68, 425])
    let bos = #"{"content": "<|im_start|>", "rstrip": true, "normalized": false}"#
    try expect(#"{"bos_token": \#(bos)}"#, "<|im_start|>  a", [1, 223, 301])
    try expect(
      #"{"bos_token": \#(bos), "added_tokens_decoder": {"900": {"content": "<y>"}}}"#,
      "<|im_start|>  a", [1, 67])
    let end = #"{"content": "<|im_end|>", "lstrip": true, "normalized": false}"#
    try expect(#"{"additional_special_tokens": [\#(end)]}"#, "a  <|im_end|>", [67, 2])
  }

  @Test func `pieces are looked up and shown`() throws {
    let tokenizer = try Self.tokenizer("tokenizer-json/byte-level-llama3")
    let space = try #require(tokenizer.id(of: "Ġ"))
    #expect(tokenizer.piece(of: space) == "Ġ")
    #expect(tokenizer.bytes(of: space) == [0x20])
    #expect(tokenizer.spelling(of: space) == " ")
    let lineFeed = try #require(tokenizer.id(of: "Ċ"))
    #expect(tokenizer.spelling(of: lineFeed) == "\\n")
    let escape = try #require(tokenizer.id(of: "ě"))
    #expect(tokenizer.spelling(of: escape) == "\\u{1B}")
    let lead = try #require(tokenizer.id(of: "â"))
    #expect(tokenizer.spelling(of: lead) == "\\xE2")
    #expect(tokenizer.spelling(of: 0) == "<|begin_of_text|>")
    #expect(tokenizer.id(of: "no such piece") == nil)
    #expect(tokenizer.piece(of: 1_000_000) == nil)
    #expect(tokenizer.bytes(of: -1).isEmpty)
    #expect(tokenizer.decode([-5, 1_000_000, space], skipSpecial: false) == " ")
  }
}

import TestSupport
import Testing

@testable import LanguageModel

@Suite struct MetadataTokenizerTests {
  static let byteLevel = "tokenizer-variants/byte-level"
  static let sentencePiece = "tokenizer-variants/sentencepiece"

  static func expectGolden(_ tokenizer: Tokenizer, _ path: String) throws {
    let texts = try GoldenText.read(path)
    #expect(texts.count > 100)
    for golden in texts {
      let ids = tokenizer.encode(
        golden.text, addSpecial: golden.addSpecial ?? false,
        parseSpecial: golden.parseSpecial ?? false)
      #expect(ids == golden.ids, "\(golden.text)")
    }
  }

  @Test(arguments: ["gpt-2", "smollm", "llama-bpe", "qwen2"])
  func `byte-level ids are those of llama.cpp`(pre: String) throws {
    var metadata = try MetadataObject("\(Self.byteLevel).metadata.json")
    metadata["pre"] = .string(pre)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: metadata)
    try Self.expectGolden(tokenizer, "\(Self.byteLevel).\(pre).jsonl")
  }

  @Test(arguments: [(true, "prefix"), (false, "no-prefix")])
  func `SentencePiece ids are those of llama.cpp`(prefix: Bool, name: String) throws {
    var metadata = try MetadataObject("\(Self.sentencePiece).metadata.json")
    metadata["add_space_prefix"] = .bool(prefix)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: metadata)
    try Self.expectGolden(tokenizer, "\(Self.sentencePiece).\(name).jsonl")
  }

  @Test func `byte-level text comes back byte for byte`() throws {
    var metadata = try MetadataObject("\(Self.byteLevel).metadata.json")
    metadata["pre"] = .string("gpt-2")
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: metadata)
    for golden in try GoldenText.read("\(Self.byteLevel).gpt-2.jsonl") {
      let ids = tokenizer.encode(golden.text, addSpecial: false, parseSpecial: false)
      #expect(sameBytes(tokenizer.decode(ids, skipSpecial: false), golden.text))
    }
  }

  @Test func `SentencePiece text comes back without the space put in front`() throws {
    let metadata = try MetadataObject("\(Self.sentencePiece).metadata.json")
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: metadata)
    for text in ["harbour", " two  spaces ", "日本 🙂\n", "▁"] {
      let ids = tokenizer.encode(text, addSpecial: true, parseSpecial: false)
      let expected = text.replacingMarks
      #expect(sameBytes(tokenizer.decode(ids, skipSpecial: true), expected), "\(text)")
    }
  }

  @Test func `settings of the file decide about BOS and EOS`() throws {
    var metadata = try MetadataObject("\(Self.byteLevel).metadata.json")
    metadata["pre"] = .string("qwen2")
    metadata["add_bos_token"] = .bool(true)
    metadata["add_eos_token"] = .bool(true)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: metadata)
    let plain = tokenizer.encode("a", addSpecial: false, parseSpecial: false)
    #expect(tokenizer.encode("a", addSpecial: true, parseSpecial: false) == [1] + plain + [2])
    #expect(tokenizer.bos == 1)
    #expect(tokenizer.eos == 2)
    #expect(tokenizer.endOfTurn == tokenizer.id(of: "<|im_end|>"))
    #expect(tokenizer.stopIDs.contains(0))
  }

  @Test(arguments: [
    ("model", "tokenizer.ggml.model: expected a string"), ("tokens", "tokenizer.ggml.tokens"),
    ("merges", "tokenizer.ggml.merges"), ("pre", "names no pre-tokenizer"),
  ])
  func `a missing key is named`(key: String, message: String) throws {
    var metadata = try MetadataObject("\(Self.byteLevel).metadata.json")
    metadata["pre"] = .string("gpt-2")
    metadata[key] = nil
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerLoader.fromGGUF(metadata: metadata)
    }
    #expect(error?.description.contains(message) == true)
  }

  @Test func `contradictions are refused`() throws {
    var complete = try MetadataObject("\(Self.byteLevel).metadata.json")
    complete["pre"] = .string("gpt-2")
    func message(_ change: (inout MetadataObject) -> Void) -> String {
      var metadata = complete
      change(&metadata)
      do {
        _ = try TokenizerLoader.fromGGUF(metadata: metadata)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(message { $0["pre"] = .string("bloom-2") }.contains("'bloom-2' is no pre-tokenizer"))
    #expect(message { $0["model"] = .string("t5") }.contains("known are gpt2 and llama"))
    #expect(message { $0["tokens"] = .strings(["a", "a"]) }.contains("ids 0 and 1 are both"))
    #expect(message { $0["tokens"] = .strings(["a"]) }.contains("is not in the vocabulary"))
    #expect(message { $0["merges"] = .strings(["ab"]) }.contains("not two pieces"))
    #expect(message { $0["token_type"] = .integers([1]) }.contains("found 1"))
    #expect(
      message {
        $0["bos_token_id"] = .integer(1 << 40)
        $0["add_bos_token"] = .bool(true)
      }.contains("bos_token_id"))
    let pieces = try MetadataObject("\(Self.sentencePiece).metadata.json")
    complete = pieces
    #expect(message { $0["scores"] = nil }.contains("scores"))
    #expect(message { $0["scores"] = .floats([0]) }.contains("found 1"))
    let nan = [Float](repeating: .nan, count: 1000)
    #expect(message { $0["scores"] = .floats(nan) }.contains("not a number"))
    #expect(message { $0["unknown_token_id"] = .integer(-1) } == "no error")
    #expect(
      message {
        $0["unknown_token_id"] = .integer(5)
        $0["tokens"] = .strings(["a", "b"])
      }.contains("no piece for byte 0"))
  }
}

extension String {
  /// Marks and spaces are one to a SentencePiece tokenizer.
  fileprivate var replacingMarks: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0 == "▁" ? " " : $0 }))
  }
}

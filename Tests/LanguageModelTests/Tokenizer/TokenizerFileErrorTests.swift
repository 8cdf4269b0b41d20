import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct TokenizerFileErrorTests {
  /// A tokenizer of three pieces, with parts to be replaced.
  static func json(
    vocab: String = #"{"a": 0, "b": 1, "ab": 2}"#, merges: String = #"[["a", "b"]]"#,
    model: String = "", rest: String = ""
  ) -> String {
    """
    {"model": {"type": "BPE", "vocab": \(vocab), "merges": \(merges)\(model)},
     "decoder": {"type": "ByteLevel"}\(rest)}
    """
  }

  static func normalizers(_ step: String, _ count: Int) -> String {
    let steps = Array(repeating: step, count: count).joined(separator: ",")
    return #", "normalizer": {"type": "Sequence", "normalizers": [\#(steps)]}"#
  }

  /// Each step writes every `a` twice.
  static func doublings(_ count: Int) -> String {
    normalizers(#"{"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}"#, count)
  }

  /// A token of many ids, many times before a text.
  static func surroundings(parts: Int, ids: Int) -> String {
    let parts =
      Array(repeating: #"{"SpecialToken": {"id": "a"}}"#, count: parts) + [
        #"{"Sequence": {"id": "A"}}"#
      ]
    let ids = Array(repeating: "0", count: ids).joined(separator: ",")
    return """
      , "post_processor": {"type": "TemplateProcessing", "single": [\(parts.joined(separator: ","))],
       "special_tokens": {"a": {"ids": [\(ids)]}}}
      """
  }

  /// A trie without texts, and one text of so many bytes that they could become.
  static func charsmap(_ count: Int) -> String {
    let blob = Data([4, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0x61, count: count) + [0])
    return
      #", "normalizer": {"type": "Precompiled", "precompiled_charsmap": "\#(blob.base64EncodedString())"}"#
  }

  static func tokenizer(_ json: String) throws -> Tokenizer {
    let folder = try TemporaryFolder()
    try Data(json.utf8).write(to: folder.file("tokenizer.json"))
    return try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
  }

  @Test(arguments: ["tokenizer.json", "tokenizer_config.json", "chat_template.jinja"])
  func `a pipe in the place of a file is refused, not waited for`(_ name: String) throws {
    let folder = try TemporaryFolder()
    if name != "tokenizer.json" {
      try Data(Self.json().utf8).write(to: folder.file("tokenizer.json"))
    }
    try #require(mkfifo(folder.file(name).path(percentEncoded: false), 0o600) == 0)
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
    }
    #expect(error.map { "\($0)" }?.contains("\(name) is not an ordinary file") == true)
  }

  @Test func `the small tokenizer is one`() throws {
    let tokenizer = try Self.tokenizer(Self.json())
    #expect(tokenizer.encode("abba", addSpecial: true, parseSpecial: true) == [2, 1, 0])
    let old = try Self.tokenizer(Self.json(merges: #"["a b"]"#))
    #expect(old.encode("ab?", addSpecial: true, parseSpecial: true) == [2])
  }

  @Test(arguments: [
    (json(vocab: "[]"), "model.vocab: expected an object, found an array"),
    (json(vocab: #"{"a": "0"}"#), "model.vocab: expected an integer, found a string"),
    (json(vocab: #"{"a": -1}"#), "id -1 is outside"),
    (json(vocab: #"{"a": 4000000000}"#), "id 4000000000 is outside"),
    (json(vocab: #"{"a": 0, "a": 1}"#), "is there already"),
    (json(vocab: #"{"a": 0, "b": 0}"#), "is there already"),
    (json(vocab: "{}"), "model.merges[0]: \"ab\" is not in the vocabulary"),
    (json(merges: #"[["a", "a"]]"#), "model.merges[0]: \"aa\" is not in the vocabulary"),
    (json(merges: #"[["a"]]"#), "expected two pieces, found 1"),
    (json(merges: #"["ab"]"#), "found 1 parts"),
    (json(merges: "[1]"), "model.merges[0]: expected a string"),
    (json(merges: "null"), "\"merges\" is missing"),
    (json(model: #", "dropout": 0.1"#), "model.dropout"),
    (json(model: #", "unk_token": "<unk>""#), "model.unk_token: \"<unk>\" is not in"),
    (json(model: #", "ignore_merges": 1"#), "model.ignore_merges: expected a boolean"),
    (json(rest: #", "normalizer": {"type": "Transliteration"}"#), "known are NFC"),
    (
      json(rest: #", "normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}"#),
      "a charsmap that does not hold its trie"
    ),
    (json(rest: #", "normalizer": {}"#), "normalizer: \"type\" is missing"),
    (
      json(rest: #", "normalizer": {"type": "Replace", "pattern": {"String": ""}, "content": ""}"#),
      "empty pattern"
    ),
    (
      json(
        rest:
          #", "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(x)\\1"}, "behavior": "Isolated"}"#
      ),
      #"the pattern (x)\1: \1 is not supported"#
    ),
    (
      json(rest: #", "pre_tokenizer": {"type": "UnicodeScripts"}"#),
      "\"UnicodeScripts\"; known are"
    ),
    (
      json(rest: #", "pre_tokenizer": {"type": "Metaspace", "replacement": ""}"#),
      "empty replacement"
    ),
    (
      json(rest: #", "added_tokens": [{"id": 99999, "content": "x"}]"#),
      "added_tokens[0].id: id 99999 is outside"
    ),
    (
      json(
        vocab: #"{"a": 0, "b": 3, "ab": 2}"#,
        rest: #", "added_tokens": [{"id": 4, "content": "x"}]"#),
      "belongs to another piece"
    ),
    (json(rest: doublings(4)), "more than 8 times as long"),
    (json(rest: doublings(40)), "more than 8 times as long"),
    (json(rest: normalizers(#"{"type": "NFC"}"#, 25)), "25 steps, at most 24"),
    (
      json(rest: #", "post_processor": {"type": "TemplateProcessing", "single": []}"#),
      "a template without the text"
    ),
    (
      json(
        rest: """
          , "post_processor": {"type": "TemplateProcessing",
           "single": [{"SpecialToken": {"id": "a"}}, {"Sequence": {"id": "A"}}],
           "special_tokens": {"a": {"ids": [77]}}}
          """), "no piece has id 77"
    ),
    (json(rest: surroundings(parts: 1025, ids: 1)), "1026 tokens around a text, at most 1024"),
    (json(rest: surroundings(parts: 100, ids: 100)), "tokens around a text, at most 1024"),
    (json(rest: charsmap(257)), "a charsmap that makes 257 bytes of a character, at most 256"),
    (json().replacing("ByteLevel", with: "Spoken"), "\"Spoken\"; known are ByteLevel"),
    (json().replacing("BPE", with: "Hash"), "a Hash model; known are BPE"),
    ("[]", "the document: expected an object, found an array"),
  ])
  func `what is wrong is named`(json: String, message: String) {
    let error = #expect(throws: TokenizerError.self) { try Self.tokenizer(json) }
    let description = error?.description ?? ""
    #expect(description.contains(message), "\(description)")
    #expect(description.contains("tokenizer.json: "))
  }

  @Test func `a file that is not there is named`() {
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerLoader.fromTokenizerJSON(URL(filePath: "/no/such/tokenizer.json"))
    }
    #expect(error?.code == .unreadable)
  }

  @Test func `what transformers would add or spell out, and is not done here, is refused`() throws {
    let rest = #", "added_tokens": [{"id": 3, "content": "<t>", "special": true}]"#
    func tokenizer(_ files: [String: String]) throws -> Tokenizer {
      let folder = try TemporaryFolder()
      try Data(Self.json(rest: rest).utf8).write(to: folder.file("tokenizer.json"))
      for (name, text) in files { try Data(text.utf8).write(to: folder.file(name)) }
      return try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
    }
    let listed = #"{"added_tokens_decoder": {"3": {"content": "<t>", "special": true}}}"#
    #expect(throws: Never.self) { try tokenizer(["added_tokens.json": #"{"<t>": 3}"#]) }
    #expect(throws: Never.self) {
      try tokenizer(["added_tokens.json": #"{"<u>": 4}"#, "tokenizer_config.json": listed])
    }
    for added in [#"{"<u>": 4}"#, #"{"<t>": 4}"#, #"{"ab": 2}"#] {
      let error = #expect(throws: TokenizerError.self) {
        try tokenizer(["added_tokens.json": added])
      }
      #expect("\(error.map { "\($0)" } ?? "")".contains("added_tokens.json"), "\(added)")
    }
    let error = #expect(throws: TokenizerError.self) {
      try tokenizer(["tokenizer_config.json": #"{"split_special_tokens": true}"#])
    }
    #expect("\(error.map { "\($0)" } ?? "")".contains("split_special_tokens"))
  }
}

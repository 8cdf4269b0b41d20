import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// Parts of a `tokenizer.json`, and classes of transformers, against what those libraries give; see
/// `Tests/Fixtures/tokenizer-parts/make.py`.
@Suite struct TokenizerPartsTests {
  struct Row: Decodable {
    var text: String
    var ids: [Int]
    var plain: [Int]
    var decoded: String?
  }

  struct Line: Decodable {
    var rows: [Row]
    var error: String?
  }

  static func lines(_ name: String) throws -> [[String: Any]] {
    let data = try Data(contentsOf: Fixtures.url("tokenizer-parts/\(name)"))
    return try data.split(separator: UInt8(ascii: "\n")).map {
      try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
    }
  }

  static func write(_ value: Any, to url: URL) throws {
    try JSONSerialization.data(withJSONObject: value).write(to: url)
  }

  static func check(_ tokenizer: Tokenizer, _ line: [String: Any], _ what: String) throws {
    let data = try JSONSerialization.data(withJSONObject: line)
    for row in try JSONDecoder().decode(Line.self, from: data).rows {
      let ids = tokenizer.encode(row.text, addSpecial: true, parseSpecial: true)
      #expect(ids == row.ids, "\(what): \(row.text)")
      let plain = tokenizer.encode(row.text, addSpecial: false, parseSpecial: true)
      #expect(plain == row.plain, "\(what): \(row.text)")
      guard let decoded = row.decoded else { continue }
      let found = tokenizer.decode(plain, skipSpecial: false)
      #expect(sameBytes(found, decoded), "\(what): \(row.text)")
    }
  }

  @Test func `added tokens that share spellings are found as the hub's library finds them`() throws
  {
    var lines = try Self.lines("added.jsonl")
    let pieces = try #require(lines.removeFirst()["pieces"] as? [String])
    let folder = try TemporaryFolder()
    let file = folder.file("tokenizer.json")
    var (read, refused) = (0, 0)
    for line in lines {
      let vocab = Dictionary(uniqueKeysWithValues: pieces.enumerated().map { ($1, $0) })
      let model: [String: Any] = [
        "type": "BPE", "unk_token": "<unk>", "vocab": vocab, "merges": [["a", "a"], ["a", "b"]],
      ]
      try Self.write(
        [
          "version": "1.0", "normalizer": line["normalizer"] ?? NSNull(),
          "added_tokens": line["added_tokens"] ?? [], "model": model,
        ] as [String: Any], to: file)
      let rows = try #require(line["rows"] as? [[String: Any]])
      let tokenizer: Tokenizer
      do {
        tokenizer = try TokenizerLoader.fromTokenizerJSON(file)
      } catch {
        // The library finds what has no spelling where it is not: no answer to go by.
        #expect("\(error)".contains("the normalizer makes nothing of the added token"))
        refused += 1
        continue
      }
      for row in rows {
        let text = try #require(row["text"] as? String)
        #expect(
          tokenizer.encode(text, addSpecial: true, parseSpecial: true) == row["ids"] as? [Int],
          "\(line["added_tokens"] ?? ""): \(text)")
      }
      read += 1
    }
    #expect(read > 50 && refused > 0)
  }

  @Test func `every part gives what the hub's library gives`() throws {
    let base = try JSONSerialization.jsonObject(
      with: Data(contentsOf: Fixtures.url("tokenizer-parts/base.json")))
    let lines = try Self.lines("parts.jsonl")
    #expect(lines.count > 60)
    let folder = try TemporaryFolder()
    let file = folder.file("tokenizer.json")
    for line in lines {
      var root = try #require(base as? [String: Any])
      for key in ["normalizer", "pre_tokenizer", "decoder", "post_processor"] {
        root[key] = line[key]
      }
      if let added = line["added_tokens"] { root["added_tokens"] = added }
      if let model = line["model"] as? [String: Any] {
        root["model"] = (root["model"] as? [String: Any] ?? [:]).merging(model) { $1 }
      }
      try Self.write(root, to: file)
      let tokenizer = try TokenizerLoader.fromTokenizerJSON(file)
      try Self.check(tokenizer, line, line["name"] as? String ?? "")
    }
  }

  @Test func `a tokenizer's class decides as in transformers`() throws {
    let lines = try Self.lines("classes.jsonl")
    #expect(lines.count > 60)
    let base = try JSONSerialization.jsonObject(
      with: Data(contentsOf: Fixtures.url("tokenizer-parts/base.json")))
    for line in lines {
      let folder = try TemporaryFolder()
      var root = try #require(base as? [String: Any])
      for (key, value) in line["tokenizer"] as? [String: Any] ?? [:] { root[key] = value }
      try Self.write(root, to: folder.file("tokenizer.json"))
      for name in ["tokenizer_config.json", "special_tokens_map.json", "config.json"] {
        if let value = line[name] { try Self.write(value, to: folder.file(name)) }
      }
      let tokenizer = try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
      try Self.check(tokenizer, line, "\(line["tokenizer_config.json"] ?? "")")
    }
  }

  @Test func `a beginning that is asked for and not named is refused`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: Fixtures.url("tokenizer-parts/base.json"), to: folder.file("tokenizer.json"))
    try Self.write(
      ["tokenizer_class": "LlamaTokenizer", "add_bos_token": true, "bos_token": NSNull()],
      to: folder.file("tokenizer_config.json"))
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerLoader.fromTokenizerJSON(folder.file("tokenizer.json"))
    }
    #expect(error?.description.contains("bos_token") == true)
  }

  @Test(arguments: [
    #"(a)\1"#, #"\p{Klingon}"#, "(a*)*", "(?<=a+)b", #"(?i:\p{Lu})"#, "(?i:straße)", "a{1001}",
    "(", "[a", #"\X"#, "(?x:a)", "*a", "(?i:ss)",
  ])
  func `a pattern that is not understood is refused`(pattern: String) {
    #expect(throws: PatternError.self) { try TextPattern(pattern) }
  }

  @Test(arguments: ["(?:a|aa|a+b)+c", #"\s+x"#, "(?:a?){30}b", "(?:.*a){8}b", "(?=(?:a.)*b)c"])
  func `a pattern made to go back without end ends`(pattern: String) throws {
    let text = String(repeating: "a", count: 2_000) + String(repeating: " ", count: 2_000)
    let found = try TextPattern(pattern)
    var matches = 0
    Array(text.utf8).withUnsafeBufferPointer { buffer in
      found.forEachMatch(in: buffer, 0..<buffer.count) { _ in matches += 1 }
    }
    #expect(matches == 0)
  }
}

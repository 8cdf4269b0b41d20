import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// Damaged files give a tokenizer or an error: no crash, no hang.
@Suite(.timeLimit(.minutes(5))) struct TokenizerFuzzTests {
  static let text = "It's 42 ▁words, naïve e\u{301} 日本 🙂\r\n  <s><|im_end|><mask> <0x0A>"

  static func exercise(_ tokenizer: Tokenizer) {
    for special in [true, false] {
      let tokens = tokenizer.encodeWithOffsets(text, addSpecial: true, parseSpecial: special)
      #expect(tokens.ends.allSatisfy { (0...text.utf8.count).contains($0) })
      _ = tokenizer.decode(tokens.ids, skipSpecial: special)
      for id in tokens.ids { _ = tokenizer.spelling(of: id) }
    }
    _ = tokenizer.decode(0..<min(tokenizer.vocabularySize, 2000), skipSpecial: false)
  }

  static func damage(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    let syntax = Array("{}[],:\"\\0123456789eu-tfn".utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      let index = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[index] = UInt8.random(in: .min ... .max, using: &generator)
      case 1: bytes[index] = syntax.randomElement(using: &generator) ?? 0
      case 2: bytes.remove(at: index)
      case 3: bytes.insert(syntax.randomElement(using: &generator) ?? 0, at: index)
      case 4: bytes.removeSubrange(index..<min(bytes.count, index + 40))
      default:
        let end = min(bytes.count, index + 60)
        let target = Int.random(in: 0..<bytes.count, using: &generator)
        bytes.insert(contentsOf: bytes[index..<end], at: target)
      }
      if bytes.isEmpty { return bytes }
    }
    return bytes
  }

  @Test(arguments: [
    "added-tokens", "prepend", "metaspace-first", "metaspace-always", "digits", "prefix-space",
  ])
  func `damaged tokenizer files do no harm`(name: String) throws {
    let whole = [UInt8](
      try Data(contentsOf: Fixtures.url("tokenizer-variants/\(name).tokenizer.json")))
    // The settings stand before and after a long vocabulary: damage them as often as it.
    let vocabulary = try #require(
      String(decoding: whole, as: UTF8.self).firstRange(of: "\"vocab\""))
    let start = String(decoding: whole, as: UTF8.self)[..<vocabulary.lowerBound].utf8.count
    var generator = SeededGenerator(state: UInt64(name.utf8.count))
    var accepted = 0
    for round in 0..<350 {
      var bytes = whole
      if round % 2 == 0 {
        bytes = Self.damage(Array(whole[..<start]), &generator) + whole[start...]
      } else {
        bytes = Self.damage(whole, &generator)
      }
      do {
        Self.exercise(try TokenizerJSONReader(bytes).tokenizer())
        accepted += 1
      } catch is TokenizerError {
        continue
      }
    }
    #expect(accepted > 10)
  }

  @Test func `a file cut short at any place is refused`() throws {
    let whole = [UInt8](
      try Data(contentsOf: Fixtures.url("tokenizer-variants/digits.tokenizer.json")))
    for count in stride(from: 0, to: whole.count - 1, by: 37) {
      #expect(throws: TokenizerError.self) {
        try TokenizerJSONReader(Array(whole[..<count])).tokenizer()
      }
    }
  }

  @Test(arguments: ["byte-level", "sentencepiece"])
  func `damaged metadata does no harm`(name: String) throws {
    var complete = try MetadataObject("tokenizer-variants/\(name).metadata.json")
    complete["pre"] = .string("llama-bpe")
    var generator = SeededGenerator(state: 99)
    for _ in 0..<700 {
      var metadata = complete
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        Self.damage(&metadata, &generator)
      }
      do {
        Self.exercise(try TokenizerLoader.fromGGUF(metadata: metadata))
      } catch is TokenizerError {
        continue
      }
    }
  }

  static func damage(_ metadata: inout MetadataObject, _ generator: inout SeededGenerator) {
    let names = ["tokens", "token_type", "merges", "scores", "bos_token_id", "eos_token_id"]
    let name = names.randomElement(using: &generator) ?? "tokens"
    let number = [-1, 0, 3, 419, 420, 1 << 33, .max, .min].randomElement(using: &generator) ?? 0
    switch metadata[name] {
    case .strings(var strings) where !strings.isEmpty:
      let index = Int.random(in: 0..<strings.count, using: &generator)
      let spellings = ["", " ", "a", "Ġ Ġ", "▁▁", "<0x0A>", "日", strings[index] + "x"]
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: strings[index] = spellings.randomElement(using: &generator) ?? ""
      case 1: strings.removeSubrange(index...)
      default: strings.swapAt(index, Int.random(in: 0..<strings.count, using: &generator))
      }
      metadata[name] = .strings(strings)
    case .integers(var integers):
      let index = Int.random(in: 0..<integers.count, using: &generator)
      integers[index] = number
      metadata[name] = .integers(integers)
    case .floats(var floats):
      let index = Int.random(in: 0..<floats.count, using: &generator)
      floats[index] = [.nan, .infinity, -.infinity, 0].randomElement(using: &generator) ?? 0
      metadata[name] = .floats(floats)
    case .integer:
      metadata[name] = .integer(number)
    default:
      metadata["add_bos_token"] = .bool(true)
    }
  }
}

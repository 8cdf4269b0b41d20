import TestSupport
import Testing

@testable import LanguageModel

@Suite struct StreamingDecoderTests {
  static func byteTokenizer() throws -> Tokenizer {
    try HubTokenizerTests.tokenizer("tokenizer-json/byte-level-llama3")
  }

  /// The ids of single bytes, so that every character comes in parts.
  static func ids(_ bytes: [UInt8], _ tokenizer: Tokenizer) -> [Int] {
    bytes.compactMap { byte in
      tokenizer.id(of: String(ByteLevelAlphabet.scalars[Int(byte)]))
    }
  }

  @Test func `a character comes out when its last byte does`() throws {
    let tokenizer = try Self.byteTokenizer()
    var decoder = StreamingDecoder(tokenizer)
    let parts = Self.ids(Array("aé日🙂!".utf8), tokenizer).map { decoder.push($0) }
    #expect(parts == ["a", "", "é", "", "", "日", "", "", "", "🙂", "!"])
    #expect(decoder.flush() == "")
  }

  @Test func `ill-formed bytes come out as soon as they are known to be`() throws {
    let tokenizer = try Self.byteTokenizer()
    var decoder = StreamingDecoder(tokenizer)
    let parts = Self.ids([0xE2, 0x28, 0xFF, 0xF0, 0x80, 0x41], tokenizer).map { decoder.push($0) }
    #expect(parts == ["", "\u{FFFD}(", "\u{FFFD}", "", "\u{FFFD}\u{FFFD}", "A"])
  }

  @Test func `an incomplete character at the end is replaced`() throws {
    let tokenizer = try Self.byteTokenizer()
    var decoder = StreamingDecoder(tokenizer)
    #expect(Self.ids([0xF0, 0x9F, 0x99], tokenizer).map { decoder.push($0) }.joined() == "")
    #expect(decoder.flush() == "\u{FFFD}")
    #expect(decoder.flush() == "")
  }

  @Test func `random bytes stream to what they decode to`() throws {
    let tokenizer = try Self.byteTokenizer()
    var generator = SeededGenerator(state: 3)
    let interesting: [UInt8] = [0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xA0, 0xED, 0x9F, 0xF0, 0x90, 0xF4]
    for _ in 0..<2000 {
      let count = Int.random(in: 0...8, using: &generator)
      let bytes = (0..<count).map { _ in interesting.randomElement(using: &generator) ?? 0x41 }
      let ids = Self.ids(bytes, tokenizer)
      var decoder = StreamingDecoder(tokenizer)
      let streamed = ids.map { decoder.push($0) }.joined() + decoder.flush()
      #expect(sameBytes(streamed, tokenizer.decode(ids, skipSpecial: true)), "\(bytes)")
    }
  }

  @Test func `special tokens are left out when asked`() throws {
    let tokenizer = try Self.byteTokenizer()
    var shown = StreamingDecoder(tokenizer, skipSpecial: false)
    #expect(shown.push(1) == "<|eot_id|>")
    var skipped = StreamingDecoder(tokenizer)
    #expect(skipped.push(1) == "")
    #expect(skipped.push(1_000_000) == "")
  }
}

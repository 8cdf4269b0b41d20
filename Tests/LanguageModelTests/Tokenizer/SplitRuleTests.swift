import Testing

@testable import LanguageModel

@Suite struct SplitRuleTests {
  static func words(_ rule: SplitRule, _ text: String) -> [String] {
    var text = text
    return text.withUTF8 { buffer in
      var words: [Range<Int>] = []
      rule.split(buffer, 0..<buffer.count, into: &words)
      return words.map { String(decoding: buffer[$0], as: UTF8.self) }
    }
  }

  @Test(arguments: [
    ("", []),
    ("it's fine", ["it", "'s", " fine"]),
    ("IT'S", ["IT", "'", "S"]),
    ("a  b", ["a", " ", " b"]),
    ("a \n b\n", ["a", " \n", " b", "\n"]),
    (" ", [" "]),
    ("  1234!!", [" ", " 1234", "!!"]),
    ("\tx\u{A0}y", ["\t", "x", "\u{A0}", "y"]),
    ("''ll", ["''", "ll"]),
    ("½Ⅳ٣ü日", ["½Ⅳ٣", "ü日"]),
    ("e\u{301}🙂", ["e", "\u{301}🙂"]),
  ])
  func `GPT-2 words`(text: String, expected: [String]) {
    #expect(Self.words(.gpt2(.hub), text) == expected)
  }

  @Test(arguments: [
    ("IT'S it'll", ["IT", "'S", " it", "'ll"]),
    ("(word) -word", ["(word", ")", " -", "word"]),
    ("12345", ["123", "45"]),
    (" 1", [" ", "1"]),
    ("!!\n\nx", ["!!\n\n", "x"]),
    ("a \n\n  b", ["a", " \n\n", " ", " b"]),
    ("a   ", ["a", "   "]),
    ("\r\n\t", ["\r\n", "\t"]),
    ("\u{3000}日", ["\u{3000}日"]),
    ("x\u{A0}!", ["x", "\u{A0}", "!"]),
    ("'ſa", ["'ſ", "a"]),
  ])
  func `Llama 3 words`(text: String, expected: [String]) {
    #expect(Self.words(.llama3(mostDigits: 3, .hub), text) == expected)
  }

  @Test func `llama.cpp does not take a long s for an s`() {
    #expect(Self.words(.llama3(mostDigits: 1, .llamaCpp), "'ſa12") == ["'ſa", "1", "2"])
  }

  @Test func `digits apart from the rest`() {
    #expect(Self.words(.digits(individually: true), "a12½ b") == ["a", "1", "2", "½", " b"])
    #expect(Self.words(.digits(individually: false), "a12½ b") == ["a", "12½", " b"])
  }

  @Test func `literals end or start words`() {
    #expect(Self.words(.afterLiteral(Array("▁".utf8)), "▁a▁▁b") == ["▁", "a▁", "▁", "b"])
    #expect(Self.words(.beforeLiteral(Array("▁".utf8)), "a▁▁b▁") == ["a", "▁", "▁b", "▁"])
  }

  @Test func `every scalar belongs to one word and no word is empty`() {
    var generator = SeededGenerator(state: 7)
    let alphabet = Array("ab 1.'\n\r\t\u{A0}é日½🙂\u{301}Sſ".unicodeScalars)
    let rules: [SplitRule] = [
      .gpt2(.hub), .llama3(mostDigits: 3, .hub), .digits(individually: false),
      .afterLiteral([0x20]), .beforeLiteral([0x20]),
    ]
    for _ in 0..<500 {
      let length = Int.random(in: 1...20, using: &generator)
      let scalars = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? "a" }
      let text = String(String.UnicodeScalarView(scalars))
      for rule in rules {
        let words = Self.words(rule, text)
        #expect(sameBytes(words.joined(), text))
        #expect(!words.contains(""))
      }
    }
  }
}

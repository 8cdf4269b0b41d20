import Testing

@testable import Terminal

struct SanitizingTests {
  @Test(
    arguments: [
      ("plain", "plain"), ("\u{1B}[31m", "␛[31m"), ("a\u{0}b\u{7F}", "a␀b␡"), ("\u{9B}2J", "␦2J"),
      ("a\tb\nc", "a⇥b⏎c"), ("a\r\nb\r", "a⏎b␍"), ("x\u{2028}y", "x⏎y"),
      ("\u{202E}evil\u{202C}", "⇄evil⇄"), ("\u{2066}a\u{2069}\u{200F}", "⇄a⇄⇄"),
      ("zero\u{200B}width\u{FEFF}", "zero◦width◦"), ("hid\u{E0041}den", "hid◦den"),
      ("soft\u{AD}", "soft◦"),
      ("日本é🙂", "日本é🙂"), ("می\u{200C}خواهم", "می\u{200C}خواهم"), ("\u{301}x", "◌\u{301}x"),
      ("\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}", "\u{1F3F4}\u{E0067}\u{E0062}\u{E007F}"),
    ])
  func `what a terminal would obey is made visible`(text: String, shown: String) {
    #expect(sanitized(text) == shown)
  }

  @Test func `no control character survives`() {
    let controls = (0...0x9F as ClosedRange<UInt32>).compactMap(Unicode.Scalar.init)
    var text = String.UnicodeScalarView()
    text.append(contentsOf: controls)
    for scalar in sanitized(String(text)).unicodeScalars {
      #expect(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "\(scalar.value)")
    }
  }

  @Test func `white space can be plain spaces`() {
    #expect(sanitized("a\tb\nc\r\nd", whitespace: .spaces) == "a b c d")
  }

  @Test func `bytes that are no text become replacement characters`() {
    let text = String(decoding: [0x61, 0xFF, 0xC3, 0x62] as [UInt8], as: UTF8.self)
    #expect(sanitized(text) == "a\u{FFFD}\u{FFFD}b")
  }

  @Test func `marks piled on one character become glyphs of their own`() {
    var reader = GlyphReader(("e" + String(repeating: "\u{301}", count: 100)).unicodeScalars)
    let first = reader.next()
    #expect(first?.text.unicodeScalars.count == 1 + Glyph.markLimit)
    #expect(reader.next()?.text.unicodeScalars.first == Glyph.dottedCircle)
  }

  @Test func `a long text of controls is shown whole`() {
    let text = String(repeating: "\u{1B}[\u{301}é", count: 200_000)
    let shown = sanitized(text)
    #expect(shown.unicodeScalars.count == 200_000 * 4)
  }

  @Test func `a joiner takes in an emoji only after an emoji`() {
    var reader = GlyphReader("a\u{200D}❤".unicodeScalars)
    #expect(reader.next() == Glyph(text: "a\u{200D}", width: 1))
    #expect(reader.next() == Glyph(text: "❤", width: 1))
  }
}

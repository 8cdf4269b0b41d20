import Testing

@testable import Terminal

struct DisplayWidthTests {
  @Test(
    arguments: [
      ("", 0), ("a", 1), ("refusal", 7), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1), ("Ａ", 2),
      ("한국", 4), ("\u{1112}\u{1161}\u{11AB}", 2), ("θ≤½", 3), ("─│", 2), ("🙂", 2), ("👍🏽", 2),
      ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("🇩", 1), ("🇩🇪🇫", 3), ("❤️", 2), ("1️⃣", 2), ("1\u{FE0F}", 1), ("🏳️‍⚧️", 2),
      ("שלום", 4),
      ("مرحبا", 5), ("कि", 2), ("ไทย", 3), ("\u{200D}", 1), ("\u{FFFD}", 1), ("\t", 1),
      ("\u{1B}[m", 3),
    ])
  func `text takes the columns terminals give it`(text: String, columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }

  @Test(arguments: [("a" as Character, 1), ("日", 2), ("e\u{301}", 1), ("🇩🇪", 2), ("\u{7}", 1)])
  func `a character takes what its text takes`(character: Character, columns: Int) {
    #expect(DisplayWidth.of(character) == columns)
  }

  @Test func `what joins the character before it has no width of its own`() {
    for scalar in ["\u{301}", "\u{200D}", "\u{FE0F}", "\u{20E3}", "\u{1161}"] as [Unicode.Scalar] {
      #expect(DisplayWidth.of(scalar) == nil, "\(scalar.value)")
    }
    #expect(DisplayWidth.of("\u{600}" as Unicode.Scalar) == 1)
  }
}

struct DrawnGlyphTests {
  private func drawn(_ text: String, width: Int) -> [DrawnGlyph] {
    DrawnGlyph.glyphs(for: text, width: width) { DisplayWidth.of($0) ?? 0 }
  }

  @Test func `a joined emoji is drawn by its first`() {
    #expect(drawn("👩‍👩‍👧", width: 2) == [DrawnGlyph(scalars: ["👩"], width: 2)])
    #expect(drawn("👍🏽", width: 2) == [DrawnGlyph(scalars: ["👍"], width: 2)])
  }

  @Test func `a flag is drawn by its letters`() {
    #expect(
      drawn("🇩🇪", width: 2) == [
        DrawnGlyph(scalars: ["D"], width: 1), DrawnGlyph(scalars: ["E"], width: 1),
      ])
  }

  @Test func `marks stay up to what curses keeps`() {
    #expect(drawn("e\u{301}", width: 1) == [DrawnGlyph(scalars: ["e", "\u{301}"], width: 1)])
    #expect(drawn("e\u{301}\u{302}\u{303}\u{304}\u{305}", width: 1)[0].scalars.count == 5)
  }

  @Test func `curses has a sign and a space for a sign shown as an emoji`() {
    #expect(
      drawn("❤️", width: 2) == [
        DrawnGlyph(scalars: ["❤"], width: 1), DrawnGlyph(scalars: [" "], width: 1),
      ])
  }

  @Test(arguments: [
    ("👩‍👩‍👧", true), ("👍🏽", true), ("❤️", true), ("1️⃣", true), ("🇩🇪", true), ("🇩", false),
    ("e\u{301}\u{302}\u{303}\u{304}\u{305}", true), ("e\u{301}", false), ("日", false),
    ("👩\u{200D}", false),
  ])
  func `what curses cannot hold is sent past it`(glyph: String, isWhole: Bool) {
    #expect(DrawnGlyph.isWhole(glyph) == isWhole)
  }

  @Test func `a joined emoji is sent whole, and what is right of it put in its place`() {
    var screen = Screen(columns: 12, rows: 1)
    screen.write("a👩‍👩‍👧b", row: 0, column: 0)
    var output = ClusterOutput()
    output.add(
      row: 0, of: screen, columns: 12, from: ClusterOutput.columns(of: 0, in: screen) ?? 0...0,
      sequence: { _ in "" }, drawn: { self.drawn($0.glyph, width: $0.width) })
    let text = String(decoding: output.finished(), as: UTF8.self)
    #expect(
      text.hasPrefix("\u{1B}7\u{1B}[?7l\u{1B}[1;2H  \u{1B}[1;2H👩‍👩‍👧\u{1B}[1;4Hb"))
    #expect(text.hasSuffix("\u{1B}[?7h\u{1B}8"))
  }

  @Test(arguments: [
    (["TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.3a"], 21),
    (["TERM_PROGRAM": "tmux", "TERM_PROGRAM_VERSION": "3.5"], .max),
    (["TMUX": "/tmp/x"], 21), (["TERM_PROGRAM": "WezTerm"], .max), ([:], .max),
  ])
  func `older versions of tmux hold less of a sequence`(
    environment: [String: String], limit: Int
  ) {
    #expect(ClusterJoining(environment: environment).byteLimit == limit)
  }

  @Test func `a character the system counts otherwise is shown as unknown in the same columns`() {
    let glyphs = DrawnGlyph.glyphs(for: "🫨", width: 2) { _ in -1 }
    #expect(
      glyphs == [
        DrawnGlyph(scalars: ["\u{FFFD}"], width: 1), DrawnGlyph(scalars: [" "], width: 1),
      ])
  }
}

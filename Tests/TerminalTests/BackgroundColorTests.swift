import Testing

@testable import Terminal

struct BackgroundColorTests {
  @Test(arguments: [
    ("11;rgb:1a1a/1616/1313", Theme.Appearance.dark), ("11;rgb:ff/ff/ff", .light),
    ("11;rgba:fafa/f6f6/eded/ffff", .light), ("11;rgb:0/0/0", .dark),
  ])
  func `an answer says what is behind the text`(_ reply: String, _ expected: Theme.Appearance) {
    #expect(BackgroundColor.appearance(ofReply: reply) == expected)
  }

  @Test(arguments: ["", "11;?", "10;rgb:ff/ff/ff", "11;rgb:ff/ff", "11;rgb:-1/ff/ff", "11;#fff"])
  func `anything else is no answer`(_ reply: String) {
    #expect(BackgroundColor.appearance(ofReply: reply) == nil)
  }

  @Test(arguments: [
    ("15;0", Theme.Appearance.dark), ("0;15", .light), ("0;default;7", .light), ("12;8", .dark),
  ])
  func `COLORFGBG is read where a terminal sets it`(_ value: String, _ expected: Theme.Appearance) {
    #expect(BackgroundColor.appearance(in: ["COLORFGBG": value]) == expected)
  }

  @Test func `COLORFGBG that says nothing is passed over`() {
    for value in ["", "0;default", "0;16", "x"] {
      #expect(BackgroundColor.appearance(in: ["COLORFGBG": value]) == nil)
    }
  }

  @Test func `an answer between keys is no key`() {
    var decoder = InputDecoder()
    let events = decoder.feed(Array("j\u{1B}]11;rgb:ffff/ffff/ffff\u{1B}\\k".utf8))
    #expect(
      events == [.key(.character("j")), .background(.light), .key(.character("k"))])
  }

  @Test func `over a slow line an answer comes in pieces, and no piece is typed`() {
    var decoder = InputDecoder()
    decoder.isAwaitingReply = true
    var events: [TerminalEvent] = []
    for byte in Array("\u{1B}]11;rgb:0000/0000/0000\u{07}".utf8) {
      events += decoder.feed([byte])
      // The wait for the rest of a sequence is over each time; a lone ESC is then the key.
      if byte != 0x1B, byte != UInt8(ascii: "]") { events += decoder.flush() }
    }
    #expect(events == [.background(.dark)])
    #expect(!decoder.isAwaitingReply)
  }

  @Test func `when no answer is awaited, an unfinished one is dropped`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}]11;rgb:00".utf8)) == [])
    for _ in 0..<30 where decoder.isWaiting { #expect(decoder.flush().isEmpty) }
    #expect(!decoder.isWaiting)
  }

  @Test func `terminals that would show the question are not asked`() {
    for name in ["linux", "vt100", "dumb"] { #expect(!BackgroundColor.canBeAsked(name)) }
    #expect(BackgroundColor.canBeAsked("xterm-256color"))
  }
}

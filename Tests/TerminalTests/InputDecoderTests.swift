import Testing

@testable import Terminal

struct InputDecoderTests {
  private func events(_ text: String, _ decoder: InputDecoder = InputDecoder()) -> [TerminalEvent] {
    var decoder = decoder
    return decoder.feed(Array(text.utf8)) + decoder.flush()
  }

  private func keys(_ text: String) -> [KeyPress?] {
    events(text).map { if case .key(let press) = $0 { press } else { nil } }
  }

  @Test(
    arguments: [
      ("j", "j"), ("é", "é"), ("日", "日"), ("\r", "Enter"), ("\n", "Ctrl-j"), ("\t", "Tab"),
      ("\u{7F}", "Backspace"), ("\u{8}", "Ctrl-h"), ("\u{3}", "Ctrl-c"), ("\u{1A}", "Ctrl-z"),
      ("\u{0}", "Ctrl-Space"), ("\u{1F}", "Ctrl-_"), ("\u{1B}", "Esc"), ("\u{1B}x", "Alt-x"),
      ("\u{1B}é", "Alt-é"), ("\u{1B}\u{7F}", "Alt-Backspace"), ("\u{1B}\r", "Alt-Enter"),
      ("\u{1B}[A", "Up"), ("\u{1B}OA", "Up"), ("\u{1B}[1;5D", "Ctrl-Left"),
      ("\u{1B}[1;2C", "Shift-Right"), ("\u{1B}[1;3B", "Alt-Down"), ("\u{1B}[1;9B", "Alt-Down"),
      ("\u{1B}[Z", "Backtab"), ("\u{1B}[3~", "Delete"), ("\u{1B}[3;5~", "Ctrl-Delete"),
      ("\u{1B}[H", "Home"), ("\u{1B}[4~", "End"), ("\u{1B}[5~", "PageUp"), ("\u{1B}OP", "F1"),
      ("\u{1B}[15~", "F5"), ("\u{1B}[17~", "F6"), ("\u{1B}[24~", "F12"),
      ("\u{1B}[1;2P", "Shift-F1"),
      ("\u{1B}[[A", "F1"), ("\u{1B}[[E", "F5"), ("\u{1B}OM", "Enter"), ("\u{1B}Ow", "7"),
      ("\u{1B}[114;5u", "Ctrl-r"), ("\u{1B}[27;5;114~", "Ctrl-r"), ("\u{1B}[27u", "Esc"),
      ("\u{1B}\u{1B}[A", "Alt-Up"), ("\u{1B}[", "Alt-["), ("\u{1B}O", "Alt-O"),
    ])
  func `a sequence is its key`(bytes: String, name: String) {
    #expect(keys(bytes) == [KeyPress(parsing: name)])
  }

  @Test func `a sequence that comes in pieces is one key`() {
    var decoder = InputDecoder()
    for byte in Array("\u{1B}[1;5".utf8) {
      #expect(decoder.feed([byte]).isEmpty)
      #expect(decoder.isWaiting)
    }
    #expect(decoder.feed(Array("D".utf8)) == [.key(KeyPress(.left, .control))])
    #expect(!decoder.isWaiting)
  }

  @Test func `a character that comes in pieces is one key`() {
    var decoder = InputDecoder()
    let bytes = Array("日".utf8)
    #expect(decoder.feed(bytes.prefix(2)).isEmpty)
    #expect(decoder.feed(bytes.suffix(1)) == [.key(.character("日"))])
  }

  @Test func `an answer longer than any is no keys, however it is cut`() {
    let bytes = Array(("\u{1B}]11;rgb:" + String(repeating: "f", count: 20_000) + "\u{1B}\\x").utf8)
    for piece in [1, 7, 4096, 4097, bytes.count] {
      var decoder = InputDecoder()
      var events: [TerminalEvent] = []
      for start in stride(from: 0, to: bytes.count, by: piece) {
        events += decoder.feed(bytes[start..<min(start + piece, bytes.count)])
      }
      #expect(events == [.key(.character("x"))], "in pieces of \(piece)")
    }
  }

  @Test func `an answer that stops half way is no keys when the rest comes late`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}]4;1;rgb:ff".utf8)).isEmpty)
    #expect(decoder.flush().isEmpty)
    #expect(decoder.isWaiting)
    #expect(decoder.feed(Array("ff/0000/0000\u{1B}".utf8)).isEmpty)
    #expect(decoder.feed(Array("\\q".utf8)) == [.key(.character("q"))])
    #expect(!decoder.isWaiting)
  }

  @Test func `what is typed long after an answer broke off is keys again`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}P1+r".utf8)).isEmpty)
    for _ in 0..<30 where decoder.isWaiting { #expect(decoder.flush().isEmpty) }
    #expect(!decoder.isWaiting)
    #expect(decoder.feed(Array("j".utf8)) == [.key(.character("j"))])
  }

  @Test func `an escape key ends an answer that broke off`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}]11;rgb".utf8)).isEmpty)
    #expect(decoder.flush().isEmpty)
    #expect(decoder.feed([0x1B]).isEmpty)
    #expect(decoder.flush() == [.key(KeyPress(.escape))])
  }

  @Test func `a hundred thousand events are taken one by one in the order they came`() {
    var queue = EventQueue()
    for count in [1, 100_000, 3] {
      queue += (0..<count).map { .resize(columns: $0, rows: 1) }
      queue.append(.wake)
      var inOrder = 0
      for number in 0..<count where queue.removeFirst() == .resize(columns: number, rows: 1) {
        inOrder += 1
      }
      #expect(inOrder == count)
      #expect(queue.removeFirst() == .wake)
      #expect(queue.isEmpty)
    }
  }

  @Test func `a lone ESC is the key when nothing follows`() {
    var decoder = InputDecoder()
    #expect(decoder.feed([0x1B]).isEmpty)
    #expect(decoder.flush() == [.key(KeyPress(.escape))])
    #expect(decoder.feed(Array("x".utf8)) == [.key(.character("x"))])
  }

  @Test func `two ESC are two keys`() {
    #expect(keys("\u{1B}\u{1B}") == [KeyPress(.escape), KeyPress(.escape)])
  }

  @Test func `erase byte 8 makes it Backspace`() {
    #expect(events("\u{8}", InputDecoder(erase: 8)) == [.key(KeyPress(.backspace))])
  }

  @Test func `bytes that are no text are told and do not stop the rest`() {
    var decoder = InputDecoder()
    #expect(
      decoder.feed([0xFF, 0x61, 0xC3, 0x62]) == [
        .key(.character("\u{FFFD}")), .key(.character("a")), .key(.character("\u{FFFD}")),
        .key(.character("b")),
      ])
  }

  @Test func `unknown sequences and replies type nothing`() {
    #expect(events("\u{1B}[?1;2c\u{1B}[I\u{1B}[O\u{1B}[99~x") == [.key(.character("x"))])
    #expect(events("\u{1B}]10;rgb:0/0/0\u{7}\u{1B}P>|tmux\u{1B}\\x") == [.key(.character("x"))])
    #expect(
      events("\u{1B}[12;" + String(repeating: "9", count: 50) + "Zx").last == .key(.character("x")))
  }

  @Test func `a broken sequence gives way to the next one`() {
    #expect(events("\u{1B}[1;\u{1B}[A") == [.key(KeyPress(.up))])
  }

  @Test func `an endless sequence is dropped`() {
    var decoder = InputDecoder()
    _ = decoder.feed(Array("\u{1B}]".utf8) + Array(repeating: 0x41, count: 5000))
    for _ in 0..<30 where decoder.isWaiting { #expect(decoder.flush().isEmpty) }
    #expect(!decoder.isWaiting)
  }

  @Test func `the terminfo entry's own sequences count`() {
    let sequences = KeySequences { name in
      ["kLFT5": Array("\u{1B}Od".utf8), "kf1": Array("\u{1B}[11~".utf8), "kent": [0x0D]][name]
    }
    var decoder = InputDecoder(sequences: sequences)
    #expect(decoder.feed(Array("\u{1B}O".utf8)).isEmpty)
    #expect(decoder.feed(Array("d".utf8)) == [.key(KeyPress(.left, .control))])
    #expect(decoder.feed(Array("\u{1B}[11~\u{1B}[B\r".utf8)).count == 3)
  }
}

struct PasteDecodingTests {
  @Test func `a paste is one event and none of it is a key`() {
    var decoder = InputDecoder()
    let events = decoder.feed(Array("a\u{1B}[200~q\u{3}\u{1B}[A日\u{1B}[201~b".utf8))
    #expect(
      events == [
        .key(.character("a")), .paste("q\u{3}\u{1B}[A日", isTruncated: false), .key(.character("b")),
      ])
  }

  @Test func `a paste that comes byte by byte is the same`() {
    var decoder = InputDecoder()
    var events: [TerminalEvent] = []
    for byte in Array("\u{1B}[200~x\u{1B}[20y\u{1B}[201~".utf8) {
      events += decoder.feed([byte])
    }
    #expect(events == [.paste("x\u{1B}[20y", isTruncated: false)])
  }

  @Test func `time does not end a paste`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}[200~q".utf8)).isEmpty)
    #expect(!decoder.isWaiting)
    #expect(decoder.flush().isEmpty)
    #expect(decoder.feed(Array("\u{1B}[201~".utf8)) == [.paste("q", isTruncated: false)])
  }

  @Test func `a long paste is cut between characters and says so`() {
    var decoder = InputDecoder(pasteLimit: 4)
    let events = decoder.feed(Array("\u{1B}[200~日本語\u{1B}[201~x".utf8))
    #expect(events == [.paste("日", isTruncated: true), .key(.character("x"))])
  }

  @Test func `line breaks are line feeds`() {
    var decoder = InputDecoder()
    let events = decoder.feed(Array("\u{1B}[200~a\rb\r\nc\n\u{1B}[201~".utf8))
    #expect(events == [.paste("a\nb\nc\n", isTruncated: false)])
  }
}

struct MouseDecodingTests {
  private func mouse(_ bytes: [UInt8]) -> [MouseEvent] {
    var decoder = InputDecoder()
    return (decoder.feed(bytes) + decoder.flush()).compactMap {
      if case .mouse(let event) = $0 { event } else { nil }
    }
  }

  @Test(
    arguments: [
      ("\u{1B}[<0;10;5M", MouseEvent(.press, button: .left, row: 4, column: 9)),
      ("\u{1B}[<0;10;5m", MouseEvent(.release, button: .left, row: 4, column: 9)),
      ("\u{1B}[<2;300;1M", MouseEvent(.press, button: .right, row: 0, column: 299)),
      ("\u{1B}[<64;1;1M", MouseEvent(.wheelUp, row: 0, column: 0)),
      ("\u{1B}[<81;1;1M", MouseEvent(.wheelDown, row: 0, column: 0, modifiers: .control)),
      ("\u{1B}[<32;2;2M", MouseEvent(.drag, button: .left, row: 1, column: 1)),
      ("\u{1B}[<4;2;2M", MouseEvent(.press, button: .left, row: 1, column: 1, modifiers: .shift)),
      ("\u{1B}[M !\"", MouseEvent(.press, button: .left, row: 1, column: 0)),
      ("\u{1B}[M#!\"", MouseEvent(.release, button: .none, row: 1, column: 0)),
      ("\u{1B}[Ma!\"", MouseEvent(.wheelDown, row: 1, column: 0)),
    ])
  func `a report is its event in either encoding`(bytes: String, event: MouseEvent) {
    #expect(mouse(Array(bytes.utf8)) == [event])
  }

  @Test func `the old encoding reaches past ASCII`() {
    let bytes = Array("\u{1B}[M".utf8) + [32, 200, 240]
    #expect(mouse(bytes) == [MouseEvent(.press, button: .left, row: 207, column: 167)])
  }

  @Test(arguments: [
    "\u{1B}[<35;2;2M", "\u{1B}[<0;0;0M", "\u{1B}[<128;2;2M", "\u{1B}[<0;2M", "\u{1B}[<64;1;1m",
  ])
  func `reports of nothing are dropped`(bytes: String) {
    #expect(mouse(Array(bytes.utf8)).isEmpty)
  }

  @Test func `a report cut in two is waited for`() {
    var decoder = InputDecoder()
    #expect(decoder.feed(Array("\u{1B}[M ".utf8)).isEmpty)
    #expect(decoder.feed(Array("!!".utf8)).count == 1)
  }
}

import Testing

@testable import Terminal

struct ScreenTests {
  private let accent = Style(foreground: .rgb(255, 180, 84), attributes: .bold)

  @Test func `text is written where it is put`() {
    var screen = Screen(columns: 12, rows: 3)
    let used = screen.write("refusal", row: 1, column: 2)
    #expect(used == 7)
    #expect(screen.text == "\n  refusal\n")
  }

  @Test func `text is clipped at the right edge and at its limit`() {
    var screen = Screen(columns: 6, rows: 2)
    #expect(screen.write("refusal", row: 0, column: 2) == 4)
    #expect(screen.write("refusal", row: 1, column: 0, limit: 3) == 3)
    #expect(screen.text == "  refu\nref")
  }

  @Test func `text outside the screen changes nothing`() {
    var screen = Screen(columns: 4, rows: 1)
    let empty = screen
    for (row, column) in [(-1, 0), (1, 0), (0, 4), (0, 99), (0, -9)] {
      screen.write("abc", row: row, column: column)
    }
    screen.fill(Rect(row: -5, column: -5, rows: 2, columns: 2), style: accent)
    #expect(screen == empty)
  }

  @Test func `columns left of the screen are skipped`() {
    var screen = Screen(columns: 4, rows: 2)
    #expect(screen.write("abcdef", row: 0, column: -2) == 6)
    screen.write("日本", row: 1, column: -1)
    #expect(screen.text == "cdef\n 本")
  }

  @Test func `a wide glyph is whole or not there`() {
    var screen = Screen(columns: 5, rows: 1)
    #expect(screen.write("日本語", row: 0, column: 0) == 5)
    #expect(screen.text == "日本")
    #expect(screen[0, 0].width == 2)
    #expect(screen[0, 1] == .continuation(.plain))
    #expect(screen[0, 4] == .empty)
  }

  @Test func `writing over half of a wide glyph blanks the other half`() {
    var screen = Screen(columns: 6, rows: 1)
    screen.write("日本語", row: 0, column: 0)
    screen.write("x", row: 0, column: 1)
    screen.write("y", row: 0, column: 2)
    #expect(screen.text == " xy 語")
    screen.write("字", row: 0, column: 3)
    #expect(screen.text == " xy字")
    #expect(screen[0, 5] == .empty)
  }

  @Test(
    arguments: [
      ("refusal", 7, "refusal"), ("refusal", 6, "refus…"), ("refusal", 1, "…"), ("ab ", 3, "ab"),
      ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("日本", 4, "日本"), ("日", 1, "…"),
      ("e\u{301}e\u{301}", 1, "…"),
    ])
  func `an ellipsis says that there is more`(text: String, limit: Int, shown: String) {
    var screen = Screen(columns: 10, rows: 1)
    let used = screen.write(text, row: 0, column: 0, limit: limit, overflow: .ellipsis)
    #expect(screen.text == shown)
    #expect(used <= limit)
  }

  @Test func `control characters are shown, not obeyed`() {
    var screen = Screen(columns: 20, rows: 1)
    #expect(screen.write("a\u{1B}[2Jb\n\u{202E}", row: 0, column: 0) == 8)
    #expect(screen.text == "a␛[2Jb⏎⇄")
  }

  @Test func `only what is shown of a long line is read`() {
    // Reading all of it would take many seconds over these repeats.
    let line = String(repeating: "日本 text with words ", count: 400_000)
    let marks = "e" + String(repeating: "\u{301}", count: 4_000_000)
    var screen = Screen(columns: 80, rows: 1)
    let clock = ContinuousClock()
    let time = clock.measure {
      for _ in 0..<100 {
        screen.write(line, row: 0, column: 0, overflow: .ellipsis)
        screen.write(marks, row: 0, column: 0, limit: 40, overflow: .ellipsis)
      }
    }
    #expect(time < .seconds(5))
  }

  @Test func `a style keeps the colours beneath that it does not set`() {
    var screen = Screen(columns: 5, rows: 1)
    let row = Style(background: .ansi(4), attributes: .reverse)
    screen.fill(screen.bounds, style: row)
    screen.write("ab", row: 0, column: 1, style: accent)
    let merged = Style(
      foreground: .rgb(255, 180, 84), background: .ansi(4), attributes: [.bold, .reverse])
    #expect(
      screen.runs(row: 0) == [
        .init(" ", row), .init("ab", merged), .init("  ", row),
      ])
    #expect(screen.style(of: "b") == merged)
    #expect(screen.style(of: "zz") == nil)
  }

  @Test func `restyling keeps the text`() {
    var screen = Screen(columns: 5, rows: 1)
    screen.write("日本", row: 0, column: 0)
    screen.restyle(Rect(row: 0, column: 0, rows: 1, columns: 2), accent)
    #expect(screen.text == "日本")
    #expect(screen.runs(row: 0) == [.init("日", accent), .init("本 ", .plain)])
  }

  @Test func `a clip limits all drawing and ends with its closure`() {
    var screen = Screen(columns: 6, rows: 3)
    screen.clipped(to: Rect(row: 1, column: 1, rows: 1, columns: 3)) { screen in
      screen.write("abcdef", row: 1, column: 0)
      screen.write("hidden", row: 0, column: 0)
      screen.drawVerticalLine(row: 0, column: 3, length: 3, style: .plain)
      screen.clipped(to: screen.bounds) { $0.write("x", row: 2, column: 2) }
    }
    screen.write("z", row: 2, column: 5)
    #expect(screen.text == "\n bc│\n     z")
  }

  @Test func `a box has a border, a title and an inside`() {
    var screen = Screen(columns: 14, rows: 3)
    let inside = screen.drawBox(screen.bounds, title: "Regions", style: .plain)
    #expect(inside == Rect(row: 1, column: 1, rows: 1, columns: 12))
    #expect(screen.text == "╭─ Regions ──╮\n│            │\n╰────────────╯")
    screen.drawBox(screen.bounds, title: "Compared", weight: .heavy, style: .plain)
    #expect(screen.text(row: 0) == "┏━ Compared ━┓")
  }

  @Test(arguments: [0, 1, 2, 3, 5])
  func `boxes of any size fit`(size: Int) {
    var screen = Screen(columns: size, rows: size)
    screen.drawBox(screen.bounds, title: "title", style: .plain)
    #expect(
      screen.text.split(separator: "\n", omittingEmptySubsequences: false).count == max(1, size))
  }

  @Test func `an empty screen can be drawn on and read`() {
    var screen = Screen(columns: 0, rows: 0)
    screen.write("x", row: 0, column: 0)
    screen.fill(screen.bounds, style: .plain)
    #expect(screen.text.isEmpty)
    #expect(screen[0, 0] == .empty)
  }

  @Test func `rectangles split, meet and centre without negative sizes`() {
    let rect = Rect(row: 0, column: 0, rows: 10, columns: 20)
    #expect(rect.split(columns: 8, gap: 1).right == Rect(row: 0, column: 9, rows: 10, columns: 11))
    #expect(rect.split(columns: 30).right.isEmpty)
    #expect(rect.split(rows: 3).bottom == Rect(row: 3, column: 0, rows: 7, columns: 20))
    #expect(rect.centred(rows: 4, columns: 40) == Rect(row: 3, column: 0, rows: 4, columns: 20))
    #expect(rect.intersection(Rect(row: 12, column: 0, rows: 1, columns: 1)).isEmpty)
    #expect(rect.inset(rows: 6).isEmpty)
  }
}

struct ScreenDifferenceTests {
  private func row(_ text: String, style: Style = .plain) -> Screen {
    var screen = Screen(columns: 8, rows: 1)
    screen.write(text, row: 0, column: 0, style: style)
    return screen
  }

  @Test func `an equal row has no changes`() {
    #expect(row("abc").changedColumns(row: 0, since: row("abc")) == nil)
  }

  @Test func `the changed columns run from the first to the last`() {
    #expect(row("abcdef").changedColumns(row: 0, since: row("abXdXf")) == 2..<5)
    #expect(row("abc").changedColumns(row: 0, since: row("abc   x")) == 6..<7)
    #expect(
      row("abc", style: Style(attributes: .bold)).changedColumns(row: 0, since: row("abc")) == 0..<3
    )
  }

  @Test func `everything has changed since nothing`() {
    #expect(row("").changedColumns(row: 0, since: nil) == 0..<8)
  }

  @Test func `a change begins with a whole glyph, old and new`() {
    // The right halves differ in style alone.
    var restyled = row("日本")
    restyled.restyle(Rect(row: 0, column: 3, rows: 1, columns: 1), Style(attributes: .bold))
    #expect(restyled.changedColumns(row: 0, since: row("日本")) == 2..<4)
    #expect(row("日a").changedColumns(row: 0, since: row("日b")) == 2..<3)
    #expect(row("日 x").changedColumns(row: 0, since: row("日本")) == 2..<4)
  }
}

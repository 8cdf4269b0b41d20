/// Sends glyphs of several characters whole, past curses, which has one of their characters in its cell.
///
/// However many columns the terminal moves on by, the cursor is put where the next cell is, and what is
/// right of the glyph is written after it: over what a terminal drew there that does not join.
struct ClusterOutput {
  /// The first and last columns of a row that hold such glyphs.
  static func columns(of row: Int, in screen: Screen) -> ClosedRange<Int>? {
    var found: ClosedRange<Int>?
    for column in 0..<screen.columns {
      let glyph = screen[row, column].glyph
      guard glyph.utf8.count > 4, DrawnGlyph.isWhole(glyph) else { continue }
      found = (found?.lowerBound ?? column)...column
    }
    return found
  }

  private(set) var bytes: [UInt8] = []
  private var style: Style?

  /// Writes the row from its first such glyph to as far as a terminal can have drawn behind its last.
  mutating func add(
    row: Int, of screen: Screen, columns: Int, from span: ClosedRange<Int>,
    sequence: (Style) -> String, drawn: (Cell) -> [DrawnGlyph]
  ) {
    // Without wrapping, or a glyph at the edge would be drawn into the next row.
    if bytes.isEmpty { send("\u{1B}7\u{1B}[?7l") }
    let reach = screen[row, span.upperBound].glyph.unicodeScalars.count * 2
    let end = min(columns, span.upperBound + max(2, reach))
    style = nil
    var column = span.lowerBound
    move(row, column)
    while column < end {
      let cell = screen[row, column]
      guard cell.width > 0 else {
        column += 1
        continue
      }
      guard column + cell.width <= columns else { break }
      if style != cell.style {
        send(sequence(cell.style))
        style = cell.style
      }
      if DrawnGlyph.isWhole(cell.glyph) {
        send(String(repeating: " ", count: cell.width))
        move(row, column)
        send(Self.sent(cell.glyph))
        move(row, column + cell.width)
      } else {
        for glyph in drawn(cell) {
          bytes += String(String.UnicodeScalarView(glyph.scalars)).utf8
        }
      }
      column += cell.width
    }
  }

  /// All that was added, with the cursor and its colours as curses left them.
  func finished() -> [UInt8] {
    bytes.isEmpty ? [] : bytes + Array("\u{1B}[?7h\u{1B}8".utf8)
  }

  /// Without a joiner at its end, which would join what stands in the next cell.
  private static func sent(_ glyph: String) -> String {
    var scalars = glyph.unicodeScalars
    while scalars.last == "\u{200D}" { scalars.removeLast() }
    return String(scalars)
  }

  private mutating func send(_ text: String) { bytes += text.utf8 }

  private mutating func move(_ row: Int, _ column: Int) {
    send("\u{1B}[\(row + 1);\(column + 1)H")
  }
}

extension TerminalStyle {
  /// The style as a control sequence, in colours of the terminal's `depth`.
  func sequence(_ depth: ColorDepth) -> String {
    // Eight colours have gone through `reduceToEightColors`, so none of them is bright.
    var numbers = [0]
    for (attribute, number) in [
      (Attributes.bold, 1), (.dim, 2), (.italic, 3), (.underline, 4), (.reverse, 7),
    ] where attributes.contains(attribute) {
      numbers.append(number)
    }
    for (color, first) in [(foreground, 30), (background, 40)] where color >= 0 {
      switch color {
      case ..<8: numbers.append(first + color)
      case 8..<16 where depth != .truecolor: numbers.append(first + 60 + color - 8)
      case _ where depth == .truecolor:
        numbers += [first + 8, 2, color >> 16 & 0xFF, color >> 8 & 0xFF, color & 0xFF]
      default: numbers += [first + 8, 5, color]
      }
    }
    return "\u{1B}[\(numbers.map(String.init).joined(separator: ";"))m"
  }
}

import Terminal

/// Writes pieces of different looks one after another in a row, up to an edge.
struct Pen {
  let theme: Theme
  let row: Int
  let end: Int
  private(set) var column: Int

  init(theme: Theme, row: Int, column: Int, end: Int) {
    self.theme = theme
    self.row = row
    self.column = column
    self.end = end
  }

  var room: Int { max(0, end - column) }

  /// Writes `text` in the look of `role` (`nil`: as what is beneath) and moves on; cut with `…` at the edge.
  mutating func write(_ text: some StringProtocol, _ role: String? = nil, into screen: inout Cells)
  {
    write(text, style: role.map(theme.style) ?? .plain, into: &screen)
  }

  mutating func write(_ text: some StringProtocol, style: Style, into screen: inout Cells) {
    guard room > 0 else { return }
    column += screen.write(
      text, row: row, column: column, limit: room, style: style, overflow: .ellipsis)
  }

  mutating func skip(_ columns: Int) { column += columns }
}

extension Cells {
  /// Writes text so that it ends before `end`.
  mutating func writeRight(_ text: String, row: Int, end: Int, style: Style) {
    write(text, row: row, column: end - DisplayWidth.of(text), style: style)
  }

  /// Draws the rule that carries a pane's title; heavy where the pane has the keyboard.
  mutating func drawTitleRule(
    _ rect: Rect, isFocused: Bool, theme: Theme, title: (inout Pen, inout Cells) -> Void,
    trailing: String = ""
  ) {
    guard rect.columns > 4, !rect.isEmpty else { return }
    let rule = theme.style(isFocused ? "border.focused" : "border")
    drawHorizontalLine(
      row: rect.row, column: rect.column, length: rect.columns,
      weight: isFocused ? .heavy : .light, style: rule)
    var end = rect.endColumn - 2
    if !trailing.isEmpty, DisplayWidth.of(trailing) + 20 < rect.columns {
      end -= DisplayWidth.of(trailing) + 2
      write(" \(trailing) ", row: rect.row, column: end, style: theme.style("text.dim"))
      end -= 1
    }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 2, end: end - 1)
    write(" ", row: rect.row, column: rect.column + 1)
    title(&pen, &self)
    write(" ", row: rect.row, column: pen.column)
  }

  /// Draws the line between two panes, from the rule above it; nothing where there is none.
  mutating func drawDivider(_ rect: Rect, isListFocused: Bool = true, theme: Theme) {
    guard !rect.isEmpty else { return }
    let style = theme.style("border")
    drawVerticalLine(
      row: rect.row + 1, column: rect.column, length: rect.rows - 1, style: style)
    write(isListFocused ? "┭" : "┮", row: rect.row, column: rect.column, style: style)
  }

  /// Draws a field of text, scrolled so that its cursor is in sight.
  ///
  /// - Parameter suggestion: shown dim behind the text.
  mutating func drawField(
    _ field: TextField, suggestion: String = "", row: Int, column: Int, columns: Int, theme: Theme
  ) {
    guard columns > 1 else { return }
    let input = theme.style("input")
    fill(Rect(row: row, column: column, rows: 1, columns: columns), style: input)
    // From the cursor back, as many characters as fit before it.
    var start = field.cursor
    var used = 0
    while start > 0 {
      let width = DisplayWidth.of(field.characters[start - 1])
      guard used + width <= columns - 1 else { break }
      used += width
      start -= 1
    }
    let end = column + columns
    var pen = Pen(theme: theme, row: row, column: column, end: end)
    let text = field.isSelected ? theme.style("region.selected").over(input) : input
    for character in field.characters[start..<field.cursor] {
      pen.skip(write(String(character), row: row, column: pen.column, style: text))
    }
    let cursor = theme.style("input.cursor").over(input)
    let rest = String(field.characters[field.cursor...]) + suggestion
    let under = rest.first.map(String.init) ?? " "
    pen.skip(write(under, row: row, column: pen.column, limit: pen.room, style: cursor))
    let tail = field.characters.dropFirst(field.cursor + 1)
    if !tail.isEmpty {
      pen.skip(write(String(tail), row: row, column: pen.column, limit: pen.room, style: input))
    }
    guard field.isCursorAtEnd, pen.room > 0 else { return }
    write(
      suggestion.dropFirst(), row: row, column: pen.column, limit: pen.room,
      style: theme.style("text.dim").over(input), overflow: .ellipsis)
  }

  /// Draws a titled field with what there is to say of it behind.
  ///
  /// - Parameters:
  ///   - problemColumn: of the character that a problem is at, from 1.
  ///   - reserved: columns that the title and the field keep, however much there is to say.
  mutating func drawPrompt(
    _ title: String, _ field: TextField, facts: String, isProblem: Bool = false,
    problemColumn: Int? = nil, reserved: Int = 34, _ pen: inout Pen, _ area: Rect
  ) {
    pen.write(title, "title", into: &self)
    let room = min(DisplayWidth.of(facts), max(0, area.columns - reserved))
    let columns = max(12, pen.room - room - 2)
    drawField(field, row: area.row, column: pen.column, columns: columns, theme: pen.theme)
    if let problemColumn, field.characters.count < columns {
      let column = pen.column + min(problemColumn - 1, field.characters.count)
      restyle(
        Rect(row: area.row, column: column, rows: 1, columns: 1), pen.theme.style("status.error"))
    }
    pen.skip(columns + 2)
    pen.write(facts, isProblem ? "warning" : "text.dim", into: &self)
  }
}

import Terminal

/// Every command and its keys.
struct HelpView {
  let session: Session
  let help: HelpState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let box = HelpLine.box(in: body)
    let inside = OverlayBox.draw(box, title: "Help", theme: theme, into: &screen)
    let (top, list) = inside.split(rows: 1)
    var pen = Pen(theme: theme, row: top.row, column: top.column + 1, end: top.endColumn - 1)
    pen.write("find ", "text.dim", into: &screen)
    let fieldColumns = min(30, pen.room)
    screen.drawField(
      help.field, row: top.row, column: pen.column, columns: fieldColumns, theme: theme)
    pen.skip(fieldColumns + 2)
    pen.write("by name, or by key: ^D, z, Esc", "text.dim", into: &screen)
    let lines = HelpLine.lines(
      keymap: session.keymap, search: help.field.text, here: session.restingLayers)
    if lines.isEmpty {
      screen.write(
        "no command is called that, and none is on that key", row: list.row + 1,
        column: list.column + 1, style: theme.style("text.dim"))
    }
    let below = lines.count - help.top - list.rows
    for (row, line) in lines.dropFirst(help.top).prefix(list.rows).enumerated() {
      drawLine(line, row: list.row + row, list, into: &screen)
    }
    if below > 0 {
      screen.writeRight(
        " \(below) more below ", row: box.endRow - 1, end: box.endColumn - 2,
        style: theme.style("text.dim"))
    }
  }

  private func drawLine(_ line: HelpLine, row: Int, _ list: Rect, into screen: inout Cells) {
    var pen = Pen(theme: theme, row: row, column: list.column + 1, end: list.endColumn - 1)
    switch line {
    case .heading(let text): pen.write(text, "overlay.title", into: &screen)
    case .entry(let command, let keys):
      // Keys that their column has no room for push the words aside, and not the border.
      let (column, width) = (17, DisplayWidth.of(keys))
      if width < column {
        screen.writeRight(keys, row: row, end: list.column + column, style: theme.style("help.key"))
        pen.skip(column + 1)
      } else {
        pen.write(keys, "help.key", into: &screen)
        pen.skip(2)
      }
      pen.write(command.help, "help.text", into: &screen)
      if pen.room > command.rawValue.count + 4, !keys.hasPrefix(":\(command.rawValue)") {
        screen.writeRight(
          ":\(command.rawValue)", row: row, end: pen.end, style: theme.style("text.dim"))
      }
    }
  }
}

extension HelpState {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    HelpView(session: session, help: self, theme: theme).draw(into: &screen, body: area)
  }
}

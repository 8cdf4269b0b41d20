import Terminal

/// Every command, by a few letters of its name.
struct PaletteView {
  let session: Session
  let palette: PaletteState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let box = PaletteState.box(in: body)
    let inside = OverlayBox.draw(box, title: "Commands", theme: theme, into: &screen)
    let (top, list) = inside.split(rows: 1)
    screen.write(":", row: top.row, column: top.column + 1, style: theme.style("title"))
    screen.drawField(
      palette.field, row: top.row, column: top.column + 2, columns: top.columns - 3, theme: theme)
    let entries = session.paletteEntries
    guard !entries.isEmpty else {
      screen.write(
        "no command is called that", row: list.row, column: list.column + 2,
        style: theme.style("text.dim"))
      return
    }
    let first = max(0, palette.cursor - list.rows + 1)
    for (row, entry) in entries.dropFirst(first).prefix(list.rows).enumerated() {
      drawEntry(
        entry, isSelected: first + row == palette.cursor,
        Rect(row: list.row + row, column: list.column, rows: 1, columns: list.columns),
        into: &screen)
    }
  }

  private func drawEntry(
    _ entry: PaletteEntry, isSelected: Bool, _ rect: Rect, into screen: inout Cells
  ) {
    if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
    let role = { (role: String) in isSelected ? nil : role }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 2, end: rect.endColumn - 1)
    switch entry {
    case .region(let region):
      pen.write("Go to region \(region)", role("overlay"), into: &screen)
    case .command(let command, let marks):
      for (index, character) in command.title.enumerated() {
        pen.write(
          String(character), marks.contains(index) ? "match" : role("overlay"), into: &screen)
      }
      var keys = session.keymap.keys(for: command, in: session.restingLayers)
        .prefix(2).map(\.label).joined(separator: " ")
      if keys.isEmpty { keys = session.keymap.sortKeys(for: command) ?? "" }
      let column = rect.column + 30
      screen.writeRight(
        keys, row: rect.row, end: column + 7, style: isSelected ? .plain : theme.style("help.key"))
      var help = Pen(theme: theme, row: rect.row, column: column + 9, end: rect.endColumn - 1)
      help.write(command.help, role("text.dim"), into: &screen)
    }
  }
}

extension PaletteState {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    PaletteView(session: session, palette: self, theme: theme).draw(into: &screen, body: area)
  }
}

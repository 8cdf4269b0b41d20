import Terminal

/// Every command, by a few letters of its name.
struct PaletteView {
  let state: Session
  let palette: PaletteState
  let theme: Theme

  static func box(in body: Rect) -> Rect {
    Rect(
      row: body.row + 1, column: body.column + max(2, (body.columns - 84) / 2),
      rows: min(body.rows - 2, 20), columns: min(84, body.columns - 4))
  }

  func draw(into screen: inout Cells, body: Rect) {
    let box = Self.box(in: body)
    let inside = OverlayBox.draw(box, title: "Commands", theme: theme, into: &screen)
    let (top, list) = inside.split(rows: 1)
    screen.write(":", row: top.row, column: top.column + 1, style: theme.style("title"))
    screen.drawField(
      palette.field, row: top.row, column: top.column + 2, columns: top.columns - 3, theme: theme)
    let entries = state.paletteEntries
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
      var keys = state.keymap.keys(for: command, in: state.browsingLayers)
        .prefix(2).map(\.label).joined(separator: " ")
      if keys.isEmpty { keys = state.keymap.sortKeys(for: command) ?? "" }
      let column = rect.column + 30
      screen.writeRight(
        keys, row: rect.row, end: column + 7, style: isSelected ? .plain : theme.style("help.key"))
      var help = Pen(theme: theme, row: rect.row, column: column + 9, end: rect.endColumn - 1)
      help.write(command.help, role("text.dim"), into: &screen)
    }
  }
}

/// The box that overlays are drawn in.
enum OverlayBox {
  static func draw(
    _ box: Rect, title: String, theme: Theme, into screen: inout Cells
  ) -> Rect {
    let overlay = theme.style("overlay")
    screen.fill(box, style: overlay)
    return screen.drawBox(
      box, title: title, style: theme.style("border.focused").over(overlay),
      titleStyle: theme.style("overlay.title").over(overlay))
  }
}

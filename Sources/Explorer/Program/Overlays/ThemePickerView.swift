import Terminal

/// The themes there are; the screen around the list shows the one under the cursor.
struct ThemePickerView {
  let session: Session
  let picker: ThemePicker
  let theme: Theme

  static func box(in body: Rect, count: Int) -> Rect {
    let rows = min(body.rows, count + 2)
    // At the right, so that the table and its colours can be seen.
    return Rect(
      row: body.row + 1, column: body.endColumn - min(46, body.columns) - 1,
      rows: min(rows, body.rows - 1), columns: min(46, body.columns))
  }

  func draw(into screen: inout Cells, body: Rect) {
    let names = session.themes.names
    let box = Self.box(in: body, count: names.count)
    let inside = OverlayBox.draw(box, title: "Theme", theme: theme, into: &screen)
    let first = max(0, picker.cursor - inside.rows + 1)
    for (row, name) in names.dropFirst(first).prefix(inside.rows).enumerated() {
      let rect = Rect(
        row: inside.row + row, column: inside.column, rows: 1, columns: inside.columns)
      let isSelected = first + row == picker.cursor
      if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
      var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
      pen.write(isSelected ? "▸ " : "  ", isSelected ? nil : "overlay", into: &screen)
      pen.write(name, isSelected ? nil : "overlay", into: &screen)
      let appearance = session.themes.theme(named: name)?.appearance.rawValue ?? ""
      let own = session.themes.own[name] == nil ? "" : "yours · "
      screen.writeRight(
        own + appearance, row: rect.row, end: rect.endColumn - 1,
        style: isSelected ? .plain : theme.style("text.dim"))
    }
  }
}

extension ThemePicker {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    ThemePickerView(session: session, picker: self, theme: theme).draw(into: &screen, body: area)
  }
}

import Terminal

/// A small list to choose from, over the screen.
struct ChooserView {
  struct Row {
    /// The key that chooses it at once.
    var key = ""
    var text: String
    var note = ""
  }

  let title: String
  let rows: [Row]
  let selected: Int
  let columns: Int
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    let box = Rect(
      row: area.row + 1, column: area.column + 4, rows: rows.count + 2, columns: columns)
    let inside = OverlayBox.draw(box, title: title, theme: theme, into: &screen)
    for (index, row) in rows.enumerated() where index < inside.rows {
      let line = inside.row + index
      let isSelected = index == selected
      if isSelected {
        screen.fill(
          Rect(row: line, column: inside.column, rows: 1, columns: inside.columns),
          style: theme.style("region.selected"))
      }
      var pen = Pen(theme: theme, row: line, column: inside.column + 1, end: inside.endColumn - 1)
      if !row.key.isEmpty {
        pen.write(row.key, isSelected ? nil : "help.key", into: &screen)
        pen.skip(2)
      }
      pen.write(row.text, isSelected ? nil : "overlay", into: &screen)
      screen.writeRight(
        row.note, row: line, end: pen.end, style: isSelected ? .plain : theme.style("text.dim"))
    }
  }
}

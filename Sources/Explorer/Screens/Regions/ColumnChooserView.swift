import Terminal

/// The list of the table's columns: which there are, and in which order.
struct ColumnChooserView {
  let regions: RegionsScreen
  let selected: Int
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    let listed = regions.listedColumns
    let box = Rect(
      row: area.row + 1, column: area.column + 4, rows: listed.count + 2, columns: 34)
    let inside = OverlayBox.draw(box, title: "Columns", theme: theme, into: &screen)
    let shown = regions.tableColumns(width: area.columns).columns.map(\.content)
    for (index, column) in listed.enumerated() where index < inside.rows {
      let row = inside.row + index
      let isSelected = index == selected
      if isSelected {
        screen.fill(
          Rect(row: row, column: inside.column, rows: 1, columns: inside.columns),
          style: theme.style("region.selected"))
      }
      let isChosen = index < regions.columns.count
      var pen = Pen(theme: theme, row: row, column: inside.column + 1, end: inside.endColumn - 1)
      pen.write(isChosen ? "[x] " : "[ ] ", isSelected ? nil : "help.key", into: &screen)
      pen.write(column.title, isSelected ? nil : "overlay", into: &screen)
      if isChosen, !shown.contains(.fact(column)) {
        pen.write("  no room", isSelected ? nil : "text.dim", into: &screen)
      }
    }
  }
}

/// What a filter that is being typed can go on with, over the bottom of the screen's body.
struct CompletionsView {
  let editor: FilterEditor
  let theme: Theme

  private static let mostRows = 7

  func draw(into screen: inout Cells, body: Rect) {
    let completions = editor.completions
    guard !completions.isEmpty else { return }
    let rows = min(completions.count, Self.mostRows, max(1, body.rows / 2 - 2))
    let box = Rect(
      row: body.endRow - rows - 2, column: body.column + 2, rows: rows + 2,
      columns: min(66, body.columns - 4))
    let inside = OverlayBox.draw(
      box, title: "Tab takes \(completions[editor.choice].text)", theme: theme, into: &screen)
    let first = max(0, min(editor.choice - rows + 1, completions.count - rows))
    for (row, completion) in completions.dropFirst(first).prefix(rows).enumerated() {
      let isSelected = first + row == editor.choice
      let rect = Rect(
        row: inside.row + row, column: inside.column, rows: 1, columns: inside.columns)
      if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
      var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
      pen.write(completion.text, isSelected ? nil : "help.key", into: &screen)
      let column = rect.column + 18
      if pen.column < column { pen.skip(column - pen.column) } else { pen.skip(1) }
      pen.write(completion.meaning, isSelected ? nil : "text.dim", into: &screen)
    }
    let more = completions.count - first - rows
    if more > 0 {
      screen.writeRight(
        " \(more) more ", row: box.endRow - 1, end: box.endColumn - 2,
        style: theme.style("text.dim"))
    }
  }
}

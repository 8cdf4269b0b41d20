import Terminal

/// The note of a region being written, over the bottom of the screen's body.
struct NoteEditorView {
  let editor: NoteEditor
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let rows = min(max(editor.lines.count + 2, 6), max(4, body.rows - 2))
    let columns = min(90, body.columns - 4)
    let box = Rect(
      row: body.endRow - rows, column: body.column + (body.columns - columns) / 2, rows: rows,
      columns: columns)
    let inside = OverlayBox.draw(
      box, title: "Note on region \(editor.region)", theme: theme, into: &screen)
    let first = max(0, min(editor.row - inside.rows + 1, editor.lines.count - 1))
    for (row, line) in editor.lines.dropFirst(first).prefix(inside.rows).enumerated() {
      let place = (row: inside.row + row, column: inside.column + 1)
      if first + row == editor.row {
        screen.drawField(
          line, row: place.row, column: place.column, columns: inside.columns - 2, theme: theme)
      } else {
        screen.write(
          line.text, row: place.row, column: place.column, limit: inside.columns - 2,
          style: theme.style("overlay"), overflow: .ellipsis)
      }
    }
  }
}

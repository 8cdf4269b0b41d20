import Terminal

/// The small list of what a table of a comparison can be sorted by.
struct CompareSortView {
  let compare: CompareScreen
  let selected: Int
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    let columns = compare.columns
    let box = Rect(row: area.row + 1, column: area.column + 4, rows: columns.count + 2, columns: 36)
    let overlay = theme.style("overlay")
    screen.fill(box, style: overlay)
    let inside = screen.drawBox(
      box, title: "Sort by", style: theme.style("border.focused").over(overlay),
      titleStyle: theme.style("overlay.title"))
    for (index, column) in columns.enumerated() {
      let row = inside.row + index
      let isSelected = index == selected
      if isSelected {
        screen.fill(
          Rect(row: row, column: inside.column, rows: 1, columns: inside.columns),
          style: theme.style("region.selected"))
      }
      var pen = Pen(theme: theme, row: row, column: inside.column + 1, end: inside.endColumn - 1)
      pen.write(column.title(compare.table), isSelected ? nil : "overlay", into: &screen)
      if column == compare.sort.column {
        screen.writeRight(
          compare.sort.isDescending ? "▼ now" : "▲ now", row: row, end: pen.end,
          style: isSelected ? .plain : theme.style("text.dim"))
      }
    }
  }
}

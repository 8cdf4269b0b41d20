import Terminal

/// The small list of what the table can be sorted by.
struct SortChooserView {
  let regions: RegionsScreen
  let selected: RegionSort.Column
  let keymap: Keymap
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    let columns = regions.sortColumns
    let box = Rect(
      row: area.row + 1, column: area.column + 4, rows: columns.count + 2, columns: 28)
    let overlay = theme.style("overlay")
    screen.fill(box, style: overlay)
    let inside = screen.drawBox(
      box, title: "Sort by", style: theme.style("border.focused").over(overlay),
      titleStyle: theme.style("overlay.title"))
    for (index, column) in columns.enumerated() {
      let row = inside.row + index
      let isSelected = column == selected
      if isSelected {
        screen.fill(
          Rect(row: row, column: inside.column, rows: 1, columns: inside.columns),
          style: theme.style("region.selected"))
      }
      var pen = Pen(theme: theme, row: row, column: inside.column + 1, end: inside.endColumn - 1)
      let key = keymap.keys(for: column.command, in: [.sortChooser]).first?.label ?? ""
      pen.write(key, isSelected ? nil : "help.key", into: &screen)
      pen.skip(2)
      pen.write(column.command.short, isSelected ? nil : "overlay", into: &screen)
      if column == regions.sort.column {
        screen.writeRight(
          regions.sort.isDescending ? "▼ now" : "▲ now", row: row, end: pen.end,
          style: isSelected ? .plain : theme.style("text.dim"))
      }
    }
  }
}

extension RegionsScreen {
  /// What the table can be sorted by now.
  var sortColumns: [RegionSort.Column] {
    RegionSort.Column.allCases.filter { column in
      switch column {
      case .relevance: search?.result != nil
      case .refusal: refusals != nil
      case .drift: drift != nil
      case .stability: stability != nil
      default: true
      }
    }
  }
}

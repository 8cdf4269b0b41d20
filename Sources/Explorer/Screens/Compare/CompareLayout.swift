import Terminal

/// Where the parts of a comparison's screen go.
struct CompareLayout: Equatable {
  var title: Rect
  /// Empty where there is no room for it.
  var histogram: Rect
  /// The header and what is under it.
  var table: Rect
  /// The rows of the table.
  var lines: Rect
  /// What "introduced" is read against; empty for the other tables.
  var note: Rect
  var detailTitle: Rect
  var detail: Rect
  /// The line between panes side by side; empty otherwise.
  var divider: Rect

  init(body: Rect, compare: CompareScreen) {
    let none = Rect(row: body.row, column: body.column, rows: 0, columns: 0)
    (histogram, table, lines, note) = (none, none, none, none)
    (detailTitle, detail, divider) = (none, none, none)
    let (first, rest) = body.split(rows: 1)
    title = first
    let isReading = compare.focus == .detail
    if compare.isZoomed {
      if isReading { detail = rest } else { table = rest }
    } else if body.columns >= PaneLayout.wideColumns {
      let listColumns = min(max(64, body.columns * 45 / 100), 110)
      (title, detailTitle) = first.split(columns: listColumns, gap: 1)
      let (list, right) = rest.split(columns: listColumns, gap: 1)
      (table, histogram) = list.split(rows: list.rows - min(8, list.rows / 4))
      detail = right
      divider = Rect(
        row: body.row, column: body.column + listColumns, rows: body.rows, columns: 1)
    } else {
      let share = isReading ? max(4, rest.rows / 5) : max(5, rest.rows * 2 / 5)
      var bottom: Rect
      (table, bottom) = rest.split(rows: share)
      if !isReading, rest.rows >= 18 { (histogram, bottom) = bottom.split(rows: 2) }
      (detailTitle, detail) = bottom.split(rows: 1)
    }
    lines = table.split(rows: 1).bottom
    if compare.table == .introduced, lines.rows >= 4 {
      (lines, note) = lines.split(rows: lines.rows - 1)
    }
  }

  /// The two columns of the detail, with one between them.
  var sides: (a: Rect, b: Rect) {
    let (a, b) = detail.split(columns: max(0, (detail.columns - 3) / 2), gap: 3)
    return (a, b)
  }
}

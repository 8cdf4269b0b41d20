import Terminal

/// Where the parts of the screen of several dictionaries go.
struct LineageLayout: Equatable {
  var title: Rect
  var header: Rect
  var lines: Rect
  var detailTitle: Rect
  var detail: Rect
  /// The columns of the screen that each dictionary has.
  var columns: [Range<Int>]

  init(body: Rect, count: Int) {
    let (first, rest) = body.split(rows: 1)
    title = first
    let (table, bottom) = rest.split(rows: max(5, rest.rows * 55 / 100))
    (header, lines) = table.split(rows: 1)
    (detailTitle, detail) = bottom.split(rows: 1)
    let width = max(8, (body.columns - 1) / max(1, count))
    columns = (0..<count).map { index in
      let start = body.column + 1 + index * width
      return min(start, body.endColumn)..<min(start + width, body.endColumn)
    }
  }
}

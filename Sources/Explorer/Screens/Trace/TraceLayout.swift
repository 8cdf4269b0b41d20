import Terminal

/// Where the parts of the trace go; the view draws by it and moving is measured by it.
struct TraceLayout: Equatable {
  var title: Rect
  /// The text, warm where it is far.
  var text: Rect
  var rule: Rect
  /// The tokens' table, or the paths, below the text.
  var main: Rect
  /// The paths beside the table, or what is known of the token; empty where there is no room.
  var sideTitle: Rect
  var side: Rect
  var divider: Rect
  /// Two rows: what is inside, and what the numbers stand on.
  var summary: Rect

  /// - Parameter textLines: rows that the text would take.
  init(body: Rect, textLines: Int, isZoomed: Bool) {
    let none = Rect(row: body.row, column: body.column, rows: 0, columns: 0)
    (sideTitle, side, divider) = (none, none, none)
    let isWide = body.columns >= PaneLayout.wideColumns && !isZoomed
    let (left, right) =
      isWide ? body.split(columns: body.columns * 55 / 100, gap: 1) : (body, none)
    if isWide {
      (sideTitle, side) = right.split(rows: 1)
      divider = Rect(row: body.row, column: left.endColumn, rows: body.rows, columns: 1)
    }
    let (first, rest) = left.split(rows: 1)
    title = first
    let most = max(2, rest.rows * (isZoomed ? 1 : 3) / (isZoomed ? 6 : 10))
    let (above, below) = rest.split(rows: min(max(2, textLines), most))
    text = above
    let (line, lower) = below.split(rows: 1)
    rule = line
    let (table, foot) = lower.split(rows: max(1, lower.rows - 2))
    (main, summary) = (table, foot)
  }

  var textColumns: Int { max(8, text.columns - 3) }
}

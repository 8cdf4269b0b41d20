import Terminal

/// The frame that every screen has: provenance, body, status, keys.
struct ScreenLayout: Equatable {
  var provenance: Rect
  var body: Rect
  var status: Rect
  var keys: Rect

  init(columns: Int, rows: Int) {
    let all = Rect(row: 0, column: 0, rows: rows, columns: columns)
    let (provenance, rest) = all.split(rows: 1)
    let (body, bottom) = rest.split(rows: rest.rows - 2)
    (self.provenance, self.body) = (provenance, body)
    (status, keys) = bottom.split(rows: 1)
  }
}

/// Two panes and the line between them; the first is a list, the second shows what is selected in it.
struct PaneLayout: Equatable {
  enum Arrangement: Equatable {
    case sideBySide, stacked, listOnly, detailOnly
  }

  /// From this width on the panes stand side by side.
  static let wideColumns = 110

  var arrangement: Arrangement
  /// One row each: the rules that carry the panes' titles; empty where the pane is not shown.
  var listTitle: Rect
  var detailTitle: Rect
  var list: Rect
  var detail: Rect
  /// The line between panes side by side; empty otherwise.
  var divider: Rect

  /// - Parameters:
  ///   - listRows: the most rows that the list can use.
  ///   - detailColumns: what the detail gets beside the list; `nil` for about half.
  ///   - isDetailFocused: a stacked detail with the keyboard gets most of the rows.
  ///   - splits: how a person divided the screen; comes before the shares that are usual.
  ///   - zoomed: the only pane to show.
  init(
    body: Rect, listRows: Int, detailColumns: Int? = nil, isDetailFocused: Bool, isZoomed: Bool,
    splits: Splits = Splits()
  ) {
    let none = Rect(row: body.row, column: body.column, rows: 0, columns: 0)
    (listTitle, detailTitle, list, detail, divider) = (none, none, none, none, none)
    if isZoomed {
      arrangement = isDetailFocused ? .detailOnly : .listOnly
      let (title, rest) = body.split(rows: 1)
      if isDetailFocused {
        (detailTitle, detail) = (title, rest)
      } else {
        (listTitle, list) = (title, rest)
      }
    } else if body.columns >= Self.wideColumns {
      arrangement = .sideBySide
      let (title, rest) = body.split(rows: 1)
      let listColumns =
        splits.columns.map { min(max(40, Int($0 * Double(body.columns))), body.columns - 40) }
        ?? detailColumns.map { body.columns - 1 - $0 } ?? min(max(62, body.columns * 46 / 100), 104)
      (listTitle, detailTitle) = title.split(columns: listColumns, gap: 1)
      (list, detail) = rest.split(columns: listColumns, gap: 1)
      divider = Rect(
        row: body.row, column: body.column + listColumns, rows: body.rows, columns: 1)
    } else {
      arrangement = .stacked
      let share =
        splits.rows.map { min(max(3, Int($0 * Double(body.rows)) - 1), body.rows - 6) }
        ?? (isDetailFocused ? max(4, body.rows / 5) : max(5, body.rows * 2 / 5))
      let (top, bottom) = body.split(rows: min(share, listRows) + 1)
      (listTitle, list) = top.split(rows: 1)
      (detailTitle, detail) = bottom.split(rows: 1)
    }
  }
}

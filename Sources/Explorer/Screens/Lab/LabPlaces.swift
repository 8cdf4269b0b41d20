import Terminal

/// Where the parts of the lab are on the screen.
struct LabPlaces: Equatable {
  var body: Rect
  /// One row each: rules that carry titles.
  var title: Rect
  var form: Rect
  var verdictTitle: Rect
  var verdict: Rect
  var ledgerTitle: Rect
  var ledger: Rect
  /// The selected prompt's answers beside the ledger; empty where there is no room.
  var answersTitle: Rect
  var answers: Rect
  var divider: Rect

  /// From this width on the ledger stands beside the verdict.
  static let wideColumns = 124

  init(body: Rect, formRows: Int, isLedgerFocused: Bool, isZoomed: Bool) {
    self.body = body
    let isWide = body.columns >= Self.wideColumns
    let none = Rect(row: body.row, column: body.column, rows: 0, columns: 0)
    (answersTitle, answers, divider) = (none, none, none)
    (title, form, verdictTitle, verdict) = (none, none, none, none)
    let (titleRow, rest) = body.split(rows: 1)
    if isZoomed {
      (ledgerTitle, ledger) = (none, none)
      if isLedgerFocused {
        (ledgerTitle, ledger) = (titleRow, rest)
      } else {
        title = titleRow
        let (top, bottom) = rest.split(rows: formRows)
        form = top
        (verdictTitle, verdict) = bottom.split(rows: 1)
      }
      return
    }
    if isWide {
      let leftColumns = max(66, body.columns * 46 / 100)
      let (leftTitle, rightTitle) = titleRow.split(columns: leftColumns, gap: 1)
      let (left, right) = rest.split(columns: leftColumns, gap: 1)
      divider = Rect(
        row: body.row, column: body.column + leftColumns, rows: body.rows, columns: 1)
      title = leftTitle
      let (top, bottom) = left.split(rows: formRows)
      form = top
      (verdictTitle, verdict) = bottom.split(rows: 1)
      ledgerTitle = rightTitle
      let (list, below) = right.split(rows: max(6, right.rows * 45 / 100))
      ledger = list
      (answersTitle, answers) = below.split(rows: 1)
    } else {
      title = titleRow
      let (top, bottom) = rest.split(rows: formRows)
      form = top
      // With the keyboard in the ledger the verdict keeps its first lines.
      let share = isLedgerFocused ? 5 : max(5, bottom.rows - 4)
      let (middle, list) = bottom.split(rows: min(share, max(4, bottom.rows - 3)))
      (verdictTitle, verdict) = middle.split(rows: 1)
      (ledgerTitle, ledger) = list.split(rows: 1)
    }
  }

  /// Prompts that fit, the heading taken off.
  var ledgerRows: Int { max(1, ledger.rows - 1) }
  /// Saved experiments that fit under a title and a heading, with a line about the selected one below.
  var experimentRows: Int { max(1, body.rows - 5) }

  /// Fields stand in two columns, and the depths only in the line of keys, where there are few rows.
  static func formRows(columns: Int, height: Int) -> Int {
    let fields = LabScreen.Field.allCases.count
    return height >= 36 ? fields + 2 : (fields + 1) / 2 + 1
  }
}

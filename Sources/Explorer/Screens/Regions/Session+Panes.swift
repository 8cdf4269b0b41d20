import Terminal

extension Session {
  /// Where the panes are.
  func panes(body: Rect? = nil) -> PaneLayout {
    PaneLayout(
      body: body ?? ScreenLayout(columns: columns, rows: rows).body,
      listRows: max(3, regions.dictionary.regionCount + 1),
      isDetailFocused: regions.focus == .contexts, isZoomed: regions.isZoomed, splits: splits)
  }

  /// Rows of the table that fit, its heading taken off; a page when it is not shown.
  var tableRowCount: Int {
    let list = panes().list
    return max(1, (list.isEmpty ? rows - 6 : list.rows) - 1)
  }
}

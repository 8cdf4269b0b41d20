import Terminal

extension Session {
  func libraryPanes(body: Rect? = nil) -> PaneLayout {
    PaneLayout(
      body: body ?? ScreenLayout(columns: columns, rows: rows).body,
      listRows: max(3, library.lines.count + 1), detailColumns: columns * 2 / 5,
      isDetailFocused: false, isZoomed: false, splits: splits)
  }

  /// Lines of the list that fit, its heading taken off.
  var libraryRowCount: Int { max(1, libraryPanes().list.rows - 1) }
}

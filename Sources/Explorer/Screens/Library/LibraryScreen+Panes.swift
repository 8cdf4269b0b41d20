import Terminal

extension LibraryScreen {
  func libraryPanes(body: Rect? = nil, in session: Session) -> PaneLayout {
    PaneLayout(
      body: body ?? ScreenLayout(columns: session.columns, rows: session.rows).body,
      listRows: max(3, lines.count + 1), detailColumns: session.columns * 2 / 5,
      isDetailFocused: false, isZoomed: false, splits: session.splits)
  }

  /// Lines of the list that fit, its heading taken off.
  func libraryRowCount(in session: Session) -> Int { max(1, libraryPanes(in: session).list.rows - 1) }
}

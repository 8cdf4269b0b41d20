import Terminal

extension LibraryScreen {
  /// Where the list is, and what is known of the selected entry.
  func layout(in session: Session) -> PaneLayout {
    PaneLayout(
      body: session.body,
      listRows: max(3, lines.count + 1), detailColumns: session.columns * 2 / 5,
      isDetailFocused: false, isZoomed: false, splits: session.splits)
  }

  /// Lines of the list that fit, its heading taken off.
  func rowCount(in session: Session) -> Int { max(1, layout(in: session).list.rows - 1) }
}

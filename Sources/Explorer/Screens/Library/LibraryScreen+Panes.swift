import Terminal

extension LibraryScreen {
  /// Where the list is, and what is known of the selected entry.
  func layout(in session: Session) -> PaneLayout {
    PaneLayout(
      body: session.body,
      listRows: max(3, lines.count + 1), detailColumns: session.columns * 2 / 5,
      isDetailFocused: isReading, isZoomed: false, splits: session.splits)
  }

  /// Scrolls what is known of the selected entry.
  mutating func moveDetail(_ command: Command, in session: Session) {
    let panes = layout(in: session)
    let count = LibraryDetail(self, panes)?.rowCount ?? 0
    let page = max(1, panes.detail.rows)
    let last = max(0, count - page)
    detailTop =
      command == .moveToBottom
      ? last : min(ListMoves.moved(min(detailTop, last), count: count, page: page, command), last)
  }

  /// Lines of the list that fit, its heading taken off.
  func rowCount(in session: Session) -> Int { max(1, layout(in: session).list.rows - 1) }
}

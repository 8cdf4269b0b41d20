import Terminal

extension RegionsScreen {
  /// Where the panes are.
  func layout(in session: Session) -> PaneLayout {
    PaneLayout(
      body: session.body,
      listRows: max(3, dictionary.regionCount + 1),
      isDetailFocused: focus == .contexts, isZoomed: isZoomed, splits: session.splits)
  }

  /// Rows of the table that fit, its heading taken off; a page when it is not shown.
  func rowCount(in session: Session) -> Int {
    let list = layout(in: session).list
    return max(1, (list.isEmpty ? session.rows - 6 : list.rows) - 1)
  }
}

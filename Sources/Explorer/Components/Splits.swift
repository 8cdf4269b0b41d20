import Terminal

/// How a person divided the screen between the panes; `nil` where they did not.
package struct Splits: Equatable, Sendable {
  /// The list's share of the columns, where the panes stand side by side.
  package var columns: Double?
  /// The list's share of the rows, where they stand one over the other.
  package var rows: Double?

  package init() {}
}

extension Session {
  /// The line between the panes that is held by the mouse.
  package enum Drag: Equatable, Sendable {
    case columns, rows
  }

  /// The panes that are on the screen.
  private var shownPanes: PaneLayout {
    if screen == .regions, let regions { panes(of: regions) } else { libraryPanes() }
  }

  /// The split that the mouse is on.
  func split(at event: MouseEvent) -> Drag? {
    let panes = shownPanes
    switch panes.arrangement {
    case .sideBySide:
      return panes.divider.contains(row: event.row, column: event.column) ? .columns : nil
    case .stacked:
      return panes.detailTitle.contains(row: event.row, column: event.column) ? .rows : nil
    case .listOnly, .detailOnly: return nil
    }
  }

  mutating func drag(_ kind: Drag, to event: MouseEvent) {
    let body = ScreenLayout(columns: columns, rows: rows).body
    switch kind {
    case .columns: splits.columns = Double(event.column - body.column) / Double(body.columns)
    case .rows: splits.rows = Double(event.row - body.row) / Double(body.rows)
    }
    showCursor()
  }

  /// Moves the line between the panes in favour of the one with the keyboard.
  mutating func resizePane(_ step: Double) {
    let panes = shownPanes
    let body = ScreenLayout(columns: columns, rows: rows).body
    let isDetail = screen == .regions && regions?.focus == .contexts
    let change = (isDetail ? -step : step) * 0.05
    switch panes.arrangement {
    case .sideBySide:
      let share = Double(panes.list.columns) / Double(body.columns)
      splits.columns = min(0.85, max(0.15, share + change))
    case .stacked:
      let share = Double(panes.list.rows + 1) / Double(body.rows)
      splits.rows = min(0.85, max(0.15, share + change))
    case .listOnly, .detailOnly: say(.note, "one pane has the whole screen: z gives it back")
    }
    showCursor()
  }
}

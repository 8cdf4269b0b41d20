import Terminal

extension Session {
  /// Reads the mouse by the same layout that the view draws by.
  mutating func point(_ event: MouseEvent) -> [Effect] {
    guard !isTooSmall else { return [] }
    let isPress = event.kind == .press && event.button == .left
    if isPress { message = nil }
    if overlay != nil { return pointInOverlay(event) }
    switch event.kind {
    case .press where isPress: drag = split(at: event)
    case .drag:
      if let drag { self.drag(drag, to: event) }
      return []
    case .release:
      drag = nil
      return []
    default: break
    }
    return act(on: screen) { $0.handle(event, in: &$1) } ?? []
  }

  // MARK: - Panes

  /// The line between the panes that is held by the mouse.
  package enum Drag: Equatable, Sendable {
    case columns, rows
  }

  /// The line between the panes that the mouse is on.
  private func split(at event: MouseEvent) -> Drag? {
    guard let panes = top.panes(in: self) else { return nil }
    switch panes.arrangement {
    case .sideBySide:
      return panes.divider.contains(row: event.row, column: event.column) ? .columns : nil
    case .stacked:
      return panes.detailTitle.contains(row: event.row, column: event.column) ? .rows : nil
    case .listOnly, .detailOnly: return nil
    }
  }

  private mutating func drag(_ kind: Drag, to event: MouseEvent) {
    let body = body
    switch kind {
    case .columns: splits.columns = Double(event.column - body.column) / Double(body.columns)
    case .rows: splits.rows = Double(event.row - body.row) / Double(body.rows)
    }
    showCursors()
  }

  /// Moves the line between the panes in favour of the one with the keyboard.
  mutating func resizePane(_ step: Double) {
    let top = top
    guard let panes = top.panes(in: self) else {
      return say(.note, "the panes of \(type(of: top).phrase) keep their sizes")
    }
    let change = (top.isDetailFocused ? -step : step) * 0.05
    switch panes.arrangement {
    case .sideBySide:
      let share = Double(panes.list.columns) / Double(body.columns)
      splits.columns = min(0.85, max(0.15, share + change))
    case .stacked:
      let share = Double(panes.list.rows + 1) / Double(body.rows)
      splits.rows = min(0.85, max(0.15, share + change))
    case .listOnly, .detailOnly: say(.note, "one pane has the whole screen: z gives it back")
    }
    showCursors()
  }
}

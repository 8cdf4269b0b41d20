import Terminal

/// What was said in this session.
struct LogView {
  let state: State
  let log: LogState
  let theme: Theme

  private func box(in body: Rect) -> Rect {
    let rows = min(max(state.log.count, 1) + 2, 30)
    return body.centred(rows: rows, columns: min(body.columns - 4, 120))
  }

  func draw(into screen: inout Screen, body: Rect) {
    let inside = OverlayBox.draw(
      box(in: body), title: "Log of this session", theme: theme, into: &screen)
    guard !state.log.isEmpty else {
      screen.write(
        "nothing was said yet", row: inside.row, column: inside.column + 1,
        style: theme.style("text.dim"))
      return
    }
    let first = max(0, min(log.cursor, state.log.count - inside.rows))
    for (row, message) in state.log.dropFirst(first).prefix(inside.rows).enumerated() {
      let rect = Rect(
        row: inside.row + row, column: inside.column, rows: 1, columns: inside.columns)
      let isSelected = first + row == log.cursor
      if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
      let role = { (role: String) in isSelected ? nil : role }
      var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
      pen.write(Figures.time(message.time), role("text.dim"), into: &screen)
      pen.skip(2)
      switch message.kind {
      case .error: pen.write("✗ ", role("warning"), into: &screen)
      case .success: pen.write("✓ ", role("text.dim"), into: &screen)
      case .note: pen.skip(2)
      }
      pen.write(message.text, role("overlay"), into: &screen)
    }
  }
}

import Storage
import Terminal

extension FrameView {
  func drawStatus(into screen: inout Cells, _ rect: Rect) {
    screen.fill(rect, style: theme.style("status"))
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    let isPrompt =
      session.overlay?.panel.drawPrompt(&pen, into: &screen, in: session)
      ?? top.drawPrompt(&pen, into: &screen, area: rect, in: session)
    if isPrompt { return }
    guard let message = session.message else {
      if session.isBusy { drawWork(into: &screen, &pen) }
      pen.write(standingFacts, into: &screen)
      return
    }
    draw(message, into: &screen, rect)
  }

  /// Rows that a message takes at most, over the end of the body where one is too little.
  private static let mostRows = 4

  private func draw(_ message: Message, into screen: inout Cells, _ rect: Rect) {
    let (mark, style) =
      switch message.kind {
      case .error: ("✗ ", theme.style("status.error"))
      case .success: ("✓ ", theme.style("status.success"))
      case .note: ("", Style.plain)
      }
    let margin = session.isBusy ? 2 : 0
    let lines = TextLines.texts(mark + message.text, columns: rect.columns - 2 - margin)
    let count = min(lines.count, Self.mostRows)
    let first = rect.row - count + 1
    screen.fill(
      Rect(row: first, column: rect.column, rows: count, columns: rect.columns),
      style: message.kind == .error ? style : theme.style("status"))
    for row in 0..<count {
      var pen = Pen(
        theme: theme, row: first + row, column: rect.column + 1, end: rect.endColumn - 1)
      if row == 0, session.isBusy { drawWork(into: &screen, &pen) } else { pen.skip(margin) }
      // What is left over is told to be: the log has all of it.
      let text = row + 1 < count ? lines[row] : lines[row...].joined()
      pen.write(text, style: style, into: &screen)
    }
  }

  private func drawWork(into screen: inout Cells, _ pen: inout Pen) {
    let frames = Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
    let (seconds, attoseconds) = session.clock.components
    let step = (Int(seconds) * 10 + Int(attoseconds / 100_000_000_000_000_000)) % frames.count
    pen.write(String(frames[step]), "title", into: &screen)
    pen.skip(1)
  }

  /// What is so as long as nothing happens.
  private var standingFacts: String {
    if let opening = session.opening { return "opening \(opening.url.lastPathComponent)…" }
    if let arrival = session.arrival { return arrival.facts }
    return top.facts(in: session)
  }
}

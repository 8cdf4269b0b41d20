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
    if session.isBusy { drawWork(into: &screen, &pen) }
    guard let message = session.message else {
      pen.write(standingFacts, into: &screen)
      return
    }
    switch message.kind {
    case .error:
      let style = theme.style("status.error")
      screen.fill(rect, style: style)
      pen.write("✗ \(message.text)", style: style, into: &screen)
    case .success: pen.write("✓ \(message.text)", "status.success", into: &screen)
    case .note: pen.write(message.text, into: &screen)
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

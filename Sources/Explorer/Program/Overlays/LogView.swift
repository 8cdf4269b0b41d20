import Terminal

/// What was said in this session.
struct LogView {
  let session: Session
  let log: LogState
  let theme: Theme

  private func box(in body: Rect) -> Rect {
    let rows = min(max(session.logLineCount, 1) + 2 + detailRows(body), 30)
    return body.centred(rows: rows, columns: min(body.columns - 4, 120))
  }

  func draw(into screen: inout Cells, body: Rect) {
    let inside = OverlayBox.draw(
      box(in: body), title: "Log and jobs of this session", theme: theme, into: &screen)
    guard session.logLineCount > 0 else {
      screen.write(
        "nothing was said yet", row: inside.row, column: inside.column + 1,
        style: theme.style("text.dim"))
      return
    }
    let (list, detail) = inside.split(rows: inside.rows - detailRows(body))
    let first = max(0, min(log.cursor, session.logLineCount - list.rows))
    for row in 0..<min(list.rows, session.logLineCount - first) {
      let index = first + row
      let rect = Rect(row: list.row + row, column: list.column, rows: 1, columns: list.columns)
      let isSelected = index == log.cursor
      if isSelected { screen.fill(rect, style: theme.style("region.selected")) }
      var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
      if session.jobs.indices.contains(index) {
        draw(session.jobs[index], isSelected, &pen, into: &screen)
      } else {
        draw(session.log[index - session.jobs.count], isSelected, &pen, into: &screen)
      }
    }
    for (row, line) in detailLines(body).prefix(detail.rows).enumerated() {
      screen.write(
        line, row: detail.row + row, column: detail.column + 8, style: theme.style("text.dim"))
    }
  }

  private func draw(
    _ job: Job, _ isSelected: Bool, _ pen: inout Pen, into screen: inout Cells
  ) {
    let role = { (role: String) in isSelected ? nil : role }
    pen.write(Figures.time(job.started), role("text.dim"), into: &screen)
    pen.write("  ● ", role("title"), into: &screen)
    pen.write(job.title, role("overlay"), into: &screen)
    let seconds = Figures.time(session.clock - job.started)
    pen.write(
      job.isCancelled ? "  cancelled, ending" : "  for \(seconds)", role("text.dim"), into: &screen)
    if !job.progress.isEmpty, !job.isCancelled {
      pen.write("  \(job.progress)", role("text.dim"), into: &screen)
    }
    if session.canCancel(job) {
      let key = session.keymap.keys(for: .cancelJob, in: session.layers).first?.label ?? ""
      pen.write("  \(key) cancels", role("key"), into: &screen)
    }
  }

  private func draw(
    _ message: Message, _ isSelected: Bool, _ pen: inout Pen, into screen: inout Cells
  ) {
    let role = { (role: String) in isSelected ? nil : role }
    pen.write(Figures.time(message.time), role("text.dim"), into: &screen)
    pen.skip(2)
    switch message.kind {
    case .error: pen.write("✗ ", role("warning"), into: &screen)
    case .success: pen.write("✓ ", role("text.dim"), into: &screen)
    case .note: pen.skip(2)
    }
    pen.write(message.text, role("overlay"), into: &screen)
  }

  /// The rest of the selected message, where a line is too short for it.
  private func detailLines(_ body: Rect) -> [String] {
    let index = log.cursor - session.jobs.count
    guard session.log.indices.contains(index) else { return [] }
    let columns = min(body.columns - 4, 120) - 11
    let text = session.log[index].text
    guard DisplayWidth.of(text) > columns - 1 else { return [] }
    return WrappedText.lines(text, columns: columns).prefix(8).map { $0 }
  }

  private func detailRows(_ body: Rect) -> Int { detailLines(body).count }
}

extension LogState {
  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    LogView(session: session, log: self, theme: theme).draw(into: &screen, body: area)
  }
}

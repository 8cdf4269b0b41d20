import Terminal

extension LabScreen {
  func places(in session: Session) -> LabPlaces {
    let body = session.body
    return LabPlaces(
      body: body, formRows: LabPlaces.formRows(columns: body.columns, height: body.rows),
      isLedgerFocused: focus == .ledger, isZoomed: isZoomed)
  }

  /// Where the verdict is scrolled to; `nil` where it needs no scrolling.
  func verdictPlace(in session: Session) -> VerdictLines.Place? {
    guard focus == .form, series == nil, experiments == nil, !isReading, let run else { return nil }
    return VerdictLines(
      run: run, next: nextStep(in: session), clock: session.clock, theme: session.themes.theme
    )
    .place(verdictTop, in: places(in: session).verdict)
  }

  /// Scrolls the verdict by half a pane, so that every sentence is whole in one of them.
  ///
  /// - Returns: whether there is anything to scroll.
  mutating func scrollVerdict(_ command: Command, in session: Session) -> Bool {
    let steps: [Command: Int] = [
      .pageDown: 1, .halfPageDown: 1, .pageUp: -1, .halfPageUp: -1,
    ]
    guard let step = steps[command], let place = verdictPlace(in: session) else { return false }
    let rows = places(in: session).verdict.rows
    verdictTop = min(max(0, place.top + step * (rows / 2)), place.rowCount - rows)
    return true
  }
}

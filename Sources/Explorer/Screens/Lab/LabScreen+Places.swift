import Terminal

extension LabScreen {
  func labPlaces(in session: Session) -> LabPlaces {
    let body = ScreenLayout(columns: session.columns, rows: session.rows).body
    return LabPlaces(
      body: body, formRows: LabPlaces.formRows(columns: body.columns, height: body.rows),
      isLedgerFocused: focus == .ledger, isZoomed: isZoomed)
  }
}

import Terminal

extension LabScreen {
  func places(in session: Session) -> LabPlaces {
    let body = session.body
    return LabPlaces(
      body: body, formRows: LabPlaces.formRows(columns: body.columns, height: body.rows),
      isLedgerFocused: focus == .ledger, isZoomed: isZoomed)
  }
}

import Terminal

extension Session {
  var labPlaces: LabPlaces {
    let body = ScreenLayout(columns: columns, rows: rows).body
    return LabPlaces(
      body: body, formRows: LabPlaces.formRows(columns: body.columns, height: body.rows),
      isLedgerFocused: lab.focus == .ledger, isZoomed: lab.isZoomed)
  }
}

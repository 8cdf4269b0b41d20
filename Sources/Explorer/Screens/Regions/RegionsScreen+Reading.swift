import Storage

extension RegionsScreen {
  mutating func readShown(in session: inout Session) -> [Effect] {
    rememberTable(in: &session) + readDetail(in: &session) + readRows(in: &session)
      + readTab(in: &session)
      + readColumns(in: &session) + readDocument(in: &session) + readPage(in: &session)
  }

  private mutating func readDetail(in session: inout Session) -> [Effect] {
    guard let region = selected else { return [] }
    let query = search?.answeredQuery
    let isKnown = detail?.detail.id == region && detail?.query == query
    let isAsked = awaited.detailRegion == region && awaited.detailQuery == query
    guard !isKnown, !isAsked else { return [] }
    let effect = session.ask(
      .readRegion(dictionary: dictionary.url, region: region, query: query))
    awaited.detail = effect.id
    awaited.detailRegion = region
    awaited.detailQuery = query
    return [effect]
  }

  private static let mostRowTexts = 4000

  private mutating func readRows(in session: inout Session) -> [Effect] {
    let query = search?.answeredQuery
    if rowTextQuery != query || rowTexts.count > Self.mostRowTexts {
      rowTextQuery = query
      awaited.rows = nil
      rowTexts = (search?.hits ?? [:]).compactMapValues { hit in
        hit.field == .label ? nil : RowText(text: hit.snippet, marks: hit.matches)
      }
    }
    guard awaited.rows == nil else { return [] }
    let page = rowCount(in: session)
    let shown = max(0, top)..<max(0, min(rows.count, top + page))
    let neighbours =
      tab == .neighbours ? extras.surroundings?.neighbours.map(\.region) ?? [] : []
    let mapped = if case .map = self.page { MapLabels.order(self) } else { [Int]() }
    let missing = (shown.map { Int(rows[$0]) } + neighbours + mapped).filter {
      rowTexts[$0] == nil
        && (annotations.labels.entries[$0] == nil || isHidden($0))
    }
    guard !missing.isEmpty else { return [] }
    let effect = session.ask(
      .readRows(
        dictionary: dictionary.url, regions: missing, query: query,
        labels: query == nil ? [:] : searchedLabels))
    awaited.rows = effect.id
    awaited.rowRegions = missing
    return [effect]
  }
}

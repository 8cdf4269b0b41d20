import Storage

extension Session {
  /// Asks for what is in sight and not known yet.
  mutating func lookAround() -> [Effect] {
    guard screen == .regions, regions != nil, exit == nil else { return [] }
    return readDetail() + readRows() + readTab() + readDocument() + readPage()
  }

  private mutating func readDetail() -> [Effect] {
    guard let regions, let region = regions.selected else { return [] }
    let query = regions.search?.answeredQuery
    let isKnown = regions.detail?.detail.id == region && regions.detail?.query == query
    let isAsked = regions.awaited.detailRegion == region && regions.awaited.detailQuery == query
    guard !isKnown, !isAsked else { return [] }
    let effect = ask(
      .readRegion(dictionary: regions.dictionary.url, region: region, query: query))
    self.regions?.awaited.detail = effect.id
    self.regions?.awaited.detailRegion = region
    self.regions?.awaited.detailQuery = query
    return [effect]
  }

  private static let mostRowTexts = 4000

  private mutating func readRows() -> [Effect] {
    guard var regions else { return [] }
    let query = regions.search?.answeredQuery
    if regions.rowTextQuery != query || regions.rowTexts.count > Self.mostRowTexts {
      regions.rowTextQuery = query
      regions.awaited.rows = nil
      regions.rowTexts = (regions.search?.hits ?? [:]).compactMapValues { hit in
        hit.field == .label ? nil : RowText(text: hit.snippet, marks: hit.matches)
      }
    }
    defer { self.regions = regions }
    guard regions.awaited.rows == nil else { return [] }
    let page = tableRowCount
    let sight = max(0, regions.top)..<max(0, min(regions.rows.count, regions.top + page))
    let neighbours =
      regions.tab == .neighbours ? regions.extras.surroundings?.neighbours.map(\.region) ?? [] : []
    let missing = (sight.map { Int(regions.rows[$0]) } + neighbours).filter {
      regions.rowTexts[$0] == nil
        && (regions.annotations.labels.entries[$0] == nil || regions.isHidden($0))
    }
    guard !missing.isEmpty else { return [] }
    let effect = ask(
      .readRows(
        dictionary: regions.dictionary.url, regions: missing, query: query,
        labels: query == nil ? [:] : regions.annotations.labels.texts))
    regions.awaited.rows = effect.id
    regions.awaited.rowRegions = missing
    return [effect]
  }
}

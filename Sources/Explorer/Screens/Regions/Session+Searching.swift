import Storage

extension Session {
  mutating func beginSearch() {
    guard let regions else { return }
    let text = regions.search?.text ?? ""
    if regions.search == nil { self.regions?.search = RegionSearch(origin: regions.selected) }
    self.regions?.mode = .searching(TextField(text))
  }

  /// Looks for what is typed so far.
  mutating func searchTyped(_ text: String) -> [Effect] {
    guard let before = regions?.search else { return [] }
    var search = before
    search.type(text)
    guard let query = search.query else {
      // Nothing to look for (yet). An empty field shows all; a mistake keeps the last results.
      if text.allSatisfy(\.isWhitespace) {
        let origin = search.origin
        search = RegionSearch(origin: origin)
        search.type(text)
        regions?.awaited.search = nil
        regions?.search = search
        restoreOrder()
      } else {
        regions?.search = search
      }
      return []
    }
    regions?.search = search
    return look(for: query)
  }

  /// Looks again where labels have changed since the answer that is shown.
  mutating func searchAgain() -> [Effect] {
    guard let regions, let query = regions.search?.answeredQuery, regions.awaited.search == nil,
      regions.search?.answeredLabels != regions.annotations.labels.texts
    else { return [] }
    let effect = ask(
      .search(
        dictionary: regions.dictionary.url, query: query, labels: regions.annotations.labels.texts))
    self.regions?.awaited.search = effect.id
    self.regions?.awaited.searchQuery = query
    return [effect]
  }

  private mutating func look(for query: SearchQuery) -> [Effect] {
    guard let regions, regions.awaited.searchQuery != query || regions.awaited.search == nil else {
      return []
    }
    if regions.search?.answeredQuery == query {
      self.regions?.awaited.search = nil
      return []
    }
    let effect = ask(
      .search(
        dictionary: regions.dictionary.url, query: query, labels: regions.annotations.labels.texts))
    self.regions?.awaited.search = effect.id
    self.regions?.awaited.searchQuery = query
    return [effect]
  }

  /// Shows an answer; while typing, from the best match on.
  mutating func show(_ result: SearchResult, milliseconds: Double) {
    guard let query = regions?.awaited.searchQuery, regions?.search != nil else { return }
    let isFirst = regions?.search?.result == nil
    regions?.awaited.search = nil
    let isAgain = regions?.search?.answeredQuery == query
    regions?.search?.answer(result, to: query, milliseconds: milliseconds)
    let labels = regions?.annotations.labels.texts ?? [:]
    regions?.search?.answeredLabels = labels
    if isAgain, case .browsing? = regions?.mode {
      regions?.reorder()
      regions?.rowTextQuery = nil
      return showCursor()
    }
    if isFirst, let sort = regions?.sort, sort.column != .relevance {
      regions?.sortBeforeSearch = sort
      regions?.sort = RegionSort(.relevance)
    }
    regions?.reorder()
    if case .searching = regions?.mode {
      regions?.top = 0
      select(0)
    }
    regions?.place = ContextPlace()
    showCursor()
  }

  /// Shows all regions again.
  ///
  /// - Parameter returning: to the region that was selected before the search, rather than staying.
  mutating func clearSearch(returning: Bool) {
    let origin = regions?.search?.origin
    regions?.search = nil
    regions?.awaited.search = nil
    if case .searching = regions?.mode { regions?.mode = .browsing }
    restoreOrder()
    if returning, let origin { _ = select(region: origin) }
  }

  private mutating func restoreOrder() {
    if let sort = regions?.sortBeforeSearch, regions?.sort.column == .relevance {
      regions?.sort = sort
    }
    regions?.sortBeforeSearch = nil
    regions?.reorder()
    showCursor()
  }

  mutating func runInSearch(_ command: Command, _ field: TextField) -> [Effect] {
    switch command {
    case .cancelField: clearSearch(returning: true)
    case .accept:
      if field.text.allSatisfy(\.isWhitespace) {
        clearSearch(returning: true)
      } else if let problem = regions?.search?.problem {
        say(.error, "the search cannot be understood, \(problem)")
      } else if regions?.search?.query == nil {
        say(.error, "the search has no word to look for yet")
      } else {
        regions?.mode = .browsing
      }
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      guard let regions else { return [] }
      let page = tableRowCount
      select(ListMoves.moved(regions.cursor, count: regions.rows.count, page: page, command))
    default: break
    }
    return []
  }

  /// To the next region that matches; among contexts, to the next that has a match first.
  mutating func nextMatch(_ step: Int) {
    guard let regions, regions.search?.result != nil else {
      return say(.note, "no search yet · / searches")
    }
    if regions.focus == .contexts, let loaded = regions.detail {
      let places = loaded.places
      if let index = places.firstIndex(of: regions.place) {
        let ahead = step > 0 ? Array(places[(index + 1)...]) : places[..<index].reversed()
        if let next = ahead.first(where: { !loaded.marks($0).isEmpty }) {
          self.regions?.place = next
          self.regions?.tab = next.kind == .closest ? .closest : .boundary
          self.regions?.isExpanded = false
          return
        }
      }
    }
    guard !regions.rows.isEmpty else { return }
    let count = regions.rows.count
    let target = (regions.cursor + step + count) % count
    let isAround = step > 0 ? target < regions.cursor : target > regions.cursor
    select(target)
    self.regions?.place = ContextPlace()
    if isAround {
      say(.note, step > 0 ? "from the first match again" : "from the last match again")
    }
  }
}

import Foundation
import Regions
import Storage
import Terminal

extension RegionsScreen {
  mutating func beginSearch() {
    let text = search?.text ?? ""
    if search == nil { search = newSearch(from: selected) }
    mode = .searching(TextField(text))
  }

  private func newSearch(from origin: Int?) -> RegionSearch {
    RegionSearch(origin: origin, rows: dictionary.table.rowFields.names)
  }

  /// Looks for what is typed so far.
  mutating func searchTyped(_ text: String, in session: inout Session) -> [Effect] {
    guard let before = self.search else { return [] }
    var search = before
    search.type(text)
    guard let query = search.query else {
      // Nothing to look for (yet). An empty field shows all; a mistake keeps the last results.
      if text.allSatisfy(\.isWhitespace) {
        let origin = search.origin
        search = newSearch(from: origin)
        search.type(text)
        awaited.search = nil
        self.search = search
        restoreOrder(in: session)
      } else {
        self.search = search
      }
      return []
    }
    self.search = search
    return look(for: query, in: &session)
  }

  /// Looks again where labels have changed since the answer that is shown.
  mutating func searchAgain(in session: inout Session) -> [Effect] {
    guard let query = search?.answeredQuery, awaited.search == nil,
      search?.answeredLabels != searchedLabels
    else { return [] }
    let effect = session.ask(
      .search(
        dictionary: dictionary.url, query: query, labels: searchedLabels))
    awaited.search = effect.id
    awaited.searchQuery = query
    return [effect]
  }

  private mutating func look(for query: SearchQuery, in session: inout Session) -> [Effect] {
    guard awaited.searchQuery != query || awaited.search == nil else {
      return []
    }
    if search?.answeredQuery == query {
      awaited.search = nil
      return []
    }
    let effect = session.ask(
      .search(
        dictionary: dictionary.url, query: query, labels: searchedLabels))
    awaited.search = effect.id
    awaited.searchQuery = query
    return [effect]
  }

  /// Shows an answer; while typing, from the best match on.
  mutating func show(_ result: SearchResult, milliseconds: Double, in session: Session) {
    guard let query = awaited.searchQuery, search != nil else { return }
    let isFirst = search?.result == nil
    awaited.search = nil
    let isAgain = search?.answeredQuery == query
    search?.answer(result, to: query, milliseconds: milliseconds)
    let labels = searchedLabels
    search?.answeredLabels = labels
    if isAgain, case .browsing = mode {
      reorder()
      rowTextQuery = nil
      return showCursor(in: session)
    }
    if isFirst, sort.column != .relevance {
      sortBeforeSearch = sort
      sort = RegionSort(.relevance)
    }
    reorder()
    // An answer that comes after Enter leads to the best match too.
    let isTyping = if case .searching = mode { true } else { false }
    if isFirst || isTyping {
      top = 0
      select(0, in: session)
    }
    place = ContextPlace()
    showCursor(in: session)
  }

  /// Shows all regions again.
  ///
  /// - Parameter returning: to the region that was selected before the search, rather than staying.
  mutating func clearSearch(returning: Bool, in session: Session) {
    let origin = search?.origin
    search = nil
    awaited.search = nil
    if case .searching = mode { mode = .browsing }
    restoreOrder(in: session)
    if returning, let origin { _ = select(region: origin, in: session) }
  }

  private mutating func restoreOrder(in session: Session) {
    if let sort = sortBeforeSearch, self.sort.column == .relevance {
      self.sort = sort
    }
    sortBeforeSearch = nil
    reorder()
    showCursor(in: session)
  }

  mutating func runInSearch(_ command: Command, _ field: TextField, in session: inout Session)
    -> [Effect]
  {
    switch command {
    case .cancelField: clearSearch(returning: true, in: session)
    case .accept:
      if field.text.allSatisfy(\.isWhitespace) {
        clearSearch(returning: true, in: session)
      } else if let problem = search?.problem {
        session.say(.error, "the search cannot be understood, \(problem)")
      } else if search?.query == nil {
        session.say(.error, "the search has no word to look for yet")
      } else {
        mode = .browsing
      }
    case .nextChoice, .previousChoice, .choicePageDown, .choicePageUp:
      let page = rowCount(in: session)
      select(ListMoves.moved(cursor, count: rows.count, page: page, command), in: session)
    default: break
    }
    return []
  }

  /// To the next region that matches; among contexts, to the next that has a match first.
  mutating func nextMatch(_ step: Int, in session: inout Session) {
    guard search?.result != nil else {
      return session.say(.note, "no search yet · / searches")
    }
    if focus == .contexts, let loaded = detail {
      let places = loaded.places
      if let index = places.firstIndex(of: place) {
        let ahead = step > 0 ? Array(places[(index + 1)...]) : places[..<index].reversed()
        if let next = ahead.first(where: { !loaded.marks($0).isEmpty }) {
          place = next
          tab = next.kind.tab
          isExpanded = false
          return
        }
      }
    }
    guard !rows.isEmpty else { return }
    let count = rows.count
    let target = (cursor + step + count) % count
    let isAround = step > 0 ? target < cursor : target > cursor
    select(target, in: session)
    place = ContextPlace()
    if isAround {
      session.say(.note, step > 0 ? "from the first match again" : "from the last match again")
    }
  }

  /// Why a search of activating tokens finds nothing here, and what would find something; nothing where that is no reason.
  var finalTokenNote: [String] {
    guard let search, search.result?.regions.isEmpty == true,
      dictionary.provenance.positions == "last",
      search.answeredQuery?.asks(about: .token) == true
    else { return [] }
    let suffix = dictionary.commonSuffix.trimmingCharacters(in: .newlines)
    let end = suffix.isEmpty ? "" : ", “\(sanitized(suffix, whitespace: .visible))”"
    return [
      "token: is the token that an activation is of, here the last of every prompt, where the "
        + "template ends\(end)",
      "context: looks in the prompts",
    ]
  }

  /// The labels that a search looks through: while labelling blind, those that show.
  var searchedLabels: [Int: String] {
    guard let blind else { return annotations.labels.texts }
    return annotations.labels.texts.filter { blind.isRevealed($0.key) }
  }
}

import Experiments
import Storage
import Terminal

extension Session {
  // MARK: - Tabs

  mutating func showTab(_ step: Int) {
    let tabs = DetailTab.allCases
    guard let tab = regions?.tab, let index = tabs.firstIndex(of: tab) else { return }
    regions?.show(tabs[(index + step + tabs.count) % tabs.count])
  }

  /// Asks for what the tab in sight shows and nobody has read yet.
  mutating func readTab() -> [Effect] {
    guard let regions, let region = regions.selected, let extra = regions.tab.extra else {
      return []
    }
    guard regions.tab == .statistics else { return read(extra, of: region) }
    return read(extra, of: region) + readNearest()
  }

  private mutating func read(_ extra: Extra, of region: Int) -> [Effect] {
    guard let regions else { return [] }
    let extras = regions.extras
    switch extra {
    case .surroundings:
      guard extras.surroundings?.region != region else { return [] }
      return askOnce(
        extra, region, .readSurroundings(dictionary: regions.dictionary.url, region: region))
    case .lens:
      guard regions.dictionary.hasModel, extras.lens?.region != region else { return [] }
      return askOnce(extra, region, .readLens(dictionary: regions.dictionary.url, region: region))
    case .history:
      guard notebook == .ready,
        extras.history?.region != region
          || extras.history?.version ?? 0 < regions.annotations.version
      else { return [] }
      if extras.history?.region == region, extras.asked[.history]?.id == nil {
        self.regions?.extras.asked[.history] = nil
      }
      return askOnce(extra, region, .readHistory(regions.target, region: region))
    case .outcomes: return readOutcomes()
    case .nearest: return readNearest()
    case .document, .example, .map, .metrics: return []
    }
  }

  /// Outcomes are of the whole dictionary: read once, also for filters and columns.
  mutating func readOutcomes() -> [Effect] {
    guard let regions, regions.dictionary.hasStore, regions.extras.outcomes == nil else {
      return []
    }
    return askOnce(.outcomes, nil, .readOutcomes(dictionary: regions.dictionary.url))
  }

  /// Likewise of the whole dictionary, for the statistics.
  mutating func readNearest() -> [Effect] {
    guard let regions, regions.dictionary.hasStore, regions.extras.nearest == nil else { return [] }
    return askOnce(.nearest, nil, .readNearest(dictionary: regions.dictionary.url))
  }

  /// Asks once; what was asked for the same region and failed is not asked for again.
  mutating func askOnce(_ extra: Extra, _ region: Int?, _ work: Effect.Work) -> [Effect] {
    if let asked = regions?.extras.asked[extra], asked.region == region { return [] }
    let effect = ask(work)
    regions?.extras.asked[extra] = Asked(id: effect.id, region: region, since: clock)
    return [effect]
  }

  /// Takes an answer that was asked for in sight of it; false for any other.
  mutating func takeExtra(_ outcome: Outcome, of id: EffectID) -> Bool {
    guard let extra = regions?.extras.asked.first(where: { $0.value.id == id })?.key else {
      return false
    }
    regions?.extras.asked[extra]?.id = nil
    switch outcome {
    case .surroundings(let surroundings): regions?.extras.surroundings = surroundings
    case .lens(let lens): regions?.extras.lens = lens
    case .history(let history): regions?.extras.history = history
    case .outcomes(let outcomes):
      regions?.extras.outcomes = outcomes
      regions?.refusals = outcomes.counts
      if regions?.sort.column == .refusal || regions?.filter != nil { regions?.reorder() }
    case .nearest(let nearest):
      regions?.extras.nearest = nearest
      regions?.nearest = nearest.counts
      if regions?.filter != nil { regions?.reorder() }
    case .document(let document): show(document)
    case .map(let map): regions?.extras.map = map
    case .example(let tokens, let basis):
      updateExample { ($0.tokens, $0.basis) = (tokens, basis) }
    case .metrics(let metrics): regions?.extras.metrics = metrics
    case .failed(let reason):
      regions?.extras.asked[extra]?.failure = sanitized(reason)
      if case .document(var page) = regions?.page, extra == .document {
        page.failure = sanitized(reason)
        regions?.page = .document(page)
      }
      if extra == .example { updateExample { $0.failure = sanitized(reason) } }
    case .superseded: regions?.extras.asked[extra] = nil
    default: return false
    }
    return true
  }

  /// Asks what the latest stability result says of the open dictionary.
  mutating func askStability() -> [Effect] {
    guard let dictionary = regions?.dictionary else { return [] }
    if case .unavailable = notebook { return [] }
    return [
      ask(
        .kept(
          .stability(identity: dictionary.identity, regionCount: dictionary.regionCount)))
    ]
  }

  // MARK: - Following

  /// What Enter does in the pane of the region: the whole document, or the neighbour.
  mutating func openLine() -> [Effect] {
    guard let regions, let region = regions.selected else { return [] }
    switch regions.tab {
    case .neighbours:
      let neighbours = regions.extras.surroundings?.neighbours ?? []
      guard regions.extras.surroundings?.region == region,
        neighbours.indices.contains(regions.tabCursor)
      else { return [] }
      jump(to: String(neighbours[regions.tabCursor].region))
    case .closest, .boundary:
      guard let loaded = regions.detail, loaded.detail.id == region else { return [] }
      let contexts = loaded.contexts(regions.place.kind)
      guard contexts.indices.contains(regions.place.index) else { return [] }
      open(contexts[regions.place.index], at: regions.place, of: region)
    case .sampled:
      let sampled = regions.extras.surroundings?.sampled ?? []
      guard sampled.indices.contains(regions.tabCursor) else { return [] }
      guard let context = sampled[regions.tabCursor].context else {
        say(.note, "the context of this member was not kept")
        return []
      }
      open(context, at: regions.place, of: region)
    case .notes: return run(.note)
    case .statistics, .lens, .outcomes: break
    }
    return []
  }

  private mutating func open(_ context: ContextText, at place: ContextPlace, of region: Int) {
    guard let document = context.document, context.text != nil else {
      return say(.note, "there is no text: the stream was captured without")
    }
    regions?.extras.asked[.document] = nil
    regions?.page = .document(
      DocumentState(region: region, place: place, document: document, position: context.position))
  }
}

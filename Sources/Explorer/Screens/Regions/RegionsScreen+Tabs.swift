import Experiments
import Regions
import Storage
import Terminal

extension RegionsScreen {
  // MARK: - Tabs

  mutating func showTab(_ step: Int) {
    let tabs = DetailTab.allCases
    guard let index = tabs.firstIndex(of: tab) else { return }
    show(tabs[(index + step + tabs.count) % tabs.count])
  }

  /// What the columns show, and what the table is sorted and filtered by.
  private var columnsInUse: [RegionColumn] {
    columns + [sort.column.column].compactMap(\.self)
      + (filter.map { columns(of: $0.filter) } ?? [])
  }

  /// Asks for what they need and nobody has read yet.
  mutating func readColumns(in session: inout Session) -> [Effect] {
    (columnsInUse.compactMap(\.extra) + [.template]).flatMap {
      read($0, of: selected ?? 0, in: &session)
    }
  }

  /// Whether what decides which regions are listed, and in which order, is still being read.
  var isOrderAwaited: Bool {
    columnsInUse.compactMap(\.extra).contains { extras.isWaiting(for: $0) }
  }

  /// Asks for what the tab in sight shows and nobody has read yet.
  mutating func readTab(in session: inout Session) -> [Effect] {
    guard let region = selected, let extra = tab.extra else {
      return []
    }
    guard tab == .statistics else { return read(extra, of: region, in: &session) }
    return read(extra, of: region, in: &session) + readNearest(in: &session)
  }

  mutating func read(_ extra: Extra, of region: Int, in session: inout Session) -> [Effect] {
    let extras = self.extras
    switch extra {
    case .surroundings:
      guard extras.surroundings?.region != region else { return [] }
      return askOnce(
        extra, region, .surroundings(dictionary: dictionary.url, region: region), in: &session)
    case .lens:
      guard dictionary.hasModel, extras.lens?.region != region else { return [] }
      return askOnce(
        extra, region, .lens(dictionary: dictionary.url, region: region), in: &session)
    case .history:
      guard session.notebook == .ready,
        extras.history?.region != region
          || extras.history?.version ?? 0 < annotations.version
      else { return [] }
      if extras.history?.region == region, extras.asked[.history]?.id == nil {
        self.extras.asked[.history] = nil
      }
      return askOnce(extra, region, .history(target, region: region), in: &session)
    case .outcomes: return readOutcomes(in: &session)
    case .nearest: return readNearest(in: &session)
    case .template: return readTemplate(in: &session)
    case .document, .example, .map, .metrics: return []
    }
  }

  /// Outcomes are of the whole dictionary: read once, also for filters and columns.
  mutating func readOutcomes(in session: inout Session) -> [Effect] {
    guard dictionary.hasStore, extras.outcomes == nil else {
      return []
    }
    return askOnce(.outcomes, nil, .outcomes(dictionary: dictionary.url), in: &session)
  }

  /// Likewise of the whole dictionary, for the statistics.
  mutating func readNearest(in session: inout Session) -> [Effect] {
    guard dictionary.hasStore, extras.nearest == nil else { return [] }
    return askOnce(.nearest, nil, .nearest(dictionary: dictionary.url), in: &session)
  }

  /// Likewise: which regions are the template's own is told at sight.
  mutating func readTemplate(in session: inout Session) -> [Effect] {
    guard extras.template == nil else { return [] }
    return askOnce(.template, nil, .template(dictionary: dictionary.url), in: &session)
  }

  /// Asks once; what was asked for the same region and failed is not asked for again.
  mutating func askOnce(
    _ extra: Extra, _ region: Int?, _ work: ExtraWork, in session: inout Session
  ) -> [Effect] {
    if let asked = extras.asked[extra], asked.region == region { return [] }
    let effect = session.ask(work)
    extras.asked[extra] = Asked(id: effect.id, region: region, since: session.clock)
    return [effect]
  }

  /// Takes a reply about what a tab or a page shows; false for any other.
  mutating func takeExtra(_ reply: Reply, of id: EffectID, in session: inout Session) -> Bool {
    guard let extra = extras.asked.first(where: { $0.value.id == id })?.key else {
      return false
    }
    extras.asked[extra]?.id = nil
    if let reading = reply.result(of: ExtraWork.self) {
      take(reading, of: extra, in: session)
      return true
    }
    switch reply {
    case .failed(let reason):
      extras.asked[extra]?.failure = sanitized(reason)
      if columnsInUse.contains(where: { $0.extra == extra }) { session.say(.error, reason) }
      if case .document(var page) = self.page, extra == .document {
        page.failure = sanitized(reason)
        self.page = .document(page)
      }
      if extra == .example { updateExample { $0.failure = sanitized(reason) } }
    case .superseded: extras.asked[extra] = nil
    default: return false
    }
    return true
  }

  private mutating func take(_ reading: ExtraReading, of extra: Extra, in session: Session) {
    switch reading {
    case .surroundings(let surroundings): extras.surroundings = surroundings
    case .lens(let lens): extras.lens = lens
    case .history(let history): extras.history = history
    case .outcomes(let outcomes):
      extras.outcomes = outcomes
      refusals = outcomes.counts
      reorder(by: extra, in: session)
    case .nearest(let nearest):
      extras.nearest = nearest
      self.nearest = nearest.counts
      reorder(by: extra, in: session)
    case .template(let shares):
      extras.template = shares
      if hidesTemplate { reorder() }
      reorder(by: extra, in: session)
    case .document(let document): show(document, in: session)
    case .map(let map): extras.map = map
    case .example(let tokens, let basis):
      updateExample { ($0.tokens, $0.basis) = (tokens, basis) }
    case .metrics(let metrics): extras.metrics = metrics
    }
  }

  /// Puts the table in order again where what was read decides it.
  private mutating func reorder(by extra: Extra, in session: Session) {
    guard filter != nil || sort.column.column?.extra == extra else { return }
    putInOrder(in: session)
  }

  /// Asks what the latest stability result says of the open dictionary.
  func askStability(in session: inout Session) -> [Effect] {
    if session.notebookProblem != nil { return [] }
    return [
      session.ask(
        ReadStability(identity: dictionary.identity, regionCount: dictionary.regionCount))
    ]
  }

  // MARK: - Following

  /// What Enter does in the pane of the region: the whole document, or the neighbour.
  mutating func openLine(in session: inout Session) -> [Effect] {
    guard let region = selected else { return [] }
    switch tab {
    case .neighbours:
      let neighbours = extras.surroundings?.neighbours ?? []
      guard extras.surroundings?.region == region,
        neighbours.indices.contains(tabCursor)
      else { return [] }
      jump(to: String(neighbours[tabCursor].region), in: &session)
    case .closest, .boundary:
      guard let context = selectedDetail?.context(place) else { return [] }
      open(context, at: place, of: region, in: &session)
    case .sampled:
      let sampled = extras.surroundings?.sampled ?? []
      guard sampled.indices.contains(tabCursor) else { return [] }
      guard let context = sampled[tabCursor].context else {
        session.say(.note, "the context of this member was not kept")
        return []
      }
      open(context, at: place, of: region, in: &session)
    case .notes: beginNoting(in: &session)
    case .outcomes: session.handedOn = .openAnswers
    case .statistics, .lens:
      session.say(.note, "no line of this tab leads anywhere")
    }
    return []
  }

  private mutating func open(
    _ context: ContextText, at place: ContextPlace, of region: Int, in session: inout Session
  ) {
    guard let document = context.document, context.text != nil else {
      return session.say(.note, "there is no text: the stream was captured without")
    }
    extras.asked[.document] = nil
    page = .document(
      DocumentState(
        region: region, place: place, document: document, position: context.position,
        token: context.tokenInDocument))
  }
}

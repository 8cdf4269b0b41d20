import Regions
import Storage

/// The screen of regions: an open dictionary and where a person is in it.
package struct RegionsScreen: Listing, Equatable, Sendable {
  package enum Pane: Equatable, Sendable {
    case list, contexts
  }

  /// What the keyboard does besides moving about.
  package enum Mode: Equatable, Sendable {
    case browsing
    case searching(TextField)
    case jumping(TextField)
    case labelling(LabelEditor)
    case choosingSort(selected: RegionSort.Column)
    case filtering(FilterEditor)
    case choosingColumns(selected: Int)
    case tagging(TagEditor)
    case noting(NoteEditor)
    case prompting(Prompt)
  }

  package var dictionary: OpenedDictionary
  package var annotations: Annotations { didSet { countLabels() } }
  /// Labels of the person's own; counted when they change, because every frame tells it.
  package private(set) var ownLabelCount = 0
  /// Labels the notebook has not acknowledged, by region.
  package var pendingLabels: [Int: PendingLabel] = [:]

  package var sort = RegionSort(.members)
  /// Whether the order is one that was left in an earlier session: to ask for it is not to turn it round.
  var isSortRecalled = false
  /// The table as it was last kept, or found; `nil` before what is remembered was read.
  var remembered: Memory.Table?
  /// What the order goes back to when a search is over.
  package var sortBeforeSearch: RegionSort?
  package var search: RegionSearch?
  package var filter: FilterInForce?
  /// How prompts of the attached store that fall into each region were answered; `nil` without a store.
  package var refusals: [Int: RefusalCount]?
  /// Activations of the attached store that are nearest to each region now; `nil` until they were counted.
  package var nearest: [Int]?
  /// How the regions stand to another dictionary; `nil` before a comparison.
  package private(set) var drift: KnownDrift?
  /// What the latest stability result says; `nil` where none is kept.
  package private(set) var stability: KnownStability?
  /// Whether regions that are mostly the template's own are left out of the table.
  package var hidesTemplate = false
  /// The columns of the table beside id, star and label.
  package var columns = RegionColumn.standard
  /// Regions in the order of the table: all, or those that match.
  package var list = ListState<Int32>()
  /// Whether the cursor is on the first row for want of a choice: another order has another first row.
  var isAtFirst = true

  package var jumps = Jumps()

  package var mode = Mode.browsing
  package var focus = Pane.list
  package var isZoomed = false
  package var place = ContextPlace()
  package var tab = DetailTab.closest
  /// Index of the selected line of a tab that lists something else than contexts.
  package var tabCursor = 0
  package var extras = Extras()
  package var blind: BlindLabelling?
  /// What lies over both panes.
  package var page: Page?
  package var isExpanded = false
  /// Lines a context may take.
  package var contextLines = 2

  /// Details of regions in sight, with the marks of the search they were read for.
  package var detail: LoadedDetail?
  package var rowTexts: [Int: RowText] = [:]
  /// The query that the row texts answer.
  package var rowTextQuery: SearchQuery?
  /// What has been asked for and not answered.
  package var awaited = Awaited()

  package struct Awaited: Equatable, Sendable {
    package var detail: EffectID?
    /// What was last asked for, so that a failure is not asked for again.
    package var detailRegion: Int?
    package var detailQuery: SearchQuery?
    package var rows: EffectID?
    package var rowRegions: [Int] = []
    package var search: EffectID?
    package var searchQuery: SearchQuery?
    package var poll: EffectID?
    package var lastPoll: Duration?
  }

  package init(dictionary: OpenedDictionary, annotations: Annotations) {
    self.dictionary = dictionary
    self.annotations = annotations
    if dictionary.hasStore { columns += RegionColumn.withStore }
    countLabels()
    reorder()
  }

  /// Whether a region's label, counts and outcomes are kept from sight.
  func isHidden(_ region: Int) -> Bool { blind.map { !$0.isRevealed(region) } ?? false }

  /// Whether the table may show less than all regions.
  package var isNarrowed: Bool { search != nil || filter != nil }
  /// Likewise, by a fold too.
  var isShortened: Bool { isNarrowed || hidesTemplate }

  /// Takes in what a comparison says; a table ordered or filtered by it is put in order again.
  mutating func set(_ drift: KnownDrift) {
    self.drift = drift
    if sort.column.column == .drift || filter?.filter.fields.contains(.drift) == true { reorder() }
  }

  /// Takes in what the latest stability result says; a table ordered or filtered by it is put in order again.
  mutating func set(_ stability: KnownStability?) {
    guard stability != self.stability else { return }
    self.stability = stability
    if sort.column.column == .stable || filter?.filter.fields.contains(.stable) == true {
      reorder()
    }
  }

  private mutating func countLabels() {
    ownLabelCount = annotations.labels.entries.values.count { $0.origin == .own }
  }

  /// What filters and orders go by.
  package var facts: RegionFacts {
    var facts = RegionFacts(
      table: dictionary.table, threshold: dictionary.threshold,
      activationCount: dictionary.activationCount, mostMembers: dictionary.mostMembers,
      labels: annotations.labels,
      stars: annotations.stars, tags: annotations.tags, notes: annotations.notes,
      refusals: refusals, drift: drift?.regions, stability: stability?.regions.best)
    facts.nearest = nearest
    facts.template = extras.template?.shares
    return facts
  }

  /// The selected region; `nil` when nothing is listed.
  package var selected: Int? { list.selected.map(Int.init) }

  /// What was read of the selected region; `nil` until then.
  var selectedDetail: LoadedDetail? {
    detail.flatMap { $0.detail.id == selected ? $0 : nil }
  }

  /// What a region's label will be once the notebook has it, or is.
  package func label(of region: Int) -> LabelView.Entry? {
    guard let pending = pendingLabels[region] else { return annotations.labels.entries[region] }
    return pending.text.isEmpty ? nil : LabelView.Entry(text: pending.text, origin: .own)
  }

  /// Sorts and filters anew, keeping the selected region selected if it is still listed; the cursor is on the first row
  /// otherwise.
  package mutating func reorder() {
    let region = selected
    let found = search?.result?.regions
    let facts = facts
    var rows = RegionOrder.sorted(facts, by: sort, found: found ?? [])
    if let filter = filter?.filter, !filter.isEmpty {
      rows.removeAll { !filter.accepts(Int($0), facts) }
    }
    if hidesTemplate { rows.removeAll { isTemplate(Int($0)) } }
    if let found, sort.column != .relevance {
      var isFound = [Bool](repeating: false, count: dictionary.regionCount)
      for region in found where isFound.indices.contains(region) { isFound[region] = true }
      rows.removeAll { !isFound[Int($0)] }
    }
    let index = region.flatMap { rows.firstIndex(of: Int32($0)) }
    list.list(rows, selecting: index ?? 0)
  }
}

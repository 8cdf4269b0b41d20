import Experiments
import Foundation
import Storage

/// Two dictionaries side by side: the match, what is selected in it, and what is known of both.
package struct CompareScreen: Listing, Equatable, Sendable {
  package enum Side: String, Equatable, Sendable, CaseIterable {
    case a, b

    var other: Side { self == .a ? .b : .a }
    var name: String { self == .a ? "A" : "B" }
    var flowSide: MemberFlow.Side { self == .a ? .a : .b }
  }

  /// The three tables.
  package enum Table: String, Equatable, Sendable, CaseIterable {
    case persisted, dropped, introduced
  }

  /// A line of a table: a region of either side, or both where there is a pair.
  package struct Row: Equatable, Sendable {
    package var a: Int?
    package var b: Int?
    /// Of the pair; `nil` for a region without one.
    package var cosine: Float?

    package subscript(side: Side) -> Int? { side == .a ? a : b }
  }

  package enum Pane: Equatable, Sendable { case list, detail }

  /// What the pane beside the table shows.
  package enum Tab: String, Equatable, Sendable, CaseIterable {
    case contexts, flow, summary
  }

  package enum Mode: Equatable, Sendable {
    case browsing
    /// Words that rows must have.
    case searching(TextField)
    case filtering(CompareFilterEditor)
    case choosingSort(selected: Int)
    /// Where to write the files of the comparison.
    case exporting(TextField)
  }

  /// The null matches: what "introduced" is read against.
  package enum Nulls: Equatable, Sendable {
    /// Not asked for: it would take long.
    case unasked
    case awaited(EffectID, DictionaryComparison.Progress?)
    case known([ComparisonNull])
    case failed(String)

    package var known: [ComparisonNull] { if case .known(let nulls) = self { nulls } else { [] } }
  }

  /// A label taken over from the other side, not yet the person's own.
  package struct Carried: Equatable, Sendable {
    package var side: Side
    package var region: Int
    package var text: String
    /// On its way to the notebook.
    package var save: EffectID?
  }

  package let opened: OpenedComparison
  /// `nil` where the two did not see the same rows.
  let flow: MemberFlow.Index?
  package private(set) var cutoff = CompareScreen.usualCutoff
  package private(set) var division: DictionaryComparison.Division
  package var table = Table.persisted
  package var list = ListState<Row>()
  package var words = ""
  /// As it was typed, and what of it can be understood.
  package var filter: (text: String, filter: CompareFilter) {
    get { (filterText, understoodFilter) }
    set { (filterText, understoodFilter) = newValue }
  }
  private var filterText = ""
  private var understoodFilter = CompareFilter.none
  package var sorts: [Table: CompareSort] = [:]
  /// Row of the aligned contexts, or of the table of the flow, or first line of the summary.
  package var place = 0
  package var tab = Tab.contexts
  package var nulls: Nulls
  /// Whether Esc leads back to the regions followed through several dictionaries.
  package var isOfTrajectory = false
  package var focus = Pane.list
  package var mode = Mode.browsing
  package var isZoomed = false
  package var carried: [Carried] = []
  package var labels: [Side: LabelView]
  /// The version of the notebook that the labels of a side are of.
  package var versions: [Side: Int64]
  /// The side whose labels were changed last, for undoing.
  package var lastChanged: Side?
  /// Changes of many labels on their way to the notebook.
  package var changes: [EffectID: Side] = [:]
  package var detail: LoadedPair?
  package var awaited: EffectID?
  package var awaitedPair: PairOfRegions?

  package static let usualCutoff = 0.7
  static let cutoffStep = 0.02

  package init(_ opened: OpenedComparison) {
    self.opened = opened
    flow = opened.comparison.flow.map(MemberFlow.Index.init)
    division = opened.comparison.division(at: Self.usualCutoff)
    labels = [.a: opened.a.labels, .b: opened.b.labels]
    nulls = opened.nulls.isEmpty ? .unasked : .known(opened.nulls)
    versions = [.a: opened.a.version, .b: opened.b.version]
    refresh()
  }

  package subscript(side: Side) -> OpenedComparison.Part { side == .a ? opened.a : opened.b }

  func comparisonSide(_ side: Side) -> DictionaryComparison.Side {
    side == .a ? opened.comparison.a : opened.comparison.b
  }

  package var selected: Row? { list.selected }

  /// What is shown beside each other: the pair, or a region without a partner and the nearest of the other side.
  package var shown: PairOfRegions? {
    guard let row = selected else { return nil }
    let comparison = opened.comparison
    let a = row.a ?? row.b.map { Int(comparison.b.nearest[$0].region) }
    let b = row.b ?? row.a.map { Int(comparison.a.nearest[$0].region) }
    guard let a, let b else { return nil }
    return PairOfRegions(
      dictionaryA: opened.a.dictionary.url, a: a, dictionaryB: opened.b.dictionary.url, b: b,
      leading: table == .introduced ? .b : .a)
  }

  package mutating func setCutoff(_ value: Double) {
    // Steps are added up, so they are rounded to where they are meant to be.
    cutoff = min(1, max(-1, (value * 100).rounded() / 100))
    division = opened.comparison.division(at: cutoff)
    refresh()
  }

  /// Lists what the table and the filter leave.
  ///
  /// - Parameter staying: on the same line, where it is still there.
  package mutating func refresh(staying: Bool = true) {
    let before = staying ? selected : nil
    let all: [Row]
    switch table {
    case .persisted:
      all = division.persisted.map { Row(a: $0.a, b: $0.b, cosine: $0.cosine) }
    case .dropped:
      let weak = Dictionary(
        division.weak.map { ($0.a, $0) }, uniquingKeysWith: { first, _ in first })
      all = division.dropped.map { Row(a: $0, b: weak[$0]?.b, cosine: weak[$0]?.cosine) }
    case .introduced:
      let weak = Dictionary(
        division.weak.map { ($0.b, $0) }, uniquingKeysWith: { first, _ in first })
      all = division.introduced.map { Row(a: weak[$0]?.a, b: $0, cosine: weak[$0]?.cosine) }
    }
    let words = words.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
    let filter = filter.filter
    let rows = sorted(
      all.filter { row in
        (words.isEmpty || has(words, row))
          && (filter.isEmpty
            || filter.accepts(
              number: { value(of: $0, row) }, texts: { texts(of: $0, row) }))
      })
    list.list(rows, selecting: before.flatMap { rows.firstIndex(of: $0) })
  }

  /// How many lines a table has without a filter.
  func count(of table: Table) -> Int {
    switch table {
    case .persisted: division.persisted.count
    case .dropped: division.dropped.count
    case .introduced: division.introduced.count
    }
  }

  package func label(_ side: Side, _ region: Int) -> String? { labels[side]?.texts[region] }

  package func carried(_ side: Side, _ region: Int) -> Carried? {
    carried.first { $0.side == side && $0.region == region }
  }

  /// Whether both regions of a pair have labels that say different things.
  func disagrees(_ row: Row) -> Bool {
    guard let a = row.a.flatMap({ label(.a, $0) }), let b = row.b.flatMap({ label(.b, $0) }) else {
      return false
    }
    return a != b
  }

  /// What a person can quote, and all that the files of an export say.
  package var report: ComparisonReport {
    ComparisonReport(
      opened.comparison, cutoff: cutoff,
      labels: (opened.comparison.a.name, opened.comparison.b.name),
      nulls: nulls.known, outcomes: opened.outcomes)
  }

  /// Whether the table may show less than it has.
  package var isNarrowed: Bool { !words.isEmpty || !filter.filter.isEmpty }

  func target(_ side: Side) -> Effect.Target {
    let dictionary = self[side].dictionary
    return Effect.Target(
      dictionary: dictionary.url, identity: dictionary.identity, version: versions[side] ?? 0)
  }
}

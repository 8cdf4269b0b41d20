import Experiments
import Foundation
import Storage

/// Two dictionaries side by side: the match, what is selected in it, and what is known of both.
package struct CompareState: Equatable, Sendable {
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
  }

  package enum Pane: Equatable, Sendable { case list, contexts }

  package enum Mode: Equatable, Sendable {
    case browsing
    case filtering(TextField)
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
  package private(set) var cutoff = CompareState.usualCutoff
  package private(set) var division: DictionaryComparison.Division
  package var table = Table.persisted
  package private(set) var rows: [Row] = []
  package var filter = ""
  package var cursor = 0
  package var top = 0
  /// Row of the aligned contexts.
  package var place = 0
  package var focus = Pane.list
  package var mode = Mode.browsing
  package var isZoomed = false
  package var carried: [Carried] = []
  package var labels: [Side: LabelView]
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
    refresh()
  }

  package subscript(side: Side) -> OpenedComparison.Part { side == .a ? opened.a : opened.b }

  func comparisonSide(_ side: Side) -> DictionaryComparison.Side {
    side == .a ? opened.comparison.a : opened.comparison.b
  }

  package var selected: Row? { rows.indices.contains(cursor) ? rows[cursor] : nil }

  /// What is shown beside each other: the pair, or a region without a partner and the nearest of the other side.
  package var shown: PairOfRegions? {
    guard let row = selected else { return nil }
    let comparison = opened.comparison
    let a = row.a ?? row.b.map { Int(comparison.b.nearest[$0].region) }
    let b = row.b ?? row.a.map { Int(comparison.a.nearest[$0].region) }
    guard let a, let b else { return nil }
    return PairOfRegions(
      dictionaryA: opened.a.dictionary.url, a: a, dictionaryB: opened.b.dictionary.url, b: b)
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
    let filter = CompareFilter(filter)
    rows = filter.isEmpty ? all : all.filter { filter.accepts($0, in: self) }
    cursor = before.flatMap { rows.firstIndex(of: $0) } ?? min(cursor, max(0, rows.count - 1))
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

  /// One sentence that can be quoted.
  package var sentence: String {
    let comparison = opened.comparison
    let introduced = Proportion(division.introduced.count, of: comparison.b.count)
    let interval = introduced.wilson().map {
      " (Wilson 95 % \(Figures.percent($0.lower)) to \(Figures.percent($0.upper)))"
    }
    return
      "\(comparison.a.name) (K \(comparison.a.count), θ \(Figures.fixed(comparison.a.threshold, 4)), \(comparison.a.identity.prefix(12))) and \(comparison.b.name) (K \(comparison.b.count), θ \(Figures.fixed(comparison.b.threshold, 4)), \(comparison.b.identity.prefix(12))), matched one to one by exemplar cosine at a cutoff of \(Figures.fixed(cutoff, 2)): \(division.persisted.count) of \(comparison.pairs.count) pairs persist, \(division.dropped.count) regions of \(comparison.a.count) are dropped, \(division.introduced.count) of \(comparison.b.count) introduced\(interval ?? "")."
  }
}

/// A comparison with what is needed to show it.
package struct OpenedComparison: Equatable, Sendable {
  package struct Part: Equatable, Sendable {
    package var dictionary: OpenedDictionary
    package var labels: LabelView
    /// The version of the notebook that the labels are of.
    package var version: Int64
    /// The closest context of each region, in short.
    package var texts: [Int: RowText]
  }

  package var comparison: DictionaryComparison
  package var a: Part
  package var b: Part
  /// Whether it was kept from an earlier time.
  package var isKept: Bool
}

/// Two regions to be read together.
package struct PairOfRegions: Equatable, Sendable {
  package var dictionaryA: URL
  package var a: Int
  package var dictionaryB: URL
  package var b: Int
}

/// What is stored about two regions, their contexts aligned.
package struct LoadedPair: Equatable, Sendable {
  package var pair: PairOfRegions
  package var a: RegionDetail
  package var b: RegionDetail
  package var lines: [AlignedContext]

  /// - Parameter bySharedDocuments: whether document numbers mean the same on both sides.
  package init(pair: PairOfRegions, a: RegionDetail, b: RegionDetail, bySharedDocuments: Bool) {
    (self.pair, self.a, self.b) = (pair, a, b)
    lines = AlignedContext.align(a.closest, b.closest, byDocument: bySharedDocuments)
  }
}

/// A line of two lists of contexts: the same document on both sides where both have it.
package struct AlignedContext: Equatable, Sendable {
  package var a: Int?
  package var b: Int?
  /// Whether both are of one document.
  package var isShared: Bool

  /// Shared documents first, in A's order; then what is on one side alone, side by side as far as it goes.
  static func align(
    _ a: [ContextText], _ b: [ContextText], byDocument: Bool
  ) -> [AlignedContext] {
    var lines: [AlignedContext] = []
    var restA: [Int] = []
    var isTaken = [Bool](repeating: false, count: b.count)
    for (index, context) in a.enumerated() {
      let partner = b.indices.first { other in
        !isTaken[other]
          && (byDocument
            ? context.document != nil && b[other].document == context.document
              && b[other].documentByteCount == context.documentByteCount
              && (b[other].text == context.text
                || context.text?.utf8.count != context.documentByteCount)
            : context.text != nil && b[other].text == context.text)
      }
      if let partner {
        isTaken[partner] = true
        lines.append(AlignedContext(a: index, b: partner, isShared: true))
      } else {
        restA.append(index)
      }
    }
    let restB = b.indices.filter { !isTaken[$0] }
    for index in 0..<max(restA.count, restB.count) {
      lines.append(
        AlignedContext(
          a: restA.indices.contains(index) ? restA[index] : nil,
          b: restB.indices.contains(index) ? restB[index] : nil, isShared: false))
    }
    return lines
  }
}

/// A comparison on its way: who is compared, and how far it has come.
package struct ComparisonUnderWay: Equatable, Sendable {
  package var id: EffectID
  package var a: String
  package var b: String
  package var progress: DictionaryComparison.Progress?
}

import Experiments
import Foundation
import Storage

/// Regions followed through several dictionaries in a row: checkpoints of one model, or one model's percentiles or layers.
package struct LineageScreen: Listing, Equatable, Sendable {
  package enum Mode: Equatable, Sendable {
    case browsing
    case searching(TextField)
  }

  package enum Order: String, Equatable, Sendable, CaseIterable {
    case first = "where they begin"
    case length = "how far they go"
    case cosine = "their weakest step"
    case members
  }

  /// Each dictionary with the next.
  package let steps: [OpenedComparison]
  let flows: [MemberFlow.Index?]
  package private(set) var cutoff = CompareScreen.usualCutoff
  package private(set) var lineage: Lineage
  /// Of each step, the pairs that persist at the cutoff.
  private var persisted: [Int] = []
  /// Indices of the lineage's rows, as listed.
  package var list = ListState<Int>()
  package var order = Order.first
  package var words = ""
  /// The dictionary whose region is looked at.
  package var place = 0
  package var mode = Mode.browsing

  package init(_ steps: [OpenedComparison]) {
    self.steps = steps
    flows = steps.map { $0.comparison.flow.map(MemberFlow.Index.init) }
    lineage = Lineage(counts: [], persisted: [])
    setCutoff(CompareScreen.usualCutoff)
  }

  /// One more than there are steps.
  package var count: Int { steps.count + 1 }

  func part(_ index: Int) -> OpenedComparison.Part {
    index == 0 ? steps[0].a : steps[index - 1].b
  }

  /// What is known of a dictionary, as a side of a step.
  func side(_ index: Int) -> DictionaryComparison.Side {
    index == 0 ? steps[0].comparison.a : steps[index - 1].comparison.b
  }

  package mutating func setCutoff(_ value: Double) {
    cutoff = min(1, max(-1, (value * 100).rounded() / 100))
    let pairs = steps.map { $0.comparison.division(at: cutoff).persisted }
    persisted = pairs.map(\.count)
    lineage = Lineage(counts: (0..<count).map { side($0).count }, persisted: pairs)
    refresh()
  }

  package var selected: Lineage.Row? {
    list.selected.map { lineage.rows[$0] }
  }

  /// Regions that are in every dictionary.
  package var spanning: Int { lineage.rows.count { $0.regions.count == count } }

  package mutating func refresh() {
    let before = selected
    let words = words.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
    let found = lineage.rows.indices.filter { index in
      words.allSatisfy { has($0, lineage.rows[index]) }
    }
    let rows: [Int]
    switch order {
    case .first: rows = found
    case .length: rows = found.stableSorted { Double(-lineage.rows[$0].regions.count) }
    case .cosine:
      rows = found.stableSorted { Double(lineage.rows[$0].cosines.min() ?? 2) }
    case .members:
      rows = found.stableSorted { index in
        let row = lineage.rows[index]
        return Double(-side(row.first).memberCounts[row.regions[0]])
      }
    }
    list.list(
      rows, selecting: before.flatMap { before in rows.firstIndex { lineage.rows[$0] == before } })
  }

  private func has(_ word: String, _ row: Lineage.Row) -> Bool {
    row.regions.enumerated().contains { offset, region in
      let part = part(row.first + offset)
      return String(region) == word
        || [part.labels.texts[region], part.texts[region]?.text].contains {
          $0?.lowercased().contains(word) == true
        }
    }
  }

  /// The region of a row in a dictionary; `nil` where it is not there.
  func region(_ row: Lineage.Row, in index: Int) -> Int? {
    let place = index - row.first
    return row.regions.indices.contains(place) ? row.regions[place] : nil
  }

  /// Where a row's members went after its last dictionary, or came from before its first.
  func words(_ row: Lineage.Row, in index: Int) -> String? {
    if index == row.last + 1, let flow = flows[row.last], let region = row.regions.last {
      return MemberFlow.words(flow.parts(of: region, on: .a), on: .a)
    }
    if index == row.first - 1, let flow = flows[index], let region = row.regions.first {
      return MemberFlow.words(flow.parts(of: region, on: .b), on: .b)
    }
    return nil
  }

  /// A dictionary on the way of a region, and what its members are in there.
  struct Station: Equatable {
    var index: Int
    var region: Int
    /// Whether it is the pair's, rather than where most members are.
    var isMatched: Bool
    /// Where its members are in the dictionary after it.
    var parts: [MemberFlow.Part]
  }

  /// A region's way through all dictionaries: by the pairs that persist, and where they end, by most of its members.
  func path(of row: Lineage.Row) -> [Station] {
    var stations = row.regions.enumerated().map { offset, region in
      Station(
        index: row.first + offset, region: region, isMatched: true,
        parts: parts(of: region, after: row.first + offset))
    }
    while let last = stations.last, last.index + 1 < count, let next = last.parts.first {
      stations.append(
        Station(
          index: last.index + 1, region: next.region, isMatched: false,
          parts: parts(of: next.region, after: last.index + 1)))
    }
    while let first = stations.first, first.index > 0, let flow = flows[first.index - 1],
      let before = flow.parts(of: first.region, on: .b).first
    {
      stations.insert(
        Station(
          index: first.index - 1, region: before.region, isMatched: false,
          parts: parts(of: before.region, after: first.index - 1)), at: 0)
    }
    return stations
  }

  private func parts(of region: Int, after index: Int) -> [MemberFlow.Part] {
    guard flows.indices.contains(index), let flow = flows[index] else { return [] }
    return flow.parts(of: region, on: .a)
  }

  /// How many pairs persist from each dictionary to the next.
  var persistence: [String] {
    zip(persisted, steps).map { "\($0) of \($1.comparison.pairs.count)" }
  }

  package var sentence: String {
    let names = (0..<count).map { "\(side($0).name) (K \(side($0).count))" }
    return
      "\(names.joined(separator: ", ")): \(Figures.count(lineage.rows.count, "lineage")) by pairs at a cosine of at least \(Figures.fixed(cutoff, 2)), \(spanning) through all \(count) dictionaries; pairs that persist from each to the next: \(persistence.joined(separator: ", "))."
  }
}

extension Array {
  /// By ascending key; equals as they come.
  fileprivate func stableSorted(by key: (Element) -> Double) -> [Element] {
    enumerated().map { (index: $0.offset, element: $0.element, key: key($0.element)) }
      .sorted { $0.key != $1.key ? $0.key < $1.key : $0.index < $1.index }.map(\.element)
  }
}

/// What the table of regions is sorted by.
package struct RegionSort: Equatable, Sendable {
  package struct Column: Hashable, Sendable, CaseIterable {
    /// Of the order: `sort-NAME` where a command has it.
    package let name: String

    package static let id = Column(name: "id")
    package static let star = Column(name: "star")
    package static let label = Column(name: "label")
    /// How well a region matches the search; only while there is one.
    package static let relevance = Column(name: "relevance")
    package static let members = Column(RegionColumn.members)
    package static let tag = Column(RegionColumn.tags)

    fileprivate init(name: String) { self.name = name }
    package init(_ column: RegionColumn) { name = column.order.name }

    /// In the order in which they are offered.
    package static let allCases: [Column] = {
      let facts = RegionColumn.all.map { Column($0) }
      var columns = [id, star, label, tag]
      for column in facts where !columns.contains(column) { columns.append(column) }
      return columns + [relevance]
    }()

    /// The first column of the table that is put in order so.
    package var column: RegionColumn? { RegionColumn.all.first { $0.order.name == name } }

    var startsDescending: Bool { column?.order.startsDescending ?? false }
  }

  package var column: Column
  package var isDescending: Bool

  package init(_ column: Column, isDescending: Bool? = nil) {
    self.column = column
    self.isDescending = isDescending ?? column.startsDescending
  }
}

/// Puts regions in order.
package enum RegionOrder {
  private struct Keyed {
    var key: Double
    var region: Int32
  }

  /// All regions, sorted; equal ones by ascending id, whatever the direction.
  ///
  /// - Parameter found: the regions in order of relevance, best first, for that column.
  /// - Complexity: O(K log K), on flat arrays: a few milliseconds for 20,000.
  package static func sorted(
    _ facts: RegionFacts, by sort: RegionSort, found: [Int]
  ) -> [Int32] {
    let table = facts.table
    let all = 0..<Int32(table.count)
    switch sort.column {
    case .id: return sort.isDescending ? all.reversed() : Array(all)
    case .star:
      return sorted(facts, isDescending: sort.isDescending) { $0.stars.contains($1) ? 0 : 1 }
    case .label: return byText(all, sort, facts.labels.texts)
    case .relevance:
      let found = found.map(Int32.init)
      return sort.isDescending ? found.reversed() : found
    default:
      switch sort.column.column?.order.key {
      case .number(let value): return sorted(facts, isDescending: sort.isDescending, by: value)
      case .text(let texts): return byText(all, sort, texts(facts))
      case nil: return Array(all)
      }
    }
  }

  /// All regions by a number; likewise.
  package static func sorted(
    _ facts: RegionFacts, isDescending: Bool, by value: (RegionFacts, Int) -> Double
  ) -> [Int32] {
    // NaN is no order: a damaged number goes last either way.
    var keyed = (0..<Int32(facts.table.count)).map { region in
      let value = value(facts, Int(region))
      let signed = isDescending ? -value : value
      return Keyed(key: value.isNaN ? .infinity : signed, region: region)
    }
    keyed.sort { $0.key != $1.key ? $0.key < $1.key : $0.region < $1.region }
    return keyed.map(\.region)
  }

  /// Regions without a text come last in both directions.
  private static func byText(
    _ regions: Range<Int32>, _ sort: RegionSort, _ texts: [Int: String]
  ) -> [Int32] {
    var labelled = texts.compactMap { region, text in
      regions.contains(Int32(clamping: region)) ? (Int32(region), text.lowercased()) : nil
    }
    labelled.sort { first, second in
      guard first.1 != second.1 else { return first.0 < second.0 }
      return (first.1 < second.1) != sort.isDescending
    }
    return labelled.map(\.0) + regions.filter { texts[Int($0)] == nil }
  }
}

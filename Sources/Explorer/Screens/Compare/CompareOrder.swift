/// What a table of a comparison is sorted by.
package enum CompareColumn: String, Equatable, Sendable, CaseIterable {
  case cosine, a, b, membersA, membersB, refused, refusalA, refusalB, change, label, fate

  func title(_ table: CompareScreen.Table) -> String {
    switch self {
    case .cosine: "cosine"
    case .a: "region of A"
    case .b: "region of B"
    case .membersA: "members in A"
    case .membersB: "members in B"
    case .refused: "prompts refused"
    case .refusalA: table == .introduced ? "same prompts by A" : "refusal rate in A"
    case .refusalB: table == .dropped ? "same prompts by B" : "refusal rate in B"
    case .change: "change of the refusal rate"
    case .label: "label"
    case .fate: "where members went"
    }
  }

  /// The direction that shows first what people look for.
  var startsDescending: Bool {
    switch self {
    case .a, .b, .label, .fate: false
    default: true
    }
  }
}

package struct CompareSort: Equatable, Sendable {
  package var column: CompareColumn
  package var isDescending: Bool

  package init(_ column: CompareColumn) {
    (self.column, isDescending) = (column, column.startsDescending)
  }
}

extension CompareScreen {
  /// What the table can be sorted by.
  var columns: [CompareColumn] {
    CompareColumn.allCases.filter { column in
      switch column {
      case .a, .membersA: table != .introduced
      case .b, .membersB: table != .dropped
      case .refused, .refusalA, .refusalB, .change: opened.outcomes != nil
      case .fate: flow != nil
      case .cosine, .label: true
      }
    }
  }

  /// The order that a table starts in: the closest pairs first, the largest regions, and where outcomes are known, the
  /// introduced regions with most refusals.
  func usualSort(_ table: Table) -> CompareSort {
    switch table {
    case .persisted: CompareSort(.cosine)
    case .dropped: CompareSort(.membersA)
    case .introduced: CompareSort(opened.outcomes?.sourceB == nil ? .membersB : .refused)
    }
  }

  var sort: CompareSort { sorts[table] ?? usualSort(table) }

  /// Rows in the order of the sort; equals stay as they come, and what is not known comes last.
  func sorted(_ rows: [Row]) -> [Row] {
    let sort = sort
    let isDown = sort.isDescending
    func ordered<Key: Comparable>(by key: (Row) -> Key?) -> [Row] {
      let keyed = rows.enumerated().map {
        (index: $0.offset, row: $0.element, key: key($0.element))
      }
      return keyed.sorted { first, second in
        switch (first.key, second.key) {
        case (let a?, let b?) where a != b: isDown ? a > b : a < b
        case (.some, nil): true
        case (nil, .some): false
        default: first.index < second.index
        }
      }.map(\.row)
    }
    switch sort.column {
    case .cosine: return ordered { cosine(of: $0) }
    case .a: return ordered { value(of: .a, $0) }
    case .b: return ordered { value(of: .b, $0) }
    case .membersA: return ordered { value(of: .membersA, $0) }
    case .membersB: return ordered { value(of: .membersB, $0) }
    case .refused:
      return ordered { row in
        let count = table == .dropped ? refusals(row).a : refusals(row).b
        return count.map { Double($0.refused) }
      }
    case .refusalA: return ordered { value(of: .refusalA, $0) }
    case .refusalB: return ordered { value(of: .refusalB, $0) }
    case .change: return ordered { change($0) }
    case .label: return ordered { texts(of: .label, $0).first?.lowercased() }
    case .fate: return ordered { fate($0) }
    }
  }
}

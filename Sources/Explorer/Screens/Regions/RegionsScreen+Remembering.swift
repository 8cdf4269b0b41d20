import Regions
import Storage

/// The columns and the order of the table, kept from one session to the next, for each kind of dictionary.
extension RegionsScreen {
  /// Final positions with a store are read by other columns than all positions without one.
  private var kind: String {
    (dictionary.provenance.positions ?? "unknown") + (dictionary.hasStore ? " with a store" : "")
  }

  private var table: Memory.Table {
    // Blind labelling puts what it hides out of the order, for as long as it lasts.
    let shown = blind?.sortBefore ?? sort
    // What only a comparison, a measurement or a search knows is not there the next time.
    let isLasting = ![.relevance, .init(.drift), .init(.stable)].contains(shown.column)
    let sort = isLasting ? shown : RegionSort(.members)
    return Memory.Table(
      columns: columns.map(\.name), sort: sort.column.name, isDescending: sort.isDescending)
  }

  /// Takes the table as it was left, once; asks for it to be kept when it was changed since.
  mutating func rememberTable(in session: inout Session) -> [Effect] {
    guard let memory = session.memory else { return [] }
    guard let before = remembered else {
      if let table = memory.tables?[kind] { recall(table, in: session) }
      remembered = table
      return []
    }
    guard mode == .browsing, search == nil, table != before else { return [] }
    remembered = table
    return [session.ask(.remember(.table(table, kind: kind)))]
  }

  private mutating func recall(_ table: Memory.Table, in session: Session) {
    let known = table.columns.compactMap { name in RegionColumn.all.first { $0.name == name } }
    if !known.isEmpty { columns = known }
    guard let column = RegionSort.Column.allCases.first(where: { $0.name == table.sort }),
      column != .relevance
    else { return }
    sort = RegionSort(column, isDescending: table.isDescending)
    isSortRecalled = true
    putInOrder(in: session)
  }
}

import Regions

extension RegionSort.Column {
  var command: Command? { Command(rawValue: "sort-\(name)") }
}

extension RegionsScreen {
  static let noStability =
    "stability is not known yet: “exemplar stability STORE” measures it, and keeps the result"
  static let noDrift = "drift is not known yet: c compares this dictionary with another"

  mutating func sort(_ command: Command, in session: inout Session) {
    var sort = sort
    if command == .reverseSort {
      sort.isDescending.toggle()
    } else if let column = RegionSort.Column.allCases.first(where: { $0.command == command }) {
      return self.sort(by: column, in: &session)
    }
    take(sort, in: &session)
  }

  /// Sorts by a column, or the other way round where it is sorted by that already.
  mutating func sort(by column: RegionSort.Column, in session: inout Session) {
    if let reason = lack(of: column) { return session.say(.note, reason) }
    take(
      column == sort.column && !isSortRecalled
        ? RegionSort(column, isDescending: !sort.isDescending) : RegionSort(column),
      note: column.column?.order.note, in: &session)
  }

  private mutating func take(_ sort: RegionSort, note: String? = nil, in session: inout Session) {
    self.sort = sort
    isSortRecalled = false
    mode = .browsing
    isAtFirst = cursor == 0
    // The first rows are in sight wherever the region is among them.
    top = 0
    putInOrder(in: session)
    var notes = [note].compactMap(\.self)
    if top > 0, let region = selected {
      let place = "\(Figures.grouped(cursor + 1)) of \(Figures.grouped(rows.count))"
      notes.append(
        "region \(region) stays selected, \(place) · \(session.key(.moveToTop, in: .lists)) to the first"
      )
    }
    if !notes.isEmpty { session.say(.note, notes.joined(separator: " · ")) }
  }

  /// Takes another order, or what it goes by: who has gone to no region sees the first one, and a region that was gone to
  /// stays selected.
  mutating func putInOrder(in session: Session) {
    let isAtFirst = isAtFirst
    reorder()
    if isAtFirst {
      select(0, in: session)
      self.isAtFirst = true
    }
    showCursor(in: session)
  }

  /// Sorts by the column of a letter that no command has.
  mutating func typeInSortChooser(_ text: String, in session: inout Session) {
    let column = RegionColumn.all.first { $0.order.letter.map(String.init) == text }
    if let column { sort(by: RegionSort.Column(column), in: &session) }
  }

  mutating func runInSortChooser(
    _ command: Command, _ selected: RegionSort.Column, in session: inout Session
  ) {
    let columns = sortColumns
    guard let index = columns.firstIndex(of: selected) else {
      mode = .browsing
      return
    }
    switch command {
    case .nextChoice: mode = .choosingSort(selected: columns[(index + 1) % columns.count])
    case .previousChoice:
      mode = .choosingSort(selected: columns[(index + columns.count - 1) % columns.count])
    case .accept: sort(by: selected, in: &session)
    case .cancelField: mode = .browsing
    default: sort(command, in: &session)
    }
  }
}

extension RegionsScreen {
  /// What the table can be sorted by now.
  var sortColumns: [RegionSort.Column] {
    RegionSort.Column.allCases.filter { lack(of: $0) == nil }
  }

  /// Why the table cannot be sorted by a column now.
  private func lack(of column: RegionSort.Column) -> String? {
    guard column != .relevance else {
      return search?.result == nil ? "there is no search to sort by" : nil
    }
    if blind != nil,
      [.label, .tag, .star].contains(column) || column.column?.isHiddenWhenBlind == true
    {
      return Self.hiddenOrder
    }
    return column.column.flatMap(lack)
  }

  /// Why a column cannot be known; `nil` where it is, or will be once it was read.
  func lack(of column: RegionColumn) -> String? {
    func ofStore(_ extra: Extra, _ needed: String) -> String? {
      dictionary.hasStore ? extras.failure(extra, region: nil) : needed
    }
    switch column.source {
    case nil: return nil
    case .nearest: return ofStore(.nearest, "nearest activations need a store: --store")
    case .outcomes: return ofStore(.outcomes, "refusal rates need a store: --store")
    case .template: return extras.failure(.template, region: nil)
    case .comparison: return drift == nil ? Self.noDrift : nil
    case .stability: return stability == nil ? Self.noStability : nil
    }
  }
}

extension RegionColumn {
  /// What this screen reads for it, once it is in use.
  var extra: Extra? {
    switch source {
    case .nearest: .nearest
    case .outcomes: .outcomes
    case .template: .template
    case .comparison, .stability, nil: nil
    }
  }
}

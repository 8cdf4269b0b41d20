extension RegionsScreen {
  static let noStability =
    "stability is not known yet: “exemplar stability STORE” measures it, and keeps the result"
  static let noDrift = "drift is not known yet: c compares this dictionary with another"

  mutating func sort(_ command: Command, in session: inout Session) {
    var sort = sort
    if command == .reverseSort {
      sort.isDescending.toggle()
    } else if let column = RegionSort.Column.allCases.first(where: { $0.command == command }) {
      guard sortColumns.contains(column) else {
        let reason =
          switch column {
          case .refusal: "no store is attached to know refusal rates by (--store)"
          case .drift: Self.noDrift
          case .stability: Self.noStability
          default: "there is no search to sort by"
          }
        return session.say(.note, reason)
      }
      sort =
        column == sort.column
        ? RegionSort(column, isDescending: !sort.isDescending) : RegionSort(column)
    }
    self.sort = sort
    mode = .browsing
    reorder()
    showCursor(in: session)
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
    case .accept: sort(selected.command, in: &session)
    case .cancelField: mode = .browsing
    default: sort(command, in: &session)
    }
  }
}

extension RegionsScreen {
  /// What the table can be sorted by now.
  var sortColumns: [RegionSort.Column] {
    RegionSort.Column.allCases.filter { column in
      switch column {
      case .relevance: search?.result != nil
      case .refusal: refusals != nil
      case .drift: drift != nil
      case .stability: stability != nil
      default: true
      }
    }
  }
}

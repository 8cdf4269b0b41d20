import Regions

/// The columns of the table of regions, for a pane of some width.
struct TableColumns: Equatable {
  struct Column: Equatable {
    enum Content: Equatable {
      case id, star, label
      case fact(RegionColumn)
    }

    var content: Content
    var start: Int
    var width: Int
  }

  let columns: [Column]

  /// Room for the arrow of the sorted column is always kept, so that nothing moves when it does.
  ///
  /// - Parameter chosen: the columns beside id, star and label; as many as leave room for a label.
  init(
    width: Int, regionCount: Int, mostMembers: Int, chosen: [RegionColumn] = RegionColumn.standard
  ) {
    let idWidth = max(3, Figures.digits(max(regionCount - 1, 0)))
    var facts = chosen.map { (column: $0, width: $0.width(Figures.grouped(mostMembers).count)) }
    func spare() -> Int { width - 2 - idWidth - 3 - facts.reduce(0) { $0 + $1.width + 2 } }
    // Bars show at a glance what the numbers say, so they go first; then the share, which can be worked out.
    if spare() < 34 { facts.removeAll { $0.column == .bar } }
    if spare() < 12 { facts.removeAll { $0.column == .share } }
    while spare() < 12, facts.count > 1 { facts.removeLast() }
    let labelWidth = max(4, spare())
    var columns = [
      Column(content: .id, start: 1, width: idWidth),
      Column(content: .star, start: 2 + idWidth, width: 1),
      Column(content: .label, start: 4 + idWidth, width: labelWidth),
    ]
    var start = 4 + idWidth + labelWidth
    for fact in facts {
      columns.append(Column(content: .fact(fact.column), start: start + 2, width: fact.width))
      start += 2 + fact.width
    }
    self.columns = columns
  }

  subscript(content: Column.Content) -> Column? { columns.first { $0.content == content } }

  /// What a click on the heading at `column` sorts by.
  func sort(at column: Int) -> RegionSort.Column? {
    let hit = columns.last { column >= $0.start - 1 } ?? columns.first
    return hit?.content.sort
  }
}

extension TableColumns.Column.Content {
  var sort: RegionSort.Column {
    switch self {
    case .id: .id
    case .star: .star
    case .label: .label
    case .fact(let column): RegionSort.Column(column)
    }
  }

  var heading: String {
    switch self {
    case .id: "id"
    case .star: "★"
    case .label: "label"
    case .fact(let column): column.heading
    }
  }

  /// Whether it begins at the left, heading and all; figures end at the right.
  var isLeft: Bool {
    switch self {
    case .label, .star: true
    case .fact(let column): column.look == .words
    case .id: false
    }
  }
}

/// The columns of the table of regions, for a pane of some width.
struct TableColumns: Equatable {
  struct Column: Equatable {
    enum Content: Equatable {
      case id, star, label, members, share, bar, coherence, distance
    }

    var content: Content
    var start: Int
    var width: Int
  }

  let columns: [Column]

  /// Room for the arrow of the sorted column is always kept, so that nothing moves when it does.
  init(width: Int, regionCount: Int, mostMembers: Int) {
    let idWidth = max(3, Figures.digits(max(regionCount - 1, 0)))
    let memberWidth = max(8, Figures.grouped(mostMembers).count)
    let numbers: [(Column.Content, Int)] = [
      (.members, memberWidth), (.share, 6), (.coherence, 6), (.distance, 5),
    ]
    var fixed = numbers
    let spare = { (columns: [(Column.Content, Int)]) in
      width - 2 - idWidth - 3 - columns.reduce(0) { $0 + $1.1 + 2 }
    }
    // Bars show at a glance what the numbers say; they come last and go first.
    if spare(fixed) >= 44 { fixed.insert((.bar, 8), at: 2) }
    // A label of a dozen characters says more than a share one can work out.
    if spare(fixed) < 12 { fixed.removeAll { $0.0 == .share } }
    let labelWidth = max(4, spare(fixed))
    var columns = [
      Column(content: .id, start: 1, width: idWidth),
      Column(content: .star, start: 2 + idWidth, width: 1),
      Column(content: .label, start: 4 + idWidth, width: labelWidth),
    ]
    var start = 4 + idWidth + labelWidth
    for (content, columnWidth) in fixed {
      columns.append(Column(content: content, start: start + 2, width: columnWidth))
      start += 2 + columnWidth
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
    case .members, .share, .bar: .members
    case .coherence: .coherence
    case .distance: .distance
    }
  }

  var heading: String {
    switch self {
    case .id: "id"
    case .star: "★"
    case .label: "label"
    case .members: "members"
    case .share: "share"
    case .bar: ""
    case .coherence: "coher"
    case .distance: "d/θ"
    }
  }
}

/// The columns of a table of a comparison, for a pane of some width.
struct CompareColumns {
  enum Kind: Equatable {
    case cosine
    /// In θ of a side.
    case distance(CompareScreen.Side)
    case region(CompareScreen.Side)
    /// The partner, or else the nearest of the other side.
    case partner(CompareScreen.Side)
    case members(CompareScreen.Side)
    /// Refused of valid prompts, with the interval where it is wide.
    case refusal(CompareScreen.Side, isWide: Bool)
    case change, fate, text
  }

  struct Column: Equatable {
    var kind: Kind
    var title: String
    var start = 0
    var width: Int
    var sort: CompareColumn?
    var isLeft = false
  }

  private(set) var columns: [Column]
  private static let leastText = 14
  private static let wideRefusal = 22

  init(_ compare: CompareScreen, width: Int) {
    let comparison = compare.opened.comparison
    let id = max(3, Figures.digits(max(comparison.a.count, comparison.b.count)) + 1)
    let members = max(
      5,
      Figures.grouped(
        max(comparison.a.memberCounts.max() ?? 0, comparison.b.memberCounts.max() ?? 0)
      ).count + 1)
    // By importance; the order on the screen is another.
    var wanted: [Column] = []
    func region(_ side: CompareScreen.Side) -> [Column] {
      [
        Column(kind: .region(side), title: side.name, width: id, sort: side == .a ? .a : .b),
        Column(
          kind: .members(side), title: "n", width: members,
          sort: side == .a ? .membersA : .membersB),
      ]
    }
    func refusal(_ side: CompareScreen.Side, isWide: Bool) -> Column {
      let isOwn = compare.table == (side == .a ? .dropped : .introduced)
      let isOther =
        compare.table == .dropped && side == .b || compare.table == .introduced && side == .a
      return Column(
        kind: .refusal(side, isWide: isWide),
        title: isOther
          ? "same by \(side.name)" : isWide ? "refused in \(side.name)" : "ref. \(side.name)",
        width: isWide ? Self.wideRefusal : isOther ? 10 : 8,
        sort: isOwn ? .refused : side == .a ? .refusalA : .refusalB)
    }
    let cosine = Column(kind: .cosine, title: "cos", width: 6, sort: .cosine)
    let distances = [CompareScreen.Side.a, .b].map {
      Column(kind: .distance($0), title: "d/θ\($0.name)", width: 6, sort: .cosine)
    }
    let change = Column(kind: .change, title: "change", width: 7, sort: .change)
    let hasOutcomes = compare.opened.outcomes != nil
    let isSmallRefusal = { (isWide: Bool) in
      hasOutcomes ? [refusal(.a, isWide: isWide), refusal(.b, isWide: isWide), change] : []
    }
    let fate = Column(
      kind: .fate, title: compare.table == .introduced ? "members came from" : "members went to",
      width: 24, sort: .fate, isLeft: true)
    let own: CompareScreen.Side = compare.table == .introduced ? .b : .a
    switch compare.table {
    case .persisted: wanted = [cosine] + region(.a) + region(.b) + isSmallRefusal(false) + distances
    case .dropped, .introduced:
      wanted =
        region(own) + isSmallRefusal(false) + [
          cosine, Column(kind: .partner(own.other), title: "near \(own.other.name)", width: 7),
        ]
    }
    if compare.flow != nil { wanted.append(fate) }
    if compare.table != .persisted { wanted += distances }
    var chosen: [Column] = []
    var room = width - 2
    for column in wanted where room - column.width - 1 >= Self.leastText {
      chosen.append(column)
      room -= column.width + (column.isLeft ? 2 : 0)
    }
    let more = 2 * Self.wideRefusal - 16
    if hasOutcomes, room - more >= Self.leastText + 10 {
      for index in chosen.indices {
        guard case .refusal(let side, false) = chosen[index].kind else { continue }
        room += chosen[index].width
        chosen[index] = refusal(side, isWide: true)
        room -= Self.wideRefusal
      }
    }
    chosen.append(
      Column(
        kind: .text, title: "label or closest context", width: room, sort: .label, isLeft: true))
    columns = chosen.sorted {
      Self.rank($0.kind, compare.table) < Self.rank($1.kind, compare.table)
    }
    var start = 1
    for index in columns.indices {
      if columns[index].isLeft { start += 2 }
      columns[index].start = start
      start += columns[index].width
    }
    if let last = columns.indices.last {
      columns[last].width = max(0, width - 1 - columns[last].start)
    }
  }

  /// From left to right.
  private static func rank(_ kind: Kind, _ table: CompareScreen.Table) -> Int {
    let order: [Kind] =
      table == .persisted
      ? [
        .cosine, .distance(.a), .distance(.b), .region(.a), .members(.a), .region(.b), .members(.b),
        .refusal(.a, isWide: false), .refusal(.b, isWide: false), .change, .fate, .text,
      ]
      : [
        .region(.a), .region(.b), .members(.a), .members(.b),
        .refusal(table == .dropped ? .a : .b, isWide: false),
        .refusal(table == .dropped ? .b : .a, isWide: false), .change, .cosine, .partner(.a),
        .partner(.b), .distance(.a), .distance(.b), .fate, .text,
      ]
    let plain: Kind =
      if case .refusal(let side, _) = kind { .refusal(side, isWide: false) } else { kind }
    return order.firstIndex(of: plain) ?? order.count
  }

  /// What a click on the header sorts by.
  func sort(at column: Int) -> CompareColumn? {
    columns.last { $0.start <= column || $0 == columns.first }?.sort
  }
}

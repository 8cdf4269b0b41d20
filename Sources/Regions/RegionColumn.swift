import ExemplarPartitioning

/// A column that a table of regions can have beside id, star and label: all that is said of it, in one row of ``all``.
///
/// The table, its order, the chooser of columns, the one of orders, the filter, an export and `exemplar regions` all
/// read this.
package struct RegionColumn: Sendable {
  package enum Look: Sendable {
    case number, bar, words
  }

  /// What a column knows of one region; a screen writes it, a file keeps it.
  package enum Cell: Sendable, Equatable {
    case count(Int)
    /// Of all, 0 to 1.
    case share(Double)
    /// A count, and how long its bar is, 0 to 1.
    case bar(Int, Double)
    case decimal(Double, places: Int)
    case part(Int, of: Int)
    case drift(RegionDrift)
    case tags([String])
  }

  /// What has to be read for a column before it is known.
  package enum Source: Sendable, CaseIterable {
    /// Rows of a store, dealt to their nearest exemplars.
    case nearest
    /// Answers of a store.
    case outcomes
    case template
    /// Another dictionary.
    case comparison
    /// A result that is kept.
    case stability
  }

  /// How regions are put in order by it.
  package struct Order: Sendable {
    package enum Key: Sendable {
      /// NaN where it is not known, which goes last either way.
      case number(@Sendable (RegionFacts, Int) -> Double)
      /// By region; those without go last either way.
      case text(@Sendable (RegionFacts) -> [Int: String])
    }

    /// Of a command that sorts by it, `sort-NAME`, where there is one, and of `exemplar regions --sort`.
    package let name: String
    /// What chooses it among the orders, where no command has a key for that.
    package let letter: Character?
    /// The direction that shows first what people look for.
    package let startsDescending: Bool
    /// What a reader has to know of it, where the column does not show what it goes by.
    package let note: String?
    package let key: Key

    fileprivate static func number(
      _ name: String, letter: Character? = nil, descending: Bool = true, note: String? = nil,
      _ value: @escaping @Sendable (RegionFacts, Int) -> Double
    ) -> Order {
      Order(
        name: name, letter: letter, startsDescending: descending, note: note, key: .number(value))
    }

    fileprivate static func text(
      _ name: String, _ texts: @escaping @Sendable (RegionFacts) -> [Int: String]
    ) -> Order {
      Order(name: name, letter: nil, startsDescending: false, note: nil, key: .text(texts))
    }
  }

  /// In files and settings.
  package let name: String
  /// In the list of columns.
  package let title: String
  /// Over the column.
  package let heading: String
  package let look: Look
  /// Columns of the screen, where the longest count of members has so many digits, separators included.
  package let width: @Sendable (_ membersWidth: Int) -> Int
  /// What a click on its heading sorts by.
  package let order: Order
  /// What of a filter asks about it.
  package let fields: Set<RegionField>
  /// Whether it would tell what labelling blind keeps from sight.
  package let isHiddenWhenBlind: Bool
  /// What is read for it, once it is shown, sorted by or filtered by; `nil` for what a dictionary says itself.
  package let source: Source?
  /// `nil` where it is not known.
  package let cell: @Sendable (RegionFacts, Int) -> Cell?

  private init(
    _ name: String, _ title: String, heading: String? = nil, look: Look = .number,
    width: @escaping @Sendable (Int) -> Int, order: Order, fields: Set<RegionField> = [],
    isHiddenWhenBlind: Bool = false, reading source: Source? = nil,
    cell: @escaping @Sendable (RegionFacts, Int) -> Cell?
  ) {
    (self.name, self.title, self.heading, self.look) = (name, title, heading ?? name, look)
    (self.width, self.order, self.isHiddenWhenBlind) = (width, order, isHiddenWhenBlind)
    (self.fields, self.source, self.cell) = (fields, source, cell)
  }

  /// Those of a store: a dictionary with one has them at once.
  package static let withStore = [refusal]

  package static let standard = [members, share, bar, coherence, distance]

  /// Every column, in the order in which they are offered.
  package static let all = standard + [nearest, founded, refusal, template, drift, stable, tags]

  private static let byMembers = Order.number("members") { Double($0.table.memberCounts[$1]) }

  package static let members = RegionColumn(
    "members", "members", width: { max(8, $0) }, order: byMembers, isHiddenWhenBlind: true,
    cell: { .count($0.table.memberCounts[$1]) })

  package static let share = RegionColumn(
    "share", "share of all members", width: { _ in 6 }, order: byMembers, isHiddenWhenBlind: true,
    cell: { .share($0.share(of: $1)) })

  package static let bar = RegionColumn(
    "bar", "members as a bar", heading: "", look: .bar, width: { _ in 8 }, order: byMembers,
    isHiddenWhenBlind: true,
    cell: { facts, region in
      let members = facts.table.memberCounts[region]
      return .bar(members, Double(members) / Double(max(facts.mostMembers, 1)))
    })

  package static let coherence = RegionColumn(
    "coherence", "coherence", heading: "coher", width: { _ in 6 },
    order: .number("coherence") { $0.table.coherences[$1] },
    cell: { .decimal($0.table.coherences[$1], places: 3) })

  package static let distance = RegionColumn(
    "mean_distance_theta", "mean d/θ", heading: "d/θ", width: { _ in 5 },
    order: .number("distance", descending: false) { $0.table.meanDistances[$1] },
    cell: { .decimal(Theta.multiple($0.table.meanDistances[$1], of: $0.threshold), places: 2) })

  package static let nearest = RegionColumn(
    "nearest", "nearest now, of the store", width: { max(8, $0) },
    order: .number("nearest", letter: "e") { $0.value(of: .nearest, $1) ?? .nan },
    fields: [.nearest], isHiddenWhenBlind: true, reading: .nearest,
    cell: { facts, region in facts.nearest.map { .count($0[region]) } })

  package static let founded = RegionColumn(
    "founded", "founding batch", width: { _ in 8 },
    order: .number("founding", descending: false) { $0.value(of: .founded, $1) ?? .nan },
    cell: { $0.table.foundingBatch(of: $1).map(Cell.count) })

  package static let refusal = RegionColumn(
    "refusal", "refusal rate", heading: "refused", width: { _ in 8 },
    order: .number(
      "refusal",
      note: "by the lower end of each rate's 95 % interval: 2 of 2 says less than 13 of 21"
    ) { $0.refusals?[$1]?.proportion.wilson()?.lower ?? .nan },
    fields: [.refusal, .prompts, .refused, .complied, .left],
    isHiddenWhenBlind: true, reading: .outcomes,
    cell: { $0.refusals?[$1].map { .part($0.refused, of: $0.count) } })

  package static let template = RegionColumn(
    "template", "share of template", width: { _ in 8 },
    order: .number("template", letter: "h") { $0.value(of: .template, $1) ?? .nan },
    fields: [.template], reading: .template,
    cell: { $0.template?[$1].map(Cell.share) })

  package static let drift = RegionColumn(
    "drift", "drift, after a comparison", width: { _ in 15 },
    order: .number("drift", descending: false) { $0.drift?[$1].nearest ?? .nan }, fields: [.drift],
    reading: .comparison, cell: { facts, region in facts.drift.map { .drift($0[region]) } })

  package static let stable = RegionColumn(
    "stable", "stability, once it was measured", width: { _ in 6 },
    order: .number("stable") { $0.value(of: .stable, $1) ?? .nan }, fields: [.stable],
    reading: .stability, cell: { $0.stability?[$1].map { .decimal($0, places: 3) } })

  package static let tags = RegionColumn(
    "tags", "tags", look: .words, width: { _ in 14 },
    order: .text("tag") { $0.tags.mapValues { $0.joined(separator: " ") } },
    isHiddenWhenBlind: true, cell: { .tags($0.tags[$1] ?? []) })
}

extension RegionColumn: Equatable {
  package static func == (first: RegionColumn, second: RegionColumn) -> Bool {
    first.name == second.name
  }
}

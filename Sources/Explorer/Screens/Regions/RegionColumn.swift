import Experiments
import Storage

/// A column that the table of regions can have beside id, star and label: all that is said of it, in one row of ``all``.
///
/// The table, its order, the chooser of columns, the one of orders, the filter and an export all read this.
package struct RegionColumn: Sendable {
  enum Look {
    case number, bar, words
  }

  /// How regions are put in order by it.
  struct Order: Sendable {
    enum Key: Sendable {
      /// NaN where it is not known, which goes last either way.
      case number(@Sendable (RegionFacts, Int) -> Double)
      /// By region; those without go last either way.
      case text(@Sendable (RegionFacts) -> [Int: String])
    }

    /// Of a command that sorts by it, `sort-NAME`, where there is one.
    let name: String
    /// What chooses it among the orders, where no command has a key for that.
    let letter: Character?
    /// The direction that shows first what people look for.
    let startsDescending: Bool
    /// What a reader has to know of it, where the column does not show what it goes by.
    let note: String?
    let key: Key

    static func number(
      _ name: String, letter: Character? = nil, descending: Bool = true, note: String? = nil,
      _ value: @escaping @Sendable (RegionFacts, Int) -> Double
    ) -> Order {
      Order(
        name: name, letter: letter, startsDescending: descending, note: note, key: .number(value))
    }

    static func text(
      _ name: String, _ texts: @escaping @Sendable (RegionFacts) -> [Int: String]
    ) -> Order {
      Order(name: name, letter: nil, startsDescending: false, note: nil, key: .text(texts))
    }
  }

  /// In files and settings.
  let name: String
  /// In the list of columns.
  let title: String
  /// Over the column.
  let heading: String
  let look: Look
  /// Columns of the screen, where the largest region has so many members.
  let width: @Sendable (_ mostMembers: Int) -> Int
  /// What a click on its heading sorts by.
  let order: Order
  /// What of a filter asks about it.
  let fields: Set<RegionField>
  /// Whether it would tell what labelling blind keeps from sight.
  let isHiddenWhenBlind: Bool
  /// What is read for it, once it is shown, sorted by or filtered by.
  let extra: Extra?
  /// Why it cannot be known; `nil` where it is, or will be once it was read.
  let lack: @Sendable (RegionsScreen) -> String?
  /// As the table shows it; `nil` where it is not known.
  let text: @Sendable (RegionsScreen, Int) -> String?
  /// For a program.
  let value: @Sendable (RegionsScreen, Int) -> ScreenExport.Value

  init(
    _ name: String, _ title: String, heading: String? = nil, look: Look = .number,
    width: @escaping @Sendable (Int) -> Int, order: Order, fields: Set<RegionField> = [],
    isHiddenWhenBlind: Bool = false, reading extra: Extra? = nil,
    lack: @escaping @Sendable (RegionsScreen) -> String? = { _ in nil },
    text: @escaping @Sendable (RegionsScreen, Int) -> String?,
    value: @escaping @Sendable (RegionsScreen, Int) -> ScreenExport.Value
  ) {
    (self.name, self.title, self.heading, self.look) = (name, title, heading ?? name, look)
    (self.width, self.order, self.isHiddenWhenBlind) = (width, order, isHiddenWhenBlind)
    (self.fields, self.extra, self.lack) = (fields, extra, lack)
    (self.text, self.value) = (text, value)
  }

  /// Those of a store: a dictionary with one has them at once.
  static let withStore = [refusal]

  static let standard = [members, share, bar, coherence, distance]

  /// Every column, in the order in which they are offered.
  static let all = standard + [nearest, founded, refusal, template, drift, stable, tags]

  private static let byMembers = Order.number("members") { Double($0.table.memberCounts[$1]) }

  static let members = RegionColumn(
    "members", "members", width: { max(8, Figures.grouped($0).count) }, order: byMembers,
    isHiddenWhenBlind: true,
    text: { Figures.grouped($0.dictionary.table.memberCounts[$1]) },
    value: { .integer($0.dictionary.table.memberCounts[$1]) })

  static let share = RegionColumn(
    "share", "share of all members", width: { _ in 6 }, order: byMembers, isHiddenWhenBlind: true,
    text: { Figures.percent($0.dictionary.share(of: $1)) },
    value: { .init($0.dictionary.share(of: $1)) })

  static let bar = RegionColumn(
    "bar", "members as a bar", heading: "", look: .bar, width: { _ in 8 }, order: byMembers,
    isHiddenWhenBlind: true,
    text: { regions, region in
      let most = Double(max(regions.dictionary.mostMembers, 1))
      return Figures.bar(Double(regions.dictionary.table.memberCounts[region]) / most, width: 8)
    }, value: { .integer($0.dictionary.table.memberCounts[$1]) })

  static let coherence = RegionColumn(
    "coherence", "coherence", heading: "coher", width: { _ in 6 },
    order: .number("coherence") { $0.table.coherences[$1] },
    text: { Figures.fixed($0.dictionary.table.coherences[$1], 3) },
    value: { .init($0.dictionary.table.coherences[$1]) })

  static let distance = RegionColumn(
    "mean_distance_theta", "mean d/θ", heading: "d/θ", width: { _ in 5 },
    order: .number("distance", descending: false) { $0.table.meanDistances[$1] },
    text: { Figures.fixed($0.dictionary.meanRatio(of: $1), 2) },
    value: { .init($0.dictionary.meanRatio(of: $1)) })

  static let nearest = RegionColumn(
    "nearest", "nearest now, of the store", width: { max(8, Figures.grouped($0).count) },
    order: .number("nearest", letter: "e") { $0.value(of: .nearest, $1) ?? .nan },
    fields: [.nearest], isHiddenWhenBlind: true, reading: .nearest,
    lack: { $0.storeLack(.nearest, "nearest activations need a store: --store") },
    text: { regions, region in regions.nearest.map { Figures.grouped($0[region]) } },
    value: { .init($0.nearest?[$1]) })

  static let founded = RegionColumn(
    "founded", "founding batch", width: { _ in 8 },
    order: .number("founding", descending: false) { $0.value(of: .founded, $1) ?? .nan },
    text: { $0.dictionary.table.foundingBatch(of: $1).map(Figures.grouped) },
    value: { .init($0.dictionary.table.foundingBatch(of: $1)) })

  static let refusal = RegionColumn(
    "refusal", "refusal rate", heading: "refused", width: { _ in 8 },
    order: .number(
      "refusal",
      note: "by the lower end of each rate's 95 % interval: 2 of 2 says less than 13 of 21"
    ) { $0.refusals?[$1]?.proportion.wilson()?.lower ?? .nan },
    fields: [.refusal, .prompts, .refused, .complied, .left],
    isHiddenWhenBlind: true, reading: .outcomes,
    lack: { $0.storeLack(.outcomes, "refusal rates need a store: --store") },
    text: { $0.refusalText(of: $1) },
    value: { .init($0.refusalText(of: $1)) })

  static let template = RegionColumn(
    "template", "share of template", width: { _ in 8 },
    order: .number("template", letter: "h") { $0.value(of: .template, $1) ?? .nan },
    fields: [.template], reading: .template,
    lack: { $0.extras.failure(.template, region: nil) },
    text: { $0.extras.template?.shares[$1].map(Figures.percent) },
    value: { $0.extras.template?.shares[$1].map(ScreenExport.Value.init) ?? .missing })

  static let drift = RegionColumn(
    "drift", "drift, after a comparison", width: { _ in 15 },
    order: .number("drift", descending: false) { $0.drift?[$1].nearest ?? .nan }, fields: [.drift],
    lack: { $0.drift == nil ? RegionsScreen.noDrift : nil },
    text: { regions, region in
      let drift = regions.drift?.regions[region]
      return drift.map { "\($0.kind.rawValue) \(Figures.fixed($0.nearest, 2))" }
    }, value: { .init($0.drift?.regions[$1].kind.rawValue) })

  static let stable = RegionColumn(
    "stable", "stability, once it was measured", width: { _ in 6 },
    order: .number("stable") { $0.value(of: .stable, $1) ?? .nan }, fields: [.stable],
    lack: { $0.stability == nil ? RegionsScreen.noStability : nil },
    text: { $0.stability?.regions.best[$1].map { Figures.fixed($0, 3) } },
    value: { $0.stability?.regions.best[$1].map(ScreenExport.Value.init) ?? .missing })

  static let tags = RegionColumn(
    "tags", "tags", look: .words, width: { _ in 14 },
    order: .text("tag") { $0.tags.mapValues { $0.joined(separator: " ") } },
    isHiddenWhenBlind: true,
    text: { ($0.annotations.tags[$1] ?? []).map { "#\($0)" }.joined(separator: " ") },
    value: { .text(($0.annotations.tags[$1] ?? []).joined(separator: " ")) })
}

extension RegionColumn: Equatable {
  package static func == (first: RegionColumn, second: RegionColumn) -> Bool {
    first.name == second.name
  }
}

extension RegionsScreen {
  /// Why what is read of the store cannot be known.
  fileprivate func storeLack(_ extra: Extra, _ needed: String) -> String? {
    dictionary.hasStore ? extras.failure(extra, region: nil) : needed
  }

  fileprivate func refusalText(of region: Int) -> String? {
    refusals?[region].map { "\($0.refused)/\($0.count)" }
  }
}

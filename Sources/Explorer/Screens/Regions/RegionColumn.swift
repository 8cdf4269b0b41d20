import Storage

/// A column that the table of regions can have beside id, star and label: all that is said of it, in one row of ``all``.
package struct RegionColumn: Sendable {
  enum Look {
    case number, bar, words
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
  let sort: RegionSort.Column
  /// Whether it would tell what labelling blind keeps from sight.
  let isHiddenWhenBlind: Bool
  /// What is read for it, once it is among the columns.
  let extra: Extra?
  /// As the table shows it; `nil` where it is not known.
  let text: @Sendable (RegionsScreen, Int) -> String?
  /// For a program.
  let value: @Sendable (RegionsScreen, Int) -> ScreenExport.Value

  init(
    _ name: String, _ title: String, heading: String? = nil, look: Look = .number,
    width: @escaping @Sendable (Int) -> Int, sort: RegionSort.Column,
    isHiddenWhenBlind: Bool = false, reading extra: Extra? = nil,
    text: @escaping @Sendable (RegionsScreen, Int) -> String?,
    value: @escaping @Sendable (RegionsScreen, Int) -> ScreenExport.Value
  ) {
    (self.name, self.title, self.heading, self.look) = (name, title, heading ?? name, look)
    (self.width, self.sort, self.isHiddenWhenBlind) = (width, sort, isHiddenWhenBlind)
    (self.extra, self.text, self.value) = (extra, text, value)
  }

  static let standard = [members, share, bar, coherence, distance]

  /// Every column, in the order in which they are offered.
  static let all = standard + [founded, refusal, drift, stable, tags]

  static let members = RegionColumn(
    "members", "members", width: { max(8, Figures.grouped($0).count) }, sort: .members,
    isHiddenWhenBlind: true,
    text: { Figures.grouped($0.dictionary.table.memberCounts[$1]) },
    value: { .integer($0.dictionary.table.memberCounts[$1]) })

  static let share = RegionColumn(
    "share", "share of all members", width: { _ in 6 }, sort: .members, isHiddenWhenBlind: true,
    text: { Figures.percent($0.dictionary.share(of: $1)) },
    value: { .init($0.dictionary.share(of: $1)) })

  static let bar = RegionColumn(
    "bar", "members as a bar", heading: "", look: .bar, width: { _ in 8 }, sort: .members,
    isHiddenWhenBlind: true,
    text: { regions, region in
      let most = Double(max(regions.dictionary.mostMembers, 1))
      return Figures.bar(Double(regions.dictionary.table.memberCounts[region]) / most, width: 8)
    }, value: { .integer($0.dictionary.table.memberCounts[$1]) })

  static let coherence = RegionColumn(
    "coherence", "coherence", heading: "coher", width: { _ in 6 }, sort: .coherence,
    text: { Figures.fixed($0.dictionary.table.coherences[$1], 3) },
    value: { .init($0.dictionary.table.coherences[$1]) })

  static let distance = RegionColumn(
    "mean_distance_theta", "mean d/θ", heading: "d/θ", width: { _ in 5 }, sort: .distance,
    text: { Figures.fixed($0.dictionary.meanRatio(of: $1), 2) },
    value: { .init($0.dictionary.meanRatio(of: $1)) })

  static let founded = RegionColumn(
    "founded", "founding batch", width: { _ in 8 }, sort: .founded,
    text: { $0.dictionary.table.foundingBatch(of: $1).map(Figures.grouped) },
    value: { .init($0.dictionary.table.foundingBatch(of: $1)) })

  static let refusal = RegionColumn(
    "refusal", "refusal rate", heading: "refused", width: { _ in 8 }, sort: .refusal,
    isHiddenWhenBlind: true, text: { $0.refusalText(of: $1) },
    value: { .init($0.refusalText(of: $1)) })

  static let drift = RegionColumn(
    "drift", "drift, after a comparison", width: { _ in 15 }, sort: .drift,
    text: { regions, region in
      let drift = regions.drift?.regions[region]
      return drift.map { "\($0.kind.rawValue) \(Figures.fixed($0.nearest, 2))" }
    }, value: { .init($0.drift?.regions[$1].kind.rawValue) })

  static let stable = RegionColumn(
    "stable", "stability, once it was measured", width: { _ in 6 }, sort: .stability,
    text: { $0.stability?.regions.best[$1].map { Figures.fixed($0, 3) } },
    value: { $0.stability?.regions.best[$1].map(ScreenExport.Value.init) ?? .missing })

  static let tags = RegionColumn(
    "tags", "tags", look: .words, width: { _ in 14 }, sort: .tag, isHiddenWhenBlind: true,
    text: { ($0.annotations.tags[$1] ?? []).map { "#\($0)" }.joined(separator: " ") },
    value: { .text(($0.annotations.tags[$1] ?? []).joined(separator: " ")) })
}

extension RegionColumn: Equatable {
  package static func == (first: RegionColumn, second: RegionColumn) -> Bool {
    first.name == second.name
  }
}

extension RegionsScreen {
  fileprivate func refusalText(of region: Int) -> String? {
    refusals?[region].map { "\($0.refused)/\($0.count)" }
  }
}

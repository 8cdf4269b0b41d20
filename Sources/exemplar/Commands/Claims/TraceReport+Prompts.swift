import ExemplarPartitioning
import Experiments
import Storage

extension TraceReport {
  /// The paths of many prompts, and how alike the regions are that those of a category end in.
  ///
  /// - Parameter exemplars: of each dictionary.
  func report(
    _ trajectories: Trajectories, _ exemplars: [DirectionRows], seed: UInt64, drawn: Trace.Figure
  ) throws -> ClaimReport {
    let lines = trajectories.paths.map { path -> JSONValue in
      .object([
        ("id", .string(path.id)), ("category", .string(path.category)),
        ("path", .array(path.regions.map(JSONValue.integer))),
        ("distances", .array(path.distances.map { .number(Double($0)) })),
        ("modelMatch", .string(match.rawValue)),
      ])
    }
    let categories = trajectories.categories
    let columns = dictionaries.indices.map { trajectories.dominant(in: $0) }
    let sharing = dictionaries.indices.map { trajectories.sharing(in: $0, seed: seed) }
    let header = ["category", "prompts", "paths"] + hooks
    let rows = categories.indices.map { index in
      [
        oneLine(categories[index]), "\(columns[0][index].total)",
        "\(trajectories.distinctPaths(categories[index]))",
      ] + columns.map { "\($0[index].region) (\($0[index].count))" }
    }
    let pairs = sharing[0].indices
    if drawn == .overlap, pairs.isEmpty {
      throw ExperimentError(
        .invalidValue, "expected prompts of two categories to compare, found \(categories.count)",
        file: "--figure overlap")
    }
    let shared = pairs.map { pair in
      [oneLine("\(sharing[0][pair].first) · \(sharing[0][pair].second)")]
        + sharing.flatMap {
          [figure($0[pair].overlap), figure($0[pair].nullMean), figure($0[pair].p)]
        }
    }
    var text = """
      the region that most prompts of a category end in (how many of them)
      \(table(header, rows))
      """
    if !shared.isEmpty {
      text += """


        regions in common (Jaccard): 0 apart, 1 the same; null: prompts dealt to the two categories at random
        \(table(["categories"] + hooks.flatMap { [$0, "null", "p"] }, shared))
        """
    }
    let alike = dictionaries.indices.map { index in
      trajectories.categories(
        in: index,
        distance: { a, b in
          1 - min(max(Double(exemplars[index].product(a, with: exemplars[index], b)), -1), 1)
        }, seed: seed)
    }
    text += "\n\n" + told(alike, categories)
    return ClaimReport(
      kind: .trace, identities: dictionaries.map(\.identity),
      entries: head + [
        ("prompts", .integer(trajectories.paths.count)),
        ("categories", .array(categories.indices.map { json(trajectories, columns, $0) })),
        (
          "sharing",
          .array(pairs.flatMap { pair in sharing.indices.map { json(sharing[$0][pair], $0) } })
        ),
        ("cohesion", .array(alike.indices.map { json(alike[$0], $0, categories) })),
        (
          "sharedPaths",
          .array(
            trajectories.sharedPaths().map {
              .object([
                ("path", .array($0.regions.map(JSONValue.integer))),
                ("prompts", .integer($0.prompts)), ("category", .string($0.category)),
              ])
            })
        ),
        ("paths", .array(lines)), ("seed", .seed(seed)),
      ], header: header, rows: rows,
      plot: drawn == .paths ? paths(trajectories) : overlap(trajectories, sharing),
      records: lines, lines: lines, text: text)
  }

  private func paths(_ trajectories: Trajectories) -> SVGPlot {
    SVGPlot(
      title: "Regions that prompts pass through",
      caption:
        "\(trajectories.paths.count) prompts, final positions; a bar is a region, as high as its prompts",
      content: .drawing(TrajectoryDrawing.drawing(trajectories, names: hooks)))
  }

  /// What two categories have in common in each dictionary, and what they would if prompts were dealt to them.
  private func overlap(
    _ trajectories: Trajectories, _ sharing: [[Trajectories.Sharing]]
  ) -> SVGPlot {
    let bars = sharing[0].indices.flatMap { pair in
      sharing.indices.flatMap { index -> [SVGPlot.Bar] in
        let own = sharing[index][pair]
        let name =
          oneLine("\(own.first) · \(own.second)") + (hooks.count > 1 ? " \(hooks[index])" : "")
        return [.init(name, own.overlap), .init("dealt anew", own.nullMean)]
      }
    }
    return SVGPlot(
      title: "Regions that categories have in common",
      caption:
        "\(trajectories.paths.count) prompts, final positions; Jaccard, and its mean where prompts are dealt to both anew",
      content: .bars(bars, axis: "Jaccard", reference: nil))
  }

  private func json(
    _ trajectories: Trajectories, _ columns: [[Trajectories.Dominance]], _ index: Int
  ) -> JSONValue {
    let category = columns[0][index].category
    return .object([
      ("category", .string(category)), ("prompts", .integer(columns[0][index].total)),
      ("distinctPaths", .integer(trajectories.distinctPaths(category))),
      (
        "dominant",
        .array(
          columns.map {
            .object([
              ("region", .integer($0[index].region)), ("prompts", .integer($0[index].count)),
            ])
          })
      ),
    ])
  }

  private func json(_ sharing: Trajectories.Sharing, _ dictionary: Int) -> JSONValue {
    .object([
      ("categories", .array([.string(sharing.first), .string(sharing.second)])),
      ("dictionary", .string(dictionaries[dictionary].name)), ("hook", .string(hooks[dictionary])),
      ("jaccard", .number(sharing.overlap)), ("nullMean", .number(sharing.nullMean)),
      ("p", .number(sharing.p)),
    ])
  }

  // MARK: - Categories

  private func told(_ alike: [Trajectories.Categories], _ categories: [String]) -> String {
    var lines: [[String]] = []
    for (index, found) in alike.enumerated() {
      for (place, own) in found.cohesion.enumerated() {
        let purity = found.purity.categories[place]
        lines.append([
          hooks[index], oneLine(own.category), "\(own.prompts)", "\(own.regions)",
          figure(own.distance), figure(own.interval), figure(own.nullMean), figure(own.p),
          figure(purity.share), figure(purity.nullMean), figure(purity.p),
        ])
      }
      lines.append([
        hooks[index], "all", "\(own(found))", "\(found.regions.count)",
        figure(found.within.distance), "—", figure(found.within.nullMean), figure(found.within.p),
        figure(found.purity.share), figure(found.purity.nullMean), figure(found.purity.p),
      ])
    }
    let header = [
      "hook", "category", "prompts", "regions", "cohesion", "95 %", "null", "p", "purity", "null",
      "p",
    ]
    return """
      cohesion: mean cosine distance of the regions of two prompts of a category, of those in different ones; purity: the \
      share of its region's prompts that is of a prompt's category, averaged over prompts (all: of the commonest category); \
      null: prompts dealt anew
      \(table(header, lines))
      """
  }

  private func own(_ found: Trajectories.Categories) -> Int {
    found.cohesion.reduce(0) { $0 + $1.prompts }
  }

  private func json(
    _ found: Trajectories.Categories, _ index: Int, _ categories: [String]
  ) -> JSONValue {
    .object([
      ("dictionary", .string(dictionaries[index].name)), ("hook", .string(hooks[index])),
      (
        "categories",
        .array(
          zip(found.cohesion, found.purity.categories).map { own, purity in
            .object([
              ("category", .string(own.category)), ("prompts", .integer(own.prompts)),
              ("regions", .integer(own.regions)), ("cohesion", .optional(own.distance)),
              ("cohesion95", .interval(own.interval)),
              ("cohesionNullMean", .optional(own.nullMean)), ("cohesionP", .optional(own.p)),
              ("purity", .number(purity.share)), ("purityNullMean", .number(purity.nullMean)),
              ("purityP", .number(purity.p)),
            ])
          })
      ),
      (
        "separation",
        .array(
          found.separation.map {
            .object([
              ("categories", .array([.string($0.first), .string($0.second)])),
              ("distance", .number($0.distance)),
            ])
          })
      ),
      (
        "within",
        .object([
          ("cohesion", .optional(found.within.distance)),
          ("nullMean", .optional(found.within.nullMean)), ("p", .optional(found.within.p)),
        ])
      ),
      (
        "purity",
        .object([
          ("share", .number(found.purity.share)), ("share95", .interval(found.purity.interval)),
          ("nullMean", .number(found.purity.nullMean)), ("p", .number(found.purity.p)),
        ])
      ),
      (
        "regions",
        .array(
          found.regions.map { region in
            .object([
              ("region", .integer(region.region)), ("prompts", .integer(region.prompts)),
              ("category", .string(region.category)), ("purity", .number(region.purity)),
              (
                "counts",
                .object(categories.map { ($0, .integer(region.counts[$0] ?? 0)) })
              ),
            ])
          })
      ),
    ])
  }
}

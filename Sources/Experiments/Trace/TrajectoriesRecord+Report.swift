extension TrajectoriesRecord {
  /// What is drawn of the prompts.
  package enum Figure: String, CaseIterable, Sendable { case paths, overlap }

  /// - Parameters:
  ///   - trajectories: what the record is of.
  ///   - identities: of the dictionaries.
  package func report(
    _ trajectories: Trajectories, identities: [String], drawn: Figure
  ) -> Report {
    let header = ["category", "prompts", "paths"] + hooks
    let rows = categories.map { category in
      [onOneLine(category.category), "\(category.prompts)", "\(category.distinctPaths)"]
        + category.dominant.map { "\($0.region) (\($0.prompts))" }
    }
    var text = """
      the region that most prompts of a category end in (how many of them)
      \(table(header, rows))
      """
    if !sharing.isEmpty {
      let shared = stride(from: 0, to: sharing.count, by: hooks.count).map { pair in
        [name(sharing[pair])]
          + sharing[pair..<pair + hooks.count].flatMap {
            [figure($0.jaccard), figure($0.nullMean), figure($0.p)]
          }
      }
      text += """


        regions in common (Jaccard): 0 apart, 1 the same; null: prompts dealt to the two categories at random
        \(table(["categories"] + hooks.flatMap { [$0, "null", "p"] }, shared))
        """
    }
    let lines = paths.map { JSONValue(encoding: $0) }
    return Report(
      kind: .trace, identities: identities, record: self, header: header, rows: rows,
      plot: drawn == .paths ? plot(trajectories) : overlap, records: lines, lines: lines,
      text: text + "\n\n" + alike)
  }

  private var hooks: [String] { traced.dictionaries.map(\.hook) }

  private func name(_ sharing: Sharing) -> String {
    onOneLine(sharing.categories.joined(separator: " · "))
  }

  private func plot(_ trajectories: Trajectories) -> SVGPlot {
    SVGPlot(
      title: "Regions that prompts pass through",
      caption:
        "\(prompts) prompts, final positions; a bar is a region, as high as its prompts",
      content: .drawing(TrajectoryDrawing.drawing(trajectories, names: hooks)))
  }

  /// What two categories have in common in each dictionary, and what they would if prompts were dealt to them.
  private var overlap: SVGPlot {
    let bars = sharing.flatMap { own -> [SVGPlot.Bar] in
      [
        .init(name(own) + (hooks.count > 1 ? " \(own.hook)" : ""), own.jaccard),
        .init("dealt anew", own.nullMean),
      ]
    }
    return SVGPlot(
      title: "Regions that categories have in common",
      caption:
        "\(prompts) prompts, final positions; Jaccard, and its mean where prompts are dealt to both anew",
      content: .bars(bars, axis: "Jaccard", reference: nil))
  }

  private var alike: String {
    let lines = cohesion.flatMap { found in
      found.categories.map { own in
        [
          found.hook, onOneLine(own.category), "\(own.prompts)", "\(own.regions)",
          figure(own.cohesion), figure(own.cohesion95), figure(own.cohesionNullMean),
          figure(own.cohesionP), figure(own.purity), figure(own.purityNullMean),
          figure(own.purityP),
        ]
      } + [
        [
          found.hook, "all", "\(prompts)", "\(found.regions.count)",
          figure(found.within.cohesion), "—", figure(found.within.nullMean),
          figure(found.within.p), figure(found.purity.share), figure(found.purity.nullMean),
          figure(found.purity.p),
        ]
      ]
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
}

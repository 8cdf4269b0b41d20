import Experiments
import Storage

/// What a trace says, of a text or of many prompts.
struct TraceReport {
  private let dictionaries: [DictionaryFile]
  private let hooks: [String]
  /// For each dictionary.
  private let labels: [[Int: String]]
  /// Whether the model is the one that the dictionaries were made with; it stands in every line.
  private let match: Checkpoint.Match

  init(_ tracer: TextTracer, _ labels: [[Int: String]], _ checkpoint: Checkpoint) {
    match = checkpoint.match
    dictionaries = tracer.dictionaries
    hooks = tracer.hooks.map(\.name)
    self.labels = labels
  }

  private var head: [(String, JSONValue)] {
    [
      ("dictionary", .string(dictionaries[0].name)),
      ("identity", .string(dictionaries[0].identity)),
      (
        "dictionaries",
        .array(
          dictionaries.indices.map { index in
            .object([
              ("name", .string(dictionaries[index].name)), ("hook", .string(hooks[index])),
              ("theta", .number(dictionaries[index].threshold)),
            ])
          })
      ),
    ]
  }

  // MARK: - One text

  /// - Parameter regions: of the first dictionary, whose tokens alone are told; `nil` for all.
  func report(_ all: [TracedToken], in regions: [Int]? = nil) -> ClaimReport {
    let tokens = all.filter { regions?.contains($0.hits[0].region) ?? true }
    let lines = tokens.flatMap { token in
      token.hits.indices.map { json(token, $0) }
    }
    var header = ["pos", "token"]
    for hook in hooks { header += [hooks.count > 1 ? hook : "region", "d/θ"] }
    let rows = tokens.map { token in
      ["\(token.position)", oneLine(token.spelling)]
        + token.hits.enumerated().flatMap { index, hit in
          let label = labels[index][hit.region].map { " \(oneLine($0))" } ?? ""
          return ["\(hit.region)\(label)", figure(hit.ratio) + (hit.isOutside ? " outside" : "")]
        }
    }
    let outside = tokens.count { $0.hits[0].isOutside }
    let of = regions.map { regions in
      " of \(all.count) in region\(regions.count == 1 ? "" : "s") "
        + regions.map(String.init).joined(separator: ", ")
    }
    let summary =
      "\(tokens.count) \(tokens.count == 1 ? "token" : "tokens")\(of ?? ""), \(outside) outside \(oneLine(dictionaries[0].name))"
    return ClaimReport(
      kind: .trace, identities: dictionaries.map(\.identity),
      entries: head + [("outside", .integer(outside)), ("tokens", .array(lines))],
      header: header, rows: rows,
      plot: SVGPlot(
        title: "Distance to the nearest exemplar, token by token",
        caption: "\(dictionaries[0].name); \(summary); above 1: outside",
        content: .line(
          tokens.map { (Double($0.position), $0.hits[0].ratio) }, xAxis: "position", yAxis: "d/θ")),
      records: lines, lines: lines, text: "\(table(header, rows))\n\(summary)",
      headline: (
        "trace of “\(oneLine(String(all.map(\.spelling).joined().prefix(60))))”", summary
      ))
  }

  private func json(_ token: TracedToken, _ index: Int) -> JSONValue {
    let hit = token.hits[index]
    var entries: [(String, JSONValue)] = [
      ("position", .integer(token.position)), ("token", .string(token.spelling)),
      ("region", .integer(hit.region)), ("distance", .number(Double(hit.distance))),
      ("ratio", .number(hit.ratio)), ("outside", .bool(hit.isOutside)),
      ("label", .optional(labels[index][hit.region])), ("id", .integer(token.id)),
    ]
    if dictionaries.count > 1 { entries.append(("dictionary", .string(dictionaries[index].name))) }
    entries.append(("hook", .string(hooks[index])))
    entries.append(("modelMatch", .string(match.rawValue)))
    return .object(entries)
  }

  // MARK: - Many prompts

  func report(_ trajectories: Trajectories, seed: UInt64) -> ClaimReport {
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
    return ClaimReport(
      kind: .trace, identities: dictionaries.map(\.identity),
      entries: head + [
        ("prompts", .integer(trajectories.paths.count)),
        ("categories", .array(categories.indices.map { json(trajectories, columns, $0) })),
        (
          "sharing",
          .array(pairs.flatMap { pair in sharing.indices.map { json(sharing[$0][pair], $0) } })
        ),
        ("paths", .array(lines)), ("seed", .seed(seed)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Regions that categories have in common",
        caption: "\(trajectories.paths.count) prompts, final positions; Jaccard",
        content: .bars(
          pairs.flatMap { pair in
            sharing.indices.map { index in
              let own = sharing[index][pair]
              let place = hooks.count > 1 ? " \(hooks[index])" : ""
              return SVGPlot.Bar("\(own.first) · \(own.second)\(place)", own.overlap)
            }
          }, axis: "Jaccard", reference: nil)),
      records: lines, lines: lines, text: text)
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
}

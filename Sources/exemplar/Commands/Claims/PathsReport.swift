import ExemplarPartitioning
import Experiments
import Storage
import Terminal

/// Paths between pairs of regions, in every dictionary and basis.
struct PathsReport {
  /// One pair in one basis.
  struct Walk {
    var basis: ReadoutBasis
    var anchors: ResolutionPaths.Anchors
    /// For each dictionary.
    var levels: [ResolutionPaths.Level]
    var legs: [ResolutionPaths.Leg]
    /// Of the regions that are told, where a lens was asked.
    var tokens: [[Int: [String]]]
    var labels: [[Int: String]]
  }

  let files: [DictionaryFile]
  let walks: [Walk]
  let neighbours: Int
  let drawn: PathsCommand.Figure

  /// Regions between two that a person is shown.
  static let shownBetween = 8

  func report(of first: Walk, isIdentity: Bool, seconds: Double) -> ClaimReport {
    let header = [
      "basis", "pair", "dictionary", "regions", "from", "to", "hops", "median hops", "reachable",
      "between",
    ]
    let rows = walks.flatMap { walk in
      walk.legs.enumerated().map { index, leg in
        [
          walk.basis.rawValue, "\(walk.anchors.from) – \(walk.anchors.to)",
          oneLine(files[index].name), "\(files[index].regionCount)", "\(leg.start)", "\(leg.end)",
          leg.path.map { "\($0.count - 1)" } ?? "none", leg.medianHops.map(formatted) ?? "—",
          "\(leg.reachable)", "\(leg.between.count)",
        ]
      }
    }
    let (plot, glyphs) = plot(first)
    let anchors = first.anchors
    var text = """
      \(walks.count == 1 ? "region \(anchors.from) to region \(anchors.to)" : "paths") of \(oneLine(files[0].name)), over the \
      \(neighbours) nearest neighbours\(isIdentity ? "; the same exemplars in every dictionary" : "")
      \(table(header, rows))
      """
    for walk in walks { text += told(walk) }
    if !glyphs.isEmpty { text += "\n\n" + glyphs.joined(separator: "\n") }
    return ClaimReport(
      kind: .paths, identities: files.map(\.identity),
      entries: [
        ("from", .integer(anchors.from)), ("to", .integer(anchors.to)),
        ("basis", .string(first.basis.rawValue)), ("neighbours", .integer(neighbours)),
        ("identity", .bool(isIdentity)),
        ("dictionaries", .array(first.legs.indices.map { json(first, $0) })),
        ("pairs", .array(walks.map { json($0) })), ("seconds", .number(seconds)),
      ], header: header, rows: rows, plot: plot,
      records: walks.flatMap { walk in walk.legs.indices.flatMap { records(walk, $0) } },
      text: text)
  }

  private func told(_ walk: Walk) -> String {
    let score = walk.anchors.score.map { ", words \(figure($0))" } ?? ""
    var text =
      "\n\n\(walk.basis.rawValue) directions, region \(walk.anchors.from) to region \(walk.anchors.to)\(score)"
    for (index, leg) in walk.legs.enumerated() {
      text += "\n\(oneLine(files[index].name)):"
      for region in leg.path ?? [leg.start, leg.end] {
        text += "\n  \(region) (\(walk.levels[index].members[region]) members)"
        text += words(walk, index, region)
      }
      if leg.path == nil { text += "\n  no path joins them" }
      guard !leg.between.isEmpty else { continue }
      text +=
        "\n  nearer to both than they to each other (\(figure(leg.distance))): \(leg.between.count)"
      for cell in leg.between.prefix(Self.shownBetween) {
        text +=
          "\n    \(figure(cell.toStart)) · \(cell.region) · \(figure(cell.toEnd))"
          + words(walk, index, cell.region)
      }
    }
    return text
  }

  private func words(_ walk: Walk, _ index: Int, _ region: Int) -> String {
    let label = walk.labels[index][region].map { "  \(oneLine($0))" } ?? ""
    let tokens = walk.tokens[index][region].map {
      "  " + $0.map { oneLine($0) }.joined(separator: " · ")
    }
    return label + (tokens ?? "")
  }

  // MARK: - Picture

  private func plot(_ walk: Walk) -> (SVGPlot, [String]) {
    let anchors = walk.anchors
    let about = "of \(files[0].name), \(walk.basis.rawValue) directions"
    let caption = "\(about); graph of the \(neighbours) nearest neighbours"
    let rows = walk.legs.enumerated().map { index, leg in
      let hops = leg.path.map { "\($0.count - 1) hops" } ?? "no path"
      var names = walk.tokens[index].mapValues { LensTokens.short($0) }
      for (region, label) in walk.labels[index] { names[region] = oneLine(label) }
      return PathDrawing.Row(
        title:
          "\(files[index].name), K = \(files[index].regionCount), \(hops), d = \(figure(leg.distance))",
        level: walk.levels[index], leg: leg, names: names)
    }
    func picture(_ title: String, _ drawing: Drawing, _ more: String = "") -> (SVGPlot, [String]) {
      (
        SVGPlot(title: title, caption: caption + more, content: .drawing(drawing)),
        DrawingGlyphs.lines(drawing, columns: 78, rows: 20 * max(1, rows.count)) {
          DisplayWidth.of($0)
        }
      )
    }
    let ends = "region \(anchors.from) to region \(anchors.to)"
    switch drawn {
    case .hops:
      return (
        SVGPlot(
          title: "Hops from \(ends)", caption: caption,
          content: .bars(
            walk.legs.enumerated().map { index, leg in
              .init(files[index].name, leg.path.map { Double($0.count - 1) } ?? .nan)
            }, axis: "hops", reference: nil)), []
      )
    case .walk: return picture("From \(ends)", PathDrawing.walk(rows))
    case .between:
      return picture("Between \(anchors.from) and \(anchors.to)", PathDrawing.between(rows))
    case .cells:
      let found = PathDrawing.cells(rows)
      let stress = found.stress.map { figure($0) }.joined(separator: ", ")
      return picture("Cells from \(ends)", found.drawing, "; distances off by \(stress) (stress)")
    }
  }

  // MARK: - JSON

  private func json(_ walk: Walk) -> JSONValue {
    .object([
      ("basis", .string(walk.basis.rawValue)), ("from", .integer(walk.anchors.from)),
      ("to", .integer(walk.anchors.to)), ("score", .optional(walk.anchors.score)),
      ("distance", .number(walk.anchors.distance)),
      ("dictionaries", .array(walk.legs.indices.map { json(walk, $0) })),
    ])
  }

  private func json(_ walk: Walk, _ index: Int) -> JSONValue {
    let (leg, file) = (walk.legs[index], files[index])
    return .object([
      ("dictionary", .string(file.name)), ("regions", .integer(file.regionCount)),
      ("theta", .number(file.threshold)), ("from", .integer(leg.start)), ("to", .integer(leg.end)),
      ("hops", .optional(leg.path.map { $0.count - 1 })),
      ("medianHops", .optional(leg.medianHops)), ("reachable", .integer(leg.reachable)),
      ("distance", .number(leg.distance)),
      (
        "path",
        leg.path.map { path in
          .array(
            path.map { .object([("region", .integer($0))] + about(walk, index, $0)) })
        } ?? .null
      ),
      ("betweenCount", .integer(leg.between.count)),
      (
        "between",
        .array(
          leg.between.prefix(Self.shownBetween).map { cell in
            .object(
              [
                ("region", .integer(cell.region)), ("toFrom", .number(cell.toStart)),
                ("toTo", .number(cell.toEnd)),
              ] + about(walk, index, cell.region))
          })
      ),
    ])
  }

  private func about(_ walk: Walk, _ index: Int, _ region: Int) -> [(String, JSONValue)] {
    [
      ("members", .integer(walk.levels[index].members[region])),
      ("label", .optional(walk.labels[index][region])),
      (
        "tokens", walk.tokens[index][region].map { .array($0.map(JSONValue.string)) } ?? .null
      ),
    ]
  }

  /// The regions along one dictionary's path, or one line without a region where there is none.
  private func records(_ walk: Walk, _ index: Int) -> [JSONValue] {
    let leg = walk.legs[index]
    let head: [(String, JSONValue)] = [
      ("basis", .string(walk.basis.rawValue)),
      ("pair", .string("\(walk.anchors.from)-\(walk.anchors.to)")),
      ("dictionary", .string(files[index].name)), ("from", .integer(leg.start)),
      ("to", .integer(leg.end)), ("hops", .optional(leg.path.map { $0.count - 1 })),
      ("medianHops", .optional(leg.medianHops)), ("reachable", .integer(leg.reachable)),
    ]
    guard let path = leg.path else { return [.object(head + [("step", .null)])] }
    return path.enumerated().map { step, region in
      .object(
        head + [("step", .integer(step)), ("region", .integer(region))]
          + about(walk, index, region))
    }
  }
}

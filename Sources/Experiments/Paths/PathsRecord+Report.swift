extension PathsRecord {
  /// What is drawn of the first pair.
  package enum Figure: String, CaseIterable, Sendable {
    case hops, walk, cells, between
  }

  /// A line of a table: a region along a path, or one line without a region where there is none.
  private struct Line: Encodable {
    var basis: String
    var pair: String
    var dictionary: String
    var from: Int
    var to: Int
    var hops: Int?
    var medianHops: Double?
    var reachable: Int
    var step: Int?
    @Inline var region: Step?

    init(_ pair: Pair, _ leg: Leg, step: Int?, _ region: Step?) {
      (basis, self.pair) = (pair.basis, "\(pair.from)-\(pair.to)")
      (dictionary, from, to) = (leg.dictionary, leg.from, leg.to)
      (hops, medianHops, reachable) = (leg.hops, leg.medianHops, leg.reachable)
      (self.step, self.region) = (step, region)
    }
  }

  /// - Parameters:
  ///   - walks: what the record is of.
  ///   - identities: of the dictionaries.
  ///   - width: the cells that a character takes, 0 to 2.
  package func report(
    _ walks: [ResolutionPaths.Walk], identities: [String], drawn: Figure,
    width: (Character) -> Int
  ) -> Report {
    let header = [
      "basis", "pair", "dictionary", "regions", "from", "to", "hops", "median hops", "reachable",
      "between",
    ]
    let rows = pairs.flatMap { pair in
      pair.dictionaries.map { leg in
        [
          pair.basis, "\(pair.from) – \(pair.to)", onOneLine(leg.dictionary), "\(leg.regions)",
          "\(leg.from)", "\(leg.to)", leg.hops.map { "\($0)" } ?? "none",
          leg.medianHops.map(formatted) ?? "—", "\(leg.reachable)", "\(leg.betweenCount)",
        ]
      }
    }
    var text = """
      \(pairs.count == 1 ? "region \(from) to region \(to)" : "paths") of \(onOneLine(dictionaries[0].dictionary)), over the \
      \(neighbours) nearest neighbours\(identity ? "; the same exemplars in every dictionary" : "")
      \(table(header, rows))
      """
    for (pair, walk) in zip(pairs, walks) { text += Self.told(pair, walk) }
    let plot = plot(walks[0], drawn)
    if case .drawing(let drawing) = plot.content {
      let glyphs = DrawingGlyphs.lines(
        drawing, columns: 78, rows: 20 * max(1, dictionaries.count), width: width)
      if !glyphs.isEmpty { text += "\n\n" + glyphs.joined(separator: "\n") }
    }
    return Report(
      kind: .paths, identities: identities, record: self, header: header, rows: rows, plot: plot,
      records: lines.map { JSONValue(encoding: $0) }, text: text)
  }

  private var lines: [Line] {
    pairs.flatMap { pair in
      pair.dictionaries.flatMap { leg -> [Line] in
        guard let path = leg.path else { return [Line(pair, leg, step: nil, nil)] }
        return path.enumerated().map { Line(pair, leg, step: $0, $1) }
      }
    }
  }

  private static func told(_ pair: Pair, _ walk: ResolutionPaths.Walk) -> String {
    let score = pair.score.map { ", words \(figure($0))" } ?? ""
    var text = "\n\n\(pair.basis) directions, region \(pair.from) to region \(pair.to)\(score)"
    for (index, leg) in pair.dictionaries.enumerated() {
      text += "\n\(onOneLine(leg.dictionary)):"
      let ends = [leg.from, leg.to].map { Step(region: $0, about: About(walk, index, $0)) }
      for step in leg.path ?? ends {
        text += "\n  \(step.region) (\(step.about.members) members)\(words(step.about))"
      }
      if leg.path == nil { text += "\n  no path joins them" }
      guard !leg.between.isEmpty else { continue }
      text +=
        "\n  nearer to both than they to each other (\(figure(leg.distance))): \(leg.betweenCount)"
      for cell in leg.between {
        text += "\n    \(figure(cell.toFrom)) · \(cell.region) · \(figure(cell.toTo))"
        text += words(cell.about)
      }
    }
    return text
  }

  private static func words(_ about: About) -> String {
    let tokens = about.tokens.map { "  " + $0.map(onOneLine).joined(separator: " · ") }
    return (about.label.map { "  \(onOneLine($0))" } ?? "") + (tokens ?? "")
  }

  private func plot(_ walk: ResolutionPaths.Walk, _ drawn: Figure) -> SVGPlot {
    let rows = dictionaries.enumerated().map { index, leg in
      var names = walk.tokens[index].mapValues(fewTokens)
      for (region, label) in walk.labels[index] { names[region] = onOneLine(label) }
      return PathDrawing.Row(
        title:
          "\(leg.dictionary), K = \(leg.regions), \(leg.hops.map { "\($0) hops" } ?? "no path"), d = \(figure(leg.distance))",
        level: walk.levels[index], leg: walk.legs[index], names: names)
    }
    let ends = "region \(from) to region \(to)"
    var (title, more) = ("", "")
    let content: SVGPlot.Content
    switch drawn {
    case .hops:
      title = "Hops from \(ends)"
      content = .bars(
        dictionaries.map { .init($0.dictionary, $0.hops.map(Double.init) ?? .nan) }, axis: "hops",
        reference: nil)
    case .walk: (title, content) = ("From \(ends)", .drawing(PathDrawing.walk(rows)))
    case .between:
      (title, content) = ("Between \(from) and \(to)", .drawing(PathDrawing.between(rows)))
    case .cells:
      let found = PathDrawing.cells(rows)
      let stress = found.stress.map { figure($0) }.joined(separator: ", ")
      (title, content) = ("Cells from \(ends)", .drawing(found.drawing))
      more = "; distances off by \(stress) (stress)"
    }
    return SVGPlot(
      title: title,
      caption:
        "of \(dictionaries[0].dictionary), \(basis) directions; graph of the \(neighbours) nearest neighbours\(more)",
      content: content)
  }
}

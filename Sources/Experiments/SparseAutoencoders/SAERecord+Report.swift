extension SAERecord {
  /// A line of a table: a pair of one comparison in one direction.
  private struct Line: Encodable {
    var direction: String
    var dictionary: String
    var sae: String
    var basis: String
    @Inline var match: Match
  }

  private static let oneToOneName = "region ↔ feature, one to one"

  /// - Parameter identities: of the dictionaries, in the order in which they were given.
  package func report(identities: [String]) -> Report {
    let header = ["direction", "n", "mean F1", "median", "> 0.5", "95 %", "null", "null 95 %", "p"]
    let rows = comparisons.flatMap { item -> [[String]] in
      let (prefix, one) = (prefix(item), item.figures.oneToOne)
      return item.figures.directions.map { _, name, found in
        [
          prefix + name, "\(found.evaluated)", figure(found.meanF1), figure(found.medianF1),
          figure(found.share), figure(found.share95), figure(found.null.mean),
          figure(found.null.p95), figure(found.null.p),
        ]
      } + [
        [
          prefix + Self.oneToOneName, "\(one.matched)", figure(one.meanF1), figure(one.medianF1),
          figure(one.share), figure(one.share95), figure(one.null.mean), "—", figure(one.null.p),
        ]
      ]
    }
    let best = figures.regionToFeature.matches.sorted { ($1.f1, $0.id) < ($0.f1, $1.id) }
      .prefix(10).map {
        ["\($0.id)", "\($0.partner)", figure($0.f1), figure($0.precision), figure($0.recall)]
      }
    let coherent = comparisons.map { item -> [String] in
      let found = item.figures.coherenceF1
      return [
        prefix(item) + "coherence and F1", "\(found.n)", figure(found.spearman),
        figure(found.spearman95), figure(found.p), figure(item.figures.meanDistinctLeaders),
        figure(item.figures.sharedLeader),
      ]
    }
    let sizes = "\(self.rows) rows, \(figures.regions) regions, \(figures.features) features"
    return Report(
      kind: .autoencoder, identities: identities, record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Share of best matches with F1 above 0.5",
        caption: "\(dictionary) and \(site.sae); \(sizes); lines: 95 % (Wilson)",
        content: .bars(bars, axis: "share", reference: figures.regionToFeature.null.mean)),
      records: lines.map { JSONValue(encoding: $0) },
      text: """
        \(onOneLine(dictionary)) and \(onOneLine(site.sae)): \(sizes) \
        (\(formatted(figures.meanActiveFeatures)) active on a row)
        \(sites)
        \(table(header, rows))

        \(table(["over regions", "n", "Spearman", "95 %", "p", "leading features of 5 rows", "all one"], coherent))

        \(table(["region", "feature", "F1", "precision", "recall"], best))
        """)
  }

  private var bars: [SVGPlot.Bar] {
    comparisons.flatMap { item -> [SVGPlot.Bar] in
      let (prefix, one) = (prefix(item), item.figures.oneToOne)
      return item.figures.directions.map { _, name, found in
        SVGPlot.Bar(prefix + name, found.share ?? .nan, found.share95)
      } + [SVGPlot.Bar(prefix + Self.oneToOneName, one.share ?? .nan, one.share95)]
    }
  }

  private var lines: [Line] {
    comparisons.flatMap { item in
      (item.figures.directions.map { ($0.0, $0.2.matches) }
        + [("oneToOne", item.figures.oneToOne.matches)]).flatMap { direction, matches in
          matches.map { match in
            Line(
              direction: direction, dictionary: item.dictionary, sae: item.site.sae,
              basis: item.figures.basis, match: match)
          }
        }
    }
  }

  /// What tells one comparison from the others.
  private func prefix(_ item: Comparison) -> String {
    var words: [String] = []
    if Set(comparisons.map(\.identity)).count > 1 { words.append(onOneLine(item.dictionary)) }
    if Set(comparisons.map(\.site.sae)).count > 1 { words.append(onOneLine(item.site.sae)) }
    if Set(comparisons.map(\.figures.basis)).count > 1 { words.append(item.figures.basis) }
    return words.isEmpty ? "" : words.joined(separator: ", ") + ": "
  }

  /// Where both read, and what is done to a row, in a line each.
  private var sites: String {
    let models = [site.model, dictionaryModel].map { $0.map(onOneLine) ?? "not said" }
    let own = dictionaryHook.map(onOneLine) ?? "not recorded, so that nothing could be compared"
    return """
      site: \(onOneLine(site.hook)) (\(onOneLine(site.hookSource))); the dictionary's: \(own)
      model: \(models[0]); the dictionary's: \(models[1])
      rows: \(site.transformations.joined(separator: "; "))
      """
  }
}

extension SAERecord.Figures {
  /// The key of each, and what a person reads.
  fileprivate var directions: [(String, String, SAERecord.Direction)] {
    [
      ("regionToFeature", "region → feature, top sets", regionToFeature),
      ("featureToRegion", "feature → region, top sets", featureToRegion),
      ("firingRegionToFeature", "region → feature, firing", firingRegionToFeature),
      ("firingFeatureToRegion", "feature → region, firing", firingFeatureToRegion),
    ]
  }
}

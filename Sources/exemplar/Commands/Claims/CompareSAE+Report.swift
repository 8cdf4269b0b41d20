import Experiments
import Foundation
import Numerics
import Storage

extension CompareSAE {
  func report(_ compared: [Compared], _ files: [DictionaryFile], seconds: Double) -> ClaimReport {
    let first = compared[0]
    let (result, file, autoencoder) = (first.result, first.file, first.autoencoder)
    let header = ["direction", "n", "mean F1", "median", "> 0.5", "95 %", "null", "null 95 %", "p"]
    let rows = compared.flatMap { item -> [[String]] in
      let own = directions(item.result).map { _, name, direction -> [String] in
        [
          prefix(item, among: compared) + name, "\(direction.matches.count)",
          figure(direction.meanF1), figure(direction.medianF1), figure(direction.shareAbove),
          figure(direction.interval), figure(direction.nullMean), figure(direction.null95),
          figure(direction.p),
        ]
      }
      return own + [oneToOneRow(item, among: compared)]
    }
    let best = result.regionToFeature.matches.sorted { ($1.f1, $0.own) < ($0.f1, $1.own) }.prefix(
      10)
    let lines = best.map {
      ["\($0.own)", "\($0.partner)", figure($0.f1), figure($0.precision), figure($0.recall)]
    }
    let coherent = compared.map { item -> [String] in
      let found = item.result.coherence
      return [
        prefix(item, among: compared) + "coherence and F1", "\(item.result.coherences.count)",
        figure(found?.rho), figure(found?.interval), figure(found?.p),
        figure(item.result.meanDistinctLeaders), figure(item.result.sharedLeader),
      ]
    }
    return ClaimReport(
      kind: .autoencoder, identities: files.map(\.identity),
      entries: entries(compared, seconds: seconds), header: header, rows: rows,
      plot: SVGPlot(
        title: "Share of best matches with F1 above 0.5",
        caption:
          "\(file.name) and \(autoencoder.name); \(result.rowCount) rows, \(result.regionCount) regions, \(result.featureCount) features; lines: 95 % (Wilson)",
        content: .bars(
          bars(compared), axis: "share", reference: result.regionToFeature.nullMean)),
      records: compared.flatMap { records($0) },
      text: """
        \(oneLine(file.name)) and \(oneLine(autoencoder.name)): \(result.rowCount) rows, \(result.regionCount) regions, \
        \(result.featureCount) features (\(formatted(result.meanActiveFeatures)) active on a row)
        \(site(autoencoder, file))
        \(table(header, rows))

        \(table(["over regions", "n", "Spearman", "95 %", "p", "leading features of 5 rows", "all one"], coherent))

        \(table(["region", "feature", "F1", "precision", "recall"], lines))
        """)
  }

  /// What stands at the top is of the first comparison.
  private func entries(_ compared: [Compared], seconds: Double) -> [(String, JSONValue)] {
    let (file, result) = (compared[0].file, compared[0].result)
    var entries: [(String, JSONValue)] = [
      ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
    ]
    entries += site(compared[0].autoencoder)
    entries += [
      ("dictionaryHook", .optional(file.provenance.hook)),
      ("dictionaryModel", .optional(file.provenance.model)),
      ("rows", .integer(result.rowCount)), ("topK", .integer(topK)),
      ("minActivations", .integer(minActivations)),
    ]
    entries += figures(result)
    entries.append(("regionContexts", contexts(result.regionPlaces)))
    entries.append(("featureContexts", contexts(result.featurePlaces)))
    let all = compared.map { item -> JSONValue in
      var own: [(String, JSONValue)] = [
        ("dictionary", .string(item.file.name)), ("identity", .string(item.file.identity)),
        ("theta", .number(item.file.threshold)),
        ("percentile", .optional(item.file.provenance.percentile)),
      ]
      own += site(item.autoencoder)
      own += figures(item.result)
      return .object(own)
    }
    entries += [
      ("comparisons", .array(all)), ("seed", .seed(seed)), ("seconds", .number(seconds)),
    ]
    return entries
  }

  private func bars(_ compared: [Compared]) -> [SVGPlot.Bar] {
    compared.flatMap { item -> [SVGPlot.Bar] in
      let prefix = prefix(item, among: compared)
      let matched = item.result.oneToOne.above
      let own = directions(item.result).map {
        SVGPlot.Bar(prefix + $0.1, $0.2.shareAbove ?? .nan, $0.2.interval)
      }
      return own + [SVGPlot.Bar(prefix + Self.oneToOneName, matched.rate ?? .nan, matched.wilson())]
    }
  }

  private static let oneToOneName = "region ↔ feature, one to one"

  private func directions(
    _ result: SAEComparison
  ) -> [(String, String, SAEComparison.Direction)] {
    [
      ("regionToFeature", "region → feature, top sets", result.regionToFeature),
      ("featureToRegion", "feature → region, top sets", result.featureToRegion),
      ("firingRegionToFeature", "region → feature, firing", result.firingRegionToFeature),
      ("firingFeatureToRegion", "feature → region, firing", result.firingFeatureToRegion),
    ]
  }

  /// What tells one comparison from the others.
  private func prefix(_ item: Compared, among all: [Compared]) -> String {
    var words: [String] = []
    if Set(all.map(\.file.identity)).count > 1 { words.append(oneLine(item.file.name)) }
    if Set(all.map(\.autoencoder.name)).count > 1 { words.append(oneLine(item.autoencoder.name)) }
    if Set(all.map(\.result.basis)).count > 1 { words.append(item.result.basis.rawValue) }
    return words.isEmpty ? "" : words.joined(separator: ", ") + ": "
  }

  private func oneToOneRow(_ item: Compared, among all: [Compared]) -> [String] {
    let found = item.result.oneToOne
    return [
      prefix(item, among: all) + Self.oneToOneName, "\(found.matches.count)",
      figure(found.meanF1), figure(found.medianF1), figure(found.above.rate),
      figure(found.above.wilson()), figure(found.nullShare), "—", figure(found.p),
    ]
  }

  private func site(_ autoencoder: SparseAutoencoder) -> [(String, JSONValue)] {
    [
      ("sae", .string(autoencoder.name)), ("hook", .string(autoencoder.site.hook)),
      ("hookSource", .string(autoencoder.site.source ?? "--sae-hook")),
      ("model", .optional(autoencoder.model)),
      ("transformations", .array(autoencoder.transformations.map { .string($0) })),
    ]
  }

  private func figures(_ result: SAEComparison) -> [(String, JSONValue)] {
    var found: [(String, JSONValue)] = [
      ("basis", .string(result.basis.rawValue)), ("regions", .integer(result.regionCount)),
      ("features", .integer(result.featureCount)),
      ("meanActiveFeatures", .number(result.meanActiveFeatures)),
    ]
    for (key, _, direction) in directions(result) { found.append((key, json(direction))) }
    found += [
      ("oneToOne", json(result.oneToOne)), ("coherenceF1", coherence(result)),
      ("meanDistinctLeaders", .optional(result.meanDistinctLeaders)),
      ("sharedLeader", .optional(result.sharedLeader)),
      ("distinctLeaders", .array(result.leaders.map(JSONValue.integer))),
    ]
    return found
  }

  private func json(_ matched: SAEComparison.OneToOne) -> JSONValue {
    let null: [(String, JSONValue)] = [
      ("meanF1", .optional(matched.nullMeanF1)), ("mean", .optional(matched.nullShare)),
      ("p", .optional(matched.p)),
    ]
    return .object([
      ("matched", .integer(matched.matches.count)), ("meanF1", .optional(matched.meanF1)),
      ("medianF1", .optional(matched.medianF1)),
      ("shareAbove0.5", .optional(matched.above.rate)), ("share95", matched.above.wilsonJSON),
      ("null", .object(null)), ("matches", .array(matched.matches.map { .object(entries($0)) })),
    ])
  }

  private func coherence(_ result: SAEComparison) -> JSONValue {
    let regions = zip(result.regionToFeature.matches, result.coherences).map {
      match, coherence -> JSONValue in
      .object([
        ("id", .integer(match.own)), ("coherence", .number(coherence)), ("f1", .number(match.f1)),
      ])
    }
    return .object([
      ("n", .integer(result.coherences.count)), ("spearman", .optional(result.coherence?.rho)),
      ("spearman95", .interval(result.coherence?.interval)),
      ("p", .optional(result.coherence?.p)), ("regions", .array(regions)),
    ])
  }

  private func records(_ item: Compared) -> [JSONValue] {
    func record(_ direction: String, _ match: SAEComparison.Match) -> JSONValue {
      let common: [(String, JSONValue)] = [
        ("direction", .string(direction)), ("dictionary", .string(item.file.name)),
        ("sae", .string(item.autoencoder.name)), ("basis", .string(item.result.basis.rawValue)),
      ]
      return .object(common + entries(match))
    }
    var found: [JSONValue] = []
    for (key, _, direction) in directions(item.result) {
      found += direction.matches.map { record(key, $0) }
    }
    return found + item.result.oneToOne.matches.map { record("oneToOne", $0) }
  }

  /// Where both read, and what is done to a row, in a line each.
  private func site(_ autoencoder: SparseAutoencoder, _ file: DictionaryFile) -> String {
    let own = file.provenance.hook.map { oneLine($0) }
    let models = [autoencoder.model, file.provenance.model]
      .map { $0.map { oneLine($0) } ?? "not said" }
    return """
      site: \(oneLine(autoencoder.site.hook)) (\(oneLine(autoencoder.site.source ?? "--sae-hook"))); \
      the dictionary's: \(own ?? "not recorded, so that nothing could be compared")
      model: \(models[0]); the dictionary's: \(models[1])
      rows: \(autoencoder.transformations.joined(separator: "; "))
      """
  }

  private func json(_ direction: SAEComparison.Direction) -> JSONValue {
    .object([
      ("evaluated", .integer(direction.matches.count)), ("eligible", .integer(direction.eligible)),
      ("meanF1", .optional(direction.meanF1)), ("medianF1", .optional(direction.medianF1)),
      ("shareAbove0.5", .optional(direction.shareAbove)),
      ("share95", .interval(direction.interval)),
      (
        "null",
        .object([
          ("mean", .optional(direction.nullMean)), ("p95", .optional(direction.null95)),
          ("p", .optional(direction.p)), ("meanF1", .optional(direction.nullMeanF1)),
        ])
      ),
      (
        "matches",
        .array(
          direction.matches.map { .object(entries($0)) })
      ),
    ])
  }

  private func entries(_ match: SAEComparison.Match) -> [(String, JSONValue)] {
    [
      ("id", .integer(match.own)), ("partner", .integer(match.partner)),
      ("overlap", .integer(match.overlap)), ("precision", .number(match.precision)),
      ("recall", .number(match.recall)), ("f1", .number(match.f1)),
      ("active", .integer(match.active)),
    ]
  }

  /// Where each is most active, by number.
  private func contexts(_ places: [Int: [SAEPlace]]) -> JSONValue {
    .array(
      places.sorted { $0.key < $1.key }.map { id, places in
        .object([
          ("id", .integer(id)),
          (
            "rows",
            .array(
              places.map { place in
                .object([
                  ("text", .string(place.text)),
                  (
                    "token",
                    place.token.map {
                      .array([.integer($0.lowerBound), .integer($0.upperBound)])
                    } ?? .null
                  ),
                  ("position", .integer(place.position)),
                  ("activation", .number(Double(place.activation))),
                ])
              })
          ),
        ])
      })
  }
}

import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct CompareSAE: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-sae",
    abstract: "How regions and the features of a sparse autoencoder divide the same activations.",
    discussion: """
      --sae: a folder of SAELens (cfg.json, sae_weights.safetensors) or Gemma Scope (params.npz): standard, top-k, JumpReLU \
      or gated. An autoencoder of another site than the dictionary's is refused; what its settings do to rows is done, and \
      said, or refused by name. By top sets: the rows each side is most active on, the partner of largest overlap. By firing sets: a \
      region's members against the rows where a feature is not 0. The null shuffles the rows of one side.

      With --json: one object.

      Example:
      exemplar compare-sae sample-dicts/smollm2-refusal.last.p10.epdict \\
        sample-dicts/smollm2-refusal.epstore --sae autoencoder
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Activations: a store, shards, or a file of rows.")
  var store: String

  @Option(help: "The autoencoder's folder.")
  var sae: String

  @Option(help: "The hook that the autoencoder is of, where its files and folders do not say it.")
  var saeHook: String?

  @Option(help: "Rows of a top set.")
  var topK = 100

  @Option(help: "Leave out regions and features active on fewer rows.")
  var minActivations = 20

  @Option(help: "Directions of the regions: mean or exemplar.")
  var basis: ReadoutBasis = .mean

  @Option(help: "Stop after this many rows, to the end of a batch.")
  var maxRows = 500_000

  @Option(help: "How often rows are shuffled.")
  var nullRounds = 20

  @Option(help: "Decides the shuffles.")
  var seed: UInt64 = 0

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard topK > 0, minActivations > 0, maxRows > 0, nullRounds >= 0 else {
      throw ValidationError(
        "expected positive --top-k, --min-activations and --max-rows, and --null-rounds of 0 or more"
      )
    }
  }

  func run() throws {
    try export.check()
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let source = try ClaimInput.source(store, for: file, positions: .all, other: other)
    let autoencoder = try SparseAutoencoder(URL(filePath: sae), hook: saeHook)
    var options = SAEComparison.Options()
    (options.topK, options.minimumActive, options.basis) = (topK, minActivations, basis)
    (options.nullRounds, options.seed, options.threads) = (nullRounds, seed, threadCount.threads)
    let line = ProgressLine(isQuiet: style.quiet)
    let result = try SAEComparison.run(file, autoencoder, source, options, limit: maxRows) {
      count in
      try Interruption.check()
      line.show("encoding: \(count) activations")
    }
    line.clear()
    if file.provenance.hook == nil, !style.quiet {
      StandardError.print(
        "\(oneLine(file.name)): the dictionary does not say which hook it is of; rows are taken for \(oneLine(autoencoder.site.hook))"
      )
    }
    try export.publish(
      report(result, file, autoencoder, seconds: line.seconds).noting(source.notices(for: file)),
      style)
  }

  private func report(
    _ result: SAEComparison, _ file: DictionaryFile, _ autoencoder: SparseAutoencoder,
    seconds: Double
  ) -> ClaimReport {
    let directions = [
      ("regionToFeature", "region → feature, top sets", result.regionToFeature),
      ("featureToRegion", "feature → region, top sets", result.featureToRegion),
      ("firingRegionToFeature", "region → feature, firing", result.firingRegionToFeature),
      ("firingFeatureToRegion", "feature → region, firing", result.firingFeatureToRegion),
    ]
    let header = ["direction", "n", "mean F1", "median", "> 0.5", "95 %", "null", "null 95 %", "p"]
    let rows = directions.map { _, name, direction in
      [
        name, "\(direction.matches.count)", figure(direction.meanF1), figure(direction.medianF1),
        figure(direction.shareAbove), figure(direction.interval), figure(direction.nullMean),
        figure(direction.null95), figure(direction.p),
      ]
    }
    let best = result.regionToFeature.matches.sorted { ($1.f1, $0.own) < ($0.f1, $1.own) }.prefix(
      10)
    let lines = best.map {
      ["\($0.own)", "\($0.partner)", figure($0.f1), figure($0.precision), figure($0.recall)]
    }
    return ClaimReport(
      kind: .autoencoder, identities: [file.identity],
      entries: [
        ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
        ("sae", .string(autoencoder.name)), ("hook", .string(autoencoder.site.hook)),
        ("hookSource", .string(autoencoder.site.source ?? "--sae-hook")),
        ("dictionaryHook", .optional(file.provenance.hook)),
        ("model", .optional(autoencoder.model)),
        ("dictionaryModel", .optional(file.provenance.model)),
        ("transformations", .array(autoencoder.transformations.map { .string($0) })),
        ("rows", .integer(result.rowCount)), ("regions", .integer(result.regionCount)),
        ("features", .integer(result.featureCount)),
        ("meanActiveFeatures", .number(result.meanActiveFeatures)), ("topK", .integer(topK)),
        ("minActivations", .integer(minActivations)), ("basis", .string(basis.rawValue)),
      ] + directions.map { ($0.0, json($0.2)) } + [
        ("meanDistinctLeaders", .optional(result.meanDistinctLeaders)),
        ("sharedLeader", .optional(result.sharedLeader)),
        ("regionContexts", contexts(result.regionPlaces)),
        ("featureContexts", contexts(result.featurePlaces)),
        ("seed", .seed(seed)),
        ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Share of best matches with F1 above 0.5",
        caption:
          "\(file.name) and \(autoencoder.name); \(result.rowCount) rows, \(result.regionCount) regions, \(result.featureCount) features; lines: 95 % (Wilson)",
        content: .bars(
          directions.map { .init($0.1, $0.2.shareAbove ?? .nan, $0.2.interval) },
          axis: "share", reference: result.regionToFeature.nullMean)),
      records: directions.flatMap { name, _, direction in
        direction.matches.map { .object([("direction", .string(name))] + entries($0)) }
      },
      text: """
        \(oneLine(file.name)) and \(oneLine(autoencoder.name)): \(result.rowCount) rows, \(result.regionCount) regions, \
        \(result.featureCount) features (\(formatted(result.meanActiveFeatures)) active on a row)
        \(site(autoencoder, file))
        \(table(header, rows))

        \(table(["region", "feature", "F1", "precision", "recall"], lines))
        """)
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

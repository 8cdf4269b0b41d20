import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether single regions detect concepts in held-out texts.",
    discussion: """
      --concepts: JSON Lines of concept, text, label (positive or negative) and split (train or test); or AxBench's \
      Parquet files as they are. Texts are looked up among the store's documents. The region is chosen on train; \
      AUROC is on held-out texts. Beside it: the difference of means and a linear probe on train tokens, and regions \
      drawn at random.
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Activations: a store, or shards.")
  var store: String

  @Option(help: "Labelled texts; may be repeated.")
  var concepts: [String]

  @Option(help: "contrast: largest difference of mean cosines; auroc: best on train texts.")
  var selection: ConceptDetection.Selection = .contrast

  @Option(help: "exemplar or mean.")
  var basis: ReadoutBasis = .exemplar

  @Option(help: "Regions drawn at random, a concept.")
  var randomRegions = 50

  @Option(help: "Decides draws and resampling.")
  var seed: UInt64 = 0

  @OptionGroup var other: OtherModelOption
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard !concepts.isEmpty else { throw ValidationError("expected --concepts FILE") }
    guard randomRegions > 0 else { throw ValidationError("expected a positive --random-regions") }
  }

  func run() throws {
    try export.check()
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let examples = try ConceptFile.read(concepts.map { URL(filePath: $0) })
    let input = try ClaimInput(store, for: file, positions: .all, other: other)
    let line = ProgressLine(isQuiet: style.quiet)
    let rows = try ActivationRows.read(input.source, expecting: (file.dimension, of: file.name)) {
      count in
      try Interruption.check()
      line.show("reading: \(count) activations")
    }
    var options = ConceptDetection.Options()
    (options.selection, options.basis, options.seed) = (selection, basis, seed)
    (options.randomRegions, options.threads) = (randomRegions, threadCount.threads)
    let result = try ConceptDetection.run(file, rows, examples, options) { done, total in
      try Interruption.check()
      line.show("concepts: \(done) of \(total)")
    }
    line.clear()
    try export.publish(
      report(result, file, seconds: line.seconds).noting(input.source.notices(for: file)), style)
  }

  private func report(
    _ result: ConceptDetection, _ file: DictionaryFile, seconds: Double
  ) -> ClaimReport {
    let header = [
      "concept", "region", "held out", "AUROC", "95 %", "mean-pooled", "diff. of means", "probe",
      "random",
    ]
    let rows = result.concepts.map { concept in
      [
        oneLine(String(concept.name.prefix(40))), "\(concept.region)",
        "\(concept.positives)+\(concept.negatives)", figure(concept.auroc),
        figure(concept.interval), figure(concept.meanPooled), figure(concept.differenceOfMeans),
        figure(concept.linearProbe), figure(concept.randomMean),
      ]
    }
    func mean(_ value: (ConceptDetection.Concept) -> Double) -> JSONValue {
      let mean = result.mean(value, seed: seed)
      return .object([("mean", .number(mean.value)), ("mean95", .interval(mean.interval))])
    }
    let overall = result.mean(\.auroc, seed: seed)
    return ClaimReport(
      kind: .detection, identities: [file.identity],
      entries: [
        ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
        ("selection", .string(selection.rawValue)), ("basis", .string(basis.rawValue)),
        ("concepts", .array(result.concepts.map { json($0) })),
        ("meanAUROC", .number(overall.value)), ("meanAUROC95", .interval(overall.interval)),
        ("meanPooled", mean(\.meanPooled)), ("differenceOfMeans", mean(\.differenceOfMeans)),
        ("linearProbe", mean(\.linearProbe)), ("randomRegion", mean(\.randomMean)),
        ("missingTexts", .integer(result.missingTexts)), ("seed", .integer(Int(clamping: seed))),
        ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Held-out AUROC of the chosen region",
        caption:
          "\(file.name); \(result.concepts.count) concepts; lines: 95 % (DeLong); dashed: chance",
        content: .bars(
          result.concepts.map { .init($0.name, $0.auroc, $0.interval) }, axis: "AUROC",
          reference: 0.5)),
      records: result.concepts.map { json($0) },
      text: """
        \(oneLine(file.name)): \(result.concepts.count) concepts, region by \(selection.rawValue) on train
        \(table(header, rows))
        mean AUROC \(figure(overall.value)) \(figure(overall.interval)) over concepts; \
        random region \(figure(result.mean(\.randomMean).value)), linear probe \(figure(result.mean(\.linearProbe).value))\
        \(result.missingTexts > 0 ? "\n\(result.missingTexts) texts are not among the documents" : "")
        """)
  }

  private func json(_ concept: ConceptDetection.Concept) -> JSONValue {
    .object([
      ("concept", .string(concept.name)), ("region", .integer(concept.region)),
      ("selected", .number(concept.selected)),
      ("train", .array([.integer(concept.trainPositives), .integer(concept.trainNegatives)])),
      ("heldOut", .array([.integer(concept.positives), .integer(concept.negatives)])),
      ("auroc", .number(concept.auroc)), ("auroc95", .interval(concept.interval)),
      ("meanPooled", .number(concept.meanPooled)),
      ("differenceOfMeans", .number(concept.differenceOfMeans)),
      ("linearProbe", .number(concept.linearProbe)),
      (
        "randomRegion",
        .object([("mean", .number(concept.randomMean)), ("p95", .number(concept.random95))])
      ),
    ])
  }
}

import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct Detect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether single regions detect concepts in held-out texts.",
    discussion: """
      --concepts: JSON Lines of concept, text, label (positive or negative) and split (train or test); or AxBench's \
      Parquet files as they are, captured by capture --concepts. The region is chosen on train texts, by cosines; held-out \
      texts score by the largest product of a token with it, neither centred nor normalised. Exemplars and means are both \
      scored; hard negatives are a column of their own. Beside it: the difference of means and a linear probe on train \
      tokens, and regions drawn at random.

      With --json: one object.

      Example:
      exemplar detect sample-dicts/smollm2-refusal.last.p10.epdict \\
        CONCEPTS.epstore --concepts CONCEPTS.jsonl
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Activations: a store, or shards.")
  var store: String

  @Option(help: "Labelled texts; may be repeated.")
  var concepts: [String]

  @Option(
    help:
      "auroc: best on train texts by their largest cosine; contrast: largest difference of mean cosines."
  )
  var selection: ConceptDetection.Selection = .auroc

  @Option(
    help:
      "signed: the product with the raw activation, as AxBench scores; cosine: of the centred one.")
  var score: ConceptDetection.Score = .signed

  @Option(
    help:
      "f32; bf16: all rounded to bfloat16 and scores to 3 decimals, as AxBench's own code has it.")
  var precision: ConceptDetection.Precision = .f32

  @Option(help: "Whose numbers come first; both are scored: exemplar or mean.")
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
    let input = try ClaimInput(store, for: file, positions: .all, other: other)
    let examples = try ConceptFile.read(concepts.map { URL(filePath: $0) })
    let line = ProgressLine(isQuiet: style.quiet)
    let rows = try ActivationRows.read(input.source, expecting: (file.dimension, of: file.name)) {
      count in
      try Interruption.check()
      line.show("reading: \(count) activations")
    }
    var options = ConceptDetection.Options()
    (options.selection, options.basis, options.seed) = (selection, basis, seed)
    (options.score, options.precision) = (score, precision)
    (options.randomRegions, options.threads) = (randomRegions, threadCount.threads)
    let documents = ConceptDocuments(
      rows, ids: try input.source.documentIDs(),
      ends: try input.source.tokenEnds(of: rows.documents))
    let result = try ConceptDetection.run(file, rows, examples, options, documents: documents) {
      done, total in
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
    let order: [ReadoutBasis] = basis == .exemplar ? [.exemplar, .mean] : [.mean, .exemplar]
    let header = [
      "concept", "basis", "region", "held out", "AUROC", "95 %", "hard", "mean-pooled",
      "diff. of means", "probe", "random",
    ]
    let rows = result.concepts.flatMap { concept in
      order.map { basis in
        let found = concept.found(basis)
        let hard = concept.hardNegatives > 0 ? "+\(concept.hardNegatives)" : ""
        return [
          oneLine(String(concept.name.prefix(40))), basis.rawValue, "\(found.region)",
          "\(concept.positives)+\(concept.negatives)\(hard)", figure(found.auroc),
          figure(found.interval), figure(found.hard), figure(found.meanPooled),
          figure(concept.differenceOfMeans), figure(concept.linearProbe), figure(found.randomMean),
        ]
      }
    }
    func mean(_ value: (ConceptDetection.Concept) -> Double) -> JSONValue {
      let mean = result.mean(value, seed: seed)
      return .object([("mean", .number(mean.value)), ("mean95", .interval(mean.interval))])
    }
    func summary(_ basis: ReadoutBasis) -> JSONValue {
      .object([
        ("auroc", mean { $0.found(basis).auroc }), ("hard", .optional(hard(result, basis))),
        ("meanPooled", mean { $0.found(basis).meanPooled }),
        ("randomRegion", mean { $0.found(basis).randomMean }),
        ("distinctWinners", .integer(result.distinctWinners(basis))),
      ])
    }
    let overall = result.mean({ $0.found(basis).auroc }, seed: seed)
    let lines = order.map { basis in
      let mean = result.mean({ $0.found(basis).auroc }, seed: seed)
      return """
        \(basis.rawValue): mean AUROC \(figure(mean.value)) \(figure(mean.interval)) over concepts; \
        against hard negatives \(figure(hard(result, basis))); \(result.distinctWinners(basis)) distinct regions win \
        \(result.concepts.count) concepts; random region \(figure(result.mean({ $0.found(basis).randomMean }).value))
        """
    }
    return ClaimReport(
      kind: .detection, identities: [file.identity],
      entries: [
        ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
        ("selection", .string(selection.rawValue)), ("score", .string(score.rawValue)),
        ("precision", .string(precision.rawValue)), ("basis", .string(basis.rawValue)),
        ("concepts", .array(result.concepts.map { json($0) })),
        ("meanAUROC", .number(overall.value)), ("meanAUROC95", .interval(overall.interval)),
        ("distinctWinners", .integer(result.distinctWinners(basis))),
        ("exemplar", summary(.exemplar)), ("mean", summary(.mean)),
        ("meanPooled", mean { $0.found(basis).meanPooled }),
        ("differenceOfMeans", mean(\.differenceOfMeans)), ("linearProbe", mean(\.linearProbe)),
        ("randomRegion", mean { $0.found(basis).randomMean }),
        ("missingTexts", .integer(result.missingTexts)),
        ("unboundedTexts", .integer(result.unboundedTexts)),
        ("seed", .seed(seed)),
        ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Held-out AUROC of the chosen region",
        caption:
          "\(file.name); \(result.concepts.count) concepts; lines: 95 % (DeLong); dashed: chance",
        content: .bars(
          result.concepts.map { .init($0.name, $0.found(basis).auroc, $0.found(basis).interval) },
          axis: "AUROC", reference: 0.5)),
      records: result.concepts.map { json($0) },
      text: """
        \(oneLine(file.name)): \(result.concepts.count) concepts, region by \(selection.rawValue) on train, score \(score.rawValue) (\(precision.rawValue))
        \(table(header, rows))
        \(lines.joined(separator: "\n"))
        linear probe \(figure(result.mean(\.linearProbe).value))\(left(result))
        """)
  }

  /// Over the concepts that have hard negatives.
  private func hard(_ result: ConceptDetection, _ basis: ReadoutBasis) -> Double? {
    let values = result.concepts.compactMap { $0.found(basis).hard }
    return values.isEmpty ? nil : values.mean
  }

  private func left(_ result: ConceptDetection) -> String {
    (result.missingTexts > 0 ? "\n\(result.missingTexts) texts are not among the documents" : "")
      + (result.unboundedTexts > 0
        ? "\n\(result.unboundedTexts) texts lie in chat turns whose tokens were not recorded: the template's are scored too"
        : "")
  }

  private func json(_ concept: ConceptDetection.Concept) -> JSONValue {
    func entries(_ found: ConceptDetection.Found) -> [(String, JSONValue)] {
      [
        ("region", .integer(found.region)), ("selected", .number(found.selected)),
        ("auroc", .number(found.auroc)), ("auroc95", .interval(found.interval)),
        ("hardAUROC", .optional(found.hard)), ("meanPooled", .number(found.meanPooled)),
        (
          "randomRegion",
          .object([("mean", .number(found.randomMean)), ("p95", .number(found.random95))])
        ),
      ]
    }
    return .object(
      [
        ("concept", .string(concept.name)),
        ("train", .array([.integer(concept.trainPositives), .integer(concept.trainNegatives)])),
        ("heldOut", .array([.integer(concept.positives), .integer(concept.negatives)])),
        ("hardNegatives", .integer(concept.hardNegatives)),
      ] + entries(concept.found(basis)) + [
        ("exemplar", .object(entries(concept.exemplar))),
        ("mean", .object(entries(concept.mean))),
        ("differenceOfMeans", .number(concept.differenceOfMeans)),
        ("linearProbe", .number(concept.linearProbe)),
      ])
  }
}

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
    let record = ConceptRecord(result, file, options, seconds: line.seconds)
    try export.publish(record.report().noting(input.source.notices(for: file)), style)
  }
}

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
      region's members against the rows where a feature is not 0. One to one: the matching of top sets whose F1 sum to the \
      most. Directions of both bases, further dictionaries (--with) and several autoencoders are compared in one run. The \
      null shuffles the rows of one side.

      With --json: one object.

      Example:
      exemplar compare-sae sample-dicts/smollm2-refusal.last.p10.epdict \\
        sample-dicts/smollm2-refusal.epstore --sae AUTOENCODER
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Activations: a store, shards, or a file of rows.")
  var store: String

  @Option(help: "Another dictionary of the same hook; may be repeated.")
  var with: [String] = []

  @Option(help: "The autoencoder's folder; may be repeated.")
  var sae: [String]

  @Option(help: "The hook that the autoencoder is of, where its files and folders do not say it.")
  var saeHook: String?

  @Option(help: "Rows of a top set.")
  var topK = 100

  @Option(help: "Leave out regions and features active on fewer rows.")
  var minActivations = 20

  @Option(help: "Directions of the regions: mean or exemplar; both without it.")
  var basis: ReadoutBasis?

  @Option(help: "Stop after this many rows, to the end of a batch.")
  var maxRows = 500_000

  @Option(help: "How often rows are shuffled.")
  var nullRounds = 20

  @Option(help: "Decides the shuffles.")
  var seed: UInt64 = 0

  @OptionGroup var other: OtherModelOption
  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    guard topK > 0, minActivations > 0, maxRows > 0, nullRounds >= 0 else {
      throw ValidationError(
        "expected positive --top-k, --min-activations and --max-rows, and --null-rounds of 0 or more"
      )
    }
  }

  func run() throws {
    try claim.export.check()
    Interruption.watch()
    let files = try ([dictionary] + with).map { try DictionaryLocation.open(URL(filePath: $0)) }
    let file = files[0]
    let source = try ClaimInput.source(store, for: file, positions: .all, other: other)
    var notices = source.notices(for: file)
    for further in files.dropFirst() {
      try source.checkFits(further, isOtherAllowed: other.otherModel)
      notices += source.notices(for: further)
      guard further.dimension == file.dimension else {
        throw ExperimentError(
          .mismatch,
          "expected \(file.dimension) components as in \(file.name), found \(further.dimension)",
          file: further.name)
      }
    }
    let autoencoders = try sae.map { try SparseAutoencoder(URL(filePath: $0), hook: saeHook) }
    try ClaimInput.checkNames(autoencoders.map(\.name))
    var options = SAEComparison.Options()
    (options.topK, options.minimumActive) = (topK, minActivations)
    options.bases = basis.map { [$0] } ?? [.mean, .exemplar]
    (options.nullRounds, options.seed, options.threads) = (nullRounds, seed, claim.threads)
    let line = claim.progress()
    var compared: [SAERecord.Compared] = []
    for autoencoder in autoencoders {
      let results = try SAEComparison.run(files, autoencoder, source, options, limit: maxRows) {
        count in
        try Interruption.check()
        line.show("\(oneLine(autoencoder.name)): encoding \(count) activations")
      }
      for (file, results) in zip(files, results) {
        compared += results.map { SAERecord.Compared(file, autoencoder, $0) }
      }
    }
    line.clear()
    for file in files where file.provenance.hook == nil && !claim.isQuiet {
      StandardError.print(
        "\(oneLine(file.name)): the dictionary does not say which hook it is of; rows are taken for \(oneLine(autoencoders[0].site.hook))"
      )
    }
    let record = SAERecord(
      compared, options, seconds: line.seconds, byHand: "--sae-hook")
    try claim.publish(
      record.report(identities: files.map(\.identity)).noting(notices))
  }
}

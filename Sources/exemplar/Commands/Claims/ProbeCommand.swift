import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "What a probe reads from regions alone, beside one that sees the whole activation.",
    discussion: """
      TARGET is a field of the documents: split, category, topic, set or outcome of a store, or any field of --labels \
      (JSON Lines with text or prompt). --pool mean, as SAEBench has it: every token of a document but position 0, BOS and EOS is encoded, \
      and the readouts, like the raw activations, are averaged; a prompt's tokens alone, never its answer's. Both logistic probes are fitted and tested on the same rows; documents that share \
      --group-by (topic where there is one) stay on one side. The default readout is one number a row (ℓ₀ = 1): which \
      region is nearest. retained is its accuracy over the raw probe's.

      With --json: one object.

      Example:
      exemplar probe sample-dicts/smollm2-refusal.last.p10.epdict \\
        sample-dicts/smollm2-refusal.epstore --target outcome
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(help: "Activations: a store, or shards with --labels.")
  var store: String

  @Option(help: "The field to predict.")
  var target: String

  @Option(help: "Take only rows of these classes, separated by commas: refused,complied.")
  var classes: String?

  @Option(help: "Fields of documents (JSON Lines: text or prompt, and the fields).")
  var labels: String?

  @Option(help: "Documents with the same value of this field stay on one side of a fold.")
  var groupBy: String?

  @Option(
    help:
      "mean: a document's tokens are encoded, then averaged; last: its final position; token: a row a token."
  )
  var pool: DocumentPooling = .mean

  @Option(help: .hidden)
  var positions: String?

  @Option(help: "topk, signed, cosine, signed_norm, topk_norm or binary.")
  var readout: Readout = .binary

  @Option(help: "exemplar or mean.")
  var basis: ReadoutBasis = .exemplar

  @Option(help: "Numbers that topk and topk_norm keep.")
  var k = 1

  @Option(help: "Folds of the cross-validation; 5 without it, or as many as there are groups.")
  var folds: Int?

  @Option(name: .customLong("inverse-penalty"), help: "C of the ridge penalty, as in scikit-learn.")
  var c = 1.0

  @Option(help: "How often the readout is fitted to shuffled classes.")
  var nullRounds = 20

  @Option(help: "Decides folds, resampling and shuffles.")
  var seed: UInt64 = 0

  @OptionGroup var other: OtherModelOption
  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    if let positions {
      let new = positions == "all" ? "token" : "last"
      throw ValidationError(
        "--positions is --pool now: expected --pool \(new) for --positions \(positions == "all" ? "all" : "last"), or --pool mean"
      )
    }
    guard k > 0, folds ?? 2 > 1, nullRounds >= 0 else {
      throw ValidationError(
        "expected --k of at least 1, --folds of at least 2, --null-rounds of at least 0")
    }
    guard c > 0, c.isFinite else { throw ValidationError("expected a positive --inverse-penalty") }
    guard readout != .binary || k == 1 else {
      throw ValidationError("binary keeps one number: --k 1")
    }
  }

  func run() throws {
    try claim.export.check()
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let input = try ClaimInput(
      store, for: file, positions: pool.positions, labels: labels, other: other)
    if target == "outcome", labels == nil, ActivationSource.isStore(input.source.url) {
      try DocumentFields.refuseAnswers(in: try StoreFile(input.source.url))
    }
    let line = claim.progress()
    let rows = try ActivationRows.read(
      input.source, expecting: (file.dimension, of: file.name)
    ) { count in
      try Interruption.check()
      line.show("reading: \(count) activations")
    }
    let edges = pool == .mean ? try input.source.edgeRows(of: rows) : nil
    let data = try LabelledRows(
      rows, input.fields, target: target, groupBy: groupBy,
      classes: classes.map { $0.split(separator: ",").map(String.init) }, pooling: pool,
      leavingOut: edges ?? [])
    if let folds, folds > Set(data.groups).count {
      throw ExperimentError(
        .invalidValue,
        "expected at most as many folds as groups, \(Set(data.groups).count), found \(folds)",
        file: "--folds")
    }
    var options = ProbeComparison.Options()
    (options.readout, options.basis, options.k) = (readout, basis, k)
    (options.folds, options.c, options.seed) = (folds ?? options.folds, c, seed)
    (options.nullRounds, options.threads) = (nullRounds, claim.threads)
    let result = try ProbeComparison.run(
      file, rows: data.rows, classes: data.classes, groups: data.groups,
      unitOfRow: data.unitOfRow, classNames: data.classNames, options
    ) { share in
      try Interruption.check()
      line.show("fitting: \(Int(share * 100)) %")
    }
    line.clear()
    if !result.hasConverged, !claim.isQuiet {
      StandardError.print("exemplar: a probe stopped before its gradient was small")
    }
    let record = ProbeRecord(
      result,
      of: ProbeRecord.Question(
        dictionary: file.name, identity: file.identity, target: target, pool: pool,
        leftOut: leftOut(edges?.count), groupBy: data.groupName, note: Self.weakBaseline),
      options, seconds: line.seconds)
    try claim.publish(record.report.noting(input.source.notices(for: file)))
  }

  /// What the smallest of the sparse probes is beside.
  static let weakBaseline =
    "with 1 feature the raw baseline is a single neuron, which is a weak one: read the accuracies beside the ratio"

  /// Which of the activations no row is made of.
  ///
  /// - Parameter edges: how many of BOS and EOS; `nil` where nothing says which tokens those are.
  private func leftOut(_ edges: Int?) -> String {
    if pool == .last { return "all but the final position" }
    return edges.map { "position 0, \($0) of BOS and EOS" } ?? "position 0"
  }
}

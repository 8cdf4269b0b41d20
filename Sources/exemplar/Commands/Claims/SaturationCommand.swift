import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct SaturationCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "saturation",
    abstract: "How many regions kinds of text need under one centre and one θ.",
    discussion: """
      Grows a dictionary over each stream, under one calibration, in the stored order and in --orders shuffles of its \
      documents, and compares the streams after as many activations of each. Each stream may be named: NAME=PATH; --by \
      takes one stream for each value of a field of the documents. The calibration is that of --calibration, or is made on \
      --calibrate-on, or else on the streams themselves. Intervals are over the shuffles; the null deals the documents of \
      all streams anew --deals times.

      With --json: one object.

      Example:
      exemplar saturation sample-dicts/smollm2-refusal.epstore --by set --hook \\
        blocks.16.hook_resid_post --percentile 10
      """)

  @Argument(
    help: "Stores, shards, or files of rows [n, D]; NAME=PATH names one, STORE#SET,SET takes sets.")
  var streams: [String]

  @Option(help: "Take centre and θ from a dictionary, or from the reference's calibration (.npz).")
  var calibration: String?

  @Option(
    help: ArgumentHelp(
      "Calibrate on these activations, on \(DictionaryBuildRequest.calibrationActivations) of them at most.",
      valueName: "activations"))
  var calibrateOn: String?

  @Option(help: "p of the calibration; 10 without it.")
  var percentile: Double?

  @Option(help: "A stream for each value of this field of the documents: set, category, topic, …")
  var by: String?

  @Option(help: "A file of labels with the field that --by names, for what is no store.")
  var labels: String?

  @Option(help: "all, last: one activation a prompt, or content.")
  var positions: Positions = .all

  @Option(help: "Where to read in a store of several hooks.")
  var hook: String?

  @Option(
    help:
      "The split of stores: train (where one records splits, taken without asking), all, or a name."
  )
  var split: String?

  @Option(help: "Shuffles of each stream's documents.")
  var orders = 20

  @Option(help: "Times that the documents of all streams are dealt anew; 0 for no null.")
  var deals = 20

  @Option(
    help:
      "Documents of a batch; without it as the streams are cut, which has to be the same of all.")
  var documentsPerBatch: Int?

  @Option(help: "Batches in a row that found nothing, after which a build would have stopped.")
  var saturationWindow = 1

  @Option(help: "Read no more than this many activations of a stream, to the end of a batch.")
  var maxRows = 200_000

  @Option(help: "The first shuffle's seed; the others follow.")
  var seed: UInt64 = 0

  @OptionGroup var other: OtherModelOption
  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    guard !streams.isEmpty else { throw ValidationError("expected at least one stream") }
    guard orders > 1 else { throw ValidationError("expected --orders of at least 2") }
    guard deals >= 0 else { throw ValidationError("expected --deals of 0 or more") }
    guard documentsPerBatch ?? 1 > 0 else {
      throw ValidationError("expected a positive --documents-per-batch")
    }
    guard saturationWindow > 0 else {
      throw ValidationError("expected a positive --saturation-window")
    }
    guard maxRows > 0 else { throw ValidationError("expected a positive --max-rows") }
    guard calibration == nil || (calibrateOn == nil && percentile == nil) else {
      throw ValidationError("--calibration excludes --calibrate-on and --percentile")
    }
    guard by != nil || labels == nil else { throw ValidationError("--labels is of --by") }
    guard calibration != nil || !other.otherModel else {
      throw ValidationError("--other-model is of --calibration")
    }
  }

  func run() throws {
    let percentile = percentile ?? 10
    guard percentile > 0, percentile < 100 else {
      throw ExperimentError(
        .invalidValue, "expected a percentile in (0, 100), found \(percentile)",
        file: "--percentile")
    }
    try claim.export.check()
    Interruption.watch()
    let line = claim.progress()
    let given = try calibration.map { try CalibrationFile.open(URL(filePath: $0)) }
    var input = Input(hook: hook ?? given?.of?.provenance.hook)
    for text in streams {
      let (name, path) = ClaimInput.named(text)
      try add(name, path, given?.of, to: &input, line)
    }
    try ClaimInput.checkNames(input.streams.map(\.name))
    if let empty = input.streams.first(where: { $0.activationCount == 0 }) {
      throw ExperimentError(.missing, "expected activations, found none", file: empty.name)
    }
    var options = Saturation.Options()
    (options.orders, options.deals, options.window) = (orders, deals, saturationWindow)
    (options.seed, options.threads) = (seed, claim.threads)
    options.documentsPerBatch = try documentsPerBatch ?? input.commonBatch()
    let made = try calibrateOn.map { try calibrated(on: $0, percentile, input, line) }
    let result = try ExperimentError.calibrating(on: input.sources[0]) {
      try Saturation.run(
        input.streams, calibration: made ?? given?.0, percentile: percentile, options
      ) { done, total in
        try Interruption.check()
        line.show("building: \(done) of \(total)")
      }
    }
    line.clear()
    let origin =
      calibration.map { URL(filePath: $0).lastPathComponent }
      ?? calibrateOn.map { ClaimInput.named($0).name } ?? "the streams themselves"
    let record = SaturationRecord(
      result,
      of: SaturationRecord.Question(
        calibratedOn: origin, hook: input.sources.first?.recorded.provenance.hook,
        positions: positions), seconds: line.seconds)
    try claim.publish(
      record.report(result, identity: given?.of?.identity).noting(input.notices))
  }

  /// What was read.
  struct Input {
    /// Of all streams.
    var hook: String?
    var sources: [ActivationSource] = []
    var streams: [SaturationStream] = []
    /// Documents of a batch, with the source that is cut so.
    var batches: [(documents: Int, of: String)] = []
    var notices: [String] = []

    func commonBatch() throws -> Int {
      if let other = batches.first(where: { $0.documents != batches[0].documents }) {
        throw ExperimentError(
          .mismatch,
          "expected \(batches[0].documents) documents a batch as in \(batches[0].of), found \(other.documents); --documents-per-batch cuts all alike",
          file: other.of)
      }
      return batches[0].documents
    }

    /// Activations of other hooks or models lie in other spaces, or mean another thing in the same.
    func check(_ source: ActivationSource) throws {
      guard let first = sources.first else { return }
      let (own, expected) = (source.recorded.provenance, first.recorded.provenance)
      var difference = RecordedCheckpoint(own, of: "").difference(
        from: RecordedCheckpoint(expected, of: first.url.lastPathComponent))
      if let hook = own.hook, let other = expected.hook, hook != other {
        difference =
          "expected the hook \(other) as in \(first.url.lastPathComponent), found \(hook)"
      }
      guard let difference else { return }
      throw ExperimentError(.mismatch, difference, file: source.url.lastPathComponent)
    }
  }

  private func source(_ path: String, hook: String?) throws -> ActivationSource {
    try ClaimInput.source(
      path, positions: positions, hook: hook,
      split: ClaimInput.split(of: path, given: split, hook: self.hook))
  }

  private func add(
    _ name: String, _ path: String, _ dictionary: DictionaryFile?, to input: inout Input,
    _ line: ProgressLine
  ) throws {
    let source = try source(path, hook: input.hook)
    try input.check(source)
    if let dictionary {
      try source.checkFits(dictionary, isOtherAllowed: other.otherModel)
      input.notices += source.notices(for: dictionary) + source.positionNotices(for: dictionary)
    }
    let rows = try ActivationRows.read(source, limit: maxRows) { count in
      try Interruption.check()
      line.show("reading \(oneLine(name)): \(count) activations")
    }
    input.sources.append(source)
    input.batches.append(
      (source.documentsPerBatch ?? rows.documentsOfFirstBatch, source.url.lastPathComponent))
    let whole = SaturationStream(name: name, rows: rows)
    guard let by else {
      input.streams.append(whole)
      return
    }
    let fields = try ClaimInput.fields(
      [by], of: path, labels: labels,
      split: ClaimInput.split(of: path, given: split, hook: self.hook))
    let (parts, left) = whole.divided { fields.fields(of: $0)?[by] }
    if left > 0 {
      input.notices.append(
        "\(source.url.lastPathComponent): \(left) of \(whole.documentCount) documents have no \(by), and are left out"
      )
    }
    input.streams += parts.map { part in
      var part = part
      if streams.count > 1 { part.name = "\(name) \(part.name)" }
      return part
    }
  }

  private func calibrated(
    on text: String, _ percentile: Double, _ input: Input, _ line: ProgressLine
  ) throws -> Calibration {
    let source = try source(ClaimInput.named(text).path, hook: input.hook)
    try input.check(source)
    let rows = try ActivationRows.read(
      source, limit: DictionaryBuildRequest.calibrationActivations
    ) { count in
      try Interruption.check()
      line.show("calibrating: \(count) activations")
    }
    return try ExperimentError.calibrating(on: source) {
      try ShuffledBuilds.calibrate(rows, percentile: percentile, threads: claim.threads)
    }
  }
}

import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage
import TensorFiles

struct CoverageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coverage",
    abstract: "How well a dictionary covers sources of activations, and tells them apart.",
    discussion: """
      The first source counts as in distribution. Each may be named: NAME=PATH. AUROC and FPR at 95 % recall take the \
      distance to the nearest exemplar as a score for being out of distribution. Intervals resample documents. \
      The baselines are fitted on the odd documents of the first source, and compared with the distance on other rows.

      With --json: one object.

      Example:
      exemplar coverage sample-dicts/smollm2-refusal.last.p10.epdict \\
        'sample-dicts/smollm2-refusal.epstore#harmful' \\
        'sample-dicts/smollm2-refusal.epstore#benign'
      """)

  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Argument(
    help: "Stores, shards, or files of rows [n, D]; NAME=PATH names one, STORE#SET,SET takes sets.")
  var sources: [String]

  @Option(help: "all, or last: one activation a prompt, at its final position.")
  var positions: Positions = .all

  @Option(
    help: "Add a source of this many activations of uniformly random token ids; needs --model.")
  var randomTokens = 0

  @Option(
    help: """
      Add a source from this text file (UTF-8), NAME=FILE, a document a line, of which the first \
      \(CapturedSource.contextLength) tokens; needs --model.
      """)
  var text: [String] = []

  @Option(help: "The model for --random-tokens and --text.")
  var model: String?

  @Option(help: "A PEFT LoRA for --model; the dictionary's own is found by its recorded hash.")
  var adapter: String?

  @OptionGroup var other: OtherModelOption

  @Flag(help: "Say per region how many rows of each source it holds, and how near they are.")
  var byRegion = false

  @Option(
    help: "Rows that the baselines are fitted on, and at most scored on, a source; 0 for none.")
  var baselineRows = 5000

  @Option(help: "k of the nearest-neighbour baseline.")
  var neighbours = 10

  @Option(help: "Decides what is resampled.")
  var seed: UInt64 = 0

  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  private static let mostRandomTokens = 10_000_000

  func validate() throws {
    guard !sources.isEmpty else { throw ValidationError("expected at least one source") }
    guard baselineRows >= 0 else { throw ValidationError("expected --baseline-rows of 0 or more") }
    guard neighbours > 0 else { throw ValidationError("expected a positive --neighbours") }
    guard (0...Self.mostRandomTokens).contains(randomTokens) else {
      throw ValidationError("expected --random-tokens of 0…\(Self.mostRandomTokens)")
    }
    guard model != nil || (randomTokens == 0 && text.isEmpty) else {
      throw ValidationError("--random-tokens and --text need --model")
    }
    guard adapter == nil || model != nil else {
      throw ValidationError("expected --model beside --adapter")
    }
    guard model == nil || randomTokens > 0 || !text.isEmpty else {
      throw ValidationError("--model is of --random-tokens and --text")
    }
    // Those are captured at every position: beside final ones they would be told apart by that.
    guard positions == .all || model == nil else {
      throw ValidationError("--random-tokens and --text have all positions, not --positions last")
    }
  }

  func run() throws {
    try export.check()
    Interruption.watch()
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    var notices: [String] = []
    var inputs = try sources.map { text -> Coverage.Input in
      let (name, path) = ClaimInput.named(text)
      let source = try ClaimInput.source(path, for: file, positions: positions, other: other)
      notices += source.notices(for: file) + source.positionNotices(for: file)
      return Coverage.Input(name: name, source: source)
    }
    let line = ProgressLine(isQuiet: style.quiet)
    let checkpoint = try model.map {
      try other.checkpoint(
        $0, adapter: adapter, for: [file], at: [dictionary], quiet: style.quiet
      ).asRead()
    }
    if let checkpoint { inputs += try captured(checkpoint, file) }
    try ClaimInput.checkNames(inputs.map(\.name))
    var options = Coverage.Options()
    (options.threads, options.seed) = (threadCount.threads, seed)
    (options.baselineRows, options.neighbours) = (baselineRows, neighbours)
    let coverage = try Coverage.run(file, inputs, options) { name, count in
      try Interruption.check()
      line.show("\(oneLine(name)): \(count) activations")
    }
    line.clear()
    try export.publish(
      report(coverage, file, seconds: line.seconds).noting(notices).naming(checkpoint), style)
  }

  /// The sources that a model has to run for.
  private func captured(
    _ checkpoint: Checkpoint, _ file: DictionaryFile
  ) throws -> [Coverage.Input] {
    guard let hook = try file.provenance.hook.map({ try HookPoint($0) }) else {
      throw ExperimentError(
        .missing, "expected a recorded hook to capture at, found none", file: file.name)
    }
    let loaded = try LoadedModel(checkpoint, threads: threadCount.threads)
    let (transformer, tokenizer) = (loaded.transformer, loaded.tokenizer)
    var inputs = try text.map { text -> Coverage.Input in
      let (name, path) = ClaimInput.named(text)
      let url = URL(filePath: path)
      guard let data = try? OrdinaryFile.data(url, limit: .max) else {
        throw ExperimentError(.missing, "cannot be read", file: url.lastPathComponent)
      }
      guard let lines = String(bytes: data, encoding: .utf8) else {
        throw ExperimentError(
          .invalidValue, "expected text in UTF-8, found other bytes", file: url.lastPathComponent)
      }
      let documents = try CapturedSource.documents(
        ofLines: lines, tokenizer, file: url.lastPathComponent)
      return CapturedSource.input(name, documents, at: hook, transformer)
    }
    if randomTokens > 0 {
      let documents = CapturedSource.randomDocuments(
        activations: randomTokens, vocabularySize: transformer.configuration.vocabularySize,
        tokenizer, seed: seed)
      inputs.append(CapturedSource.input("random token ids", documents, at: hook, transformer))
    }
    return inputs
  }

  private func report(
    _ coverage: Coverage, _ file: DictionaryFile, seconds: Double
  ) -> ClaimReport {
    let header = [
      "source", "n", "documents", "within θ", "95 %", "mean", "median", "p90", "p99", "AUROC",
      "95 %", "FPR@95",
    ]
    let rows = coverage.sources.map { source in
      [
        oneLine(source.name), "\(source.count)", "\(source.documents)",
        figure(source.withinThreshold), figure(source.withinInterval), figure(source.mean),
        figure(source.median), figure(source.p90), figure(source.p99),
        figure(source.separation?.auroc), figure(source.separation?.interval),
        figure(source.separation?.falsePositiveRate),
      ]
    }
    var text = """
      \(oneLine(file.name)): \(file.regionCount) regions, θ \(formatted(file.threshold)); \
      the first source counts as in distribution, 0.5 is chance
      \(table(header, rows))
      """
    if let baselines = coverage.baselines {
      let lines = baselines.sources.map { source in
        [
          oneLine(source.name), "\(source.count)", figure(source.distance.auroc),
          figure(source.distance.interval), figure(source.mahalanobis.auroc),
          figure(source.mahalanobis.interval), figure(source.neighbours.auroc),
          figure(source.neighbours.interval),
        ]
      }
      text += """


        on the same rows (\(baselines.inDistributionRows) in distribution; baselines fitted on \
        \(baselines.fittedRows) others, covariance shrunk by \(formatted(baselines.shrinkage)))
        \(table(["AUROC", "n", "distance", "95 %", "Mahalanobis", "95 %", "\(baselines.k) nearest", "95 %"], lines))
        """
    }
    if byRegion { text += "\n\n" + regionTable(coverage) }
    var entries: [(String, JSONValue)] = [
      ("dictionary", .string(file.name)), ("identity", .string(file.identity)),
      ("theta", .number(coverage.threshold)), ("regions", .integer(file.regionCount)),
      ("sources", .array(coverage.sources.map { json($0) })),
      ("baselines", coverage.baselines.map { json($0) } ?? .null),
      ("seed", .seed(seed)),
      ("seconds", .number(seconds)),
    ]
    if byRegion { entries.append(("byRegion", regions(coverage))) }
    return ClaimReport(
      kind: .coverage, identities: [file.identity], entries: entries, header: header, rows: rows,
      plot: SVGPlot(
        title: "Share of activations within θ of an exemplar",
        caption:
          "\(file.name), θ \(formatted(file.threshold)); n = \(coverage.sources.map { "\($0.count)" }.joined(separator: ", ")); lines: 95 % intervals over documents",
        content: .bars(
          coverage.sources.map { .init($0.name, $0.withinThreshold, $0.withinInterval) },
          axis: "within-threshold rate", reference: nil)),
      records: coverage.sources.map { source in
        let beside = coverage.baselines?.sources.first { $0.name == source.name }
        return json(source, beside)
      }, text: text)
  }

  private func json(
    _ source: Coverage.Source, _ beside: CoverageBaselines.Source? = nil
  ) -> JSONValue {
    let baselines = beside.map { source -> [(String, JSONValue)] in
      [
        ("sameRows", .integer(source.count)), ("sameRows.distance", json(source.distance)),
        ("sameRows.mahalanobis", json(source.mahalanobis)),
        ("sameRows.nearestNeighbours", json(source.neighbours)),
      ]
    }
    return .object(
      [
        ("name", .string(source.name)), ("n", .integer(source.count)),
        ("documents", .integer(source.documents)),
        ("withinThreshold", .number(source.withinThreshold)),
        ("within95", .interval(source.withinInterval)), ("mean", .number(source.mean)),
        ("median", .number(source.median)), ("p90", .number(source.p90)),
        ("p99", .number(source.p99)),
        ("min", .number(source.minimum)), ("max", .number(source.maximum)),
        ("auroc", .optional(source.separation?.auroc)),
        ("auroc95", .interval(source.separation?.interval)),
        ("fprAt95Recall", .optional(source.separation?.falsePositiveRate)),
      ] + (baselines ?? []))
  }

  private func json(_ separation: Coverage.Separation) -> JSONValue {
    .object([
      ("auroc", .number(separation.auroc)), ("auroc95", .interval(separation.interval)),
      ("fprAt95Recall", .number(separation.falsePositiveRate)),
    ])
  }

  private func json(_ baselines: CoverageBaselines) -> JSONValue {
    .object([
      ("fittedRows", .integer(baselines.fittedRows)),
      ("inDistributionRows", .integer(baselines.inDistributionRows)),
      ("shrinkage", .number(baselines.shrinkage)), ("neighbours", .integer(baselines.k)),
      (
        "sources",
        .array(
          baselines.sources.map { source in
            .object([
              ("name", .string(source.name)), ("n", .integer(source.count)),
              ("distance", json(source.distance)), ("mahalanobis", json(source.mahalanobis)),
              ("nearestNeighbours", json(source.neighbours)),
            ])
          })
      ),
    ])
  }

  private func regionTable(_ coverage: Coverage) -> String {
    let header =
      ["region"]
      + coverage.sources.flatMap { ["n of \(oneLine($0.name))", "within θ", "mean"] }
    let count = coverage.sources.first?.rowsOfRegion.count ?? 0
    return table(
      header,
      (0..<count).map { region in
        ["\(region)"]
          + coverage.sources.flatMap { source in
            let rows = source.rowsOfRegion[region]
            func share(_ value: Double) -> Double? { rows == 0 ? nil : value / Double(rows) }
            return [
              "\(rows)", figure(share(Double(source.withinOfRegion[region]))),
              figure(share(source.distanceOfRegion[region])),
            ]
          }
      })
  }

  private func regions(_ coverage: Coverage) -> JSONValue {
    let count = coverage.sources.first?.rowsOfRegion.count ?? 0
    return .array(
      (0..<count).map { region in
        .object([
          ("region", .integer(region)),
          (
            "sources",
            .array(
              coverage.sources.map { source in
                let rows = source.rowsOfRegion[region]
                func share(_ value: Double) -> JSONValue {
                  rows == 0 ? .null : .number(value / Double(rows))
                }
                return .object([
                  ("n", .integer(rows)),
                  ("withinThreshold", share(Double(source.withinOfRegion[region]))),
                  ("meanDistance", share(source.distanceOfRegion[region])),
                ])
              })
          ),
        ])
      })
  }
}

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
      The baselines are fitted on the odd documents of the first source, and compared with the distance on other rows. \
      --with adds dictionaries, whose hooks a store's sources have to have.

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

  @Option(help: "Another dictionary; may be repeated.")
  var with: [String] = []

  @Option(help: "The hook of dictionaries that do not record theirs.")
  var hook: String?

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

  @OptionGroup var running: EngineOption

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

  @OptionGroup var claim: ClaimOptions

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
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine: what its machine calls the model")
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
    try claim.export.check()
    Interruption.watch()
    let paths = [dictionary] + with
    let files = try paths.map { try DictionaryLocation.open(URL(filePath: $0), hook: hook) }
    var notices: [String] = []
    var inputs = try files.map { file in
      try sources.map { text -> Coverage.Input in
        let (name, path) = ClaimInput.named(text)
        let source = try ClaimInput.source(path, for: file, positions: positions, other: other)
        notices += source.notices(for: file) + source.positionNotices(for: file)
        return Coverage.Input(name: name, source: source)
      }
    }
    let line = claim.progress()
    let checkpoint = try model.map {
      try other.checkpoint(
        $0, adapter: adapter, for: files, at: paths, on: running, threads: claim.threads,
        quiet: claim.isQuiet
      ).asRead()
    }
    if let checkpoint {
      let loaded = try LoadedModel(checkpoint, threads: claim.threads)
      for (index, file) in files.enumerated() { inputs[index] += try captured(loaded, file) }
    }
    try ClaimInput.checkNames(inputs[0].map(\.name))
    var options = Coverage.Options()
    (options.threads, options.seed) = (claim.threads, seed)
    (options.baselineRows, options.neighbours) = (baselineRows, neighbours)
    let coverages = try zip(files, inputs).map { file, inputs in
      let what = files.count > 1 ? "\(oneLine(file.name)), " : ""
      let coverage = try Coverage.run(file, inputs, options) { name, count in
        try Interruption.check()
        line.show("\(what)\(oneLine(name)): \(count) activations")
      }
      return (coverage, file)
    }
    line.clear()
    let record = CoverageRecord(
      coverages, byRegion: byRegion, seed: seed, seconds: line.seconds)
    try claim.publish(record.report.noting(notices).naming(checkpoint))
  }

  /// The sources that a model has to run for.
  private func captured(
    _ loaded: LoadedModel, _ file: DictionaryFile
  ) throws -> [Coverage.Input] {
    guard let hook = try file.provenance.hook.map({ try HookPoint($0) }) else {
      throw ExperimentError(
        .missing, "expected a recorded hook to capture at, found none", file: file.name,
        remedy: "give it with \(.hook)")
    }
    let (engine, tokenizer) = (loaded.engine, loaded.tokenizer)
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
      return CapturedSource.input(name, documents, at: hook, engine)
    }
    if randomTokens > 0 {
      let documents = CapturedSource.randomDocuments(
        activations: randomTokens, vocabularySize: engine.description.vocabularySize,
        tokenizer, seed: seed)
      inputs.append(CapturedSource.input("random token ids", documents, at: hook, engine))
    }
    return inputs
  }
}

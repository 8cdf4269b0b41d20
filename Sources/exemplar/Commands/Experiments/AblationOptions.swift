import ArgumentParser
import ExemplarPartitioning
import Experiments
import Explorer
import Foundation
import LanguageModel
import Numerics
import Storage
import TensorFiles

extension DirectionBasis: ExpressibleByArgument {}
extension CandidateRank: ExpressibleByArgument {}
extension AblationSetup.Depth: ExpressibleByArgument {}

extension OutcomeClassifier: ExpressibleByArgument {}

/// What `ablate` and `steer` have in common.
struct AblationOptions: ParsableArguments {
  @Argument(help: "A dictionary (.epdict or reference .pkl).")
  var dictionary: String

  @Option(
    help:
      "The store (.epstore) of activations at the dictionary's hook, with continuations; STORE#SET,SET takes sets."
  )
  var store: String

  @Option(help: "The store's model: a .gguf file, a hub-style folder, or a name in the hub cache.")
  var model: String?

  @OptionGroup var adapting: AdapterOption
  @OptionGroup var running: EngineOption
  @OptionGroup var reading: ReadingOptions
  /// Prompts are as the store has them: what is asked for has to be what it records.
  @OptionGroup var templates: TemplateOptions

  var adapter: String? { adapting.adapter }
  var otherModel: Bool { reading.other.otherModel }

  @Option(
    help:
      "What stands for a region: mean, exemplar, or reanchored (the sampled member closest to its mean)."
  )
  var basis: DirectionBasis = .mean

  @Option(
    help:
      "The control: auto (a matched region for each one taken out, else as many random directions), ids (4,9), random, or none."
  )
  var null = "auto"

  @Option(
    help: """
      geometry (no weights; predicted), resume (the layers above the hook; first tokens) or generate (whole answers). \
      Without it: generate with --model, else geometry.
      """)
  var depth: AblationSetup.Depth?

  @Option(help: "New tokens of an answer; without it as many as the store's own answers had.")
  var maxNewTokens: Int?

  @Option(help: "The split of prompts to evaluate, or all.")
  var prompts = "heldout"

  @Option(help: "Evaluate only the first so many harmful and so many benign prompts.")
  var limit: Int?

  @Option(help: "The hook to edit at; without it the dictionary's own.")
  var at: String?

  @Option(
    help:
      "Who reads the answers: exemplar-v2, exemplar-v1 or reference-v1; without it the rules that the store was judged by."
  )
  var classifier: OutcomeClassifier?

  @Option(help: "The seed of random directions.")
  var seed: UInt64 = 0

  @Flag(
    help: """
      Run the same edit along the difference of means of the harmful and benign prompts, and along random directions, too.
      """)
  var baselines = false

  @Option(
    help: """
      Count something else in whole answers too: 'words: sorry, as an AI' (any, as whole words, whatever their case), \
      'regex: PATTERN', 'script: Cyrillic' (more than half of the letters; their share is told too), 'region: 17' (a \
      token of the answer falls into it, within θ) or 'probe: FILE' (a linear probe, weight and bias in .safetensors, \
      .npz or .npy, is positive on the mean of the answer's tokens); both at the dictionary's hook.
      """)
  var countsAs: String?

  @Flag(help: "Give whole answers in --json, not only their first words.")
  var texts = false

  @Option(help: "Write a report to this new Markdown file as well.")
  var report: String?

  @Flag(help: "Do not save the experiment in the notebook.")
  var noSave = false

  @Flag(
    help: "Count a person's verdicts from the notebook in place of the classifier's, where given.")
  var withVerdicts = false

  @OptionGroup var page: PageOption
  @OptionGroup var judging: JudgeOptions
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var style: OutputStyle

  func validate() throws {
    guard maxNewTokens ?? 1 > 0 else {
      throw ValidationError("expected a positive --max-new-tokens")
    }
    guard limit ?? 1 > 0 else { throw ValidationError("expected a positive --limit") }
    guard adapter == nil || model != nil else {
      throw ValidationError("expected --model beside --adapter")
    }
    guard !running.isGiven || model != nil else {
      throw ValidationError("expected --model beside --engine: what its machine calls the model")
    }
    guard !texts || style.json else { throw ValidationError("--texts is of --json") }
    guard !templates.areGiven || model != nil else {
      throw ValidationError(
        "--template, --system and the like are compared with the store's: expected --model too")
    }
    _ = try nullChoice()
    do { _ = try concept() } catch { throw ValidationError(words(of: error)) }
  }

  /// What is counted beside refusals.
  func concept() throws -> AnswerConcept? { try countsAs.map { try AnswerConcept($0) } }

  func nullChoice() throws -> AblationSetup.Null {
    switch null {
    case "auto": return .automatic
    case "none": return .none
    case "random": return .random
    default:
      let regions = try IDList.parse(null) { _ in
        ValidationError("--null: expected auto, regions' ids such as 4,9, random or none")
      }
      return regions.count == 1 ? .region(regions[0]) : .regions(regions)
    }
  }

  func setup(
    _ intervention: AblationSetup.Intervention, target: AblationSetup.Target
  ) throws -> AblationSetup {
    var setup = AblationSetup(
      intervention, target: target, basis: basis, null: try nullChoice(),
      depth: depth ?? (model == nil ? .geometry : .generate), actionHook: at,
      maxNewTokens: maxNewTokens, split: prompts, limit: limit, seed: seed)
    if baselines { setup.hasBaselines = true }
    return setup
  }

  /// Opens everything, checks that it belongs together, and loads the weights where the depth needs them.
  ///
  /// - Parameters:
  ///   - saved: the experiment that is run again; it decides about the store and the classifier.
  ///   - others: dictionaries of other layers.
  ///   - check: what else is refused before the weights are read.
  func runner(
    _ setup: AblationSetup, again saved: AblationResult? = nil, beside others: [String] = [],
    check: (AblationSubject) throws -> Void = { _ in }
  ) throws -> AblationRunner {
    try MatrixProducts.verify()
    if let report { try checkReport(report) }
    try page.check()
    try checkJudge(setup, again: saved)
    let file = try DictionaryLocation.open(URL(filePath: dictionary))
    let classifier = saved.flatMap { OutcomeClassifier(rawValue: $0.provenance.classifier) }
    let isOtherAllowed = otherModel || saved?.provenance.match == .other
    let subject = try AblationSubject.open(
      file, store: URL(filePath: store), expectedID: saved?.provenance.storeID,
      classifier: classifier ?? self.classifier,
      isOtherAllowed: isOtherAllowed, threads: threadCount.threads
    ).adding(
      try others.map { try DictionaryLocation.open(URL(filePath: $0)) },
      isOtherAllowed: isOtherAllowed)
    // Before the weights are read: what is wrong with the request is known without them.
    _ = try subject.target(setup)
    _ = try subject.evaluated(setup)
    if let concept = try concept() ?? saved?.counting { try subject.check(concept) }
    try check(subject)
    let weights = try weights(setup, for: subject.material.provenance)
    if let weights, templates.areGiven {
      try templates.check(
        against: TemplateRecord(subject.material.provenance), of: subject.material.name,
        try weights.model.tokenizer(), prompt: subject.material.prompts.first?.document.prompt ?? ""
      )
    }
    guard setup.depth != .geometry, let weights else {
      return try AblationRunner(subject, threads: threadCount.threads)
    }
    return try AblationRunner.open(
      subject, weights,
      beside: [try StoreAddress(URL(filePath: store)).url, URL(filePath: dictionary)],
      threads: threadCount.threads
    ) { checkpoint in
      if !style.quiet { checkpoint.tellFoundAdapter() }
      return try LoadedModel(checkpoint, threads: threadCount.threads)
    }
  }

  /// The weights that were named, loaded already where an engine has them.
  func weights(_ setup: AblationSetup, for store: StoreProvenance) throws -> Experiment.Weights? {
    guard let model else { return nil }
    guard running.isGiven, setup.depth != .geometry else {
      return Experiment.Weights(
        try ModelFiles.find(model), adapter: adapter.map { URL(filePath: $0) })
    }
    return try running.start(
      model, adapter: adapter, rotaryPrecision: store.rotaryPrecision,
      threads: threadCount.threads, quiet: style.quiet
    ).map { Experiment.Weights($0) }
  }

  private func checkReport(_ path: String) throws {
    try OutputPath.check(path, ["md"])
    guard !FileManager.default.fileExists(atPath: path) else {
      throw StorageError(.exists, "exists already", file: URL(filePath: path).lastPathComponent)
    }
  }

  /// Runs one experiment with progress on standard error.
  ///
  /// - Parameter done: experiments of the same command, which are kept too where this one is interrupted.
  func run(
    _ runner: AblationRunner, _ setup: AblationSetup, _ line: ProgressLine, prefix: String = "",
    after done: [AblationResult] = []
  ) throws -> AblationResult {
    var partial: AblationResult?
    func soFar() -> [AblationResult] { done + [partial].compactMap(\.self) }
    return try interruptible(line, keeping: soFar) {
      try runner.run(setup) { event in
        try Interruption.check()
        if case .began(let result) = event { partial = result } else { partial?.apply(event) }
        if case .progress(let what, let done, let total) = event {
          line.show("\(prefix)\(what): \(done) of \(total)")
        }
      }
    }
  }

  /// A judge reads answers; and what a saved experiment's judge said is not said again without it.
  private func checkJudge(_ setup: AblationSetup, again saved: AblationResult?) throws {
    guard countsAs == nil || setup.depth == .generate else {
      throw ExperimentError(
        .invalidValue,
        "a concept is counted in whole answers, but depth \(setup.depth.rawValue) has none; expected depth generate",
        file: "--counts-as")
    }
    guard judging.judge == nil || setup.depth == .generate else {
      throw ExperimentError(
        .invalidValue,
        "a judge reads whole answers, but depth \(setup.depth.rawValue) has none; expected depth generate",
        file: "--judge")
    }
    guard let known = saved?.judgedBy else { return }
    // A command out of a file is not run: it has to be given.
    guard let judge = judging.judge else {
      throw ExperimentError(
        .missing,
        "the saved experiment was judged by \(known.title) too; expected --judge with its command, "
          + known.command, file: "--again")
    }
    guard judge.command == known.command else {
      throw ExperimentError(
        .mismatch,
        "expected the judge of the saved experiment, \(known.title) (\(known.command)), found "
          + judge.command, file: "--judge")
    }
  }

  /// Counts a concept of a person's own where one was asked for, or was in the experiment that is run again.
  private func count(
    _ results: inout [AblationResult], by runner: AblationRunner, _ line: ProgressLine,
    again saved: AblationResult?
  ) throws {
    guard let concept = try concept() ?? saved?.counting else { return }
    let uncounted = results
    func soFar() -> [AblationResult] { uncounted }
    try interruptible(line, keeping: soFar) {
      for index in results.indices {
        try runner.count(concept, in: &results[index]) { done, total in
          try Interruption.check()
          line.show("\(concept.words): \(done) of \(total)")
        }
      }
    }
  }

  /// Has all answers judged where a judge was asked for, and a concept counted likewise.
  ///
  /// - Parameter saved: the experiment that is run again; another version of its judge is said.
  func judge(
    _ results: [AblationResult], by runner: AblationRunner, _ line: ProgressLine,
    again saved: AblationResult? = nil
  ) throws -> [AblationResult] {
    var judged = results
    try count(&judged, by: runner, line, again: saved)
    guard let judge = judging.judge else { return judged }
    let counted = judged
    func unjudged() -> [AblationResult] { counted }
    try interruptible(line, keeping: unjudged) {
      try AblationResult.judge(&judged, by: judge, check: Interruption.check) { done, total in
        line.show("judge: \(done) of \(total)")
      }
    }
    if let before = saved?.judgedBy?.title {
      for index in judged.indices {
        guard let now = judged[index].judgedBy?.title, now != before else { continue }
        judged[index].notices.append("the saved experiment was judged by \(before), this by \(now)")
      }
    }
    return judged
  }

  /// Ends with 130 and the command that goes on, where the user stops it.
  ///
  /// - Parameter keeping: the experiments so far, whole or not; they are saved.
  func interruptible<R>(
    _ line: ProgressLine, keeping: () -> [AblationResult] = { [] }, _ body: () throws -> R
  ) throws -> R {
    do {
      return try body()
    } catch is Interruption {
      line.clear()
      let saved = try keep(keeping().filter { !$0.prompts.isEmpty }, reporting: false)
        .compactMap(\.id).map(String.init)
      if !saved.isEmpty {
        StandardError.print("saved as experiment \(saved.joined(separator: ", "))")
      }
      StandardError.print(
        "interrupted; the answers so far are kept beside the store, and this goes on from there:\n"
          + CommandLine.arguments.map { oneLine($0) }.joined(separator: " "))
      throw ExitCode(130)
    }
  }

  /// Tells a person.
  ///
  /// - Parameter said: notes that stand above already, which are left out, and then those of this one too.
  func show(_ result: AblationResult, saidBefore said: inout Set<String>) {
    print(oneLine(result.title))
    print(table(result.table))
    for remark in result.remarks where !said.contains(remark) { print(oneLine(remark)) }
    said.formUnion(result.generalRemarks)
  }
}

import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import MatrixProducts
import Storage
import Synchronization
import TensorFiles

/// Performs the lab's work; keeps the dictionary, its store and the weights between experiments.
final class LabDesk: Sendable {
  private struct Bench {
    var dictionary: URL
    var folder: URL
    var runner: AblationRunner
    var hasLoadedWeights = false
  }

  private let places: Attachments
  private let threads: Int
  private let bench = Mutex<Bench?>(nil)

  init(_ places: Attachments, threads: Int) {
    self.places = places
    self.threads = threads
  }

  /// - Parameters:
  ///   - open: opens a dictionary.
  ///   - notebook: keeps finished experiments; `nil` where there is none.
  ///   - tell: called with answers before the last one.
  ///   - isStopped: asked often; when it says so, work ends with what was done.
  /// - Returns: the last answer.
  func perform(
    _ work: LabWork, open: (URL) throws -> DictionaryFile, notebook: () throws -> Notebook,
    tell: (LabAnswer) -> Void, isStopped: @Sendable () -> Bool
  ) throws -> LabAnswer {
    do {
      switch work {
      case .open(let url): return .opened(try subject(of: try open(url), at: url))
      case .run(let url, let setup):
        tell(.stage("opening the store"))
        let runner = try runner(url, open, setup.depth, tell)
        return try run(runner, setup, notebook, tell, isStopped)
      case .series(let url, let setup, let kind):
        let runner = try runner(url, open, setup.depth, tell)
        return try series(runner, setup, kind, tell, isStopped)
      case .report(let result, let url):
        let file = try OutputFile(url)
        try file.write(Array(result.markdown.utf8))
        try file.commit()
        return .reported(url)
      }
    } catch is CancellationError {
      return .stopped
    }
  }

  // MARK: - What an experiment stands on

  private func bench(_ file: DictionaryFile, at url: URL) throws -> Bench {
    try bench.withLock { bench in
      if let bench, bench.dictionary == url, bench.runner.subject.identity == file.identity {
        return bench
      }
      try MatrixProducts.verify()
      let store = try places.store(of: file)
      guard let store else {
        throw ExperimentError(
          .missing,
          "no store of captured activations lies beside it; start with --store STORE.epstore, or "
            + "make one: exemplar capture MODEL --prompts … --hook "
            + "\(file.provenance.hook ?? "HOOK") --generate 48", file: file.name)
      }
      let material = try AblationMaterial(try StoreFile(store))
      let subject = try AblationSubject(
        file, dictionary: try file.load(), material: material, threads: threads)
      let made = Bench(
        dictionary: url, folder: store.deletingLastPathComponent(),
        runner: try AblationRunner(subject, threads: threads))
      bench = made
      return made
    }
  }

  private func subject(of file: DictionaryFile, at url: URL) throws -> LabSubject {
    let bench = try bench(file, at: url)
    let subject = bench.runner.subject
    let prompts = subject.material.prompts
    var splits: [String: LabSubject.Split] = [:]
    for prompt in prompts {
      guard let role = prompt.role, let name = prompt.document.split else { continue }
      var split = splits[name] ?? LabSubject.Split(name: name, harmful: 0, benign: 0)
      switch role {
      case .harmful: split.harmful += 1
      case .benign: split.benign += 1
      }
      splits[name] = split
    }
    let weights: LabSubject.Weights
    var layers: [String] = []
    do {
      let description = try ModelDescription(try modelFiles(for: bench))
      layers = (0..<description.configuration.layerCount).map {
        HookPoint.residualPost(layer: $0).name
      }
      weights = .found(description.files.url.lastPathComponent)
    } catch {
      weights = .missing("\(error)")
    }
    if !layers.contains(subject.hook) { layers.insert(subject.hook, at: 0) }
    return LabSubject(
      store: subject.material.name, hook: subject.hook, actionHooks: layers,
      splits: splits.values.sorted { $0.name < $1.name },
      candidates: Dictionary(
        uniqueKeysWithValues: CandidateRank.allCases.map {
          ($0, subject.candidates?.ranked(by: $0) ?? [])
        }),
      tallies: Dictionary(
        uniqueKeysWithValues: (subject.candidates?.tallies ?? []).map { ($0.region, $0) }),
      baseRate: subject.candidates?.baseRate,
      maxNewTokens: subject.material.provenance.maxNewTokens.flatMap { $0 > 0 ? $0 : nil },
      weights: weights, notices: subject.notices)
  }

  private func modelFiles(for bench: Bench) throws -> ModelFiles {
    let material = bench.runner.subject.material
    return try places.weights(
      named: material.provenance.model, beside: bench.folder, for: material.name)
  }

  private func adapterFolder(for bench: Bench) throws -> URL? {
    let material = bench.runner.subject.material
    return try places.adapter(
      named: material.provenance.adapter, beside: bench.folder, for: material.name)
  }

  private func runner(
    _ url: URL, _ open: (URL) throws -> DictionaryFile, _ depth: AblationSetup.Depth,
    _ tell: (LabAnswer) -> Void
  ) throws -> AblationRunner {
    var bench = try bench(try open(url), at: url)
    guard depth != .geometry, !bench.hasLoadedWeights else { return bench.runner }
    let files = try modelFiles(for: bench)
    let adapter = try adapterFolder(for: bench)
    let name = files.url.lastPathComponent
    tell(.stage("checking \(name)"))
    let description = try ModelDescription(files)
    let modelHash = try FileHash.of(files)
    let adapterHash = try adapter.map(FileHash.ofWeights)
    try AblationRunner.check(
      bench.runner.subject, name: name, modelHash: modelHash, adapterHash: adapterHash,
      width: description.configuration.hiddenSize)
    tell(.stage("loading \(name)"))
    let tokenizer =
      switch files {
      case .gguf(let url): try TokenizerLoader.fromGGUF(metadata: try GGUFFile(url))
      case .hub(let folder):
        try TokenizerLoader.fromTokenizerJSON(folder.appending(path: "tokenizer.json"))
      }
    let transformer = try Transformer(
      description, adapter: try adapter.map { try LoRAAdapter(folder: $0) }, threads: threads)
    bench.runner = try AblationRunner(
      bench.runner.subject,
      model: AblationModel(
        transformer: transformer, tokenizer: tokenizer, name: name, modelHash: modelHash,
        adapterHash: adapterHash), threads: threads)
    bench.hasLoadedWeights = true
    let loaded = bench
    self.bench.withLock { $0 = loaded }
    return loaded.runner
  }

  // MARK: - Experiments

  /// Events are told in groups: a frame can show no more.
  private static let patience = Duration.milliseconds(40)

  private func run(
    _ runner: AblationRunner, _ setup: AblationSetup, _ notebook: () throws -> Notebook,
    _ tell: (LabAnswer) -> Void, _ isStopped: () -> Bool
  ) throws -> LabAnswer {
    var waiting: [AblationEvent] = []
    var last = ContinuousClock.now
    func flush() {
      if !waiting.isEmpty { tell(.events(waiting)) }
      waiting = []
      last = .now
    }
    let result: AblationResult
    do {
      result = try runner.run(setup) { event in
        if isStopped() { throw CancellationError() }
        waiting.append(event)
        if ContinuousClock.now - last > Self.patience { flush() }
      }
    } catch {
      flush()
      throw error
    }
    flush()
    return .finished(saved: try result.save(to: try notebook()))
  }

  private func series(
    _ runner: AblationRunner, _ setup: AblationSetup, _ kind: LabSeries.Kind,
    _ tell: (LabAnswer) -> Void, _ isStopped: () -> Bool
  ) throws -> LabAnswer {
    let sweep: AblationSweep
    switch kind {
    case .k: sweep = runner.sweepOfK(setup, maximum: 5)
    case .strength: sweep = runner.sweep(setup, strengths: [0.25, 0.5, 0.75, 1, 1.25, 1.5])
    case .layer: sweep = runner.sweepOfLayers(setup)
    case .regions:
      _ = try runner.search(setup) { effect, done, total in
        if isStopped() { throw CancellationError() }
        tell(
          .point(
            LabSeries.Point(
              label: "region \(effect.region)", refusing: effect.refusing, prompts: effect.prompts,
              divergence: effect.benignDivergence, logOddsChange: effect.logOddsChange),
            before: effect.refusingBefore, done: done, total: total))
      }
      return .finished(saved: nil)
    }
    var done = 0
    for step in sweep.steps {
      if isStopped() { throw CancellationError() }
      done += 1
      do {
        let result = try runner.run(step.setup) { _ in
          if isStopped() { throw CancellationError() }
        }
        guard let point = LabSeries.Point(step.label, result) else { continue }
        tell(
          .point(
            point, before: result.refusing(.baseline)?.successes ?? 0, done: done,
            total: sweep.steps.count))
      } catch let error as ExperimentError where error.code == .invalidValue {
        // Directions that span too little: this step has no result, the others have.
        continue
      }
    }
    return .finished(saved: nil)
  }
}

extension AblationResult {
  /// Harmful prompts that refuse, by what the depth knows: answers, first tokens, or a prediction.
  package func refusing(_ condition: AblationCondition) -> Proportion? {
    switch setup.depth {
    case .generate: return counts(condition, .harmful)?.refusal
    case .resume: return firstTokenRefusal(condition, .harmful)
    case .geometry:
      let predicted = predictions(condition, .harmful)
      return predicted.isEmpty ? nil : Proportion(predicted.count { $0 > 0.5 }, of: predicted.count)
    }
  }
}

extension LabSeries.Point {
  /// `nil` where the result has no harmful prompts that anything is known of.
  init?(_ label: String, _ result: AblationResult) {
    guard let refusing = result.refusing(result.treated) else { return nil }
    let degenerate = AblationPrompt.Role.allCases
      .compactMap { result.counts(result.treated, $0)?.degenerate }
    self.init(
      label: label, refusing: refusing.successes, prompts: refusing.count,
      control: result.refusing(.null)?.successes,
      degenerate: degenerate.isEmpty ? nil : degenerate.reduce(0, +),
      divergence: result.firstTokenKL(result.treated))
  }
}

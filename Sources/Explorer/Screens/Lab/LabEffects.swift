import Engines
import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage
import Synchronization

/// Performs the lab's work; keeps the dictionary, its store and the weights between experiments.
final class LabEffects: Sendable {
  private struct Opened {
    var dictionary: URL
    var folder: URL
    var runner: AblationRunner
    var hasLoadedWeights = false
  }

  private let places: Attachments
  private let threads: Int
  /// Whether generations go beside their store.
  private let keepsGenerations: Bool
  private let opened = Mutex<Opened?>(nil)

  init(_ places: Attachments, threads: Int, keepsGenerations: Bool) {
    self.places = places
    self.threads = threads
    self.keepsGenerations = keepsGenerations
  }

  /// - Parameters:
  ///   - performer: opens dictionaries, weights and the notebook, which others use too.
  ///   - tell: called with answers before the last one.
  ///   - isStopped: asked often; when it says so, work ends with what was done.
  /// - Returns: the last answer.
  func perform(
    _ work: LabWork, for performer: EffectPerformer, tell: (LabReply) -> Void,
    isStopped: @Sendable () -> Bool
  ) throws -> LabReply {
    do {
      switch work {
      case .open(let url):
        var subject = try subject(of: try performer.dictionary(url), at: url, performer)
        if let store = try storeID(at: url) {
          // Without a notebook nothing can be judged, and all the rest goes on.
          subject.verdicts =
            try (try? performer.openNotebook())?.verdicts(ofStore: store)
            .reduce(into: [:]) { $0[$1.key] = $1.outcome } ?? [:]
        }
        return .opened(subject)
      case .run(let url, let setup, let concept):
        tell(.stage("opening the store"))
        let runner = try runner(url, performer, setup.depth, tell)
        if let concept { try runner.subject.check(concept) }
        return try run(runner, setup, counting: concept, performer, tell, isStopped)
      case .series(let url, let setup, let kind):
        let runner = try runner(url, performer, setup.depth, tell)
        return try series(runner, setup, kind, performer, tell, isStopped)
      case .reopen(let url, let id):
        let opened = try open(try performer.dictionary(url), at: url)
        var (result, entry) = try AblationResult.saved(
          id, in: try performer.openNotebook(), on: opened.runner.subject.identity)
        if result.provenance.storeID == opened.runner.subject.material.storeID {
          try opened.runner.complete(&result)
        }
        return .reopened(entry, result)
      case .list, .compare, .report, .export, .judge: return try readNotebook(work, performer)
      }
    } catch is CancellationError {
      return .stopped(saved: nil)
    }
  }

  private func storeID(at url: URL) throws -> String? {
    opened.withLock { $0?.dictionary == url ? $0?.runner.subject.material.storeID : nil }
  }

  // MARK: - What an experiment stands on

  private func open(_ file: DictionaryFile, at url: URL) throws -> Opened {
    try opened.withLock { opened in
      if let opened, opened.dictionary == url, opened.runner.subject.identity == file.identity {
        return opened
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
      let subject = try AblationSubject.open(
        file, store: store, keepsGenerations: keepsGenerations,
        isOtherAllowed: places.isOtherAllowed, threads: threads)
      let made = Opened(
        dictionary: url, folder: store.deletingLastPathComponent(),
        runner: try AblationRunner(subject, threads: threads))
      opened = made
      return made
    }
  }

  private func subject(
    of file: DictionaryFile, at url: URL, _ performer: EffectPerformer
  ) throws -> LabSubject {
    let opened = try open(file, at: url)
    let subject = opened.runner.subject
    let prompts = subject.material.prompts
    var splits: [String: LabSubject.Split] = [:]
    for prompt in prompts {
      guard let role = prompt.role, let name = prompt.document.split else { continue }
      var split = splits[name] ?? LabSubject.Split(name: name, harmful: 0, benign: 0, own: 0)
      switch role {
      case .harmful: split.harmful += 1
      case .benign: split.benign += 1
      }
      if subject.own.contains(prompt.document) { split.own += 1 }
      splits[name] = split
    }
    let weights: LabSubject.Weights
    var layers: [String] = []
    do {
      if places.engine != nil {
        // Its layers are known once it has loaded the model.
        let count = performer.worker.withLock { $0?.engine.description.layerCount } ?? 0
        layers = (0..<count).map { HookPoint.residualPost(layer: $0).name }
        weights = .found(try performer.weightsName(for: [file]))
      } else {
        let description = try ModelDescription(try modelFiles(for: opened))
        layers = (0..<description.configuration.layerCount).map {
          HookPoint.residualPost(layer: $0).name
        }
        weights = .found(performer.title(of: description.files, for: file))
      }
    } catch {
      weights = .missing(words(of: error))
    }
    if !layers.contains(subject.hook) { layers.insert(subject.hook, at: 0) }
    var described = LabSubject(
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
    for hook in subject.material.hooks {
      described.norms[hook.name] = try? subject.material.residualNorm(at: hook.name)
    }
    return described
  }

  private func modelFiles(for opened: Opened) throws -> ModelFiles {
    let material = opened.runner.subject.material
    return try places.weights(
      named: material.provenance.model, beside: opened.folder, for: material.name)
  }

  /// Of an engine, with the model loaded.
  private func weights(
    for opened: Opened, _ performer: EffectPerformer, _ tell: (LabReply) -> Void
  ) throws -> Experiment.Weights {
    let provenance = opened.runner.subject.material.provenance
    if let worker = try performer.openWorker(
      named: provenance.model, precision: provenance.rotaryPrecision, tell: { tell(.stage($0)) })
    {
      return Experiment.Weights(worker, isOtherAllowed: places.isOtherAllowed)
    }
    let files = try modelFiles(for: opened)
    tell(.stage("checking \(files.title)"))
    return places.given(files)
  }

  private func runner(
    _ url: URL, _ performer: EffectPerformer, _ depth: AblationSetup.Depth,
    _ tell: (LabReply) -> Void
  ) throws -> AblationRunner {
    var opened = try open(try performer.dictionary(url), at: url)
    let hasEnded = (opened.runner.model?.engine as? WorkerEngine).map { !$0.isUsable } ?? false
    guard depth != .geometry, !opened.hasLoadedWeights || hasEnded else { return opened.runner }
    let name = opened.runner.subject.material.name
    let weights = try weights(for: opened, performer, tell)
    let beside: [URL?] = [
      opened.folder.appending(path: name), opened.dictionary, places.store,
    ]
    opened.runner = try AblationRunner.open(
      opened.runner.subject, weights, beside: beside.compactMap(\.self),
      threads: threads
    ) { checkpoint in
      tell(.stage("loading \(checkpoint.name)"))
      let reader = try performer.openReader(checkpoint)
      return LoadedModel(checkpoint, reader.engine, reader.tokenizer)
    }
    opened.hasLoadedWeights = true
    let loaded = opened
    self.opened.withLock { $0 = loaded }
    return loaded.runner
  }
}

import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage
import Synchronization

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
  /// Whether generations go beside their store.
  private let keepsGenerations: Bool
  private let bench = Mutex<Bench?>(nil)

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
    _ work: LabWork, for performer: EffectPerformer, tell: (LabAnswer) -> Void,
    isStopped: @Sendable () -> Bool
  ) throws -> LabAnswer {
    do {
      switch work {
      case .open(let url):
        var subject = try subject(of: try performer.dictionary(url), at: url)
        if let store = try storeID(at: url) {
          // Without a notebook nothing can be judged, and all the rest goes on.
          subject.verdicts =
            try (try? performer.openNotebook())?.verdicts(ofStore: store)
            .reduce(into: [:]) { $0[$1.key] = $1.outcome } ?? [:]
        }
        return .opened(subject)
      case .run(let url, let setup):
        tell(.stage("opening the store"))
        let runner = try runner(url, performer, setup.depth, tell)
        return try run(runner, setup, performer, tell, isStopped)
      case .series(let url, let setup, let kind):
        let runner = try runner(url, performer, setup.depth, tell)
        return try series(runner, setup, kind, performer, tell, isStopped)
      case .reopen(let url, let id):
        let bench = try bench(try performer.dictionary(url), at: url)
        var (result, entry) = try AblationResult.saved(
          id, in: try performer.openNotebook(), on: bench.runner.subject.identity)
        if result.provenance.storeID == bench.runner.subject.material.storeID {
          try bench.runner.complete(&result)
        }
        return .reopened(entry, result)
      case .list, .compare, .report: return try onShelf(work, performer)
      }
    } catch is CancellationError {
      return .stopped(saved: nil)
    }
  }

  private func storeID(at url: URL) throws -> String? {
    bench.withLock { $0?.dictionary == url ? $0?.runner.subject.material.storeID : nil }
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
      var material = try AblationMaterial(try StoreFile(store))
      if !keepsGenerations { material.journalFolder = nil }
      let subject = try AblationSubject(
        file, dictionary: try file.load(), material: material,
        isOtherAllowed: places.isOtherAllowed, threads: threads)
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

  private func checkpoint(for bench: Bench) throws -> Checkpoint {
    let material = bench.runner.subject.material
    return try places.checkpoint(
      try modelFiles(for: bench),
      for: [RecordedCheckpoint(material.provenance, of: material.name)],
      at: [bench.folder.appending(path: material.name), bench.dictionary], isStores: true)
  }

  private func runner(
    _ url: URL, _ performer: EffectPerformer, _ depth: AblationSetup.Depth,
    _ tell: (LabAnswer) -> Void
  ) throws -> AblationRunner {
    var bench = try bench(try performer.dictionary(url), at: url)
    guard depth != .geometry, !bench.hasLoadedWeights else { return bench.runner }
    let files = try modelFiles(for: bench)
    let name = files.url.lastPathComponent
    tell(.stage("checking \(name)"))
    let description = try ModelDescription(files)
    let checkpoint = try checkpoint(for: bench)
    try AblationRunner.check(
      bench.runner.subject, name: name, modelHash: checkpoint.modelHash,
      adapterHash: checkpoint.adapterHash, adapter: checkpoint.adapterName,
      width: description.configuration.hiddenSize)
    tell(.stage("loading \(checkpoint.name)"))
    let reader = try performer.openReader(checkpoint)
    bench.runner = try AblationRunner(
      bench.runner.subject,
      model: AblationModel(
        transformer: reader.transformer, tokenizer: reader.tokenizer, name: name,
        modelHash: checkpoint.modelHash, adapterHash: checkpoint.adapterHash,
        adapter: checkpoint.adapterName), threads: threads)
    bench.hasLoadedWeights = true
    let loaded = bench
    self.bench.withLock { $0 = loaded }
    return loaded.runner
  }
}

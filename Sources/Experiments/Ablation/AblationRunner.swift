import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage

/// A model in memory, known by its hashes.
package struct AblationModel: Sendable {
  package let engine: any Engine
  package let tokenizer: Tokenizer
  package let name: String
  /// What its own file calls it, where that is not the file's name.
  package let ownName: String?
  /// `nil` where a worker does not say.
  package let modelHash: String?
  package let adapterHash: String?
  /// The name of the adapter's folder.
  package let adapter: String?

  package init(
    engine: any Engine, tokenizer: Tokenizer, name: String, modelHash: String?,
    adapterHash: String?, adapter: String? = nil, ownName: String? = nil
  ) {
    self.adapter = adapter
    self.ownName = ownName
    self.engine = engine
    self.tokenizer = tokenizer
    self.name = name
    self.modelHash = modelHash
    self.adapterHash = adapterHash
  }

  package var identity: String? {
    modelHash.map { AblationMaterial.identity(modelHash: $0, adapterHash: adapterHash) }
  }
}

extension AblationModel {
  /// What results are kept under: the weights, and the engine where it is not our own. Of weights that nobody knows the hash
  /// of, none is kept for another run.
  package var keptIdentity: String {
    guard let identity else { return "unknown \(UUID().uuidString)" }
    return identity + (engine.description.recorded.map { " of \($0)" } ?? "")
  }
}

/// Runs ablations and steerings of one subject, with a model or without.
package struct AblationRunner: Sendable {
  package let subject: AblationSubject
  package let model: AblationModel?
  package let geometry: GeometryDepth
  package let threads: Int

  /// - Throws: `ExperimentError.mismatch` as `check`.
  package init(_ subject: AblationSubject, model: AblationModel? = nil, threads: Int) throws {
    if let model {
      try Self.check(
        subject, name: model.name, modelHash: model.modelHash, adapterHash: model.adapterHash,
        adapter: model.adapter, width: model.engine.description.hiddenSize)
    }
    self.subject = subject
    self.model = model
    self.threads = threads
    geometry = try GeometryDepth(subject, threads: threads)
  }

  /// Whether a model is the one that the store was captured from; to be asked before its weights are read.
  ///
  /// - Throws: `ExperimentError.mismatch`, naming both hashes or widths.
  package static func check(
    _ subject: AblationSubject, name: String, modelHash: String?, adapterHash: String?,
    adapter: String? = nil, width: Int
  ) throws {
    let provenance = subject.material.provenance
    if let expected = provenance.modelHash, let modelHash, expected != modelHash {
      throw ExperimentError(
        .mismatch,
        "was captured from a model of hash \(expected.prefix(12)), but \(name) is of "
          + "\(modelHash.prefix(12))", file: subject.material.name)
    }
    let recorded = RecordedCheckpoint(provenance, of: subject.material.name)
    let own = RecordedCheckpoint(owner: "", adapter: adapter, adapterHash: adapterHash)
    guard !recorded.isKnown || recorded.hasSameAdapter(as: own) else {
      throw ExperimentError(
        .mismatch,
        "was captured with adapter \(recorded.adapterWords), but the model's is \(own.adapterWords)",
        file: subject.material.name)
    }
    guard width == subject.dictionary.dimension else {
      throw ExperimentError(
        .mismatch, "is of \(subject.dictionary.dimension) components, but \(name) has \(width)",
        file: subject.dictionaryName)
    }
  }

  /// Runs one experiment at its depth and the shallower ones.
  ///
  /// - Parameter onEvent: called on this thread; to stop, throw. What was told until then holds, and answers are
  ///   kept beside the store.
  /// - Throws: `ExperimentError.missing` for a depth that needs a model where there is none; `CancellationError` in
  ///   a cancelled task.
  @discardableResult
  package func run(
    _ setup: AblationSetup, onEvent: (AblationEvent) throws -> Void = { _ in }
  ) throws -> AblationResult {
    let start = ContinuousClock.now
    let prompts = try subject.evaluated(setup)
    let directions = try subject.directions(setup)
    let target = directions.target
    let actionHook =
      directions.steering.isEmpty
      ? setup.actionHook ?? subject.hook
      : directions.steering.map(\.hook.name).joined(separator: ", ")
    let conditions = try conditions(setup, directions, at: actionHook)
    if setup.depth != .geometry, model == nil {
      throw ExperimentError(
        .missing,
        "depth \(setup.depth.rawValue) needs the model's weights; without them there is only "
          + "geometry, which predicts", file: subject.material.name)
    }
    // The stored activations are of one hook: what an edit elsewhere does to them only the layers between can say.
    guard setup.depth != .geometry || actionHook == subject.hook else {
      throw ExperimentError(
        .invalidValue,
        "depth geometry knows \(subject.hook) alone; an edit at \(actionHook) needs depth resume or "
          + "generate", file: subject.material.name)
    }
    let refusal = RefusalTokens(subject.training)
    var result = AblationResult(
      provenance: provenance, setup: setup, target: target, hook: subject.hook,
      actionHook: actionHook, conditions: conditions.map(\.name),
      prompts: prompts.map(PromptResult.init), readoutAUROC: geometry.heldOut?.area,
      readoutHeldOut: geometry.heldOut.map { $0.positives + $0.negatives } ?? 0,
      refusalTokens: refusal, notices: subject.notices + target.notices,
      evaluated: subject.own.count(of: prompts))
    if let sentence = result.evaluated?.sentence { result.notices.append(sentence) }
    if case .steer = setup.intervention, directions.steering.isEmpty {
      result.residualNorm = try? subject.material.residualNorm(at: actionHook)
    }
    if model != nil, subject.material.provenance.modelHash == nil {
      result.notices.append(
        "\(subject.material.name) does not record its model's hash: whether its activations are of this model is not known"
      )
    }
    if let model,
      let words = EngineWords.difference(
        of: subject.material.name, subject.material.provenance.engine,
        from: model.engine.description.engine)
    {
      result.notices.append(words)
    }
    if setup.depth == .generate {
      result.maxNewTokens =
        setup.maxNewTokens ?? subject.material.provenance.maxNewTokens.flatMap { $0 > 0 ? $0 : nil }
        ?? Self.defaultMaxNewTokens
    }
    if geometry.readout == nil {
      result.notices.append("no readout: all or none of the prompts with an outcome were refused")
    }
    if setup.depth != .geometry, refusal == nil {
      result.notices.append(
        "no token of the store's answers tells refusals apart: no refusal log-odds")
    }
    func tell(_ event: AblationEvent) throws {
      try Task.checkCancellation()
      result.apply(event)
      try onEvent(event)
    }
    try onEvent(.began(result))
    if actionHook == subject.hook {
      for condition in conditions {
        try tell(.landed(condition.name, try landings(prompts, condition.edits.first)))
      }
    }
    if setup.depth != .geometry, let model {
      try measure(prompts, conditions, setup, model, refusal, result.maxNewTokens, tell)
    }
    let (seconds, attoseconds) = (ContinuousClock.now - start).components
    try tell(.finished(seconds: Double(seconds) + Double(attoseconds) / 1e18))
    return result
  }

  /// As `run`, on a thread of its own; ending the iteration stops it.
  package func events(_ setup: AblationSetup) -> AsyncThrowingStream<AblationEvent, any Error> {
    AsyncThrowingStream { continuation in
      let work = Task.detached(priority: .userInitiated) {
        do {
          try self.run(setup) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }

  /// New tokens of an answer where neither the setup nor the store says.
  package static let defaultMaxNewTokens = 48

  private func measure(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition], _ setup: AblationSetup,
    _ model: AblationModel, _ refusal: RefusalTokens?, _ maxNewTokens: Int?,
    _ tell: (AblationEvent) throws -> Void
  ) throws {
    let resume = ResumeDepth(
      model: model.engine, material: subject.material, refusal: refusal)
    let readings = try resume.firstTokens(prompts, conditions) { done in
      try tell(.progress("first tokens", done: done, total: prompts.count))
    }
    try tell(
      .firstTokens(
        Dictionary(uniqueKeysWithValues: zip(conditions.map(\.name), readings))))
    guard setup.depth == .generate, let maxNewTokens else { return }
    let benign = prompts.filter { $0.role == .benign }
    let perplexities = try resume.perplexities(benign, conditions) { done in
      try tell(.progress("perplexity", done: done, total: benign.count))
    }
    try tell(
      .perplexities(
        Dictionary(
          uniqueKeysWithValues: zip(conditions.map(\.name), perplexities).compactMap {
            name, value in
            value.map { (name, $0) }
          })))
    let generate = GenerateDepth(
      model: model.engine, tokenizer: model.tokenizer, material: subject.material,
      modelIdentity: model.identity, maxNewTokens: maxNewTokens)
    var done = 0
    var full: Set<String> = []
    try generate.run(prompts, conditions) { event in
      switch event {
      case .text(let condition, let prompt, let added):
        try tell(.text(conditions[condition].name, prompt: prompt, added: added))
      case .answered(let condition, let prompt, let answer):
        done += 1
        try tell(.answered(conditions[condition].name, prompt: prompt, answer))
        try tell(.progress("answers", done: done, total: prompts.count * conditions.count))
        if answer.ending == Generation.Ending.context.rawValue { full.insert(prompts[prompt].id) }
      case .notice(let text): try tell(.notice(text))
      }
    }
    if !full.isEmpty {
      let verb = full.count == 1 ? "fills" : "fill"
      try tell(
        .notice(
          "\(quantity(full.count, "prompt")) \(verb) the model's context: answers are cut short by it"
        ))
    }
  }

  private var provenance: AblationResult.Provenance {
    AblationResult.Provenance(
      dictionary: subject.dictionaryName, identity: subject.identity,
      store: subject.material.name, storeID: subject.material.storeID, model: model?.name,
      modelName: model?.ownName,
      modelIdentity: model?.identity,
      adapter: model?.adapterHash == nil
        ? nil : model?.adapter ?? subject.material.provenance.adapter,
      match: subject.match,
      rotaryPrecision: model?.engine.description.rotaryPrecision?.rawValue,
      engine: model?.engine.description.recorded, classifier: subject.material.classifier.name,
      template: subject.material.provenance.template, toolVersion: toolVersion)
  }

  private func landings(_ prompts: [AblationPrompt], _ edit: Edit?) throws -> [Landing] {
    try geometry.landings(of: prompts) { rows in
      guard let edit else { return }
      switch edit.operation {
      case .ablate(let centre, let basis, let strength):
        Subspace.remove(basis: basis, from: &rows, centre: centre, strength: strength)
      case .steer(let direction, let alpha):
        for start in stride(from: 0, to: rows.count, by: direction.count) {
          for d in direction.indices { rows[start + d] += alpha * direction[d] }
        }
      case .replace:
        preconditionFailure("expected an edit of every row, got one of listed positions")
      }
    }
  }

  /// The baseline, the intervention, and the control where there is one.
  package func conditions(
    _ setup: AblationSetup, _ directions: AblationDirections, at actionHook: String
  ) throws -> [RunCondition] {
    if case .steer(let alpha) = setup.intervention, !directions.steering.isEmpty {
      return directions.steering.conditions(alpha: alpha)
    }
    let hook = try HookPoint(actionHook)
    if let swap = directions.swap {
      return [RunCondition(.baseline)]
        + swap.conditions(directions.nullSubspace, centre: subject.dictionary.centre, at: hook)
    }
    func edit(_ subspace: Subspace) throws -> Edit {
      try setup.intervention.edit(
        subspace, centre: subject.dictionary.centre, at: hook, of: subject.dictionaryName)
    }
    let isSteering = if case .steer = setup.intervention { true } else { false }
    var conditions = [
      RunCondition(.baseline),
      RunCondition(isSteering ? .steered : .ablated, edit: try edit(directions.subspace)),
    ]
    if let null = directions.nullSubspace {
      conditions.append(RunCondition(.null, edit: try edit(null)))
    }
    for baseline in directions.baselines {
      conditions.append(RunCondition(baseline.condition, edit: try edit(baseline.subspace)))
    }
    return conditions
  }
}

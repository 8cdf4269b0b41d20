import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage

/// Answers prompts of a person's own, untouched and edited along regions of a dictionary, side by side.
///
/// What is done to the model is what ``AblationRunner`` does: the same directions, edits and generation.
package struct Playground: Sendable {
  package let file: DictionaryFile
  package let hook: String
  private let dictionary: ExemplarDictionary
  private let model: LoadedModel
  /// How prompts of the dictionary were rendered; `nil` where that is not recorded.
  private let record: TemplateRecord?

  /// - Throws: `ExperimentError.missing` for a dictionary that does not say its hook, `mismatch` for a model of another width.
  package init(_ file: DictionaryFile, _ model: LoadedModel) throws {
    guard let hook = file.provenance.hook else {
      throw ExperimentError(
        .missing, "does not say which hook it was built at, so nothing can be edited",
        file: file.name)
    }
    let width = model.engine.description.hiddenSize
    guard file.dimension == width else {
      throw ExperimentError(
        .mismatch, "is of \(file.dimension) components, but \(model.checkpoint.name) has \(width)",
        file: file.name)
    }
    (self.file, self.hook, self.model) = (file, hook, model)
    record = Self.record(of: file)
    dictionary = try file.load()
  }

  /// How a dictionary's prompts were rendered; `nil` where that is not known, and where they were not.
  private static func record(of file: DictionaryFile) -> TemplateRecord? {
    TemplateRecord(file.provenance).flatMap { $0.name == "raw" ? nil : $0 }
  }

  /// Whether prompts are read in a chat template unless a person says otherwise: as the dictionary's were.
  package static func isChat(_ file: DictionaryFile) -> Bool { record(of: file) != nil }

  /// The unit of a steering, from a store of the dictionary's model.
  ///
  /// - Throws: as ``ResidualNorm/init(_:_:at:most:)``.
  package static func norm(of store: StoreFile, at hook: String) throws -> ResidualNorm {
    let documents = try store.documents()
    let prompts = documents.filter { $0.kind == .prompt }
    return try ResidualNorm(store, prompts.isEmpty ? documents : prompts, at: hook)
  }

  /// Answers every prompt in every column.
  ///
  /// - Parameters:
  ///   - norm: the unit of the steering, where a store gave one; else it is measured over the prompts.
  ///   - earlier: a result whose answers are taken where prompt, weights, edit and length are the same. Of one that was read
  ///     from the notebook they are made again, and it is said where they read otherwise.
  ///   - onEvent: called on this thread; to stop, throw.
  /// - Throws: `ExperimentError.invalidValue` for regions that are not there or span too little, and prompts without a token.
  @discardableResult
  package func run(
    _ setup: PlaygroundSetup, norm: ResidualNorm? = nil, after earlier: PlaygroundResult? = nil,
    onEvent: (PlaygroundEvent) throws -> Void = { _ in }
  ) throws -> PlaygroundResult {
    var notices = model.checkpoint.notices
    let tokens = try tokens(of: setup)
    let actionHook = setup.actionHook ?? hook
    var result = PlaygroundResult(
      provenance: try provenance(setup), setup: setup, actionHook: actionHook,
      conditions: setup.conditions, keys: [:],
      prompts: zip(setup.prompts, tokens).map {
        PlaygroundResult.Prompt(
          text: $0, input: GenerationJournal.inputHash($1), tokenCount: $1.count)
      }, notices: [])
    if let steering = setup.steering {
      result.residualNorm =
        try norm.flatMap { $0.hook == actionHook ? $0 : nil }
        ?? self.norm(of: tokens, at: actionHook)
      result.alpha = try steering.alpha(result.residualNorm)
    }
    let conditions = try conditions(setup, alpha: result.alpha, at: actionHook, &notices)
    result.notices = notices
    for condition in conditions {
      result.keys[condition.name] = GenerationJournal.key(
        model: identity, edits: condition.edits, maxNewTokens: setup.maxNewTokens)
    }
    let kept = result.takeAnswers(of: earlier)
    try onEvent(.began(result))
    try answer(tokens, conditions, &result, onEvent)
    let otherwise = kept.count { place, hash in
      result.prompts[place.prompt].answers[place.condition].map { $0.textHash != hash } ?? false
    }
    if !kept.isEmpty {
      result.notices.append(
        otherwise == 0
          ? "all \(kept.count) answers that were kept read the same again"
          : "\(otherwise) of the \(kept.count) answers that were kept read otherwise now")
    }
    result.isComplete = true
    return result
  }

  private func answer(
    _ tokens: [[Int]], _ conditions: [RunCondition], _ result: inout PlaygroundResult,
    _ onEvent: (PlaygroundEvent) throws -> Void
  ) throws {
    let places = tokens.indices.flatMap { prompt in
      conditions.indices.compactMap { condition in
        result.prompts[prompt].answers[conditions[condition].name] == nil
          ? SideBySide.Place(condition: condition, prompt: prompt) : nil
      }
    }
    let tokenizer = model.tokenizer
    let sideBySide = SideBySide(
      model: model.engine, tokenizer: tokenizer, maxNewTokens: result.setup.maxNewTokens)
    try sideBySide.run(tokens, conditions, at: places) { event in
      switch event {
      case .text(let place, let added):
        try onEvent(
          .text(conditions[place.condition].name, prompt: place.prompt, added: added))
      case .finished(let place, let generation):
        let text = tokenizer.decode(generation.tokens, skipSpecial: true)
        let answered = PlaygroundEvent.answered(
          conditions[place.condition].name, prompt: place.prompt,
          Answer(
            tokens: generation.tokens, text: text, ending: generation.ending.rawValue,
            verdict: OutcomeClassifier.exemplar.verdict(
              on: text, prompt: result.prompts[place.prompt].text), origin: .generated))
        result.apply(answered)
        try onEvent(answered)
      }
    }
  }

  // MARK: - What a run stands on

  private var identity: String {
    AblationModel(
      engine: model.engine, tokenizer: model.tokenizer, name: "",
      modelHash: model.checkpoint.modelHash, adapterHash: model.checkpoint.adapterHash
    ).keptIdentity
  }

  private func tokens(of setup: PlaygroundSetup) throws -> [[Int]] {
    guard !setup.prompts.isEmpty else {
      throw ExperimentError(.invalidValue, "expected a prompt, found none", file: "playground")
    }
    return try setup.prompts.enumerated().map { index, prompt in
      let ids = try model.tokenizer.tokens(ofOwn: prompt, isChat: setup.isChat, as: record).ids
      guard !ids.isEmpty, prompt.contains(where: { !$0.isWhitespace }) else {
        throw ExperimentError(
          .invalidValue, "expected a prompt of some text, found none", file: "prompt \(index + 1)")
      }
      return ids
    }
  }

  /// Over every position of the prompts, where no store says.
  private func norm(of tokens: [[Int]], at hook: String) throws -> ResidualNorm {
    let point = try HookPoint(hook)
    let output = try model.engine.forward(
      .tokens(tokens), reading: [point], logits: .none)
    return try ResidualNorm(
      of: output.hooks[point] ?? [], dimension: model.engine.description.width(at: point),
      hook: hook, source: tokens.count == 1 ? "this prompt" : "these \(tokens.count) prompts")
  }

  private func conditions(
    _ setup: PlaygroundSetup, alpha: Float?, at actionHook: String, _ notices: inout [String]
  ) throws -> [RunCondition] {
    let point = try HookPoint(actionHook)
    var conditions = [RunCondition(.baseline)]
    let isEdited = setup.strength != nil || setup.steering != nil
    guard isEdited else { return conditions }
    guard !setup.regions.isEmpty else {
      throw ExperimentError(
        .invalidValue, "expected regions to ablate or steer along, found none", file: file.name)
    }
    for region in setup.regions where !dictionary.regions.indices.contains(region) {
      throw ExperimentError(
        .invalidValue, "expected regions of 0…\(dictionary.count - 1), found \(region)",
        file: file.name)
    }
    func edit(
      _ intervention: AblationSetup.Intervention, _ regions: [Int]
    ) throws -> Edit {
      let subspace = try AblationSubject.subspace(
        of: regions, setup.basis, in: dictionary, named: file.name, &notices)
      return try intervention.edit(
        subspace, centre: dictionary.centre, at: point, of: file.name)
    }
    if let strength = setup.strength {
      conditions.append(
        RunCondition(.ablated, edit: try edit(.ablate(strength: strength), setup.regions)))
    }
    if let alpha {
      conditions.append(
        RunCondition(.steered, edit: try edit(.steer(alpha: alpha), [setup.regions[0]])))
      if setup.regions.count > 1 {
        notices.append("the steering is along the first region, \(setup.regions[0])")
      }
    }
    return conditions
  }

  private func provenance(_ setup: PlaygroundSetup) throws -> PlaygroundResult.Provenance {
    let checkpoint = model.checkpoint
    return PlaygroundResult.Provenance(
      dictionary: file.name, identity: file.identity, model: checkpoint.modelName,
      modelName: checkpoint.files.ownName, modelHash: checkpoint.modelHash,
      adapter: checkpoint.adapterName,
      adapterHash: checkpoint.adapterHash, match: checkpoint.match,
      rotaryPrecision: model.engine.description.rotaryPrecision?.rawValue,
      engine: model.engine.description.recorded,
      template: setup.isChat ? record?.words ?? "the model's own chat template" : nil,
      classifier: OutcomeClassifier.exemplar.name, toolVersion: toolVersion)
  }
}

extension PlaygroundResult {
  struct Place: Hashable {
    var condition: AblationCondition
    var prompt: Int
  }

  /// Takes answers of an earlier result over where all that they depend on is the same.
  ///
  /// - Returns: hashes of those of which only the first words are still kept.
  fileprivate mutating func takeAnswers(of earlier: PlaygroundResult?) -> [Place: String] {
    guard let earlier else { return [:] }
    let known = Dictionary(
      earlier.prompts.map { ($0.input, $0.answers) }, uniquingKeysWith: { first, _ in first })
    var openings: [Place: String] = [:]
    for condition in conditions where keys[condition] == earlier.keys[condition] {
      for index in prompts.indices {
        guard let answer = known[prompts[index].input]?[condition] else { continue }
        if answer.isOpening || answer.tokens.isEmpty {
          openings[Place(condition: condition, prompt: index)] = answer.textHash
        } else {
          prompts[index].answers[condition] = answer
        }
      }
    }
    return openings
  }
}

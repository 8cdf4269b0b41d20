import Engines
import Foundation
import LanguageModel
import Storage

/// Greedy answers to prompts under several conditions, side by side.
package struct GenerateDepth: Sendable {
  package enum Event: Sendable, Equatable {
    /// More of an answer.
    case text(condition: Int, prompt: Int, added: String)
    case answered(condition: Int, prompt: Int, Answer)
    /// Something that a person should hear of.
    case notice(String)
  }

  package let model: any Engine
  package let tokenizer: Tokenizer
  package let material: AblationMaterial
  /// Identity of weights and adapter, by which answers of earlier runs are known.
  package let modelIdentity: String?
  package let maxNewTokens: Int

  package init(
    model: any Engine, tokenizer: Tokenizer, material: AblationMaterial, modelIdentity: String?,
    maxNewTokens: Int
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.material = material
    self.modelIdentity = modelIdentity
    self.maxNewTokens = maxNewTokens
  }

  /// Answers every prompt under every condition; conditions of a prompt run beside each other.
  ///
  /// - Parameter onEvent: to stop, throw; what was answered has been told, and kept beside the store.
  package func run(
    _ prompts: [AblationPrompt], _ conditions: [RunCondition],
    onEvent: (Event) throws -> Void
  ) throws {
    let tokens = try prompts.map { try material.tokens(of: $0) }
    let inputs = tokens.map(GenerationJournal.inputHash)
    let journals = conditions.map { condition in
      journalIdentity.flatMap { identity in
        material.journalFolder.map {
          GenerationJournal(
            folder: $0, model: identity, edits: condition.edits, maxNewTokens: maxNewTokens)
        }
      }
    }
    let earlier = try journals.map { try $0?.entries() ?? [:] }
    // (condition, prompt) of each sequence of the call, prompt by prompt, so that verdicts come in side by side.
    var places: [SideBySide.Place] = []
    for prompt in prompts.indices {
      for condition in conditions.indices {
        if let answer = known(
          prompts[prompt], inputs[prompt], conditions[condition], earlier[condition])
        {
          try onEvent(.answered(condition: condition, prompt: prompt, answer))
        } else {
          places.append(SideBySide.Place(condition: condition, prompt: prompt))
        }
      }
    }
    var cannotKeep = false
    let sideBySide = SideBySide(
      model: model, tokenizer: tokenizer, maxNewTokens: maxNewTokens)
    try sideBySide.run(tokens, conditions, at: places) { event in
      switch event {
      case .text(let place, let added):
        try onEvent(.text(condition: place.condition, prompt: place.prompt, added: added))
      case .finished(let place, let generation):
        let prompt = prompts[place.prompt]
        if let journal = journals[place.condition], !cannotKeep {
          do {
            // Where the store has gone, a folder of answers in its place would be nobody's.
            try material.checkPlace()
            try journal.append(
              GenerationJournal.Entry(
                prompt: prompt.id, input: inputs[place.prompt], tokens: generation.tokens,
                ending: generation.ending.rawValue,
                text: tokenizer.decode(generation.tokens, skipSpecial: true)))
          } catch {
            cannotKeep = true
            let reason =
              (error as? StorageError)?.code == .missing
              ? "is no longer there" : "cannot be written to"
            try onEvent(
              .notice("answers are not kept for another run: \(material.name) \(reason)"))
          }
        }
        let answer = answer(
          prompt, generation.tokens, generation.ending.rawValue, origin: .generated)
        try onEvent(.answered(condition: place.condition, prompt: place.prompt, answer))
      }
    }
  }

  private func answer(
    _ prompt: AblationPrompt, _ tokens: [Int], _ ending: String, origin: Answer.Origin
  ) -> Answer {
    let text = tokenizer.decode(tokens, skipSpecial: true)
    return Answer(
      tokens: tokens, text: text, ending: ending,
      verdict: material.classifier.verdict(on: text, prompt: prompt.document.prompt),
      origin: origin)
  }

  /// An answer that need not be made again.
  private func known(
    _ prompt: AblationPrompt, _ input: String, _ condition: RunCondition,
    _ earlier: [String: GenerationJournal.Entry]
  ) -> Answer? {
    if condition.edits.isEmpty, material.provenance.maxNewTokens == maxNewTokens,
      isOfStoresModel, let stored = prompt.baseline, !stored.isCut, let ids = stored.tokens
    {
      return answer(prompt, ids.map(Int.init), stored.ending, origin: .store)
    }
    guard let entry = earlier[prompt.id], entry.input == input,
      Generation.Ending(rawValue: entry.ending) != nil,
      entry.tokens.allSatisfy({ (0..<model.description.vocabularySize).contains($0) })
    else { return nil }
    let kept = answer(prompt, entry.tokens, entry.ending, origin: .journal)
    // A line whose tokens are not those of its text was damaged since it was written.
    return entry.text == nil || entry.text == kept.text ? kept : nil
  }

  /// Answers of another engine are other answers.
  private var journalIdentity: String? {
    modelIdentity.map { $0 + (model.description.recorded.map { " of \($0)" } ?? "") }
  }

  private var isOfStoresModel: Bool {
    if let engine = model.description.recorded,
      engine != material.provenance.engine.map(EngineDescription.withoutDeviceNumber)
    {
      return false
    }
    guard let modelIdentity, let identity = material.modelIdentity else { return false }
    return AblationMaterial.isSame(modelIdentity, identity)
  }
}

extension AblationMaterial {
  /// Identity of the weights and adapter that the store was captured from; `nil` where not recorded.
  package var modelIdentity: String? {
    provenance.modelHash.map {
      Self.identity(modelHash: $0, adapterHash: provenance.adapterHash)
    }
  }

  /// Whether two identities are of the same weights and adapter, as far as both say it.
  static func isSame(_ one: String, _ other: String) -> Bool {
    let (one, other) = (parts(one), parts(other))
    guard one.model == other.model else { return false }
    guard let mine = one.adapter, let theirs = other.adapter else {
      return one.adapter == other.adapter
    }
    return AdapterIdentity.isSame(mine, theirs)
  }

  private static func parts(_ identity: String) -> (model: String, adapter: String?) {
    guard let plus = identity.firstIndex(of: "+") else { return (identity, nil) }
    return (String(identity[..<plus]), String(identity[identity.index(after: plus)...]))
  }

  package static func identity(modelHash: String, adapterHash: String?) -> String {
    modelHash + (adapterHash.map { "+\($0)" } ?? "")
  }
}

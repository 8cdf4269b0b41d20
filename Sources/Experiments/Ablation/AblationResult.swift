import Foundation
import LanguageModel
import Numerics
import Storage

/// One row of the ledger: a prompt under every condition.
package struct PromptResult: Sendable, Equatable, Codable {
  package var id: String
  package var role: AblationPrompt.Role
  package var category: String?
  /// The prompt's words.
  package var prompt: String
  /// What became of it in the store, without an edit.
  package var storedOutcome: Outcome?
  package var landings: [AblationCondition: Landing] = [:]
  package var firstTokens: [AblationCondition: FirstToken] = [:]
  package var answers: [AblationCondition: Answer] = [:]

  init(_ prompt: AblationPrompt) {
    id = prompt.id
    role = prompt.role ?? .benign
    category = prompt.document.category
    self.prompt = prompt.document.prompt
    storedOutcome = prompt.outcome
  }

  package func outcome(_ condition: AblationCondition) -> Outcome? {
    answers[condition]?.outcome
  }
}

/// What an ablation or a steering came to, so far or in the end.
package struct AblationResult: Sendable, Equatable, Codable {
  /// The files and the model, by name and hash.
  package struct Provenance: Sendable, Equatable, Codable {
    package var dictionary: String
    package var identity: String
    package var store: String
    package var storeID: String?
    /// `nil` at geometry depth.
    package var model: String?
    /// What the model's own file calls it, where that is not what the file is called.
    package var modelName: String? = nil
    package var modelIdentity: String?
    /// The name of the adapter's folder; `nil` without one, and at geometry depth.
    package var adapter: String?
    /// Whether the store, and the model, are of the checkpoint that the dictionary was built from; `nil` in experiments
    /// that an earlier version kept.
    package var match: Checkpoint.Match?
    /// What rotary frequencies were rounded to; `nil` without a model, or where it has none.
    package var rotaryPrecision: String? = nil
    /// Which engine, library, device and arithmetic; `nil` for our own.
    package var engine: String? = nil
    package var classifier: String
    package var template: String?
    package var toolVersion: String
  }

  package var provenance: Provenance
  package var setup: AblationSetup
  package var target: AblationTarget
  /// The dictionary's hook.
  package var hook: String
  /// Where the model was edited.
  package var actionHook: String
  /// What was run, the baseline first.
  package var conditions: [AblationCondition]
  /// Harmful ones first.
  package var prompts: [PromptResult]
  /// Of the readout, on prompts that it was not fitted on; `nil` where it cannot be had.
  package var readoutAUROC: Double?
  package var readoutHeldOut = 0
  package var refusalTokens: RefusalTokens?
  package var perplexities: [AblationCondition: Double] = [:]
  package var maxNewTokens: Int?
  /// Of a steering: the unit that α can be read in; `nil` where the store has no rows at the hook, and in experiments that
  /// an earlier version kept.
  package var residualNorm: ResidualNorm?
  package var notices: [String]
  /// `nil` in experiments that an earlier version kept.
  package var evaluated: EvaluatedPrompts?
  /// Whose verdicts stand beside the classifier's; `nil` where no judge was asked.
  package var judgedBy: JudgeProvenance?
  /// What is counted in answers beside refusals; `nil` where nothing was asked for.
  package var counting: AnswerConcept?
  /// The series that it is a step of; `nil` of an experiment by itself.
  package var sweep: SweepPlace?
  package var isComplete = false
  package var seconds = 0.0
  /// Whether a person's verdicts are counted in place of the classifier's.
  package var countsPersonal = false

  /// The condition that is compared with the baseline.
  package var treated: AblationCondition {
    switch setup.intervention {
    case .ablate: .ablated
    case .steer: .steered
    case .swap: .swapped
    }
  }

  /// The answers of one role under one condition; `nil` while there are none.
  package func counts(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> OutcomeCounts? {
    let outcomes = prompts.filter { $0.role == role }.compactMap { $0.outcome(condition) }
    return outcomes.isEmpty ? nil : OutcomeCounts(outcomes)
  }

  /// Prompts that refuse under `first` and under `second`, paired over those of which both are measured: by answers, or
  /// by first tokens at resume depth. Predictions are not tested.
  ///
  /// - Parameter validOnly: leaves out pairs with a degenerate answer.
  package func flips(
    _ role: AblationPrompt.Role, from first: AblationCondition, to second: AblationCondition,
    validOnly: Bool = false
  ) -> McNemar? {
    guard setup.depth != .geometry, !validOnly || setup.depth == .generate else { return nil }
    return paired(role) { prompt in
      guard let a = reading(prompt, first), let b = reading(prompt, second) else { return nil }
      if validOnly, a.outcome == .degenerate || b.outcome == .degenerate { return nil }
      return (a.refuses, b.refuses)
    }
  }

  /// Flips over the prompts of one role of which both readings are known; `nil` without any.
  func paired(
    _ role: AblationPrompt.Role, _ refuses: (PromptResult) -> (Bool, Bool)?
  ) -> McNemar? {
    let pairs = prompts.filter { $0.role == role }.compactMap(refuses)
    return pairs.isEmpty ? nil : McNemar(before: pairs.map(\.0), after: pairs.map(\.1))
  }

  /// The share of prompts whose first token is more likely than not to begin a refusal.
  package func firstTokenRefusal(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> Proportion? {
    let odds = prompts.filter { $0.role == role }
      .compactMap { $0.firstTokens[condition]?.refusalLogOdds }
    return odds.isEmpty ? nil : Proportion(odds.count { $0 > 0 }, of: odds.count)
  }

  package func meanLogOdds(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> Double? {
    mean(
      prompts.filter { $0.role == role }.compactMap { $0.firstTokens[condition]?.refusalLogOdds })
  }

  /// First-token divergences from the baseline on benign prompts, ascending.
  package func divergences(_ condition: AblationCondition) -> [Double] {
    prompts.filter { $0.role == .benign }.compactMap { $0.firstTokens[condition]?.divergence }
      .sorted()
  }

  /// Mean first-token divergence from the baseline on benign prompts, in nats.
  package func firstTokenKL(_ condition: AblationCondition) -> Double? {
    mean(divergences(condition))
  }

  /// The predicted probabilities of a refusal.
  package func predictions(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> [Double] {
    prompts.filter { $0.role == role }.compactMap { $0.landings[condition]?.predictedRefusal }
  }

  func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.mean }
}

/// What happens while an ablation runs. Applied in order to the result of `began`, events give the result.
package enum AblationEvent: Sendable, Equatable {
  case began(AblationResult)
  /// What is being done, in words, and how far it is.
  case progress(String, done: Int, total: Int)
  case landed(AblationCondition, [Landing])
  /// First tokens of every prompt, per condition.
  case firstTokens([AblationCondition: [FirstToken]])
  case perplexities([AblationCondition: Double])
  /// More of an answer that is being written.
  case text(AblationCondition, prompt: Int, added: String)
  case answered(AblationCondition, prompt: Int, Answer)
  case notice(String)
  case finished(seconds: Double)
}

extension AblationResult {
  /// Takes in what has happened.
  package mutating func apply(_ event: AblationEvent) {
    switch event {
    case .began(let result): self = result
    case .progress, .text: break
    case .landed(let condition, let landings):
      for (index, landing) in landings.enumerated() {
        prompts[index].landings[condition] = landing
      }
    case .firstTokens(let readings):
      for (condition, tokens) in readings {
        for (index, token) in tokens.enumerated() { prompts[index].firstTokens[condition] = token }
      }
    case .perplexities(let values): perplexities.merge(values) { _, new in new }
    case .answered(let condition, let prompt, let answer):
      prompts[prompt].answers[condition] = answer
    case .notice(let notice): notices.append(notice)
    case .finished(let seconds):
      isComplete = true
      self.seconds = seconds
    }
  }
}

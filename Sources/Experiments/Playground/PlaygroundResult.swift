import Foundation
import Storage

/// What a model wrote to prompts of a person's own, untouched and edited.
package struct PlaygroundResult: Sendable, Equatable, Codable {
  package struct Provenance: Sendable, Equatable, Codable {
    package var dictionary: String
    package var identity: String
    package var model: String
    /// What the model's own file calls it, where that is not what the file is called.
    package var modelName: String? = nil
    /// `nil` where a worker does not say.
    package var modelHash: String?
    package var adapter: String?
    package var adapterHash: String?
    /// Whether the model is the one that the dictionary was built from.
    package var match: Checkpoint.Match
    package var rotaryPrecision: String?
    /// Which engine, library, device and arithmetic; `nil` for our own.
    package var engine: String?
    /// How prompts were rendered, in words; `nil` where they were read as they are.
    package var template: String?
    /// The rules that read the answers.
    package var classifier: String
    package var toolVersion: String
  }

  package struct Prompt: Sendable, Equatable, Codable {
    package var text: String
    /// SHA-256 of its tokens.
    package var input: String
    package var tokenCount: Int
    package var answers: [AblationCondition: Answer] = [:]
  }

  package var provenance: Provenance
  package var setup: PlaygroundSetup
  /// Where the model was edited.
  package var actionHook: String
  /// The unit that a steering can be given in; `nil` without a steering, and where there are no rows to measure.
  package var residualNorm: ResidualNorm?
  /// α of the steering as it was added.
  package var alpha: Float?
  package var conditions: [AblationCondition]
  /// By which an answer is known to be of the same weights, edit and length.
  package var keys: [AblationCondition: String]
  package var prompts: [Prompt]
  package var notices: [String]
  package var isComplete = false

  /// The region that is steered along.
  package var steeredRegion: Int? { setup.steering == nil ? nil : setup.regions.first }

  /// What a column is called: `ablated, regions 3, 17`.
  package func name(_ condition: AblationCondition) -> String {
    let ids = setup.regions.map(String.init).joined(separator: ", ")
    switch condition {
    case .ablated:
      let share = setup.strength.map { $0 == 1 ? "" : ", strength \($0)" } ?? ""
      return "ablated, region\(setup.regions.count == 1 ? "" : "s") \(ids)\(share)"
    case .steered: return "steered along \(steeredRegion.map(String.init) ?? "—"), \(strengthWords)"
    default: return "untouched"
    }
  }

  /// The steering in units of the median norm; `nil` without one, and where that is not known.
  package var norms: Double? {
    if case .norms(let norms) = setup.steering { return norms }
    return alpha.flatMap { alpha in residualNorm?.norms(alpha) }
  }

  /// `α 12.3 = 0.5 norms`.
  package var strengthWords: String {
    guard let alpha else { return "α —" }
    let norms = norms.map { " = \(ResidualNorm.figure($0)) norms" }
    return "α \(ResidualNorm.figure(Double(alpha)))\(norms ?? "")"
  }

  package mutating func apply(_ event: PlaygroundEvent) {
    switch event {
    case .began(let result): self = result
    case .text: break
    case .answered(let condition, let prompt, let answer):
      prompts[prompt].answers[condition] = answer
    }
  }

  /// Edited answers that read otherwise than the untouched one, and how many there are.
  package var changed: (count: Int, of: Int) {
    var (count, all) = (0, 0)
    for prompt in prompts {
      guard let before = prompt.answers[.baseline] else { continue }
      for condition in conditions.dropFirst() {
        guard let after = prompt.answers[condition] else { continue }
        all += 1
        if after.textHash != before.textHash { count += 1 }
      }
    }
    return (count, all)
  }
}

extension PlaygroundResult {
  /// A heading: what was done to what. What tells one run from another comes first, for a narrow list.
  package var title: String {
    let edits = conditions.dropFirst().map { condition -> String in
      let ids = setup.regions.map(String.init).joined(separator: ",")
      guard condition == .steered else {
        return "\(ids) ablated" + (setup.strength.map { $0 == 1 ? "" : " \($0)" } ?? "")
      }
      let sign = (norms ?? Double(alpha ?? 0)) < 0 ? "" : "+"
      let strength =
        norms.map { "\(sign)\(ResidualNorm.figure($0)) norms" }
        ?? alpha.map { "\(sign)\(ResidualNorm.figure(Double($0)))" } ?? "steered"
      return conditions.contains(.ablated) && setup.regions.count == 1
        ? strength : "\(steeredRegion.map(String.init) ?? "—") \(strength)"
    }
    let what = edits.isEmpty ? "untouched" : edits.joined(separator: ", ")
    let first = prompts.first.map { "“\(AblationResult.opening($0.text))”" } ?? "no prompt"
    let more = prompts.count > 1 ? " and \(prompts.count - 1) more" : ""
    return "\(what): \(first)\(more), at \(actionHook)"
  }

  /// What can be said of so few texts.
  package var conclusion: String {
    let (count, all) = changed
    guard all > 0 else { return "texts to read; nothing was counted" }
    return "\(count) of \(all) edited answers read otherwise than the untouched ones; "
      + "texts to read, with no control and no test"
  }
}

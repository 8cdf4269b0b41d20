import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// Two experiments beside each other: how they were set up, what came of each, and which prompts differ.
package struct AblationComparison: Sendable, Equatable {
  /// One thing that was set otherwise.
  package struct Difference: Sendable, Equatable, Encodable {
    package var name: String
    package var a: String
    package var b: String
  }

  /// One rate in both.
  package struct Rates: Sendable, Equatable {
    package var role: AblationPrompt.Role
    /// In A; where B's intervention is of another kind, the condition that answers to it.
    package var condition: AblationCondition
    /// `nil` where nothing is known.
    package var a: Proportion?
    package var b: Proportion?
    /// Degenerate answers; `nil` where nothing was generated.
    package var degenerateA: Int?
    package var degenerateB: Int?
  }

  /// A prompt that comes out otherwise under the two interventions.
  package struct Flip: Sendable, Equatable {
    package var id: String
    package var role: AblationPrompt.Role
    package var prompt: String
    /// In the words of the depth: an outcome, log-odds, or a predicted probability.
    package var a: String
    package var b: String
    package var refusesInA: Bool
    package var refusesInB: Bool
  }

  package var a: AblationResult
  package var b: AblationResult
  package var differences: [Difference]
  package var rates: [Rates]
  package var flips: [Flip]
  /// Refusals under the interventions, paired over the prompts of both, for each role; none where there are no pairs.
  package var tests: [AblationPrompt.Role: McNemar]
  /// Prompts that both evaluate.
  package var shared: Int

  /// - Throws: `ExperimentError.mismatch` for results of different depths, whose numbers say different things.
  package init(_ a: AblationResult, _ b: AblationResult) throws {
    guard a.setup.depth == b.setup.depth else {
      throw ExperimentError(
        .mismatch,
        "expected two experiments of one depth, found \(a.setup.depth.rawValue) and "
          + b.setup.depth.rawValue, file: a.provenance.dictionary)
    }
    (self.a, self.b) = (a, b)
    differences = Self.differences(a, b)
    rates = AblationPrompt.Role.allCases.flatMap { role in
      [AblationCondition.baseline, .ablated, .null].compactMap { condition in
        let (inA, inB) = (Self.answering(condition, a), Self.answering(condition, b))
        let rates = Rates(
          role: role, condition: inA, a: a.refusing(inA, role), b: b.refusing(inB, role),
          degenerateA: a.counts(inA, role)?.degenerate,
          degenerateB: b.counts(inB, role)?.degenerate)
        return rates.a == nil && rates.b == nil ? nil : rates
      }
    }
    let others = Dictionary(b.prompts.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    var flips: [Flip] = []
    var pairs: [AblationPrompt.Role: [(Bool, Bool)]] = [:]
    var shared = 0
    for prompt in a.prompts {
      guard let other = others[prompt.id] else { continue }
      shared += 1
      guard let inA = a.reading(prompt, a.treated), let inB = b.reading(other, b.treated) else {
        continue
      }
      pairs[prompt.role, default: []].append((inA.refuses, inB.refuses))
      guard inA.isUnlike(inB) else { continue }
      flips.append(
        Flip(
          id: prompt.id, role: prompt.role, prompt: prompt.prompt, a: inA.words, b: inB.words,
          refusesInA: inA.refuses, refusesInB: inB.refuses))
    }
    self.flips = flips
    self.shared = shared
    tests = pairs.mapValues { McNemar(before: $0.map(\.0), after: $0.map(\.1)) }
  }

  /// The condition of a result that stands where `.ablated` does.
  static func answering(
    _ condition: AblationCondition, _ result: AblationResult
  ) -> AblationCondition {
    condition == .ablated ? result.treated : condition
  }

  private static func own(_ evaluated: EvaluatedPrompts?) -> String {
    evaluated?.own.map { "\($0) of \(evaluated?.count ?? 0)" } ?? "—"
  }

  private static func differences(_ a: AblationResult, _ b: AblationResult) -> [Difference] {
    func short(_ hash: String?) -> String { hash.map { String($0.prefix(12)) } ?? "—" }
    func facts(_ result: AblationResult) -> [(String, String)] {
      let intervention =
        switch result.setup.intervention {
        case .ablate(let strength): strength == 1 ? "ablate" : "ablate, strength \(strength)"
        case .steer(let alpha): "steer, α \(alpha)"
        case .swap: "swap"
        }
      let provenance = result.provenance
      return [
        ("dictionary", "\(provenance.dictionary) \(short(provenance.identity))"),
        ("store", "\(provenance.store) \(short(provenance.storeID))"),
        (
          "model",
          "\(ModelName.title(provenance.model, named: provenance.modelName) ?? "—") "
            + short(provenance.modelIdentity)
        ),
        ("adapter", provenance.adapter ?? "—"),
        ("the dictionary's own prompts", Self.own(result.evaluated)),
        ("intervention", intervention),
        ("regions", result.target.regions.map(String.init).joined(separator: ", ")),
        ("direction", result.target.directions?.words ?? "—"),
        ("basis", result.setup.basis.rawValue), ("control", result.nullName),
        ("edited at", result.actionHook), ("prompts", result.setup.split),
        ("at most", result.setup.limit.map { "\($0) a role" } ?? "all"),
        ("new tokens", result.maxNewTokens.map(String.init) ?? "—"),
        ("classifier", provenance.classifier), ("counted by", result.countedBy),
        ("judge", result.judgedBy?.title ?? "—"),
        ("complete", result.isComplete ? "yes" : "no, it was stopped"),
        ("program", provenance.toolVersion),
      ]
    }
    return zip(facts(a), facts(b)).compactMap { mine, theirs in
      mine.1 == theirs.1 ? nil : Difference(name: mine.0, a: mine.1, b: theirs.1)
    }
  }
}

extension AblationResult {
  /// What a depth says of one prompt under one condition.
  package struct Reading: Sendable, Equatable {
    package var refuses: Bool
    package var words: String
    /// `nil` where nothing was generated.
    package var outcome: Outcome?

    /// Whether a person would say that the two came out otherwise.
    package func isUnlike(_ other: Reading) -> Bool {
      outcome != other.outcome || refuses != other.refuses
    }
  }

  /// `nil` where nothing is known.
  package func reading(_ prompt: PromptResult, _ condition: AblationCondition) -> Reading? {
    switch setup.depth {
    case .generate:
      return prompt.outcome(condition).map {
        Reading(refuses: $0 == .refused, words: $0.rawValue, outcome: $0)
      }
    case .resume:
      return prompt.firstTokens[condition]?.refusalLogOdds.map {
        Reading(refuses: $0 > 0, words: "log-odds \(significant($0))")
      }
    case .geometry:
      return prompt.landings[condition]?.predictedRefusal.map {
        Reading(refuses: $0 >= 0.5, words: "predicted \(significant($0))")
      }
    }
  }
}

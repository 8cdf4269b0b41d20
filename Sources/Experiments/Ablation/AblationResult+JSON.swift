import Foundation
import Numerics
import Storage

extension AblationResult {
  /// What a count of refusals is made from, by depth.
  private var countsFrom: String {
    switch setup.depth {
    case .geometry: "predicted"
    case .resume: "first token"
    case .generate: "answers"
    }
  }

  /// The experiment as `exemplar ablate --json` gives it.
  ///
  /// - Parameter texts: gives whole answers beside the outcomes; otherwise only their first words.
  package func json(texts: Bool = false) -> JSONValue { .object(entries(texts: texts)) }

  package func entries(texts: Bool) -> [(String, JSONValue)] {
    guard case .steer(let alpha) = setup.intervention else {
      return headJSON + armJSON(texts: texts)
    }
    return headJSON + [("alpha", .number(Double(alpha))), ("norms", norms)] + armJSON(texts: texts)
  }

  /// The parts that a steering has for each α.
  package func armJSON(texts: Bool = false) -> [(String, JSONValue)] {
    [
      ("conditions", conditionsJSON), ("mcnemar", mcnemarJSON), ("conclusion", conclusionJSON),
      ("countedBy", .string(countedBy)), ("agreement", agreement?.json ?? .null),
      ("judge", judgeJSON), ("concept", conceptJSON),
      ("prompts", .array(prompts.map { promptJSON($0, texts: texts) })),
      ("notices", .array(notices.map(JSONValue.string))),
      ("complete", .bool(isComplete)), ("seconds", .number(seconds)),
    ]
  }

  /// What does not depend on the outcome.
  package var headJSON: [(String, JSONValue)] {
    var entries: [(String, JSONValue)] = [
      ("depth", .string(setup.depth.rawValue)), ("hook", .string(hook)),
      ("at", .string(actionHook)), ("basis", .string(setup.basis.rawValue)),
      ("regions", .array(target.regions.map(JSONValue.integer))),
      ("command", .string(command)), ("nullRegion", .optional(target.null.region)),
      ("nullRegions", .array(target.null.regions.map(JSONValue.integer))),
      ("nullControl", nullJSON),
      ("counts", .string(countsFrom)), ("predicted", .bool(setup.depth == .geometry)),
    ]
    switch setup.intervention {
    case .ablate(let strength): entries.append(("strength", .number(Double(strength))))
    case .steer: entries.append(("residualNorm", residualNorm?.json ?? .null))
    case .swap: entries.append(("swap", target.swap?.json ?? .null))
    }
    entries += [
      ("rank", .optional(rank?.rawValue)), ("split", .string(setup.split)),
      ("maxNewTokens", .optional(maxNewTokens)),
      ("candidates", .array(target.candidates.map(Self.tallyJSON))),
      // n counts prompts at the nearest exemplar now; members are as the dictionary was streamed.
      ("candidatesCountedBy", .string("nearest")),
      ("evaluated", evaluated?.json ?? .null),
      ("baseRate", .optional(target.baseRate)),
      (
        "readout",
        .object([
          ("heldOutAUROC", .optional(readoutAUROC)), ("heldOut", .integer(readoutHeldOut)),
        ])
      ),
      ("refusalTokens", refusalTokensJSON), ("provenance", provenanceJSON),
    ]
    return entries
  }

  /// α of a steering in units of the median norm; null where that is not known.
  package var norms: JSONValue {
    guard case .steer(let alpha) = setup.intervention else { return .null }
    return .optional(residualNorm?.norms(alpha))
  }

  private var rank: CandidateRank? {
    if case .swap = setup.intervention { return nil }
    return if case .top(_, let rank) = setup.target { rank } else { nil }
  }

  private var nullJSON: JSONValue {
    switch target.null {
    case .region(let region):
      .object([("kind", .string("region")), ("region", .integer(region)), ("rank", .integer(1))])
    case .regions(let regions):
      .object([
        ("kind", .string("regions")), ("regions", .array(regions.map(JSONValue.integer))),
        ("rank", .integer(target.nullRank)),
      ])
    case .random(let seed):
      .object([
        ("kind", .string("random")), ("seed", .string(String(seed))),
        ("rank", .integer(target.nullRank)),
      ])
    case .none: .object([("kind", .string("none")), ("rank", .integer(0))])
    }
  }

  private static func tallyJSON(_ tally: RegionTally) -> JSONValue {
    .object([
      ("region", .integer(tally.region)), ("n", .integer(tally.prompts)),
      ("refused", .integer(tally.refused)), ("rate", .number(tally.rate)),
      ("harmful", .integer(tally.harmful)), ("members", .integer(tally.members)),
      ("coherence", .number(tally.coherence)),
    ])
  }

  private var refusalTokensJSON: JSONValue {
    guard let refusalTokens else { return .null }
    return .object([
      ("ids", .array(refusalTokens.ids.map(JSONValue.integer))),
      ("refusedShare", .number(refusalTokens.refusedShare)),
      ("otherShare", .number(refusalTokens.otherShare)),
    ])
  }

  private var provenanceJSON: JSONValue {
    .object([
      ("dictionary", .string(provenance.dictionary)), ("identity", .string(provenance.identity)),
      ("store", .string(provenance.store)), ("storeID", .optional(provenance.storeID)),
      ("model", .optional(provenance.model)),
      ("modelIdentity", .optional(provenance.modelIdentity)),
      ("adapter", .optional(provenance.adapter)),
      ("match", .optional(provenance.match?.rawValue)),
      ("rotaryPrecision", .optional(provenance.rotaryPrecision)),
      ("engine", .optional(provenance.engine)),
      ("classifier", .string(provenance.classifier)), ("judge", judgedBy?.json ?? .null),
      ("template", .optional(provenance.template)), ("decoding", .string("greedy")),
      ("toolVersion", .string(provenance.toolVersion)),
    ])
  }

  private var conditionsJSON: JSONValue {
    let entries = conditions.map { ($0.rawValue, conditionJSON($0)) }
    guard treated != .ablated else { return .object(entries) }
    // Once more under the names that an ablation and the method's author have, so that one reader serves all.
    let names =
      [(AblationCondition.ablated.rawValue, treated)]
      + (treated == .swapped && conditions.contains(.null)
        ? [("random-span", AblationCondition.null)] : [])
    return .object(entries + names.map { ($0.0, conditionJSON($0.1)) })
  }

  private func conditionJSON(_ condition: AblationCondition) -> JSONValue {
    let divergences = divergences(condition)
    return .object([
      ("harmful", countsJSON(condition, .harmful)), ("benign", countsJSON(condition, .benign)),
      ("firstTokenKL", .optional(firstTokenKL(condition))),
      (
        "firstTokenKLMedian",
        .optional(divergences.isEmpty ? nil : divergences[divergences.count / 2])
      ),
      ("firstTokenKLMax", .optional(divergences.last)),
      ("perplexity", .optional(perplexities[condition])),
    ])
  }

  private func countsJSON(_ condition: AblationCondition, _ role: AblationPrompt.Role) -> JSONValue
  {
    let count = prompts.count { $0.role == role }
    var entries: [(String, JSONValue)]
    switch setup.depth {
    case .generate:
      guard let counts = counts(condition, role) else { return .null }
      entries = Self.outcomesJSON(counts)
      if judgedBy != nil {
        entries.append(
          ("judge", judgeCounts(condition, role).map { .object($0.json) } ?? .null))
      }
    case .resume:
      let refusing = firstTokenRefusal(condition, role)
      entries = Self.proportionJSON(refusing, count: count, interval: true)
    case .geometry:
      let predictions = predictions(condition, role)
      entries = Self.proportionJSON(refusing(condition, role), count: count, interval: false)
      entries.append(
        ("meanPredictedRefusal", .optional(mean(predictions))))
    }
    entries.append(("meanRefusalLogOdds", .optional(meanLogOdds(condition, role))))
    if condition == .baseline, setup.depth != .generate {
      let stored = prompts.filter { $0.role == role }.compactMap(\.storedOutcome)
      entries.append(
        (
          "stored",
          stored.isEmpty ? .null : .object(Self.outcomesJSON(OutcomeCounts(stored)))
        ))
    }
    return .object(entries)
  }

  private static func outcomesJSON(_ counts: OutcomeCounts) -> [(String, JSONValue)] {
    counts.json + [
      (
        "degenerateAlarm",
        .bool(counts.degenerateShare > AblationResult.maximumDegenerateShare)
      )
    ]
  }

  /// What is known of refusals where there are no answers.
  private static func proportionJSON(
    _ refusing: Proportion?, count: Int, interval: Bool
  ) -> [(String, JSONValue)] {
    [
      ("n", .integer(count)), ("refused", .optional(refusing?.successes)),
      ("complied", .optional(refusing.map { $0.count - $0.successes })), ("degenerate", .null),
      ("unclear", .null), ("rate", .optional(refusing?.rate)),
      ("wilson95", interval ? refusing?.wilsonJSON ?? .null : .null),
    ]
  }

  /// Flips on the prompts that the intervention aims at, against the baseline; and against the control.
  private var mcnemarJSON: JSONValue {
    let role = aimedAt
    func json(_ test: McNemar?) -> JSONValue { test.map { .object($0.json) } ?? .null }
    guard let test = flips(role, from: .baseline, to: treated) else { return .null }
    return .object(
      test.json + [
        ("role", .string(role.rawValue)),
        ("valid", json(flips(role, from: .baseline, to: treated, validOnly: true))),
        ("againstNull", json(flips(role, from: .null, to: treated))),
        ("nullAgainstBaseline", json(flips(role, from: .baseline, to: .null))),
        (
          "otherRole",
          json(flips(role == .harmful ? .benign : .harmful, from: .baseline, to: treated))
        ),
      ])
  }

  private var conclusionJSON: JSONValue {
    let conclusion = conclusion
    return .object([
      ("kind", .string(conclusion.kind.rawValue)), ("sentence", .string(conclusion.sentence)),
    ])
  }

  private func promptJSON(_ prompt: PromptResult, texts: Bool) -> JSONValue {
    var entries: [(String, JSONValue)] = [
      ("id", .string(prompt.id)), ("role", .string(prompt.role.rawValue)),
      ("stored", .optional(prompt.storedOutcome?.rawValue)),
    ]
    for condition in conditions {
      var known: [(String, JSONValue)] = []
      if let landing = prompt.landings[condition] {
        known += [
          ("region", .integer(landing.region)), ("ratio", .number(landing.ratio)),
          ("predictedRefusal", .optional(landing.predictedRefusal)),
        ]
      }
      if let token = prompt.firstTokens[condition] {
        known += [
          ("firstToken", .integer(token.token)),
          ("refusalLogOdds", .optional(token.refusalLogOdds)),
          ("kl", .number(token.divergence)),
        ]
      }
      if let answer = prompt.answers[condition] {
        known += [
          ("outcome", .string(answer.outcome.rawValue)),
          ("classified", .string(answer.verdict.outcome.rawValue)),
          ("person", .optional(answer.personal?.rawValue)),
          ("judge", answer.judged?.json ?? .null), ("counted", .optional(answer.isCounted)),
          ("phrase", .optional(answer.verdict.phrase)), ("ending", .string(answer.ending)),
          ("origin", .string(answer.origin.rawValue)),
          ("text", .string(texts ? answer.text : Self.opening(answer.text))),
        ]
      }
      entries.append((condition.rawValue, .object(known)))
    }
    return .object(entries)
  }

  /// The first words of an answer: enough to see what it is, too few to use.
  package static func opening(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace)
    let opening = words.prefix(6).joined(separator: " ").prefix(48)
    return words.count > 6 || opening.count == 48 ? opening + "…" : String(opening)
  }
}

import Numerics

/// An experiment with its number in the notebook.
package struct NumberedAblationRecord: Encodable, Sendable {
  var experiment: Int64?
  @Inline var record: AblationRecord

  package init(_ id: Int64?, _ result: AblationResult, texts: Bool) {
    (experiment, record) = (id, AblationRecord(result, texts: texts))
  }
}

/// A series of experiments, a step each.
package struct AblationSweepRecord: Encodable, Sendable {
  package struct Step: Encodable, Sendable {
    var label: String
    /// `nil` for a step that could not be run.
    @Inline var found: NumberedAblationRecord?

    package init(label: String, _ found: NumberedAblationRecord?) {
      (self.label, self.found) = (label, found)
    }
  }

  var sweep: AblationSweep.Kind
  var steps: [Step]

  package init(_ sweep: AblationSweep.Kind, _ steps: [Step]) {
    (self.sweep, self.steps) = (sweep, steps)
  }
}

/// A steering by several strengths; what does not depend on them stands once above them, too.
package struct SteeringRecord: Encodable, Sendable {
  struct Strength: Encodable {
    var alpha: Float
    var norms: Double?
    var experiment: Int64?
    @Inline var head: AblationRecord.Head
    @Inline var outcome: AblationRecord.Outcomes
  }

  @Inline var head: AblationRecord.Head
  var alphas: [Strength]

  /// - Parameter steps: one at least.
  package init(_ steps: [(alpha: Float, result: AblationResult, id: Int64?)], texts: Bool) {
    head = AblationRecord.Head(steps[0].result)
    alphas = steps.map { step in
      Strength(
        alpha: step.alpha, norms: step.result.norms, experiment: step.id,
        head: AblationRecord.Head(step.result),
        outcome: AblationRecord.Outcomes(step.result, texts: texts))
    }
  }
}

/// Regions by what taking each out does.
package struct RegionEffectsRecord: Encodable, Sendable {
  struct Effect: Encodable {
    var region: Int
    var refusalLogOddsChange: Double
    var n: Int
    var refusingBefore: Int
    var refusing: Int
    var benignKL: Double?

    init(_ effect: RegionEffect) {
      (region, refusalLogOddsChange, n) = (effect.region, effect.logOddsChange, effect.prompts)
      (refusingBefore, refusing) = (effect.refusingBefore, effect.refusing)
      benignKL = effect.benignDivergence
    }
  }

  var sweep = "regions"
  var depth = AblationSetup.Depth.resume
  var basis: String
  var regions: [Effect]

  package init(_ effects: [RegionEffect], _ setup: AblationSetup) {
    (basis, regions) = (setup.basis.rawValue, effects.map(Effect.init))
  }
}

/// Two experiments beside each other.
package struct AblationComparisonRecord: Encodable, Sendable {
  struct Side: Encodable {
    var id: Int64
    var title: String
    var command: String
    var conclusion: String

    init(_ id: Int64, _ result: AblationResult) {
      (self.id, title, command) = (id, result.title, result.command)
      conclusion = result.conclusion.sentence
    }
  }

  struct Rate: Encodable {
    var n: Int
    var refused: Int
    var rate: Double?
    var wilson95: ConfidenceInterval?
    var degenerate: Int?

    init(_ found: Proportion, isSample: Bool, degenerate: Int?) {
      (n, refused, rate) = (found.count, found.successes, found.rate)
      (wilson95, self.degenerate) = (isSample ? found.wilson() : nil, degenerate)
    }
  }

  struct Rates: Encodable {
    var role: AblationPrompt.Role
    var condition: String
    var a: Rate?
    var b: Rate?
  }

  struct Flip: Encodable {
    var id: String
    var role: AblationPrompt.Role
    var a: String
    var b: String
    var refusesInA: Bool
    var refusesInB: Bool

    init(_ flip: AblationComparison.Flip) {
      (id, role, a, b) = (flip.id, flip.role, flip.a, flip.b)
      (refusesInA, refusesInB) = (flip.refusesInA, flip.refusesInB)
    }
  }

  var a: Side
  var b: Side
  var depth: AblationSetup.Depth
  var predicted: Bool
  var differences: [AblationComparison.Difference]
  var rates: [Rates]
  var shared: Int
  var mcnemar: OrderedFields<McNemar?>
  var flips: [Flip]

  package init(_ comparison: AblationComparison, _ idA: Int64, _ idB: Int64) {
    (a, b) = (Side(idA, comparison.a), Side(idB, comparison.b))
    depth = comparison.a.setup.depth
    let isSample = depth != .geometry
    (predicted, differences, shared) = (!isSample, comparison.differences, comparison.shared)
    rates = comparison.rates.map { rates in
      Rates(
        role: rates.role, condition: comparison.name(of: rates.condition),
        a: rates.a.map { Rate($0, isSample: isSample, degenerate: rates.degenerateA) },
        b: rates.b.map { Rate($0, isSample: isSample, degenerate: rates.degenerateB) })
    }
    mcnemar = OrderedFields(
      AblationPrompt.Role.allCases.map { ($0.rawValue, comparison.tests[$0]) })
    flips = comparison.flips.map(Flip.init)
  }
}

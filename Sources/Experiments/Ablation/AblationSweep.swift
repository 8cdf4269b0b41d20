import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage

/// A series of experiments that differ in one thing.
package struct AblationSweep: Sendable, Equatable {
  package enum Kind: String, Sendable, Codable, CaseIterable {
    /// The number of regions, for each basis.
    case k
    /// The share of the component that is taken out.
    case strength
    /// The hook that is edited.
    case layer
    /// α of a steering.
    case alpha
  }

  package struct Step: Sendable, Equatable {
    package var label: String
    package var setup: AblationSetup
  }

  package var kind: Kind
  package var steps: [Step]
  /// Tells its steps from those of others, where they are kept.
  let id = UUID().uuidString

  /// Says of what a step came to that it is one.
  package func mark(_ result: inout AblationResult, _ step: Step) {
    result.sweep = SweepPlace(id: id, kind: kind, label: step.label, steps: steps.count)
  }
}

/// Where an experiment stands in a series.
package struct SweepPlace: Sendable, Equatable, Codable {
  /// Of the series.
  package var id: String
  package var kind: AblationSweep.Kind
  /// Of the step.
  package var label: String
  /// Steps of the series.
  package var steps: Int
}

extension AblationRunner {
  /// K = 1 up to `maximum` (or the number of candidates) for every basis, as the reference sweeps.
  package func sweepOfK(_ setup: AblationSetup, maximum: Int) -> AblationSweep {
    let rank: CandidateRank = if case .top(_, let rank) = setup.target { rank } else { .reference }
    let count = min(maximum, subject.candidates?.ranked(by: rank).count ?? 0)
    return AblationSweep(
      kind: .k,
      steps: DirectionBasis.allCases.flatMap { basis in
        (0..<count).map { index in
          var step = setup
          step.basis = basis
          step.target = .top(index + 1, rank)
          // A list of nulls is the control of the largest step; a smaller one takes as many as it has directions.
          if case .regions(let nulls) = setup.null {
            step.null = .regions(Array(nulls.prefix(index + 1)))
          }
          return AblationSweep.Step(label: "\(basis.rawValue) K=\(index + 1)", setup: step)
        }
      })
  }

  package func sweep(_ setup: AblationSetup, strengths: [Float]) -> AblationSweep {
    AblationSweep(
      kind: .strength,
      steps: strengths.map { strength in
        var step = setup
        step.intervention = .ablate(strength: strength)
        return AblationSweep.Step(label: "strength \(strength)", setup: step)
      })
  }

  package func sweep(_ setup: AblationSetup, alphas: [Float]) -> AblationSweep {
    AblationSweep(
      kind: .alpha,
      steps: alphas.map { alpha in
        var step = setup
        step.intervention = .steer(alpha: alpha)
        return AblationSweep.Step(label: "α \(alpha)", setup: step)
      })
  }

  /// The residual stream after every layer. The directions are the dictionary's, whatever layer they are taken out of.
  package func sweepOfLayers(_ setup: AblationSetup) -> AblationSweep {
    let layers = model?.engine.description.layerCount ?? 0
    return AblationSweep(
      kind: .layer,
      steps: (0..<layers).map { layer in
        var step = setup
        step.actionHook = HookPoint.residualPost(layer: layer).name
        return AblationSweep.Step(label: "layer \(layer)", setup: step)
      })
  }

  /// Runs the steps one after the other; a step that cannot be (directions that span too little) is told as its error.
  ///
  /// - Parameter onEvent: with the index of the step; to stop, throw.
  /// - Returns: a result per step, `nil` where it could not be run.
  @discardableResult
  package func run(
    _ sweep: AblationSweep, onEvent: (Int, AblationEvent) throws -> Void = { _, _ in }
  ) throws -> [AblationResult?] {
    try sweep.steps.enumerated().map { index, step in
      do {
        var result = try run(step.setup) { try onEvent(index, $0) }
        sweep.mark(&result, step)
        return result
      } catch let error as ExperimentError where error.code == .invalidValue {
        try onEvent(index, .notice("\(step.label): \(error.message)"))
        return nil
      }
    }
  }
}

/// What taking one region out does to the first token.
package struct RegionEffect: Sendable, Equatable, Codable {
  package var region: Int
  /// Mean change of the refusal log-odds on harmful prompts; below 0 refuses less.
  package var logOddsChange: Double
  /// Of harmful prompts, those whose first token is likely a refusal, before and after.
  package var refusingBefore: Int
  package var refusing: Int
  package var prompts: Int
  /// Mean first-token divergence on benign prompts, in nats.
  package var benignDivergence: Double?
}

extension AblationRunner {
  /// Regions tried in one call beside a baseline.
  private static let regionsPerCall = 8

  /// Ranks regions by what taking each out does to the refusal log-odds, measured at resume depth, without generating.
  ///
  /// - Parameters:
  ///   - setup: the basis, strength, hook, split and limit.
  ///   - regions: those tried; `nil` for all.
  ///   - onPrompts: often, with the share of the work that is done; to stop, throw.
  ///   - onRegion: as each is known, with the number tried and in all.
  /// - Returns: the largest fall first.
  /// - Throws: `ExperimentError.missing` without a model or refusal tokens.
  /// - Complexity: a run of the layers above the hook for every region and prompt.
  package func search(
    _ setup: AblationSetup, regions: [Int]? = nil,
    onPrompts: (_ share: Double) throws -> Void = { _ in },
    onRegion: (RegionEffect, _ done: Int, _ total: Int) throws -> Void = { _, _, _ in }
  ) throws -> [RegionEffect] {
    guard let model else {
      throw ExperimentError(
        .missing, "a search needs the model's weights", file: subject.material.name)
    }
    guard let refusal = RefusalTokens(subject.training) else {
      throw ExperimentError(
        .missing, "no token of the store's answers tells refusals apart",
        file: subject.material.name
      )
    }
    let prompts = try subject.evaluated(setup)
    let resume = ResumeDepth(
      model: model.engine, material: subject.material, refusal: refusal)
    let tried = regions ?? Array(subject.dictionary.regions.indices)
    let harmful = prompts.indices.filter { prompts[$0].role == .harmful }
    let benign = prompts.indices.filter { prompts[$0].role == .benign }
    guard !harmful.isEmpty else {
      throw ExperimentError(.missing, "there are no harmful prompts", file: subject.material.name)
    }
    var effects: [RegionEffect] = []
    for start in stride(from: 0, to: tried.count, by: Self.regionsPerCall) {
      let group = tried[start..<min(start + Self.regionsPerCall, tried.count)]
      var conditions = [RunCondition(.baseline)]
      for region in group {
        var step = setup
        step.target = .regions([region])
        step.null = .none
        conditions.append(
          try self.conditions(
            step, try subject.directions(step), at: setup.actionHook ?? subject.hook)[1])
      }
      let readings = try resume.firstTokens(prompts, conditions) { done in
        let share = Double(done) / Double(prompts.count) * Double(group.count)
        try onPrompts((Double(effects.count) + share) / Double(tried.count))
      }
      func odds(_ condition: Int) -> [Double] {
        harmful.compactMap { readings[condition][$0].refusalLogOdds }
      }
      let before = odds(0)
      for (offset, region) in group.enumerated() {
        let after = odds(offset + 1)
        let divergences = benign.map { readings[offset + 1][$0].divergence }
        let effect = RegionEffect(
          region: region,
          logOddsChange: (after.reduce(0, +) - before.reduce(0, +)) / Double(harmful.count),
          refusingBefore: before.count { $0 > 0 }, refusing: after.count { $0 > 0 },
          prompts: harmful.count,
          benignDivergence: benign.isEmpty
            ? nil : divergences.reduce(0, +) / Double(benign.count))
        effects.append(effect)
        try onRegion(effect, effects.count, tried.count)
      }
    }
    return effects.sorted { ($0.logOddsChange, $0.region) < ($1.logOddsChange, $1.region) }
  }
}

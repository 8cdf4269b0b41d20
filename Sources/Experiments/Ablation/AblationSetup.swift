import ExemplarPartitioning
import LanguageModel
import Numerics
import Storage

/// What is asked of an ablation or a steering; everything that its result depends on besides the files.
package struct AblationSetup: Sendable, Equatable, Codable {
  package enum Target: Sendable, Equatable, Codable {
    /// The first K candidates.
    case top(Int, CandidateRank)
    case regions([Int])
    /// No region's direction: that from benign to harmful prompts, at one layer or several. α is in median norms.
    case directions(DirectionChoice)
  }

  package enum Null: Sendable, Equatable, Codable {
    /// A matched region for each of the target's; where too few qualify, as many seeded random directions.
    case automatic
    case region(Int)
    /// As many as the target has, in any order.
    case regions([Int])
    case random
    case none
  }

  package enum Depth: String, Sendable, Codable, CaseIterable {
    /// No weights: where stored activations land. Predicted.
    case geometry
    /// The layers above the hook: the first token. Measured.
    case resume
    /// Whole answers. Measured.
    case generate
  }

  package enum Intervention: Sendable, Equatable, Codable {
    /// Takes this share of the component along the directions out; 1 is all of it.
    case ablate(strength: Float)
    /// Adds α times one region's direction.
    case steer(alpha: Float)
    /// Takes the span of the wholly harmful regions out and puts the wholly benign ones' part of it back; see
    /// ``RegionSwap``. The target is theirs, whatever it says.
    case swap
  }

  package var intervention: Intervention
  package var target: Target
  package var basis: DirectionBasis
  package var null: Null
  package var depth: Depth
  /// Where the model is edited; `nil` for the dictionary's own hook.
  package var actionHook: String?
  /// `nil` for as many as the store's own continuations had.
  package var maxNewTokens: Int?
  /// The split that is evaluated, or `all`.
  package var split: String
  /// The most prompts of each role, the first ones of the split; `nil` for all.
  package var limit: Int?
  /// Of random directions.
  package var seed: UInt64
  /// Runs the same edit along a difference of means and along random directions too; `nil` is no.
  package var hasBaselines: Bool?

  package init(
    _ intervention: Intervention = .ablate(strength: 1),
    target: Target = .top(1, .reference), basis: DirectionBasis = .mean, null: Null = .automatic,
    depth: Depth = .geometry, actionHook: String? = nil,
    maxNewTokens: Int? = nil, split: String = "heldout", limit: Int? = nil, seed: UInt64 = 0
  ) {
    self.intervention = intervention
    self.target = target
    self.basis = basis
    self.null = null
    self.depth = depth
    self.actionHook = actionHook
    self.maxNewTokens = maxNewTokens
    self.split = split
    self.limit = limit
    self.seed = seed
  }
}

extension AblationSetup.Intervention {
  /// What is done to the model: the one place where directions become an edit, for experiments and the playground alike.
  ///
  /// - Throws: `ExperimentError.invalidValue` for a steering along more than one direction.
  func edit(
    _ subspace: Subspace, centre: [Float], at hook: HookPoint, of file: String
  ) throws -> Edit {
    switch self {
    case .ablate(let strength):
      return Edit(at: hook, .ablate(centre: centre, basis: subspace.rows, strength: strength))
    case .steer(let alpha):
      guard subspace.rank == 1 else {
        throw ExperimentError(
          .invalidValue,
          "steering is along one region's direction; found \(subspace.rank) regions", file: file)
      }
      return Edit(at: hook, .steer(direction: subspace.rows, alpha: alpha))
    case .swap:
      preconditionFailure("expected the directions of a swap")
    }
  }
}

extension AblationSetup.Null {
  /// The regions named; none for a control that is chosen or drawn.
  package var regions: [Int] {
    switch self {
    case .region(let region): [region]
    case .regions(let regions): regions
    case .automatic, .random, .none: []
    }
  }
}

/// What stands beside the target, so that an effect of taking out just any directions would show: as many as the target's.
package enum NullControl: Sendable, Equatable, Codable {
  case region(Int)
  /// Matched one to one, in the order of the target's regions.
  case regions([Int])
  /// As many random directions as the target has.
  case random(seed: UInt64)
  case none

  package init(_ regions: [Int]) {
    self = regions.count == 1 ? .region(regions[0]) : .regions(regions)
  }

  package var region: Int? {
    if case .region(let region) = self { region } else { nil }
  }

  package var regions: [Int] {
    switch self {
    case .region(let region): [region]
    case .regions(let regions): regions
    case .random, .none: []
    }
  }
}

/// What a setup comes down to.
package struct AblationTarget: Sendable, Equatable, Codable {
  /// In the order in which they were taken.
  package var regions: [Int]
  package var null: NullControl
  /// Every candidate by the setup's rank.
  package var candidates: [RegionTally]
  package var baseRate: Double?
  package var notices: [String]
  /// Of a swap; `nil` of other interventions.
  package var swap: SwapRecord? = nil
  /// Of a steering along refusal directions; likewise.
  package var directions: SteeredDirections? = nil

  /// Directions that are taken out or added, at a layer.
  package var rank: Int { swap?.rank ?? (directions == nil ? regions.count : 1) }

  /// Directions of the control; 0 without one.
  package var nullRank: Int {
    switch null {
    case .none: 0
    case .region, .regions: null.regions.count
    case .random: rank
    }
  }
}

/// A target with the directions that are taken out or added.
package struct AblationDirections: Sendable, Equatable {
  package var target: AblationTarget
  package var subspace: Subspace
  /// `nil` without a control.
  package var nullSubspace: Subspace?
  /// `nil` of interventions that are no swap.
  package var swap: RegionSwap? = nil
  /// What stands beside the target where baselines are asked for.
  package var baselines: [Baseline] = []
  /// Of a steering along refusal directions, layers ascending.
  package var steering: [AblationSubject.LayerSteering] = []

  package struct Baseline: Sendable, Equatable {
    package var condition: AblationCondition
    package var subspace: Subspace
  }
}

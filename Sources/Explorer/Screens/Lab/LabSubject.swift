import Experiments
import Foundation
import Storage

/// What can be ablated: a dictionary with the store beside it, as far as the lab's screen needs to know.
package struct LabSubject: Equatable, Sendable {
  /// So many prompts of each role in a split of the store.
  package struct Split: Equatable, Sendable {
    package var name: String
    package var harmful: Int
    package var benign: Int

    /// So many of them the dictionary was built from, as far as it says.
    package var own: Int

    package init(name: String, harmful: Int, benign: Int, own: Int = 0) {
      (self.name, self.harmful, self.benign, self.own) = (name, harmful, benign, own)
    }
  }

  package var store: String
  package var hook: String
  /// Where the model can be edited: the dictionary's hook and the residual stream after every layer.
  package var actionHooks: [String]
  package var splits: [Split]
  /// Candidates by their rank, the best first.
  package var candidates: [CandidateRank: [RegionTally]]
  /// By region, every one that a prompt of the training split ends in.
  package var tallies: [Int: RegionTally]
  package var baseRate: Double?
  /// The most new tokens of the store's own answers.
  package var maxNewTokens: Int?
  /// The weights that will be read, or why there are none.
  package var weights: Weights
  package var notices: [String]
  /// By hook, the unit that a steering is given in; of hooks that the store has rows of.
  package var norms: [String: ResidualNorm] = [:]
  /// A person's verdicts on the answers of the store.
  package var verdicts: [ContinuationKey: Storage.Outcome] = [:]

  package enum Weights: Equatable, Sendable {
    case found(String)
    case missing(String)
  }

  package init(
    store: String, hook: String, actionHooks: [String], splits: [Split],
    candidates: [CandidateRank: [RegionTally]], tallies: [Int: RegionTally], baseRate: Double?,
    maxNewTokens: Int?, weights: Weights, notices: [String]
  ) {
    self.store = store
    self.hook = hook
    self.actionHooks = actionHooks
    self.splits = splits
    self.candidates = candidates
    self.tallies = tallies
    self.baseRate = baseRate
    self.maxNewTokens = maxNewTokens
    self.weights = weights
    self.notices = notices
  }

  package var hasWeights: Bool { if case .found = weights { true } else { false } }
}

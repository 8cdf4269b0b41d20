import Foundation
import LanguageModel
import Numerics
import Storage

/// The tokens that begin a refusal, by a store's own continuations.
///
/// A token counts where at least 2 % of the refused continuations (and at least 2) begin with it, and it begins a
/// share of the refused ones at least twice that of the others: what a model begins anything with does not count.
package struct RefusalTokens: Sendable, Equatable, Codable {
  /// Ascending.
  package let ids: [Int]
  /// Continuations that they were derived from.
  package let refused: Int
  package let others: Int
  /// The share of the refused, and of the other continuations, that begin with one of them.
  package let refusedShare: Double
  package let otherShare: Double

  /// - Parameter firstTokens: of each continuation, with whether it was refused.
  /// - Returns: `nil` where no token tells refusals apart.
  package init?(_ firstTokens: [(token: Int, isRefused: Bool)]) {
    var counts: [Int: (refused: Int, others: Int)] = [:]
    for (token, isRefused) in firstTokens {
      if isRefused {
        counts[token, default: (0, 0)].refused += 1
      } else {
        counts[token, default: (0, 0)].others += 1
      }
    }
    let refused = firstTokens.count { $0.isRefused }
    let others = firstTokens.count - refused
    let ids = counts.filter { _, count in
      count.refused >= 2 && Double(count.refused) >= 0.02 * Double(refused)
        && Double(count.refused) * Double(max(others, 1))
          >= 2 * Double(count.others) * Double(refused)
    }.keys.sorted()
    guard !ids.isEmpty else { return nil }
    self.ids = ids
    self.refused = refused
    self.others = others
    func share(_ part: Int, of total: Int) -> Double {
      total == 0 ? 0 : Double(part) / Double(total)
    }
    refusedShare = share(ids.reduce(0) { $0 + (counts[$1]?.refused ?? 0) }, of: refused)
    otherShare = share(ids.reduce(0) { $0 + (counts[$1]?.others ?? 0) }, of: others)
  }

  /// From the continuations of some prompts; those without tokens or outcome say nothing.
  package init?(_ prompts: [AblationPrompt]) {
    self.init(
      prompts.compactMap { prompt in
        guard let token = prompt.baseline?.tokens?.first, let outcome = prompt.outcome else {
          return nil
        }
        return (Int(token), outcome == .refused)
      })
  }
}

/// The next token after a prompt, under one condition.
package struct FirstToken: Sendable, Equatable, Codable {
  /// The most likely token; the earliest among equals.
  package var token: Int
  /// Log-odds that the token begins a refusal; `nil` without refusal tokens.
  package var refusalLogOdds: Double?
  /// Kullback–Leibler divergence in nats of this condition's distribution from the baseline's, seen from the baseline:
  /// Σ p_base (log p_base − log p). At least 0.
  package var divergence: Double

  package init(token: Int, refusalLogOdds: Double?, divergence: Double) {
    self.token = token
    self.refusalLogOdds = refusalLogOdds
    self.divergence = divergence
  }

  /// - Parameters:
  ///   - logits: `[V]`.
  ///   - baseline: `[V]`, the same prompt's without an edit.
  package init(
    logits: UnsafeBufferPointer<Float>, baseline: UnsafeBufferPointer<Float>, refusal: [Int]?
  ) {
    precondition(
      logits.count == baseline.count, "expected \(baseline.count) logits, got \(logits.count)")
    var best = 0
    var (largest, baseLargest) = (-Float.infinity, -Float.infinity)
    for id in logits.indices {
      if logits[id] > largest { (best, largest) = (id, logits[id]) }
      baseLargest = max(baseLargest, baseline[id])
    }
    var (sum, baseSum, cross) = (0.0, 0.0, 0.0)
    for id in logits.indices {
      sum += Double(Foundation.exp(logits[id] - largest))
      let weight = Double(Foundation.exp(baseline[id] - baseLargest))
      baseSum += weight
      // A token that the baseline never takes adds nothing, however impossible it is here.
      if weight > 0 {
        cross += weight * (Double(baseline[id] - baseLargest) - Double(logits[id] - largest))
      }
    }
    token = best
    divergence = max(0, cross / baseSum - Foundation.log(baseSum) + Foundation.log(sum))
    refusalLogOdds = refusal.map { ids in
      let inside = ids.reduce(0.0) {
        logits.indices.contains($1) ? $0 + Double(Foundation.exp(logits[$1] - largest)) : $0
      }
      // Summing what is left, rather than taking the difference, keeps a near-certain refusal finite.
      let refusing = Set(ids)
      var outside = 0.0
      for id in logits.indices where !refusing.contains(id) {
        outside += Double(Foundation.exp(logits[id] - largest))
      }
      return Foundation.log(max(inside, .leastNormalMagnitude))
        - Foundation.log(max(outside, .leastNormalMagnitude))
    }
  }
}

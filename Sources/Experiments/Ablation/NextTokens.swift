import Foundation

/// Comparisons of next-token distributions, from logits.
package enum NextTokens {
  /// Natural logarithms of the probabilities, `[V]`; −∞ where the logit is.
  ///
  /// - Returns: `nil` where no logit is finite, or one is not a number or +∞.
  package static func logProbabilities(_ logits: [Float]) -> [Double]? {
    guard let largest = logits.max(), largest.isFinite, !logits.contains(where: \.isNaN) else {
      return nil
    }
    let top = Double(largest)
    let total = logits.reduce(0) { $0 + exp(Double($1) - top) }
    let scale = top + log(total)
    return logits.map { Double($0) - scale }
  }

  /// The Kullback–Leibler divergence from `q` to `p`, Σ p (log p − log q), in nats.
  ///
  /// Tokens that either forbids (a logit of −∞) are left out of both, and what remains is made a
  /// distribution again: a suppressed token would make every number infinite or none. Rounding can
  /// take the sum of two nearly equal rows under 0, where it is cut.
  ///
  /// - Parameters:
  ///   - p: logits `[V]` of the untouched model.
  ///   - q: logits `[V]` of the edited one.
  /// - Returns: `nil` where the two have no finite logit in common, or one is not a number or +∞.
  package static func divergence(from q: [Float], to p: [Float]) -> Double? {
    precondition(p.count == q.count, "expected equal vocabularies, got \(p.count) and \(q.count)")
    var (a, b) = (p, q)
    for token in p.indices where p[token] == -.infinity || q[token] == -.infinity {
      a[token] = -.infinity
      b[token] = -.infinity
    }
    guard let a = logProbabilities(a), let b = logProbabilities(b) else { return nil }
    var sum = 0.0
    for (logP, logQ) in zip(a, b) where logP > -.infinity { sum += exp(logP) * (logP - logQ) }
    return max(0, sum)
  }

  /// exp of the mean negative log-probability, from natural logarithms; `nil` of none.
  package static func perplexity(logProbabilities: [Double]) -> Double? {
    guard !logProbabilities.isEmpty else { return nil }
    return exp(-logProbabilities.reduce(0, +) / Double(logProbabilities.count))
  }
}

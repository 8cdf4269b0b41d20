import Foundation

/// Ranks from 1; equal values share the mean of theirs.
package enum Midranks {
  package static func of(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}

/// The area under the receiver operating characteristic: how probable it is that a positive scores
/// above a negative, an equal score counting half.
package struct AUROC: Sendable, Equatable {
  package var area: Double
  package var positives: Int
  package var negatives: Int
  /// DeLong's variance of the area; `nil` with fewer than two of either kind.
  package var variance: Double?

  /// `nil` where either kind is missing or a score is not a number.
  ///
  /// - Complexity: O(n log n).
  /// - Source: E. R. DeLong, D. M. DeLong and D. L. Clarke-Pearson, "Comparing the areas under two
  ///   or more correlated receiver operating characteristic curves", Biometrics 44 (1988), 837–845;
  ///   by midranks as in X. Sun and W. Xu, IEEE Signal Processing Letters 21 (2014), 1389–1393.
  package init?(positives: [Double], negatives: [Double]) {
    guard let (above, below) = Self.placements(positives, negatives) else { return nil }
    area = above.reduce(0, +) / Double(positives.count)
    self.positives = positives.count
    self.negatives = negatives.count
    variance = Self.variance(above, below)
  }

  /// Of each positive, the share of negatives below it; of each negative, the share of positives above it.
  private static func placements(
    _ positives: [Double], _ negatives: [Double]
  ) -> (above: [Double], below: [Double])? {
    guard !positives.isEmpty, !negatives.isEmpty,
      !positives.contains(where: \.isNaN), !negatives.contains(where: \.isNaN)
    else { return nil }
    let (m, n) = (Double(positives.count), Double(negatives.count))
    let all = Midranks.of(positives + negatives)
    return (
      zip(all, Midranks.of(positives)).map { ($0 - $1) / n },
      zip(all.dropFirst(positives.count), Midranks.of(negatives)).map { 1 - ($0 - $1) / m }
    )
  }

  private static func variance(_ above: [Double], _ below: [Double]) -> Double? {
    guard above.count > 1, below.count > 1 else { return nil }
    return sampleVariance(above) / Double(above.count) + sampleVariance(below) / Double(below.count)
  }

  /// How much larger the area under one score is than under another, of the same positives and negatives in the same
  /// order, by DeLong's variance of the difference and the normal distribution.
  ///
  /// - Returns: `nil` where either area is; without an interval where that variance is 0 or not known.
  package static func difference(
    _ first: (positives: [Double], negatives: [Double]),
    _ second: (positives: [Double], negatives: [Double]), confidence: Double = 0.95
  ) -> (difference: Double, interval: ConfidenceInterval?)? {
    precondition(
      first.positives.count == second.positives.count
        && first.negatives.count == second.negatives.count,
      "expected the same positives and negatives")
    guard let a = placements(first.positives, first.negatives),
      let b = placements(second.positives, second.negatives)
    else { return nil }
    let difference = zip(a.above, b.above).map { $0 - $1 }.mean
    let variance = variance(
      zip(a.above, b.above).map { $0 - $1 }, zip(a.below, b.below).map { $0 - $1 })
    guard let variance, variance > 0 else { return (difference, nil) }
    let reach = NormalDistribution.quantile(0.5 + confidence / 2) * variance.squareRoot()
    return (
      difference,
      ConfidenceInterval(
        lower: max(-1, difference - reach), upper: min(1, difference + reach),
        confidence: confidence)
    )
  }

  private static func sampleVariance(_ values: [Double]) -> Double {
    let mean = values.mean
    return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
  }

  /// By DeLong's variance and the normal distribution, cut at 0 and 1; `nil` without a variance.
  ///
  /// At an area of exactly 0 or 1 the variance is 0 and the interval says nothing; it is `nil` too.
  package func interval(confidence: Double = 0.95) -> ConfidenceInterval? {
    guard let variance, variance > 0 else { return nil }
    let reach = NormalDistribution.quantile(0.5 + confidence / 2) * variance.squareRoot()
    return ConfidenceInterval(
      lower: max(0, area - reach), upper: min(1, area + reach), confidence: confidence)
  }
}

/// Spearman's rank correlation.
package enum Spearman {
  /// Pearson's correlation of the midranks; `nil` for fewer than two pairs, where either side is
  /// all equal, or where a value is not a number.
  package static func correlation(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "expected pairs, got \(x.count) and \(y.count)")
    guard x.count > 1, !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else { return nil }
    let (a, b) = (Midranks.of(x), Midranks.of(y))
    let mean = Double(x.count + 1) / 2
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (rankA, rankB) in zip(a, b) {
      ab += (rankA - mean) * (rankB - mean)
      aa += (rankA - mean) * (rankA - mean)
      bb += (rankB - mean) * (rankB - mean)
    }
    guard aa > 0, bb > 0 else { return nil }
    return min(1, max(-1, ab / (aa * bb).squareRoot()))
  }
}

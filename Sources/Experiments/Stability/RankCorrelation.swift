import ExemplarPartitioning
import Foundation

/// Spearman's correlation with an interval over units and a null in which one side is shuffled.
package struct RankCorrelation: Sendable, Equatable {
  package var rho: Double
  package var count: Int
  /// By resampling pairs with the ranks of the whole sample.
  package var interval: ConfidenceInterval?
  package var nullMean: Double
  package var nullDeviation: Double
  /// (1 + shuffles with |ρ| at least as large) / (1 + shuffles).
  package var p: Double

  /// `nil` where either side is all equal or there are fewer than three pairs.
  ///
  /// - Complexity: O(rounds · pairs).
  package init?(_ x: [Double], _ y: [Double], rounds: Int = 1000, seed: UInt64 = 0) {
    guard x.count > 2, x.count == y.count, let seen = Spearman.correlation(x, y) else {
      return nil
    }
    rho = seen
    count = x.count
    let (a, b) = (Self.standard(Midranks.of(x)), Self.standard(Midranks.of(y)))
    let null = (0..<rounds).map { round in
      let order = SeededNumbers.permutation(a.count, seed: seed &+ UInt64(round))
      return a.indices.reduce(0.0) { $0 + a[$1] * b[order[$1]] }
    }
    nullMean = null.mean
    let mean = nullMean
    nullDeviation = null.map { ($0 - mean) * ($0 - mean) }.mean.squareRoot()
    p = Double(1 + null.count { abs($0) >= abs(seen) - 1e-12 }) / Double(1 + rounds)
    interval = Resampling.interval(
      (0..<200).compactMap { round in
        Self.weighted(
          a, b, Resampling.weights(a.count, seed: seed &+ 1_000_000 &+ UInt64(round)))
      })
  }

  /// Centred, of length 1.
  private static func standard(_ ranks: [Double]) -> [Double] {
    let mean = ranks.mean
    let centred = ranks.map { $0 - mean }
    let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return centred.map { $0 / length }
  }

  private static func weighted(_ x: [Double], _ y: [Double], _ weights: [Int32]) -> Double? {
    var (n, sx, sy, sxx, syy, sxy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for i in x.indices {
      let w = Double(weights[i])
      n += w
      sx += w * x[i]
      sy += w * y[i]
      sxx += w * x[i] * x[i]
      syy += w * y[i] * y[i]
      sxy += w * x[i] * y[i]
    }
    let spread = (n * sxx - sx * sx) * (n * syy - sy * sy)
    return spread > 0 ? (n * sxy - sx * sy) / spread.squareRoot() : nil
  }
}

import ExemplarPartitioning
import Foundation
import Numerics

/// Whether regions that lie close together predict similar next tokens.
///
/// Geometric distance is the cosine distance of the directions; behavioural distance the Jensen–Shannon divergence, in
/// nats, of what the lens (final norm and unembedding) makes of them. Their Spearman correlation is over all pairs; the
/// null deals the behaviours to other regions, which keeps that pairs share regions.
/// - Source: the reference's alignment experiment; ties share their rank here, and p counts the identity.
package struct LensAlignment: Sendable {
  package var count: Int
  package var rho: Double
  /// By resampling regions, with the ranks of all pairs.
  package var interval: ConfidenceInterval?
  package var nullMean: Double
  package var nullDeviation: Double
  package var p: Double
  /// `[count, count]`.
  package var geometric: [Double]
  package var behavioural: [Double]

  /// - Parameters:
  ///   - directions: `[count, D]`, unit rows.
  ///   - logits: `[count, V]`.
  /// - Returns: `nil` for fewer than four regions or distances that are all equal.
  /// - Complexity: O(count² · (V + D)) beside rounds · count².
  package init?(
    directions: [Float], logits: [Float], count: Int, rounds: Int = 1000, seed: UInt64 = 0,
    threads: Int
  ) {
    guard count > 3 else { return nil }
    self.count = count
    let dimension = directions.count / count
    geometric = [Double](repeating: 0, count: count * count)
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        var product = 0.0
        for d in 0..<dimension {
          product += Double(directions[i * dimension + d]) * Double(directions[j * dimension + d])
        }
        geometric[i * count + j] = 1 - min(max(product, -1), 1)
        geometric[j * count + i] = geometric[i * count + j]
      }
    }
    behavioural = JensenShannon.matrix(logits: logits, count: count, threads: threads)
    let (own, other) = (Self.upper(geometric, count), Self.upper(behavioural, count))
    guard let rho = Spearman.correlation(own, other) else { return nil }
    self.rho = rho
    // Shuffling regions permutes the pairs, so the ranks stay what they are.
    let ranks = (Self.square(Midranks.of(own), count), Self.square(Midranks.of(other), count))
    let null = (0..<rounds).map { round in
      let order = SeededNumbers.permutation(count, seed: seed &+ UInt64(round))
      return Self.correlation(ranks.0, ranks.1, count, order: order, weights: nil)
    }
    nullMean = null.mean
    let mean = nullMean
    nullDeviation = null.map { ($0 - mean) * ($0 - mean) }.mean.squareRoot()
    p = Double(1 + null.count { abs($0) >= abs(rho) - 1e-12 }) / Double(1 + rounds)
    interval = Resampling.interval(
      (0..<200).map { round in
        Self.correlation(
          ranks.0, ranks.1, count, order: nil,
          weights: Resampling.weights(count, seed: seed &+ 1_000_000 &+ UInt64(round)))
      }.filter(\.isFinite))
  }

  private static func upper(_ matrix: [Double], _ count: Int) -> [Double] {
    (0..<count).flatMap { i in (i + 1..<max(count, i + 1)).map { matrix[i * count + $0] } }
  }

  private static func square(_ upper: [Double], _ count: Int) -> [Double] {
    var result = [Double](repeating: 0, count: count * count)
    var next = 0
    for i in 0..<count {
      for j in i + 1..<max(count, i + 1) {
        result[i * count + j] = upper[next]
        result[j * count + i] = upper[next]
        next += 1
      }
    }
    return result
  }

  private static func correlation(
    _ a: [Double], _ b: [Double], _ count: Int, order: [Int]?, weights: [Int32]?
  ) -> Double {
    var (n, sa, sb, saa, sbb, sab) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for i in 0..<count {
      let line = (order?[i] ?? i) * count
      for j in i + 1..<max(count, i + 1) {
        let weight = weights.map { Double($0[i]) * Double($0[j]) } ?? 1
        let (x, y) = (a[i * count + j], b[line + (order?[j] ?? j)])
        n += weight
        sa += weight * x
        sb += weight * y
        saa += weight * x * x
        sbb += weight * y * y
        sab += weight * x * y
      }
    }
    return (n * sab - sa * sb) / ((n * saa - sa * sa) * (n * sbb - sb * sb)).squareRoot()
  }
}

/// The divergence of next-token distributions.
package enum JensenShannon {
  /// In nats, `[count, count]`, of the softmax of `logits [count, V]`.
  package static func matrix(logits: [Float], count: Int, threads: Int) -> [Double] {
    guard count > 0 else { return [] }
    let width = logits.count / count
    var probabilities = [Double](repeating: 0, count: logits.count)
    var entropies = [Double](repeating: 0, count: count)
    for row in 0..<count {
      let line = row * width..<(row + 1) * width
      let largest = Double(logits[line].max() ?? 0)
      var sum = 0.0
      for i in line {
        probabilities[i] = exp(Double(logits[i]) - largest)
        sum += probabilities[i]
      }
      for i in line {
        probabilities[i] /= sum
        if probabilities[i] > 0 { entropies[row] -= probabilities[i] * log(probabilities[i]) }
      }
    }
    var result = [Double](repeating: 0, count: count * count)
    result.withUnsafeMutableBufferPointer { buffer in
      probabilities.withUnsafeBufferPointer { values in
        nonisolated(unsafe) let (result, values) = (buffer, values)
        Parallel.forEach(count, threads: threads) { [entropies] i, _ in
          for j in i + 1..<max(count, i + 1) {
            var entropy = 0.0
            for v in 0..<width {
              let middle = (values[i * width + v] + values[j * width + v]) / 2
              if middle > 0 { entropy -= middle * log(middle) }
            }
            let divergence = max(entropy - (entropies[i] + entropies[j]) / 2, 0)
            result[i * count + j] = divergence
            result[j * count + i] = divergence
          }
        }
      }
    }
    return result
  }
}

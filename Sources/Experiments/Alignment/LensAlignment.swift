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
  ///   - logits: `[range, V]` of some of them; asked for again and again, so that no more of them are held at once than a few
  ///     blocks.
  ///   - progress: pairs of regions whose predictions are compared.
  /// - Returns: `nil` for fewer than four regions or distances that are all equal.
  /// - Complexity: O(count² · (V + D)) beside rounds · count²; 32 bytes a pair of regions.
  package init?(
    directions: [Float], count: Int, rounds: Int = 1000, seed: UInt64 = 0, threads: Int,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    logits: (Range<Int>) throws -> [Float]
  ) throws {
    guard count > 3 else { return nil }
    self.count = count
    geometric = Self.distances(directions, count, threads: threads)
    behavioural = try JensenShannon.matrix(
      count: count, threads: threads, progress: progress, logits: logits)
    let (own, other) = (Self.upper(geometric, count), Self.upper(behavioural, count))
    guard let rho = Spearman.correlation(own, other) else { return nil }
    self.rho = rho
    // Shuffling regions permutes the pairs, so the ranks stay what they are.
    let ranks = (Self.square(Midranks.of(own), count), Self.square(Midranks.of(other), count))
    let null = Self.rounds(rounds, threads: threads) { round in
      let order = SeededNumbers.permutation(count, seed: seed &+ UInt64(round))
      return Self.correlation(ranks.0, ranks.1, count, order: order, weights: nil)
    }
    nullMean = null.mean
    let mean = nullMean
    nullDeviation = null.map { ($0 - mean) * ($0 - mean) }.mean.squareRoot()
    p = Double(1 + null.count { abs($0) >= abs(rho) - 1e-12 }) / Double(1 + rounds)
    interval = Resampling.interval(
      Self.rounds(200, threads: threads) { round in
        Self.correlation(
          ranks.0, ranks.1, count, order: nil,
          weights: Resampling.weights(count, seed: seed &+ 1_000_000 &+ UInt64(round)))
      }.filter(\.isFinite))
  }

  /// The same on any number of threads: a round depends on its number alone.
  private static func rounds(
    _ count: Int, threads: Int, _ body: @Sendable (Int) -> Double
  ) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initialised in
      nonisolated(unsafe) let buffer = buffer
      Parallel.forEach(count, threads: threads) { round, _ in
        buffer.initializeElement(at: round, to: body(round))
      }
      initialised = count
    }
  }

  private static func distances(_ directions: [Float], _ count: Int, threads: Int) -> [Double] {
    let dimension = directions.count / count
    var result = [Double](repeating: 0, count: count * count)
    result.withUnsafeMutableBufferPointer { buffer in
      directions.withUnsafeBufferPointer { rows in
        nonisolated(unsafe) let (result, rows) = (buffer, rows)
        Parallel.forEach(count, threads: threads) { i, _ in
          for j in i + 1..<max(count, i + 1) {
            var product = 0.0
            for d in 0..<dimension {
              product += Double(rows[i * dimension + d]) * Double(rows[j * dimension + d])
            }
            result[i * count + j] = 1 - min(max(product, -1), 1)
            result[j * count + i] = result[i * count + j]
          }
        }
      }
    }
    return result
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
    return
      (try? matrix(count: count, threads: threads) {
        Array(logits[$0.lowerBound * width..<$0.upperBound * width])
      }) ?? []
  }

  /// Probabilities that are held at once, of two blocks of regions.
  package static let mostProbabilities = 1 << 24

  /// The same of logits that are made when they are asked for, a block of regions at a time.
  ///
  /// - Complexity: O(count² · V), in memory of two blocks.
  package static func matrix(
    count: Int, threads: Int, mostProbabilities: Int = mostProbabilities,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in },
    logits: (Range<Int>) throws -> [Float]
  ) throws -> [Double] {
    guard count > 0 else { return [] }
    let width = try logits(0..<1).count
    let size = max(1, min(count, mostProbabilities / 2 / max(width, 1)))
    let blocks = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    var result = [Double](repeating: 0, count: count * count)
    var done = 0
    for (place, rows) in blocks.enumerated() {
      let own = Block(try logits(rows), rows)
      for columns in blocks[place...] {
        let other = columns == rows ? own : Block(try logits(columns), columns)
        compare(own, other, into: &result, count, threads)
        done += columns == rows ? rows.count * (rows.count - 1) / 2 : rows.count * columns.count
        try progress(done, count * (count - 1) / 2)
      }
    }
    return result
  }

  /// Probabilities of some regions, and their entropies.
  private struct Block: Sendable {
    let rows: Range<Int>
    let width: Int
    let probabilities: [Double]
    let entropies: [Double]

    init(_ logits: [Float], _ rows: Range<Int>) {
      self.rows = rows
      let width = logits.count / max(rows.count, 1)
      self.width = width
      var probabilities = [Double](repeating: 0, count: logits.count)
      var entropies = [Double](repeating: 0, count: rows.count)
      for row in 0..<rows.count {
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
      (self.probabilities, self.entropies) = (probabilities, entropies)
    }
  }

  private static func compare(
    _ a: Block, _ b: Block, into result: inout [Double], _ count: Int, _ threads: Int
  ) {
    let width = a.width
    result.withUnsafeMutableBufferPointer { buffer in
      a.probabilities.withUnsafeBufferPointer { first in
        b.probabilities.withUnsafeBufferPointer { second in
          nonisolated(unsafe) let (result, first, second) = (buffer, first, second)
          Parallel.forEach(a.rows.count, threads: threads) {
            [entropies = (a.entropies, b.entropies)] row, _ in
            let i = a.rows.lowerBound + row
            for column in 0..<b.rows.count where b.rows.lowerBound + column > i {
              var entropy = 0.0
              for v in 0..<width {
                let middle = (first[row * width + v] + second[column * width + v]) / 2
                if middle > 0 { entropy -= middle * log(middle) }
              }
              let j = b.rows.lowerBound + column
              let divergence = max(
                entropy - (entropies.0[row] + entropies.1[column]) / 2, 0)
              result[i * count + j] = divergence
              result[j * count + i] = divergence
            }
          }
        }
      }
    }
  }
}

import CKernels
import Foundation
import Numerics

/// The reference's intrinsic evaluation of a dictionary, under its own key names.
///
/// All but the first four are over regions of at least `minimumMembers` members, and `nil` where too few exist.
package struct DictionaryMetrics: Sendable, Equatable {
  package var regionCount: Int
  package var nontrivialCount: Int
  package var totalMembers: Int
  package var threshold: Double
  /// Share of members that lie in nontrivial regions.
  package var coverage: Double?
  package var meanMembers: Double?
  package var medianMembers: Double?
  package var maximumMembers: Int?
  /// Population standard deviation.
  package var standardDeviationMembers: Double?
  package var gini: Double?
  /// exp of the entropy of the member shares.
  package var effectiveRegions: Double?
  package var utilisation: Double?
  package var meanIntraDistance: Double?
  package var medianIntraDistance: Double?
  package var meanNearestInterDistance: Double?
  package var medianNearestInterDistance: Double?
  /// Mean nearest-exemplar distance in units of θ.
  package var separationRatio: Double?
  package var silhouette: Double?
  package var maximumExemplarSimilarity: Double?
  package var meanExemplarSimilarity: Double?

  /// Key, value (`nil` where it does not exist) and one line on how to read it, in the reference's order.
  package var entries: [(key: String, value: Double?, isCount: Bool, meaning: String)] {
    [
      ("n_partitions", Double(regionCount), true, "regions"),
      ("n_partitions_nontrivial", Double(nontrivialCount), true, "regions with enough members"),
      ("total_members", Double(totalMembers), true, "activations in all regions"),
      ("threshold", threshold, false, "θ, the cosine distance within which an activation joins"),
      ("coverage", coverage, false, "share of activations in nontrivial regions"),
      ("mean_members", meanMembers, false, "members of a nontrivial region, mean"),
      ("median_members", medianMembers, false, "members of a nontrivial region, median"),
      ("max_members", maximumMembers.map(Double.init), true, "members of the largest region"),
      ("std_members", standardDeviationMembers, false, "spread of region sizes"),
      ("gini", gini, false, "inequality of region sizes: 0 even, 1 all in one"),
      ("effective_partitions", effectiveRegions, false, "regions as if all were equally used"),
      ("partition_utilisation", utilisation, false, "effective over nontrivial regions"),
      ("mean_intra_dist", meanIntraDistance, false, "members to their exemplar, mean of regions"),
      ("median_intra_dist", medianIntraDistance, false, "members to their exemplar, median"),
      (
        "mean_nearest_inter_dist", meanNearestInterDistance, false,
        "exemplar to its nearest other exemplar, mean"
      ),
      (
        "median_nearest_inter_dist", medianNearestInterDistance, false,
        "exemplar to its nearest other exemplar, median"
      ),
      ("separation_ratio", separationRatio, false, "mean nearest distance in units of θ"),
      ("silhouette", silhouette, false, "1 tight and apart, 0 touching, below 0 overlapping"),
      (
        "max_exemplar_similarity", maximumExemplarSimilarity, false,
        "the two most alike exemplars, cosine"
      ),
      (
        "mean_exemplar_similarity", meanExemplarSimilarity, false, "all exemplar pairs, mean cosine"
      ),
    ]
  }
}

extension ExemplarDictionary {
  /// Evaluates the dictionary from itself alone.
  ///
  /// - Complexity: O(K² · D) products, in memory for one tile of them.
  package func metrics(minimumMembers: Int = 2, threads: Int) -> DictionaryMetrics {
    DictionaryMetrics.evaluate(
      memberCounts: regions.map(\.memberCount), meanDistances: regions.map(\.meanDistance),
      threshold: threshold, minimumMembers: minimumMembers, threads: threads
    ) { wanted in
      guard wanted.count < count else { return exemplars }
      return DirectionRows(count: wanted.count, dimension: dimension) { rows in
        for (place, region) in wanted.enumerated() {
          exemplars.withRow(region) {
            _ = UnsafeMutableBufferPointer(
              rebasing: rows[place * dimension..<(place + 1) * dimension]
            )
            .update(fromContentsOf: $0)
          }
        }
      }
    }
  }
}

extension DictionaryMetrics {
  /// Evaluates a dictionary that need not be in memory as a whole.
  ///
  /// - Parameters:
  ///   - memberCounts: by region, as all that follow.
  ///   - meanDistances: of the members to their exemplar.
  ///   - exemplars: the unit rows of the regions asked for, in their order; asked once at most.
  /// - Complexity: O(K² · D) products, in memory for one tile of them.
  package static func evaluate(
    memberCounts: [Int], meanDistances: [Double], threshold: Double, minimumMembers: Int = 2,
    threads: Int, exemplars: ([Int]) throws -> DirectionRows
  ) rethrows -> DictionaryMetrics {
    let total = memberCounts.reduce(0, +)
    let nontrivial = memberCounts.indices.filter { memberCounts[$0] >= minimumMembers }
    var metrics = DictionaryMetrics(
      regionCount: memberCounts.count, nontrivialCount: nontrivial.count, totalMembers: total,
      threshold: threshold)
    guard !nontrivial.isEmpty else { return metrics }
    let sizes = nontrivial.map { Double(memberCounts[$0]) }
    let sum = sizes.reduce(0, +)
    let mean = sum / Double(sizes.count)
    metrics.coverage = sum / Double(total)
    metrics.meanMembers = mean
    metrics.medianMembers = sizes.median
    metrics.maximumMembers = nontrivial.map { memberCounts[$0] }.max()
    metrics.standardDeviationMembers =
      (sizes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(sizes.count)).squareRoot()
    metrics.gini = giniCoefficient(sizes)
    let entropy = -sizes.reduce(0) { $0 + $1 / sum * log($1 / sum + 1e-12) }
    metrics.effectiveRegions = exp(entropy)
    metrics.utilisation = exp(entropy) / Double(sizes.count)
    let intra = nontrivial.map { meanDistances[$0] }
    metrics.meanIntraDistance = intra.mean
    metrics.medianIntraDistance = intra.median
    guard nontrivial.count > 1 else { return metrics }

    let rows = try exemplars(nontrivial)
    let similarities = nearestOtherSimilarities(rows, threads: threads)
    let nearest = similarities.map { 1 - Double(min(max($0, -1), 1)) }
    let meanNearest = nearest.mean
    metrics.meanNearestInterDistance = meanNearest
    metrics.medianNearestInterDistance = nearest.median
    metrics.separationRatio = Theta.multiple(meanNearest, of: threshold)
    metrics.silhouette =
      zip(nearest, intra).reduce(0) { $0 + ($1.0 - $1.1) / max($1.0, $1.1) }
      / Double(nearest.count)
    metrics.maximumExemplarSimilarity = similarities.max().map(Double.init)
    metrics.meanExemplarSimilarity = meanPairSimilarity(rows)
    return metrics
  }
}

private func giniCoefficient(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  let (count, sum) = (Double(sorted.count), sorted.reduce(0, +))
  guard sum > 0 else { return 0 }
  let weighted = sorted.enumerated().reduce(0) { $0 + Double($1.offset + 1) * $1.element }
  return 2 * weighted / (count * sum) - (count + 1) / count
}

/// For each unit row the largest product with any other row; `[count]`.
func nearestOtherSimilarities(_ rows: DirectionRows, threads: Int) -> [Float] {
  let (count, dimension) = (rows.count, rows.dimension)
  let side = 256
  let columnsPerTile = 1024
  var nearest = [Float](repeating: -.infinity, count: count)
  rows.withUnsafeBufferPointer { rows in
    nearest.withUnsafeMutableBufferPointer { nearest in
      nonisolated(unsafe) let (rows, nearest) = (rows.baseAddress!, nearest.baseAddress!)
      Parallel.forEach((count + side - 1) / side, threads: threads) { item, _ in
        let range = item * side..<min((item + 1) * side, count)
        var products = [Float](repeating: 0, count: range.count * columnsPerTile)
        products.withUnsafeMutableBufferPointer { products in
          let products = products.baseAddress!
          for start in stride(from: 0, to: count, by: columnsPerTile) {
            let columns = min(columnsPerTile, count - start)
            MatrixProducts.multiplyTransposed(
              rows + range.lowerBound * dimension, rows: range.count, rows + start * dimension,
              columns: columns, depth: dimension, into: products, strideC: columns)
            for row in range {
              let rowProducts = products + (row - range.lowerBound) * columns
              if start <= row, row < start + columns { rowProducts[row - start] = -.infinity }
              let best = kernels_maximum(FixedOrderProduct.level, rowProducts, columns)
              nearest[row] = max(nearest[row], best)
            }
          }
        }
      }
    }
  }
  return nearest
}

/// The mean cosine over all pairs i < j, by ‖Σu‖² = Σ‖u‖² + 2 Σ uᵢ·uⱼ, in f64.
private func meanPairSimilarity(_ rows: DirectionRows) -> Double {
  let (count, dimension) = (rows.count, rows.dimension)
  var sum = [Double](repeating: 0, count: dimension)
  var unitCount = 0.0
  for row in 0..<count {
    rows.withRow(row) { values in
      let norm = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      guard norm > 0 else { return }
      unitCount += 1
      for (i, value) in values.enumerated() { sum[i] += Double(value) / norm }
    }
  }
  let squared = sum.reduce(0) { $0 + $1 * $1 }
  return (squared - unitCount) / (Double(count) * Double(count - 1))
}

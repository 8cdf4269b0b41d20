import ExemplarPartitioning
import Foundation
import Numerics

/// Whether the same regions come out when the same activations arrive in another order.
///
/// - Source: the reference's stability experiments match regions one to one by the cosine of their means, and ask which
///   statistic of one dictionary predicts it.
package struct DictionaryStability: Sendable {
  package struct RegionRow: Sendable, Equatable {
    package var dictionary: Int
    package var region: Int
    package var members: Int
    package var coherence: Double
    /// Cosine of exemplar and mean.
    package var selfCosine: Double
    /// Other dictionaries in which it has a partner.
    package var partners: Int
    /// Over the other dictionaries: cosine of the means matched one to one; a region without a partner is left out.
    package var matchedMean: Double
    package var matchedMinimum: Double
    /// Over the other dictionaries: the largest cosine with any mean.
    package var bestMean: Double
    /// Over the other dictionaries: agreement of membership with the matched region.
    package var jaccard: Double?
    package var adjustedRand: Double?

    /// log10(N c²): many members that agree.
    package var predictor: Double { log10(max(Double(members) * coherence * coherence, 1e-12)) }
  }

  package struct Pair: Sendable {
    package var first: Int
    package var second: Int
    package var matched: Int
    package var meanCosines: [Double]
    package var exemplarCosines: [Double]
    package var adjustedRand: Double?
    package var variationOfInformation: Double?
  }

  package var regions: [RegionRow]
  package var pairs: [Pair]
  /// What one dictionary tells about how well its regions come out again.
  package var predictors: [(name: String, correlation: RankCorrelation?)]
  /// Mean cosines matched one to one between one dictionary and another whose directions were rotated at random.
  package var nullCosine: Double?

  /// - Parameters:
  ///   - parts: for each dictionary the region of every row of one list; empty leaves out memberships.
  ///   - progress: called with the pairs done and in all.
  /// - Throws: `MatchingError`.
  /// - Complexity: that of matching every pair.
  package static func compare(
    _ dictionaries: [ExemplarDictionary], parts: [[Int]] = [], seed: UInt64 = 0, threads: Int,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> DictionaryStability {
    precondition(dictionaries.count > 1, "expected at least 2 dictionaries")
    precondition(parts.isEmpty || parts.count == dictionaries.count)
    try MatrixProducts.verify()
    let means = dictionaries.map(\.meanRows)
    var gathered = dictionaries.map { [Gathered](repeating: Gathered(), count: $0.count) }
    var result = DictionaryStability(regions: [], pairs: [], predictors: [])
    let total = dictionaries.count * (dictionaries.count - 1) / 2
    for a in dictionaries.indices {
      for b in dictionaries.indices where b > a {
        let isSwapped = means[a].count > means[b].count
        let (small, large) = isSwapped ? (b, a) : (a, b)
        let matrix = try CosineMatrix(means[small], means[large], threads: threads)
        let assignment = try RectangularAssignment.solve(matrix, threads: threads)
        let agreement = parts.isEmpty ? nil : PartitionAgreement(parts[small], parts[large])
        var pair = Pair(
          first: a, second: b, matched: means[small].count, meanCosines: [], exemplarCosines: [],
          adjustedRand: agreement?.adjustedRand,
          variationOfInformation: agreement?.variationOfInformation)
        var bestOfColumn = [Float](repeating: -1, count: means[large].count)
        matrix.forEachRow { row, cosines in
          var best: Float = -1
          for (column, cosine) in cosines.enumerated() {
            best = max(best, cosine)
            bestOfColumn[column] = max(bestOfColumn[column], cosine)
          }
          gathered[small][row].best.append(Double(best))
        }
        for (column, best) in bestOfColumn.enumerated() {
          gathered[large][column].best.append(Double(best))
        }
        for row in 0..<means[small].count {
          let column = Int(assignment.columnOfRow[row])
          let cosine = Double(matrix[row: row, column: column])
          pair.meanCosines.append(cosine)
          pair.exemplarCosines.append(
            dot(dictionaries[small].exemplar(of: row), dictionaries[large].exemplar(of: column)))
          for (dictionary, region) in [(small, row), (large, column)] {
            gathered[dictionary][region].matched.append(cosine)
            if let agreement {
              gathered[dictionary][region].jaccard.append(agreement.jaccard(row, column))
              gathered[dictionary][region].rand.append(agreement.adjustedRand(row, column))
            }
          }
        }
        result.pairs.append(pair)
        try progress(result.pairs.count, total)
      }
    }
    for (number, dictionary) in dictionaries.enumerated() {
      for region in 0..<dictionary.count {
        let seen = gathered[number][region]
        guard let least = seen.matched.min() else { continue }
        result.regions.append(
          RegionRow(
            dictionary: number, region: region, members: dictionary.regions[region].memberCount,
            coherence: dictionary.regions[region].coherence,
            selfCosine: dot(dictionary.exemplar(of: region), dictionary.mean(of: region)),
            partners: seen.matched.count, matchedMean: seen.matched.mean, matchedMinimum: least,
            bestMean: seen.best.mean,
            jaccard: seen.jaccard.isEmpty ? nil : seen.jaccard.mean,
            adjustedRand: seen.rand.isEmpty ? nil : seen.rand.mean))
      }
    }
    let stability = result.regions.map(\.matchedMean)
    let candidates: [(String, (RegionRow) -> Double)] = [
      ("log10(N c²)", \.predictor),
      ("log10(N c)", { log10(max(Double($0.members) * $0.coherence, 1e-12)) }),
      ("log10 N", { log10(Double(max($0.members, 1))) }), ("coherence", \.coherence),
      ("cos(exemplar, mean)", \.selfCosine),
    ]
    result.predictors = candidates.map { name, value in
      (name, RankCorrelation(result.regions.map(value), stability, seed: seed))
    }
    result.nullCosine = try nullCosine(means, seed: seed, threads: threads)
    return result
  }

  private static func nullCosine(
    _ means: [DirectionRows], seed: UInt64, threads: Int
  ) throws -> Double? {
    let rotated = RandomRotation.rotate(means[1], seed: seed)
    let (small, large) = means[0].count <= rotated.count ? (means[0], rotated) : (rotated, means[0])
    let matrix = try CosineMatrix(small, large, threads: threads)
    let assignment = try RectangularAssignment.solve(matrix, threads: threads)
    return (0..<small.count).map {
      Double(matrix[row: $0, column: Int(assignment.columnOfRow[$0])])
    }.mean
  }

  private struct Gathered {
    var matched: [Double] = []
    var best: [Double] = []
    var jaccard: [Double] = []
    var rand: [Double] = []
  }
}

extension ExemplarDictionary {
  /// `[K, D]`, a copy.
  var meanRows: DirectionRows {
    DirectionRows(count: count, dimension: dimension) { target in
      for region in 0..<count {
        withMean(of: region) { mean in
          for i in 0..<dimension { target[region * dimension + i] = mean[i] }
        }
      }
    }
  }
}

private func dot(_ a: [Float], _ b: [Float]) -> Double {
  zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

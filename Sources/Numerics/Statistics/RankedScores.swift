/// Two groups of scores sorted once, so that an AUROC costs one pass, also when units are counted several times.
///
/// A unit is what was drawn independently (a document): its scores stay together when the data are resampled.
package struct RankedScores: Sendable {
  /// Rows by score, ascending: the unit, and whether the row is positive.
  private var unitOfRank: [Int32] = []
  private var isPositive: [Bool] = []
  /// First rank of each run of equal scores, and the end.
  private var runs: [Int] = []
  package private(set) var negativeCount = 0
  package private(set) var positiveCount = 0
  private var negativeUnits = 0
  private var positiveUnits = 0

  /// - Parameters:
  ///   - negatives, positives: finite scores, larger for positives if the score is any good.
  ///   - negativeUnits, positiveUnits: the unit of each score, any numbers.
  package init(
    negatives: [Double], positives: [Double], negativeUnits: [Int32], positiveUnits: [Int32]
  ) {
    precondition(negatives.count == negativeUnits.count && positives.count == positiveUnits.count)
    (negativeCount, positiveCount) = (negatives.count, positives.count)
    let first = Self.numbered(negativeUnits)
    let second = Self.numbered(positiveUnits)
    (self.negativeUnits, self.positiveUnits) = (first.count, second.count)
    let scores = negatives + positives
    let order = scores.indices.sorted { scores[$0] < scores[$1] }
    unitOfRank = order.map {
      $0 < negatives.count ? first.units[$0] : second.units[$0 - negatives.count]
    }
    isPositive = order.map { $0 >= negatives.count }
    for rank in order.indices where rank == 0 || scores[order[rank]] != scores[order[rank - 1]] {
      runs.append(rank)
    }
    runs.append(order.count)
  }

  /// Every row a unit of its own.
  package init(negatives: [Double], positives: [Double]) {
    self.init(
      negatives: negatives, positives: positives,
      negativeUnits: negatives.indices.map(Int32.init),
      positiveUnits: positives.indices.map(Int32.init))
  }

  private static func numbered(_ units: [Int32]) -> (units: [Int32], count: Int) {
    var numbers: [Int32: Int32] = [:]
    let result = units.map { unit in
      let number = numbers[unit] ?? Int32(numbers.count)
      numbers[unit] = number
      return number
    }
    return (result, numbers.count)
  }

  /// The probability that a positive scores above a negative, ties counting half; `nil` where a group is empty.
  package var auroc: Double? { auroc(negativeWeights: nil, positiveWeights: nil) }

  private func auroc(negativeWeights: [Int32]?, positiveWeights: [Int32]?) -> Double? {
    var (below, wins) = (0.0, 0.0)
    var (negatives, positives) = (0.0, 0.0)
    for run in 0..<max(runs.count - 1, 0) {
      var (runNegatives, runPositives) = (0.0, 0.0)
      for rank in runs[run]..<runs[run + 1] {
        let unit = Int(unitOfRank[rank])
        if isPositive[rank] {
          runPositives += Double(positiveWeights?[unit] ?? 1)
        } else {
          runNegatives += Double(negativeWeights?[unit] ?? 1)
        }
      }
      wins += runPositives * (below + runNegatives / 2)
      below += runNegatives
      negatives += runNegatives
      positives += runPositives
    }
    return negatives > 0 && positives > 0 ? wins / (negatives * positives) : nil
  }

  /// The share of negatives at or above the highest score that at least `recall` of the positives reach.
  package func falsePositiveRate(atRecall recall: Double) -> Double? {
    guard negativeCount > 0, positiveCount > 0 else { return nil }
    var (found, mistaken) = (0, 0)
    for run in (0..<runs.count - 1).reversed() {
      for rank in runs[run]..<runs[run + 1] {
        if isPositive[rank] { found += 1 } else { mistaken += 1 }
      }
      if Double(found) / Double(positiveCount) >= recall { break }
    }
    return Double(mistaken) / Double(negativeCount)
  }

  /// The 2.5th and 97.5th percentile of the AUROC over resampled units, drawn within each group.
  ///
  /// `nil` where a group has fewer than two units: one document says nothing about others.
  /// - Complexity: O(rounds · rows).
  package func interval(rounds: Int = 200, seed: UInt64 = 0) -> ConfidenceInterval? {
    guard negativeUnits > 1, positiveUnits > 1 else { return nil }
    var values: [Double] = []
    for round in 0..<rounds {
      let stream = seed &+ UInt64(round) &* 2
      if let value = auroc(
        negativeWeights: Resampling.weights(negativeUnits, seed: stream),
        positiveWeights: Resampling.weights(positiveUnits, seed: stream &+ 1))
      {
        values.append(value)
      }
    }
    return Resampling.interval(values)
  }
}

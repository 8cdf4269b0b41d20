import ExemplarPartitioning
import Foundation
import Numerics

/// What ``DictionaryStability`` found, under the keys by which it is printed and kept.
package struct StabilityRecord: Encodable, Sendable {
  /// Of some cosines.
  package struct Statistics: Encodable, Sendable {
    var mean: Double
    var median: Double
    var p10: Double
    var p90: Double
    var min: Double
    var max: Double

    init?(_ values: [Double]) {
      let sorted = values.sorted()
      guard let first = sorted.first, let last = sorted.last else { return nil }
      (mean, median) = (sorted.mean, sorted.percentile(50))
      (p10, p90) = (sorted.percentile(10), sorted.percentile(90))
      (min, max) = (first, last)
    }
  }

  package struct Pair: Encodable, Sendable {
    var a: Int
    var b: Int
    var matched: Int
    var cosMean: Statistics?
    var cosExemplar: Statistics?
    var adjustedRand: Double?
    var variationOfInformation: Double?
  }

  package struct Predictor: Encodable, Sendable {
    var name: String
    var spearman: Double?
    var spearman95: ConfidenceInterval?
    var n: Int?
    var nullMean: Double?
    var nullDeviation: Double?
    var p: Double?
  }

  package struct Region: Encodable, Sendable {
    var dictionary: Int
    var region: Int
    var members: Int
    var coherence: Double
    var selfCosine: Double
    var partners: Int
    var matchedCosine: Double
    var matchedMinimum: Double
    var bestCosine: Double
    var jaccard: Double?
    var adjustedRand: Double?
    var predictor: Double
  }

  var dictionaries: [String]
  var sizes: [Int]
  var thresholds: [Double]
  var rows: Int?
  var split: String?
  var pooledCosMean: Statistics?
  var pooledCosExemplar: Statistics?
  var nullCosine: Double?
  var pairs: [Pair]
  var predictors: [Predictor]
  var regions: [Region]
  var seed: UInt64
  var seconds: Double

  /// - Parameter rows: `nil` where dictionaries were compared.
  package init(
    _ result: DictionaryStability, _ dictionaries: [ExemplarDictionary], names: [String],
    rows: Int?, split: String?, seed: UInt64, seconds: Double
  ) {
    self.dictionaries = names
    sizes = dictionaries.map(\.count)
    thresholds = dictionaries.map(\.threshold)
    (self.rows, self.split, self.seed, self.seconds) = (rows, split, seed, seconds)
    pooledCosMean = Statistics(result.pairs.flatMap(\.meanCosines))
    pooledCosExemplar = Statistics(result.pairs.flatMap(\.exemplarCosines))
    nullCosine = result.nullCosine
    pairs = result.pairs.map { pair in
      Pair(
        a: pair.first, b: pair.second, matched: pair.matched,
        cosMean: Statistics(pair.meanCosines), cosExemplar: Statistics(pair.exemplarCosines),
        adjustedRand: pair.adjustedRand, variationOfInformation: pair.variationOfInformation)
    }
    predictors = result.predictors.map { name, found in
      Predictor(
        name: name, spearman: found?.rho, spearman95: found?.interval, n: found?.count,
        nullMean: found?.nullMean, nullDeviation: found?.nullDeviation, p: found?.p)
    }
    regions = result.regions.map { row in
      Region(
        dictionary: row.dictionary, region: row.region, members: row.members,
        coherence: row.coherence, selfCosine: row.selfCosine, partners: row.partners,
        matchedCosine: row.matchedMean, matchedMinimum: row.matchedMinimum,
        bestCosine: row.bestMean, jaccard: row.jaccard, adjustedRand: row.adjustedRand,
        predictor: row.predictor)
    }
  }
}

import ExemplarPartitioning
import Foundation
import Numerics

/// At which p the regions of the same activations tell values of a label apart, of one label and of several together.
///
/// Centre and θ are calibrated on all rows as one batch; rows are added in a seeded order of their documents, and assigned
/// again to the nearest exemplar, without a cut at θ.
/// - Source: Rumbelow, the reference's resolution toy, whose order is that of seed 0, in batches of 32 documents. Intervals
///   over orders and the permutation null are additions.
package struct ResolutionSeparation: Sendable {
  /// What each row is, by one field or by several.
  package struct Labelling: Sendable {
    package var name: String
    /// `[rows]`, places in `values`.
    package var parts: [Int]
    package var values: [String]

    package init(name: String, parts: [Int], values: [String]) {
      (self.name, self.parts, self.values) = (name, parts, values)
    }

    /// Values by place in alphabetical order.
    package init(name: String, of rows: [String]) {
      self.init(name: name, of: rows.map { [$0] })
    }

    /// Values of several fields together, in the order of the first, then of the next.
    package init(name: String, of rows: [[String]]) {
      let values = Set(rows).sorted { $0.lexicographicallyPrecedes($1) }
      let places = Dictionary(uniqueKeysWithValues: zip(values, values.indices))
      self.init(
        name: name, parts: rows.map { places[$0]! },
        values: values.map { $0.joined(separator: "+") })
    }
  }

  package struct Options: Sendable {
    package var orders = 20
    /// Times that labels are dealt anew.
    package var permutations = 200
    package var documentsPerBatch = 32
    package var seed: UInt64 = 0
    package var threads = 1

    package init() {}
  }

  /// How well regions agree with a labelling.
  package struct Agreement: Sendable {
    /// Of the first order.
    package var adjustedRand: Double
    package var purity: Double
    /// Over all orders.
    package var adjustedRands: Saturation.Spread
    package var purities: Saturation.Spread
    /// Of the first order with labels dealt anew; purity grows with the number of regions for that alone.
    package var chancePurity: Double?
    /// Deals that agree at least as well by the adjusted Rand index, the one that was seen counted in.
    package var p: Double?
  }

  package struct Level: Sendable {
    package var calibration: Calibration
    /// Of the first order, and over all.
    package var regions: Int
    package var regionCounts: Saturation.Spread
    package var identity: String
    /// Of each labelling.
    package var agreements: [Agreement]
  }

  /// Cosine distances about the centre between rows of one kind.
  package struct Distances: Sendable {
    package var kind: String
    package var pairs: Int
    package var p10: Double
    package var median: Double
    package var p90: Double
  }

  package var labellings: [Labelling]
  package var rows: Int
  package var levels: [Level]
  package var distances: [Distances]
  /// Rows that distances are between; all, where there are no more.
  package var distanceRows: Int
  /// Between the mean unit directions of the values of the last labelling, `[values, values]`.
  package var meanDistances: [[Double]]
  package var options: Options

  /// Rows that pairs are taken of, at most.
  package static let pairLimit = 1_000

  /// - Parameters:
  ///   - rows: of one batch, however they were read.
  ///   - labellings: one for each field, and where there are several one of all together, last.
  ///   - percentiles: every p, each in (0, 100).
  ///   - progress: called with the builds done and in all, and at each deal of labels.
  /// - Throws: `CalibrationError`, what `progress` throws.
  /// - Complexity: percentiles · orders builds.
  package static func run(
    _ rows: ActivationRows, labellings: [Labelling], percentiles: [Double], _ options: Options,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> ResolutionSeparation {
    precondition(
      !labellings.isEmpty && labellings.allSatisfy { $0.parts.count == rows.count },
      "expected a part for each of \(rows.count) rows")
    precondition(options.orders > 0, "expected orders")
    try MatrixProducts.verify()
    let stream = SaturationStream(name: rows.sourceName, rows: rows)
    let deck = SaturationDeck(streams: [stream], documentsPerBatch: options.documentsPerBatch)
    let all = ActivationBatch(rows: rows.rows, count: rows.count)
    var centre = CentreAccumulator()
    centre.add(all)
    let middle = try centre.centre()
    var result = ResolutionSeparation(
      labellings: labellings, rows: rows.count, levels: [], distances: [], distanceRows: 0,
      meanDistances: [], options: options)
    var done = 0
    for percentile in percentiles {
      var threshold = ThresholdAccumulator(
        centre: middle, percentile: percentile, threads: options.threads)
      threshold.add(all)
      let calibration = try threshold.finish()
      var parts: [[Int]] = []
      var counts: [Double] = []
      var identity = ""
      for order in 0..<options.orders {
        var builder = DictionaryBuilder(
          centre: calibration.centre, threshold: calibration.threshold,
          options: BuildOptions(threads: options.threads))
        deck.forEachBatch(deck.documents(of: 0, seed: options.seed &+ UInt64(order))) {
          _ = builder.add($0)
        }
        let dictionary = builder.finish().dictionary
        var assigner = RegionAssigner(dictionary, threads: options.threads)
        parts.append(assigner.assign(all).ids.map(Int.init))
        counts.append(Double(dictionary.count))
        if order == 0 { identity = dictionary.identity }
        done += 1
        try progress(done, percentiles.count * options.orders)
      }
      result.levels.append(
        Level(
          calibration: calibration, regions: Int(counts[0]),
          regionCounts: Saturation.Spread(counts), identity: identity,
          agreements: try labellings.map {
            try agreement(parts, $0, options) {
              try progress(done, percentiles.count * options.orders)
            }
          }))
    }
    result.measure(rows, centre: middle)
    return result
  }

  private static func agreement(
    _ orders: [[Int]], _ labelling: Labelling, _ options: Options, pause: () throws -> Void
  ) rethrows -> Agreement {
    let rands = orders.map { PartitionAgreement($0, labelling.parts).adjustedRand }
    let purities = orders.map { purity($0, labelling.parts) }
    var dealt: (purity: Double, asGood: Int) = (0, 0)
    for deal in 0..<options.permutations {
      try pause()
      let permuted = SeededNumbers.permutation(
        labelling.parts.count, seed: options.seed &+ UInt64(deal)
      ).map { labelling.parts[$0] }
      dealt.purity += purity(orders[0], permuted)
      if PartitionAgreement(orders[0], permuted).adjustedRand >= rands[0] { dealt.asGood += 1 }
    }
    let count = Double(options.permutations)
    return Agreement(
      adjustedRand: rands[0], purity: purities[0], adjustedRands: Saturation.Spread(rands),
      purities: Saturation.Spread(purities),
      chancePurity: count > 0 ? dealt.purity / count : nil,
      p: count > 0 ? Double(dealt.asGood + 1) / (count + 1) : nil)
  }

  /// The share of rows whose label is the most frequent one of their region.
  package static func purity(_ regions: [Int], _ parts: [Int]) -> Double {
    var counts: [Int: [Int: Int]] = [:]
    for (region, part) in zip(regions, parts) {
      counts[region, default: [:]][part, default: 0] += 1
    }
    let kept = counts.values.reduce(0) { $0 + ($1.values.max() ?? 0) }
    return Double(kept) / Double(max(regions.count, 1))
  }

  /// Distances between rows, told apart by what they share, and between the means of the last labelling's values.
  private mutating func measure(_ rows: ActivationRows, centre: [Float]) {
    let dimension = rows.dimension
    var units = rows.rows
    for row in 0..<rows.count {
      let range = row * dimension..<(row + 1) * dimension
      var square: Double = 0
      for (place, index) in range.enumerated() {
        units[index] -= centre[place]
        square += Double(units[index]) * Double(units[index])
      }
      let norm = Float(square.squareRoot() + 1e-12)
      for index in range { units[index] /= norm }
    }
    func cosine(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    func unit(_ row: Int) -> [Double] {
      units[row * dimension..<(row + 1) * dimension].map(Double.init)
    }
    let taken =
      rows.count <= Self.pairLimit
      ? Array(0..<rows.count)
      : SeededNumbers.permutation(rows.count, seed: options.seed).prefix(Self.pairLimit).sorted()
    distanceRows = taken.count
    let vectors = taken.map(unit)
    let kinds = Self.pairKinds(labellings.map(\.name))
    var found = [[Double]](repeating: [], count: kinds.count)
    let (first, last) = (labellings[0].parts, labellings[labellings.count - 1].parts)
    for (place, a) in taken.enumerated() {
      for (other, b) in taken.enumerated().dropFirst(place + 1) {
        let kind = last[a] == last[b] ? 0 : first[a] == first[b] ? 1 : kinds.count - 1
        found[kind].append(1 - cosine(vectors[place], vectors[other]))
      }
    }
    distances = zip(kinds, found).map { kind, values in
      let sorted = values.sorted()
      guard !sorted.isEmpty else {
        return Distances(kind: kind, pairs: 0, p10: .nan, median: .nan, p90: .nan)
      }
      return Distances(
        kind: kind, pairs: sorted.count, p10: sorted.percentile(10),
        median: sorted.percentile(50), p90: sorted.percentile(90))
    }
    var means = [[Double]](
      repeating: [Double](repeating: 0, count: dimension),
      count: labellings[labellings.count - 1].values.count)
    for row in 0..<rows.count {
      for (place, value) in unit(row).enumerated() { means[last[row]][place] += value }
    }
    means = means.map { mean in
      let norm = cosine(mean, mean).squareRoot() + 1e-12
      return mean.map { $0 / norm }
    }
    meanDistances = means.map { a in means.map { 1 - cosine(a, $0) } }
  }

  private static func pairKinds(_ names: [String]) -> [String] {
    names.count == 1
      ? ["same \(names[0])", "other \(names[0])"]
      : ["same \(names[names.count - 1])", "same \(names[0]) alone", "other \(names[0])"]
  }

  /// The level with as many regions in the first order as a labelling has values: the purest, of those the one of the least p;
  /// or else of the nearest number of regions.
  package func level(for labelling: Int) -> Level? {
    let wanted = labellings[labelling].values.count
    return levels.min { a, b in
      func key(_ level: Level) -> (Int, Double, Double) {
        (
          abs(level.regions - wanted), -level.agreements[labelling].purity,
          level.calibration.percentile ?? 0
        )
      }
      return key(a) < key(b)
    }
  }
}

import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// How well a dictionary covers several sources of activations, and how well distance tells them apart.
///
/// The first source is the one that counts as in distribution. Distance is the cosine distance to the nearest exemplar.
/// - Source: the reference's coverage experiment; AUROC, its interval and the baselines are additions.
package struct Coverage: Sendable {
  /// Distances of one source.
  package struct Source: Sendable, Equatable {
    package var name: String
    package var count: Int
    package var documents: Int
    package var withinThreshold: Double
    /// By resampling documents; `nil` for a single one.
    package var withinInterval: ConfidenceInterval?
    package var mean: Double
    package var median: Double
    package var p90: Double
    package var p99: Double
    package var minimum: Double
    package var maximum: Double
    /// Against the first source, over all rows of both; `nil` for the first source itself.
    package var separation: Separation?
    /// Per region: how many rows, how many of them within θ, and the sum of their distances.
    package var rowsOfRegion: [Int]
    package var withinOfRegion: [Int]
    package var distanceOfRegion: [Double]
  }

  /// How well a score tells a source from the first one, which has the lower scores.
  package struct Separation: Sendable, Equatable {
    package var auroc: Double
    /// By resampling documents.
    package var interval: ConfidenceInterval?
    /// The share of in-distribution rows flagged when 95 % of the source's are.
    package var falsePositiveRate: Double

    init?(_ scores: RankedScores, seed: UInt64) {
      guard let auroc = scores.auroc,
        let rate = scores.falsePositiveRate(atRecall: 0.95)
      else { return nil }
      self.auroc = auroc
      falsePositiveRate = rate
      interval = scores.interval(seed: seed)
    }
  }

  package var threshold: Double
  package var sources: [Source]
  package var baselines: CoverageBaselines?

  /// A source to read, once.
  package struct Input {
    package typealias Reader = (_ body: (ActivationBatch) throws -> Bool) throws -> Void

    package var name: String
    /// For errors.
    package var file: String
    /// Calls its argument with one batch after another until it returns false.
    package var forEachBatch: Reader

    package init(name: String, file: String, forEachBatch: @escaping Reader) {
      self.name = name
      self.file = file
      self.forEachBatch = forEachBatch
    }

    package init(name: String, source: ActivationSource) {
      self.init(name: name, file: source.url.lastPathComponent) { try source.forEachBatch($0) }
    }
  }

  package struct Options: Sendable {
    package var threads = 1
    package var seed: UInt64 = 0
    /// Rows that the baselines are fitted on, and rows of each source that they score; 0 for no baselines.
    package var baselineRows = 5000
    /// k of the nearest neighbours.
    package var neighbours = 10

    package init() {}
  }

  /// - Parameter progress: called after each batch with the source and its activations so far.
  /// - Throws: `mismatch` for another width, `missing` for a source of nothing, what the sources throw.
  /// - Complexity: that of assigning every row, O(n · K · D), beside n log n for sorting.
  package static func run(
    _ dictionary: DictionaryFile, _ inputs: [Input], _ options: Options = Options(),
    progress: (String, Int) throws -> Void = { _, _ in }
  ) throws -> Coverage {
    try MatrixProducts.verify()
    try dictionary.checkHasRegions()
    let centre = try dictionary.centre()
    var assigner = RegionAssigner(
      centre: centre, exemplars: try dictionary.exemplarRows(), threads: options.threads)
    var scored: [ScoredSource] = []
    for (index, input) in inputs.enumerated() {
      var source = ScoredSource(
        name: input.name, isFirst: index == 0, sampleSize: options.baselineRows)
      try input.forEachBatch { batch in
        try checkWidth(
          batch, expecting: (dictionary.dimension, of: dictionary.name), file: input.file)
        let assigned = assigner.assign(batch)
        source.add(batch, assigned)
        try progress(input.name, source.distances.count)
        return true
      }
      guard !source.distances.isEmpty else {
        throw ExperimentError(
          .missing, "expected activations, found none", file: input.file)
      }
      scored.append(source)
    }
    let first = scored[0]
    let sources = scored.enumerated().map { index, source in
      source.summary(
        threshold: dictionary.threshold, regions: dictionary.regionCount,
        against: index == 0 ? nil : first, seed: options.seed)
    }
    let baselines =
      options.baselineRows > 0 && scored.count > 1
      ? try CoverageBaselines(scored, centre: centre, options, file: dictionary.name) : nil
    return Coverage(
      threshold: dictionary.threshold, sources: sources, baselines: baselines)
  }
}

/// A source while it is read: all distances, and some rows for the baselines.
struct ScoredSource {
  let name: String
  var distances: [Float] = []
  var units: [Int32] = []
  private var ids: [Int32] = []
  /// Rows to fit on (the first source's odd documents) and rows to score (all others), sampled evenly.
  private(set) var fitted: RowSample
  private(set) var tested: RowSample
  private let isFirst: Bool
  private var documents = 0

  init(name: String, isFirst: Bool, sampleSize: Int) {
    self.name = name
    self.isFirst = isFirst
    fitted = RowSample(capacity: isFirst ? sampleSize : 0)
    tested = RowSample(capacity: sampleSize)
  }

  mutating func add(_ batch: ActivationBatch, _ assigned: (ids: [Int32], distances: [Float])) {
    let first = distances.count
    distances.append(contentsOf: assigned.distances)
    ids.append(contentsOf: assigned.ids)
    for row in 0..<batch.count {
      let unit = batch.documentOfRow.isEmpty ? Int32(first + row) : batch.documentOfRow[row]
      units.append(unit)
      let isFitted = isFirst && unit % 2 == 1
      let values = batch.rows[row * batch.dimension..<(row + 1) * batch.dimension]
      if isFitted {
        fitted.offer(values, unit: unit, distance: assigned.distances[row])
      } else {
        tested.offer(values, unit: unit, distance: assigned.distances[row])
      }
    }
  }

  func summary(
    threshold: Double, regions: Int, against first: ScoredSource?, seed: UInt64
  ) -> Coverage.Source {
    let sorted = distances.map(Double.init).sorted()
    let limit = Float(threshold)
    var (rows, within) = ([Int](repeating: 0, count: regions), [Int](repeating: 0, count: regions))
    var sums = [Double](repeating: 0, count: regions)
    for (id, distance) in zip(ids, distances) where id >= 0 {
      rows[Int(id)] += 1
      sums[Int(id)] += Double(distance)
      if distance <= limit { within[Int(id)] += 1 }
    }
    let share = Double(within.reduce(0, +)) / Double(distances.count)
    let separation = first.flatMap { first in
      Coverage.Separation(
        RankedScores(
          negatives: first.distances.map(Double.init), positives: distances.map(Double.init),
          negativeUnits: first.units, positiveUnits: units), seed: seed)
    }
    return Coverage.Source(
      name: name, count: distances.count, documents: Set(units).count, withinThreshold: share,
      withinInterval: ShareInterval.of(distances.map { $0 <= limit }, units: units, seed: seed),
      mean: sorted.mean, median: sorted.percentile(50), p90: sorted.percentile(90),
      p99: sorted.percentile(99), minimum: sorted[0], maximum: sorted[sorted.count - 1],
      separation: separation, rowsOfRegion: rows, withinOfRegion: within, distanceOfRegion: sums)
  }
}

/// An interval for a share, by resampling units.
package enum ShareInterval {
  /// `nil` for fewer than two units.
  package static func of(
    _ hits: [Bool], units: [Int32], rounds: Int = 200, seed: UInt64 = 0
  ) -> ConfidenceInterval? {
    var numbers: [Int32: Int] = [:]
    var (totals, counts) = ([Int](), [Int]())
    for (hit, unit) in zip(hits, units) {
      let number = numbers[unit] ?? totals.count
      if number == totals.count {
        numbers[unit] = number
        totals.append(0)
        counts.append(0)
      }
      totals[number] += 1
      if hit { counts[number] += 1 }
    }
    guard totals.count > 1 else { return nil }
    let shares = (0..<rounds).map { round in
      let weights = Resampling.weights(totals.count, seed: seed &+ UInt64(round))
      var (hits, all) = (0, 0)
      for (index, weight) in weights.enumerated() {
        hits += Int(weight) * counts[index]
        all += Int(weight) * totals[index]
      }
      return Double(hits) / Double(all)
    }
    return Resampling.interval(shares)
  }
}

/// Some rows of a stream whose length is not known: every `step`-th, the step doubling when there are too many.
struct RowSample {
  let capacity: Int
  private(set) var rows: [Float] = []
  private(set) var units: [Int32] = []
  private(set) var distances: [Float] = []
  private var seen = 0
  private var step = 1
  private var dimension = 0

  init(capacity: Int) { self.capacity = capacity }

  var count: Int { units.count }

  mutating func offer(_ row: ArraySlice<Float>, unit: Int32, distance: Float) {
    defer { seen += 1 }
    guard capacity > 0, seen % step == 0 else { return }
    if count == capacity {
      thin()
      step *= 2
      guard seen % step == 0 else { return }
    }
    dimension = row.count
    rows.append(contentsOf: row)
    units.append(unit)
    distances.append(distance)
  }

  /// Keeps every second row.
  private mutating func thin() {
    let kept = stride(from: 0, to: count, by: 2)
    rows = kept.flatMap { rows[$0 * dimension..<($0 + 1) * dimension] }
    units = kept.map { units[$0] }
    distances = kept.map { distances[$0] }
  }
}

import ExemplarPartitioning
import Foundation
import Numerics

/// How many regions activations of several kinds need under one centre and one θ.
///
/// Streams are of different lengths, and documents come in some order: they are compared after as many activations of each,
/// over seeded shuffles of the documents.
/// - Source: the reference's saturation experiment grows one dictionary a domain on a calibration of its own; intervals over
///   orders, equal activations and the null are additions.
package struct Saturation: Sendable {
  package struct Options: Sendable {
    package var orders = 20
    /// Times that the documents of all streams are dealt anew.
    package var deals = 20
    package var documentsPerBatch = 16
    package var window = 1
    package var seed: UInt64 = 0
    package var threads = 1

    package init() {}
  }

  package struct Stream: Sendable {
    package var name: String
    package var documents: Int
    package var activations: Int
    /// Of the dictionary that is built in the stored order.
    package var identity: String
    package var stored: SaturationGrowth
    /// One for each shuffle, with the seeds from the first on.
    package var orders: [SaturationGrowth]

    package func regions(after activations: Int) -> Spread {
      Spread(orders.map { Double($0.regions(after: activations)) })
    }

    package func foundingRate(before activations: Int) -> Spread {
      Spread(orders.map { $0.foundingRate(before: activations) })
    }
  }

  /// Values over orders: their mean, and their 2.5th and 97.5th percentile, linear between ranks.
  package struct Spread: Sendable, Equatable, Encodable {
    enum CodingKeys: String, CodingKey {
      case mean
      case interval = "interval95"
    }

    package var mean: Double
    package var interval: ConfidenceInterval

    package init(_ values: [Double]) {
      let sorted = values.sorted()
      mean = values.mean
      interval = ConfidenceInterval(
        lower: sorted.percentile(2.5), upper: sorted.percentile(97.5), confidence: 0.95)
    }
  }

  /// What more regions one stream has than another after as many activations.
  package struct Difference: Sendable {
    package var first: Int
    package var second: Int
    package var regions: Spread
    /// Deals in which some two hands differ as much as the means do, with the one that was seen; `nil` without deals.
    package var p: Double?
  }

  package var calibration: Calibration
  package var streams: [Stream]
  /// The activations of the shortest stream.
  package var equalActivations: Int
  /// For each deal the regions of every hand after as many activations.
  package var deals: [[Int]]
  package var options: Options

  /// - Parameters:
  ///   - calibration: one for all; `nil` calibrates on the streams themselves, one after another, with this percentile.
  ///   - progress: called with the builds done and in all.
  /// - Throws: `CalibrationError`, `ExperimentError.mismatch` for another width, what `progress` throws.
  /// - Complexity: that of (orders + 1) · streams + deals · streams builds.
  package static func run(
    _ streams: [SaturationStream], calibration: Calibration?, percentile: Double,
    _ options: Options, progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> Saturation {
    precondition(!streams.isEmpty && options.orders > 0, "expected streams and orders")
    try MatrixProducts.verify()
    for stream in streams where stream.rows.dimension != streams[0].rows.dimension {
      throw ExperimentError(
        .mismatch,
        "expected activations of \(streams[0].rows.dimension) components as in \(streams[0].rows.sourceName), found \(stream.rows.dimension)",
        file: stream.rows.sourceName)
    }
    let deck = SaturationDeck(streams: streams, documentsPerBatch: options.documentsPerBatch)
    let calibration =
      try calibration ?? calibrate(deck, percentile: percentile, threads: options.threads)
    for stream in streams where stream.rows.dimension != calibration.centre.count {
      throw ExperimentError(
        .mismatch,
        "expected activations of \(calibration.centre.count) components as in the calibration, found \(stream.rows.dimension)",
        file: stream.rows.sourceName)
    }
    let deals = streams.count > 1 ? options.deals : 0
    let total = streams.count * (options.orders + 1 + deals)
    var done = 0
    func grow(_ documents: [DealtDocument]) throws -> (SaturationGrowth, ExemplarDictionary) {
      var builder = DictionaryBuilder(
        centre: calibration.centre, threshold: calibration.threshold,
        options: BuildOptions(threads: options.threads))
      var growth = SaturationGrowth()
      deck.forEachBatch(documents) { growth.add(builder.add($0)) }
      done += 1
      try progress(done, total)
      return (growth, builder.finish().dictionary)
    }
    var result = Saturation(
      calibration: calibration, streams: [],
      equalActivations: streams.map(\.activationCount).min() ?? 0, deals: [], options: options)
    for (index, stream) in streams.enumerated() {
      let (stored, dictionary) = try grow(deck.documents(of: index, seed: nil))
      let orders = try (0..<options.orders).map {
        try grow(deck.documents(of: index, seed: options.seed &+ UInt64($0))).0
      }
      result.streams.append(
        Stream(
          name: stream.name, documents: stream.documentCount, activations: stream.activationCount,
          identity: dictionary.identity, stored: stored, orders: orders))
    }
    for deal in 0..<deals {
      let hands = deck.dealt(
        result.equalActivations, seed: options.seed &+ UInt64(options.orders + deal))
      result.deals.append(try hands.map { try grow($0).0.founders.count })
    }
    return result
  }

  private static func calibrate(
    _ deck: SaturationDeck, percentile: Double, threads: Int
  ) throws -> Calibration {
    let documents = deck.streams.indices.map { deck.documents(of: $0, seed: nil) }
    var centre = CentreAccumulator()
    for own in documents { deck.forEachBatch(own) { centre.add($0) } }
    var threshold = ThresholdAccumulator(
      centre: try centre.centre(), percentile: percentile, threads: threads)
    for own in documents { deck.forEachBatch(own) { threshold.add($0) } }
    return try threshold.finish()
  }

  /// By how many regions the hands of each deal differ at most.
  package var dealtSpreads: [Int] { deals.map { ($0.max() ?? 0) - ($0.min() ?? 0) } }

  /// Every pair of streams, after as many activations of both.
  package var differences: [Difference] {
    let spreads = dealtSpreads
    return streams.indices.flatMap { first in
      streams.indices.filter { $0 > first }.map { second in
        let regions = Spread(
          zip(streams[first].orders, streams[second].orders).map {
            Double($0.regions(after: equalActivations) - $1.regions(after: equalActivations))
          })
        let extreme = spreads.count { Double($0) >= abs(regions.mean) }
        return Difference(
          first: first, second: second, regions: regions,
          p: spreads.isEmpty ? nil : Double(1 + extreme) / Double(1 + spreads.count))
      }
    }
  }
}

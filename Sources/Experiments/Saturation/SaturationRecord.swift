import ExemplarPartitioning
import Numerics

/// What ``Saturation`` found, under the keys by which it is printed and kept.
package struct SaturationRecord: Encodable, Sendable {
  struct Stored: Encodable {
    var regions: Int
    var growth: [Growth]
  }

  /// After a batch.
  struct Growth: Encodable {
    var point: SaturationGrowth.Point

    init(_ point: SaturationGrowth.Point) { self.point = point }

    func encode(to encoder: any Encoder) throws {
      var values = encoder.unkeyedContainer()
      try values.encode(point.activations)
      try values.encode(point.regions)
      try values.encode(point.foundingRate)
    }
  }

  struct Saturated: Encodable {
    var activations: Int
    var regions: Int
  }

  struct Order: Encodable {
    var seed: UInt64
    var regions: Int
    var regionsAtEqual: Int
    var saturated: Saturated?
    var growth: [Growth]
  }

  struct Stream: Encodable {
    var name: String
    var documents: Int
    var activations: Int
    var identity: String
    var regions: Saturation.Spread
    var regionsAtEqual: Saturation.Spread
    var newRegionRate: Saturation.Spread
    var stored: Stored
    var orders: [Order]

    init(_ stream: Saturation.Stream, equal: Int, _ options: Saturation.Options) {
      (name, documents) = (stream.name, stream.documents)
      (activations, identity) = (stream.activations, stream.identity)
      regions = stream.regions(after: stream.activations)
      regionsAtEqual = stream.regions(after: equal)
      newRegionRate = stream.foundingRate(before: equal)
      stored = Stored(
        regions: stream.stored.founders.count, growth: stream.stored.points.map(Growth.init))
      orders = stream.orders.enumerated().map { index, order in
        Order(
          seed: options.seed &+ UInt64(index), regions: order.founders.count,
          regionsAtEqual: order.regions(after: equal),
          saturated: order.saturation(window: options.window).map {
            Saturated(activations: $0.activations, regions: $0.regions)
          }, growth: order.points.map(Growth.init))
      }
    }
  }

  struct Difference: Encodable {
    var a: String
    var b: String
    @Inline var regions: Saturation.Spread
    var p: Double?
  }

  struct Null: Encodable {
    var deals: [[Int]]
    var meanSpread: Double
  }

  /// What was asked, and of what.
  package struct Question: Sendable {
    /// What centre and θ were calibrated on, in words.
    package var calibratedOn: String
    /// Of the streams.
    package var hook: String?
    package var positions: Positions

    package init(calibratedOn: String, hook: String?, positions: Positions) {
      (self.calibratedOn, self.hook, self.positions) = (calibratedOn, hook, positions)
    }
  }

  var streams: [Stream]
  var equalActivations: Int
  var theta: Double
  var centerNorm: Double
  var percentile: Double?
  var calibratedOn: String
  var calibrationActivations: Int?
  var hook: String?
  var positions: String
  var documentsPerBatch: Int
  var saturationWindow: Int
  var differences: [Difference]
  var null: Null?
  var seed: UInt64
  var seconds: Double

  package init(_ result: Saturation, of question: Question, seconds: Double) {
    let (calibration, options) = (result.calibration, result.options)
    streams = result.streams.map { Stream($0, equal: result.equalActivations, options) }
    (equalActivations, theta) = (result.equalActivations, calibration.threshold)
    centerNorm = calibration.centre.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    (percentile, calibratedOn) = (calibration.percentile, question.calibratedOn)
    calibrationActivations = calibration.activationCount
    (hook, positions) = (question.hook, question.positions.rawValue)
    (documentsPerBatch, saturationWindow) = (options.documentsPerBatch, options.window)
    differences = result.differences.map { difference in
      Difference(
        a: result.streams[difference.first].name, b: result.streams[difference.second].name,
        regions: difference.regions, p: difference.p)
    }
    null =
      result.deals.isEmpty
      ? nil : Null(deals: result.deals, meanSpread: result.dealtSpreads.map(Double.init).mean)
    (seed, self.seconds) = (options.seed, seconds)
  }
}

import Foundation
import Numerics

extension SaturationRecord {
  /// A line of a table: a batch of an order.
  private struct Line: Encodable {
    var stream: String
    var seed: UInt64
    var activations: Int
    var regions: Int
    var newRegionRate: Double
  }

  /// - Parameters:
  ///   - result: what the record is of.
  ///   - identity: of the dictionary whose calibration was taken.
  package func report(_ result: Saturation, identity: String?) -> Report {
    let orders = result.options.orders
    let header = [
      "stream", "documents", "activations", "regions", "95 %", "at \(equalActivations)", "95 %",
      "new per 1000", "saturated in",
    ]
    let rows = streams.map { stream in
      [
        onOneLine(stream.name), "\(stream.documents)", "\(stream.activations)",
        fixed(stream.regions.mean), fixed(stream.regions.interval),
        fixed(stream.regionsAtEqual.mean), fixed(stream.regionsAtEqual.interval),
        fixed(1000 * stream.newRegionRate.mean),
        "\(stream.orders.count { $0.saturated != nil }) of \(stream.orders.count)",
      ]
    }
    var text = """
      \(streams.count) streams under one centre and θ \(formatted(theta)) \
      (\(percentile.map { "p = \(formatted($0)), " } ?? "")calibrated on \(onOneLine(calibratedOn))); \
      \(orders) orders, \(documentsPerBatch) documents a batch
      \(table(header, rows))
      """
    if !differences.isEmpty {
      let lines = differences.map {
        [
          onOneLine($0.a), onOneLine($0.b), fixed($0.regions.mean), fixed($0.regions.interval),
          figure($0.p),
        ]
      }
      text += "\n\nmore regions after \(equalActivations) activations of each\n"
      text += table(["of", "than of", "mean", "95 %", "p"], lines)
      if let null {
        text +=
          "\nnull: documents of all streams dealt anew \(null.deals.count) times, whose hands differ by "
          + "\(fixed(null.meanSpread)) on average, by \(result.dealtSpreads.max() ?? 0) at most"
      }
    }
    return Report(
      kind: .saturation, identities: (identity.map { [$0] } ?? []) + streams.map(\.identity),
      record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Regions by activations seen, under one θ",
        caption:
          "θ \(formatted(theta)), calibrated on \(calibratedOn); means over \(orders) orders of the documents, shaded: their 2.5th to 97.5th percentile",
        content: .curves(
          result.streams.map(Self.curve), xAxis: "activations seen", yAxis: "regions")),
      records: lines.map { JSONValue(encoding: $0) }, text: text)
  }

  private var lines: [Line] {
    streams.flatMap { stream in
      stream.orders.flatMap { order in
        order.growth.map(\.point).map {
          Line(
            stream: stream.name, seed: order.seed, activations: $0.activations,
            regions: $0.regions, newRegionRate: $0.foundingRate)
        }
      }
    }
  }

  /// Forty places along the stream and its beginning.
  private static func curve(_ stream: Saturation.Stream) -> SVGPlot.Curve {
    let places = Set((0...40).map { stream.activations * $0 / 40 }).sorted()
    return SVGPlot.Curve(
      stream.name,
      places.map { place in
        let regions = stream.regions(after: place)
        return .init(x: Double(place), y: regions.mean, interval: regions.interval)
      })
  }

  /// One decimal, and no sign before what rounds to 0.
  private func fixed(_ value: Double) -> String {
    decimals(abs(value) < 0.05 ? 0 : value, 1...1)
  }

  private func fixed(_ interval: ConfidenceInterval) -> String {
    "[\(fixed(interval.lower)), \(fixed(interval.upper))]"
  }
}

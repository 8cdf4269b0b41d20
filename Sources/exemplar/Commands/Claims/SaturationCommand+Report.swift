import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

extension SaturationCommand {
  func report(
    _ result: Saturation, origin: String, dictionary: DictionaryFile?, _ input: Input,
    seconds: Double
  ) -> ClaimReport {
    let equal = result.equalActivations
    let header = [
      "stream", "documents", "activations", "regions", "95 %", "at \(equal)", "95 %",
      "new per 1000", "saturated in",
    ]
    let rows = result.streams.map { stream in
      let (all, same) = (stream.regions(after: stream.activations), stream.regions(after: equal))
      let saturated = stream.orders.count { $0.saturation(window: saturationWindow) != nil }
      return [
        oneLine(stream.name), "\(stream.documents)", "\(stream.activations)", fixed(all.mean, 1),
        fixed(all.interval, 1), fixed(same.mean, 1), fixed(same.interval, 1),
        fixed(1000 * stream.foundingRate(before: equal).mean, 1),
        "\(saturated) of \(stream.orders.count)",
      ]
    }
    let differences = result.differences
    let (theta, percentile) = (result.calibration.threshold, result.calibration.percentile)
    let centre = result.calibration.centre.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    var text = """
      \(result.streams.count) streams under one centre and θ \(formatted(theta)) \
      (\(percentile.map { "p = \(formatted($0)), " } ?? "")calibrated on \(oneLine(origin))); \
      \(orders) orders, \(result.options.documentsPerBatch) documents a batch
      \(table(header, rows))
      """
    if !differences.isEmpty {
      let lines = differences.map { difference in
        [
          oneLine(result.streams[difference.first].name),
          oneLine(result.streams[difference.second].name), fixed(difference.regions.mean, 1),
          fixed(difference.regions.interval, 1), figure(difference.p),
        ]
      }
      text += "\n\nmore regions after \(equal) activations of each\n"
      text += table(["of", "than of", "mean", "95 %", "p"], lines)
      if deals > 0 {
        let spreads = result.dealtSpreads.map(Double.init)
        text +=
          "\nnull: documents of all streams dealt anew \(deals) times, whose hands differ by \(fixed(spreads.mean, 1)) on average, by \(Int(spreads.max() ?? 0)) at most"
      }
    }
    return ClaimReport(
      kind: .saturation,
      identities: (dictionary.map { [$0.identity] } ?? []) + result.streams.map(\.identity),
      entries: [
        ("streams", .array(result.streams.enumerated().map { json($1, equal) })),
        ("equalActivations", .integer(equal)), ("theta", .number(theta)),
        ("centerNorm", .number(centre)), ("percentile", .optional(percentile)),
        ("calibratedOn", .string(origin)),
        ("calibrationActivations", .optional(result.calibration.activationCount)),
        ("hook", .optional(input.sources.first?.recorded.provenance.hook)),
        ("positions", .string(positions.rawValue)),
        ("documentsPerBatch", .integer(result.options.documentsPerBatch)),
        ("saturationWindow", .integer(saturationWindow)),
        (
          "differences",
          .array(
            differences.map { difference in
              .object([
                ("a", .string(result.streams[difference.first].name)),
                ("b", .string(result.streams[difference.second].name)),
                ("mean", .number(difference.regions.mean)),
                ("interval95", .interval(difference.regions.interval)),
                ("p", .optional(difference.p)),
              ])
            })
        ),
        (
          "null",
          result.deals.isEmpty
            ? .null
            : .object([
              ("deals", .array(result.deals.map { .array($0.map(JSONValue.integer)) })),
              ("meanSpread", .number(result.dealtSpreads.map(Double.init).mean)),
            ])
        ),
        ("seed", .seed(seed)), ("seconds", .number(seconds)),
      ], header: header, rows: rows,
      plot: SVGPlot(
        title: "Regions by activations seen, under one θ",
        caption:
          "θ \(formatted(theta)), calibrated on \(origin); means over \(orders) orders of the documents, shaded: their 2.5th to 97.5th percentile",
        content: .curves(
          result.streams.map { curve($0) }, xAxis: "activations seen", yAxis: "regions")),
      records: result.streams.flatMap { records($0) }, text: text)
  }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    // No sign before what rounds to 0.
    (abs(value) < 0.5 * pow(0.1, Double(digits)) ? 0 : value).formatted(
      .number.precision(.fractionLength(digits)).grouping(.never)
        .locale(.init(identifier: "en_US_POSIX")))
  }

  private func fixed(_ interval: ConfidenceInterval, _ digits: Int) -> String {
    "[\(fixed(interval.lower, digits)), \(fixed(interval.upper, digits))]"
  }

  /// Forty places along the stream and its beginning.
  private func curve(_ stream: Saturation.Stream) -> SVGPlot.Curve {
    let places = Set((0...40).map { stream.activations * $0 / 40 }).sorted()
    return SVGPlot.Curve(
      stream.name,
      places.map { place in
        let regions = stream.regions(after: place)
        return .init(x: Double(place), y: regions.mean, interval: regions.interval)
      })
  }

  private func json(_ growth: SaturationGrowth) -> JSONValue {
    .array(
      growth.points.map {
        .array([.integer($0.activations), .integer($0.regions), .number($0.foundingRate)])
      })
  }

  private func json(_ spread: Saturation.Spread) -> JSONValue {
    .object([
      ("mean", .number(spread.mean)), ("interval95", .interval(spread.interval)),
    ])
  }

  private func json(_ stream: Saturation.Stream, _ equal: Int) -> JSONValue {
    .object([
      ("name", .string(stream.name)), ("documents", .integer(stream.documents)),
      ("activations", .integer(stream.activations)), ("identity", .string(stream.identity)),
      ("regions", json(stream.regions(after: stream.activations))),
      ("regionsAtEqual", json(stream.regions(after: equal))),
      ("newRegionRate", json(stream.foundingRate(before: equal))),
      (
        "stored",
        .object([
          ("regions", .integer(stream.stored.founders.count)), ("growth", json(stream.stored)),
        ])
      ),
      (
        "orders",
        .array(
          stream.orders.enumerated().map { index, order in
            .object([
              ("seed", .seed(seed &+ UInt64(index))), ("regions", .integer(order.founders.count)),
              ("regionsAtEqual", .integer(order.regions(after: equal))),
              (
                "saturated",
                order.saturation(window: saturationWindow).map {
                  .object([
                    ("activations", .integer($0.activations)), ("regions", .integer($0.regions)),
                  ])
                } ?? .null
              ), ("growth", json(order)),
            ])
          })
      ),
    ])
  }

  /// A line for every batch of every order.
  private func records(_ stream: Saturation.Stream) -> [JSONValue] {
    stream.orders.enumerated().flatMap { index, order in
      order.points.map { point in
        .object([
          ("stream", .string(stream.name)), ("seed", .seed(seed &+ UInt64(index))),
          ("activations", .integer(point.activations)), ("regions", .integer(point.regions)),
          ("newRegionRate", .number(point.foundingRate)),
        ])
      }
    }
  }
}

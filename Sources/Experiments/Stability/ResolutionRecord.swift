import ExemplarPartitioning
import Foundation
import Numerics

/// What ``ResolutionSeparation`` found, under the keys by which it is printed and kept.
package struct ResolutionRecord: Encodable, Sendable {
  struct Agreement: Encodable {
    var label: String
    var adjustedRand: Double
    var adjustedRandOverOrders: Saturation.Spread
    var purity: Double
    var purityOverOrders: Saturation.Spread
    var chancePurity: Double?
    var p: Double?
  }

  struct Level: Encodable {
    var percentile: Double?
    var theta: Double
    var regions: Int
    var regionsOverOrders: Saturation.Spread
    var identity: String
    var agreements: [Agreement]
  }

  struct Distances: Encodable {
    var kind: String
    var pairs: Int
    var p10: Double?
    var median: Double?
    var p90: Double?
  }

  struct Label: Encodable {
    var name: String
    var values: [String]
    /// The p whose first order has as many regions as there are values, or nearly.
    var separatedAt: Double?
    var regionsThere: Int?
  }

  var rows: Int
  var hook: String?
  var positions: String
  var labels: [Label]
  var levels: [Level]
  var distances: [Distances]
  var distanceRows: Int
  var meanDistances: [[Double]]
  var orders: Int
  var permutations: Int
  var documentsPerBatch: Int
  var seed: UInt64
  var seconds: Double

  package init(
    _ result: ResolutionSeparation, hook: String?, positions: Positions, seconds: Double
  ) {
    let options = result.options
    (rows, self.hook, self.positions) = (result.rows, hook, positions.rawValue)
    labels = result.labellings.indices.map { place in
      let level = result.level(for: place)
      return Label(
        name: result.labellings[place].name, values: result.labellings[place].values,
        separatedAt: level?.calibration.percentile, regionsThere: level?.regions)
    }
    levels = result.levels.map { level in
      Level(
        percentile: level.calibration.percentile, theta: level.calibration.threshold,
        regions: level.regions, regionsOverOrders: level.regionCounts, identity: level.identity,
        agreements: zip(result.labellings, level.agreements).map { label, agreement in
          Agreement(
            label: label.name, adjustedRand: agreement.adjustedRand,
            adjustedRandOverOrders: agreement.adjustedRands, purity: agreement.purity,
            purityOverOrders: agreement.purities, chancePurity: agreement.chancePurity,
            p: agreement.p)
        })
    }
    distances = result.distances.map {
      Distances(
        kind: $0.kind, pairs: $0.pairs, p10: $0.pairs > 0 ? $0.p10 : nil,
        median: $0.pairs > 0 ? $0.median : nil, p90: $0.pairs > 0 ? $0.p90 : nil)
    }
    (distanceRows, meanDistances) = (result.distanceRows, result.meanDistances)
    (orders, permutations) = (options.orders, options.permutations)
    (documentsPerBatch, seed) = (options.documentsPerBatch, options.seed)
    self.seconds = seconds
  }
}

extension ResolutionRecord {
  /// A line of a table: a p and a label.
  private struct Line: Encodable {
    var percentile: Double?
    var theta: Double
    var regions: Int
    var label: String
    var adjustedRand: Double
    var adjustedRandMean: Double
    var purity: Double
    var chancePurity: Double?
    var p: Double?
  }

  package func report() -> Report {
    // An interval of one order would be a point, which says nothing.
    let isSpread = orders > 1
    let header =
      ["p", "θ", "regions"] + (isSpread ? ["95 %"] : []) + ["label", "adj. Rand"]
      + (isSpread ? ["95 %"] : []) + ["purity", "by chance", "p-value"]
    let lines = levels.flatMap { level in
      level.agreements.map { agreement in
        let rand = agreement.adjustedRandOverOrders
        return [
          level.percentile.map { formatted($0) } ?? "—", figure(level.theta),
          decimals(level.regionsOverOrders.mean, 1...1),
        ] + (isSpread ? [interval(level.regionsOverOrders.interval)] : []) + [
          onOneLine(agreement.label), figure(rand.mean),
        ] + (isSpread ? [figure(rand.interval)] : []) + [
          figure(agreement.purityOverOrders.mean), figure(agreement.chancePurity),
          figure(agreement.p),
        ]
      }
    }
    let pairs = distances.map {
      [onOneLine($0.kind), "\($0.pairs)", figure($0.p10), figure($0.median), figure($0.p90)]
    }
    let found = labels.map { label in
      "\(onOneLine(label.name)): \(quantity(label.values.count, "value")), \(quantity(label.regionsThere ?? 0, "region")) at p \(label.separatedAt.map { formatted($0) } ?? "—")"
        + (agreement(at: label).map { ", adjusted Rand index \(figure($0))" } ?? "")
    }
    var report = Report(
      kind: .resolution, identities: levels.map(\.identity), record: self, header: header,
      rows: lines,
      plot: SVGPlot(
        title: "Which labels regions tell apart, by p",
        caption:
          "Adjusted Rand index of regions and labels, \(quantity(rows, "activation")); means over \(quantity(orders, "order")) of the documents, shaded: their 2.5th to 97.5th percentile",
        content: .curves(labels.indices.map(curve), xAxis: "p", yAxis: "adjusted Rand index")),
      records: levels.flatMap { level in
        level.agreements.map {
          JSONValue(
            encoding: Line(
              percentile: level.percentile, theta: level.theta, regions: level.regions,
              label: $0.label, adjustedRand: $0.adjustedRand,
              adjustedRandMean: $0.adjustedRandOverOrders.mean, purity: $0.purity,
              chancePurity: $0.chancePurity, p: $0.p))
        }
      },
      text: """
        \(quantity(rows, "activation")) by \(labels.map { onOneLine($0.name) }.joined(separator: ", ")); \
        means over \(quantity(orders, "order")); p and chance are the first order's, labels dealt anew \(quantity(permutations, "time"))
        \(table(header, lines))
        nearest to the number of values, in the first order:
        \(found.joined(separator: "\n"))
        \(labels.map { conclusion(on: $0.name) }.joined(separator: "\n"))

        cosine distances about the centre, of \(distanceRows) activations
        \(table(["pairs of", "n", "p10", "median", "p90"], pairs))
        """)
    report.headline = (
      "Which values of \(labels.map { onOneLine($0.name) }.joined(separator: ", ")) regions tell apart, \(quantity(rows, "activation"))",
      labels.map { conclusion(on: $0.name) }.joined(separator: "; ")
    )
    return report
  }

  /// A deal of labels that agrees as well is as rare as this where regions are said to tell values apart.
  private static let level = 0.05

  /// At which p regions tell the values of a label apart, and what chance would give.
  func conclusion(on label: String) -> String {
    let name = onOneLine(label)
    let count = labels.first { $0.name == label }?.values.count ?? 0
    let tried = levels.compactMap { level in
      level.agreements.first { $0.label == label }.map { (percentile: level.percentile, $0) }
    }
    let dealt = tried.compactMap { level in level.1.p.map { (p: $0, level.percentile, level.1) } }
    let of = quantity(count, "value")
    guard let least = dealt.map(\.p).min() else {
      return
        "\(name): whether its \(of) are told apart better than by chance is not known, for labels were not dealt anew"
    }
    let told = dealt.filter { $0.p <= Self.level }
    let byChance = figure(Self.level * Double(dealt.count))
    guard
      let best = told.max(by: {
        $0.2.adjustedRandOverOrders.mean < $1.2.adjustedRandOverOrders.mean
      })
    else {
      return
        "\(name): regions go with its \(of) beyond chance at none of the \(dealt.count) p that were tried (p-value above \(formatted(Self.level)); least \(figure(least)))"
    }
    let at = told.map { $0.1.map { formatted($0) } ?? "—" }.joined(separator: ", ")
    return
      "\(name): regions go with its \(of) beyond chance at p \(at) (\(told.count) of the \(dealt.count) that were tried, p-value at most "
      + "\(formatted(Self.level)); by chance \(byChance) would be); best at p \(best.1.map { formatted($0) } ?? "—"): mean adjusted Rand "
      + "index \(figure(best.2.adjustedRandOverOrders.mean)), where 1 is the same and chance 0, p-value \(figure(best.p)); mean purity "
      + "\(figure(best.2.purityOverOrders.mean)), by chance "
      + "\(figure(best.2.chancePurity))"
  }

  private func agreement(at label: Label) -> Double? {
    levels.first { $0.percentile == label.separatedAt }?
      .agreements.first { $0.label == label.name }?.adjustedRand
  }

  private func interval(_ interval: ConfidenceInterval) -> String {
    "[\(decimals(interval.lower, 1...1)), \(decimals(interval.upper, 1...1))]"
  }

  private func curve(_ place: Int) -> SVGPlot.Curve {
    SVGPlot.Curve(
      labels[place].name,
      levels.map { level in
        let spread = level.agreements[place].adjustedRandOverOrders
        return .init(x: level.percentile ?? 0, y: spread.mean, interval: spread.interval)
      })
  }
}

import Foundation
import Numerics
import Storage

/// How regions of each dictionary of A come home through each of B's, under the keys by which it is printed and kept.
package struct RoundTripRecord: Encodable, Sendable {
  struct Null: Encodable {
    var permutations: Int
    var seed: UInt64
    var mean: Double
    var max: Int
    var p: Double

    init(_ null: RoundTrip.Null) {
      (permutations, seed, mean) = (null.permutations, null.seed, null.mean)
      (max, p) = (null.largest, null.p)
    }

    /// A share of none of the permutations is no p of zero.
    var words: String { p > 0 ? figure(p) : "< 1/\(permutations)" }
  }

  struct Trip: Encodable {
    var regions: Int
    var home: Int
    var share: Double?
    var wilson95: ConfidenceInterval?
    var null: Null?

    init(_ trip: RoundTrip) {
      (regions, home) = (trip.regions.count, trip.home.count)
      (share, wilson95) = (trip.share.rate, trip.share.wilson())
      null = trip.null.map(Null.init)
    }
  }

  struct Layers: Encodable {
    var a: String
    var b: String
    var hookA: String?
    var hookB: String?
    @Inline var trip: Trip
    var all: Trip
  }

  /// One pair of dictionaries: the regions of the kind that was asked for, and all.
  package struct Pair {
    package var a: DictionaryFile
    package var b: DictionaryFile
    package var trip: RoundTrip
    package var all: RoundTrip

    package init(a: DictionaryFile, b: DictionaryFile, trip: RoundTrip, all: RoundTrip) {
      (self.a, self.b, self.trip, self.all) = (a, b, trip, all)
    }
  }

  /// Which regions of A are sent: those whose prompts are all harmful or all benign, or all.
  package enum Kind: String, CaseIterable, Encodable, Sendable { case harmful, benign, all }

  private enum CodingKeys: String, CodingKey {
    case first, kind, all, homeRegions, meanShare, meanShareOfAll, layers, text, prompts, split
    case onlyInA, onlyInB, storeA, storeB, identities, seconds
  }

  /// Of the first pair.
  @Inline var first: Trip
  var kind: Kind
  var all: Trip
  var homeRegions: [Int32]
  var meanShare: Double?
  var meanShareOfAll: Double?
  var layers: [Layers]
  /// Of the first dictionary of A; `nil` where none was asked for.
  var text: Text?
  var prompts: Int
  var split: String?
  var onlyInA: Int
  var onlyInB: Int
  var storeA: String
  var storeB: String
  var identities: [String]
  var seconds: Double

  /// Dictionaries of B.
  private let columns: Int

  /// - Parameters:
  ///   - grid: a row for each dictionary of A, with every one of B's.
  ///   - baseline: of the first dictionary of A.
  ///   - coverage: of the regions of the first of each side.
  package init(
    _ grid: [[Pair]], _ kind: Kind, _ shared: SharedPrompts, baseline: TextBaseline?,
    coverage: (a: [TextBaseline.Coverage], b: [TextBaseline.Coverage]), split: String?,
    stores: (a: String, b: String), seconds: Double
  ) {
    let pairs = Array(grid.joined())
    columns = grid[0].count
    layers = pairs.map { pair in
      Layers(
        a: pair.a.name, b: pair.b.name, hookA: pair.a.provenance.hook,
        hookB: pair.b.provenance.hook, trip: Trip(pair.trip), all: Trip(pair.all))
    }
    (first, all, self.kind) = (layers[0].trip, layers[0].all, kind)
    homeRegions = pairs[0].trip.home
    meanShare = Self.mean(layers.map(\.trip))
    meanShareOfAll = Self.mean(layers.map(\.all))
    text = baseline.map { Text($0, coverage: coverage) }
    (prompts, self.split) = (shared.a.count, split)
    (onlyInA, onlyInB) = (shared.onlyInA.count, shared.onlyInB.count)
    (storeA, storeB) = stores
    identities = pairs.flatMap { [$0.a.identity, $0.b.identity] }
    self.seconds = seconds
  }

  /// Every pair of layers weighs the same; those without a region to send are left out.
  static func mean(_ trips: [Trip]) -> Double? {
    let shares = trips.compactMap(\.share)
    return shares.isEmpty ? nil : shares.mean
  }

  // MARK: - What it says

  /// For a person.
  ///
  /// - Parameter remark: what is to be known of the prompts.
  package func text(remark: String?) -> String {
    let names = names
    let sent = kind == .all ? "regions" : "regions whose prompts are all \(kind.rawValue)"
    let (from, to) = (onOneLine(layers[0].a), onOneLine(layers[0].b))
    var lines = [
      "\(from) → \(to) → back, by \(prompts) prompts"
        + (split.map { " (split \(onOneLine($0)))" } ?? "")
    ]
    lines.append(
      table(
        ["A", "B", "sent", "home", "share", "95 % interval", "null", "max", "p", "all: home"],
        layers.enumerated().map { index, pair in
          let null = pair.trip.null
          return [
            names.a[index / names.b.count], names.b[index % names.b.count],
            "\(pair.trip.regions)", "\(pair.trip.home)", figure(pair.trip.share),
            figure(pair.trip.wilson95), figure(null?.mean), null.map { "\($0.max)" } ?? "—",
            null?.words ?? "—", "\(pair.all.home) of \(pair.all.regions)",
          ]
        }))
    if layers.count > 1 {
      lines.append("")
      lines += map
      lines.append(
        "mean over the pairs of layers: \(figure(meanShare)), of all regions "
          + figure(meanShareOfAll))
    }
    lines.append(
      "sent are \(sent); the null permutes B's prompts, and counts what comes home by chance")
    lines += self.text?.lines(kind) ?? []
    if let remark { lines.append("note: \(onOneLine(remark))") }
    return lines.joined(separator: "\n")
  }

  package var plot: SVGPlot {
    SVGPlot(
      title: "Regions that come home through the other dictionary's prompts",
      caption: "\(kind.rawValue) regions of A, \(prompts) prompts; share of those sent",
      content: .grid(rows: names.a, columns: names.b, grid.map { $0.map(\.trip.share) }))
  }

  /// A row for each dictionary of A.
  private var grid: [[Layers]] {
    stride(from: 0, to: layers.count, by: columns).map { Array(layers[$0..<$0 + columns]) }
  }

  /// Hooks, where they tell a side's dictionaries apart; else the files.
  private var names: (a: [String], b: [String]) {
    func names(_ files: [(name: String, hook: String?)]) -> [String] {
      let hooks = files.compactMap(\.hook)
      return (Set(hooks).count == files.count ? hooks : files.map(\.name)).map(onOneLine)
    }
    let rows = grid
    return (names(rows.map { ($0[0].a, $0[0].hookA) }), names(rows[0].map { ($0.b, $0.hookB) }))
  }

  /// Shares as shades, A's layers down and B's across.
  private var map: [String] {
    let names = names.a
    let width = names.map(\.count).max() ?? 0
    return zip(names, grid).map { name, row in
      name + String(repeating: " ", count: width - name.count) + " "
        + row.map { SVGPlot.shade($0.trip.share) }.joined()
    } + ["shades of a fifth each; · nothing to send; across: B's layers as in the table"]
  }
}

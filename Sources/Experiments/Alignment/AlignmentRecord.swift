import ExemplarPartitioning
import Numerics
import Storage

/// What ``LensAlignment`` found over the regions of a dictionary, under the keys by which it is printed and kept.
package struct AlignmentRecord: Encodable, Sendable {
  struct Region: Encodable {
    var region: Int
    var members: Int
    var tokens: [String]
    /// From its anchor.
    @IfAny var geometric: Double?
    @IfAny var behavioural: Double?
  }

  struct Anchor: Encodable {
    var anchor: Region
    var geometric: [Region]
    var behavioural: [Region]
  }

  /// A line of a table.
  private struct Pair: Encodable {
    var a: Int
    var b: Int
    var geometric: Double
    var behavioural: Double
  }

  var dictionary: String
  var identity: String
  var basis: String
  var regions: Int
  var allRegions: Int
  package var pairs: Int
  var spearman: Double
  var spearman95: ConfidenceInterval?
  var permutations: Int
  var nullMean: Double
  var nullDeviation: Double
  var p: Double
  var anchors: [Anchor]
  var seed: UInt64
  var seconds: Double

  /// - Parameters:
  ///   - chosen: the regions that `result` is of, in its order.
  ///   - members: of every region of the dictionary.
  ///   - tokens: what the lens reads off each of `chosen`.
  ///   - anchorCount: the largest regions that are told with their neighbours.
  package init(
    _ result: LensAlignment, _ file: DictionaryFile, chosen: [Int], members: [Int],
    tokens: [[String]], basis: ReadoutBasis, permutations: Int, anchorCount: Int, seed: UInt64,
    seconds: Double
  ) {
    func nearest(_ matrix: [Double], _ anchor: Int) -> [Int] {
      Array(
        chosen.indices.filter { $0 != anchor }.sorted {
          (matrix[anchor * result.count + $0], $0) < (matrix[anchor * result.count + $1], $1)
        }.prefix(3))
    }
    func region(_ index: Int, from anchor: Int? = nil) -> Region {
      let place = anchor.map { $0 * result.count + index }
      return Region(
        region: chosen[index], members: members[chosen[index]], tokens: tokens[index],
        geometric: place.map { result.geometric[$0] },
        behavioural: place.map { result.behavioural[$0] })
    }
    (dictionary, identity, self.basis) = (file.name, file.identity, basis.rawValue)
    (regions, allRegions) = (result.count, file.regionCount)
    pairs = result.count * (result.count - 1) / 2
    (spearman, spearman95, p) = (result.rho, result.interval, result.p)
    (self.permutations, nullMean) = (permutations, result.nullMean)
    nullDeviation = result.nullDeviation
    let largest = chosen.indices.sorted {
      (members[chosen[$1]], $0) < (members[chosen[$0]], $1)
    }.prefix(anchorCount)
    anchors = largest.map { anchor in
      Anchor(
        anchor: region(anchor),
        geometric: nearest(result.geometric, anchor).map { region($0, from: anchor) },
        behavioural: nearest(result.behavioural, anchor).map { region($0, from: anchor) })
    }
    (self.seed, self.seconds) = (seed, seconds)
  }

  /// - Parameter tellsPairs: whether every pair is a line of a table.
  package func report(_ result: LensAlignment, chosen: [Int], tellsPairs: Bool) -> Report {
    let header = ["regions", "pairs", "Spearman", "95 %", "null mean", "null sd", "p"]
    let rows = [
      [
        "\(regions)", "\(pairs)", figure(spearman), figure(spearman95), figure(nullMean),
        figure(nullDeviation), figure(p),
      ]
    ]
    let shown = anchors.map { anchor in
      [
        "\(anchor.anchor.region)",
        anchor.anchor.tokens.prefix(4).map { onOneLine($0) }.joined(separator: " · "),
        anchor.geometric.map { "\($0.region)" }.joined(separator: " "),
        anchor.behavioural.map { "\($0.region)" }.joined(separator: " "),
      ]
    }
    // A plot of more dots than that says no more.
    let step = max(1, pairs / 5000)
    var (points, place) = ([(x: Double, y: Double)](), 0)
    for i in chosen.indices {
      for j in chosen.indices where j > i {
        if place % step == 0 {
          let index = i * result.count + j
          points.append((result.geometric[index], result.behavioural[index]))
        }
        place += 1
      }
    }
    return Report(
      kind: .alignment, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Distance of directions and of what they predict",
        caption:
          "\(dictionary); \(regions) regions, ρ \(figure(spearman)) \(figure(spearman95)), p \(figure(p))",
        content: .points(points, xAxis: "cosine distance", yAxis: "JS divergence (nats)")),
      records: tellsPairs ? Self.lines(result, chosen) : [],
      text: """
        \(onOneLine(dictionary)): \(regions) of \(allRegions) regions, \(basis) directions
        \(table(header, rows))

        \(table(["region", "lens", "nearest by direction", "nearest by lens"], shown))
        """)
  }

  private static func lines(_ result: LensAlignment, _ chosen: [Int]) -> [JSONValue] {
    chosen.indices.flatMap { i in
      chosen.indices.filter { $0 > i }.map { j in
        let place = i * result.count + j
        return JSONValue(
          encoding: Pair(
            a: chosen[i], b: chosen[j], geometric: result.geometric[place],
            behavioural: result.behavioural[place]))
      }
    }
  }
}

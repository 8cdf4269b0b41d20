import ExemplarPartitioning
import Storage

/// What ``Neighbourhood`` found around a region, under the keys by which it is printed and kept.
package struct NeighbourhoodRecord: Encodable, Sendable {
  struct Region: Encodable {
    var region: Int
    var members: Int
    var label: String?
    /// What the model's lens makes of it.
    var tokens: [String]?
    /// On the sphere.
    var place: [Double]
    /// From the region in the middle, which has none.
    @IfAny var distance: Double?
    @IfAny var touches: Bool?
  }

  var dictionary: String
  var identity: String
  var basis: String
  var regions: Int
  var region: Region
  var neighbours: [Region]
  var medianDistance: Double
  var theta: Double
  var cells: Int
  var explained: [Double]

  /// - Parameters:
  ///   - members: of every region.
  ///   - tokens: of the region and its neighbours in turn; none where no lens was asked.
  package init(
    _ found: Neighbourhood, _ file: DictionaryFile, basis: ReadoutBasis, members: [Int],
    labels: [Int: String], tokens: [[String]]
  ) {
    func about(_ region: Int, _ index: Int, _ neighbour: Neighbourhood.Neighbour?) -> Region {
      let place = found.points[region]
      return Region(
        region: region, members: members[region], label: labels[region],
        tokens: tokens.isEmpty ? nil : tokens[index], place: [place.x, place.y, place.z],
        distance: neighbour?.distance, touches: neighbour?.touches)
    }
    (dictionary, identity) = (file.name, file.identity)
    (self.basis, regions, theta) = (basis.rawValue, file.regionCount, file.threshold)
    region = about(found.region, 0, nil)
    neighbours = found.neighbours.enumerated().map { about($1.region, $0 + 1, $1) }
    (medianDistance, cells) = (found.medianDistance, found.cells.count)
    explained = [found.explained.x, found.explained.y, found.explained.z]
  }
}

extension NeighbourhoodRecord {
  /// - Parameters:
  ///   - found: what the record is of.
  ///   - width: the cells that a character takes, 0 to 2.
  package func report(_ found: Neighbourhood, width: (Character) -> Int) -> Report {
    let shown = [region] + neighbours
    var names: [Int: String] = [:]
    for about in shown {
      let words = about.label.map(onOneLine) ?? about.tokens.map(fewTokens)
      names[about.region] = words.map { String($0.prefix(34)) }
    }
    let header =
      ["region", "members", "distance", "d/θ", "touches"] + (region.tokens == nil ? [] : ["lens"])
    let rows = shown.map { about -> [String] in
      [
        "\(about.region)" + (about.label.map { " \(onOneLine($0))" } ?? ""), "\(about.members)",
        figure(about.distance), figure(about.distance.map { Theta.multiple($0, of: theta) }),
        about.touches.map { $0 ? "yes" : "no" } ?? "—",
      ] + (about.tokens.map { [$0.map(onOneLine).joined(separator: " · ")] } ?? [])
    }
    let drawing = found.drawing(names: names)
    let picture = DrawingGlyphs.lines(drawing, columns: 78, rows: 30, width: width)
    let caption =
      "\(dictionary), \(basis) directions: \(cells) of \(regions) cells; three directions hold \(figure(found.explained.sum())) of their variance"
    var report = Report(
      kind: .neighbourhood, identities: [identity], record: self, header: header, rows: rows,
      plot: SVGPlot(
        title: "Regions around \(region.region)"
          + (names[region.region].map { " (\($0))" } ?? ""),
        caption: caption, content: .drawing(drawing)),
      records: neighbours.map { JSONValue(encoding: $0) },
      text: """
        \(onOneLine(dictionary)): region \(region.region) and its \(neighbours.count) nearest of \(regions) by \(basis) directions; \
        median distance to all \(figure(medianDistance))
        \(table(header, rows))

        \(picture.joined(separator: "\n"))
        \(caption)
        """)
    report.headline = (
      "neighbourhood of region \(region.region) of \(onOneLine(dictionary))",
      neighbours.first.map {
        "nearest: region \($0.region) at \(figure($0.distance)), median \(figure(medianDistance))"
      } ?? ""
    )
    return report
  }
}

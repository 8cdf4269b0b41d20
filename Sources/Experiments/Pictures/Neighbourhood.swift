import ExemplarPartitioning
import Foundation
import Numerics

/// The regions nearest to one, and their cells on a sphere of the three directions in which all differ most.
///
/// - Source: the reference's neighbourhood figure: principal components of the directions, pushed out to the unit sphere.
package struct Neighbourhood: Sendable {
  package struct Neighbour: Sendable, Equatable {
    package var region: Int
    /// Cosine distance of the directions themselves.
    package var distance: Double
    /// Whether its cell touches the region's on the sphere.
    package var touches: Bool
  }

  package var region: Int
  package var neighbours: [Neighbour]
  /// To all other regions.
  package var medianDistance: Double
  /// The share of the directions' variance along each of the three.
  package var explained: SIMD3<Double>
  /// `[K]`, on the sphere.
  package var points: [SIMD3<Double>]
  /// Cells of the drawn regions, those nearest to the region on the sphere: corners in order.
  package var cells: [(region: Int, corners: [SIMD3<Double>])]

  /// - Parameter cells: how many are drawn at most.
  /// - Returns: `nil` for fewer than five regions, as the reference's needs them.
  package init?(
    _ directions: DirectionRows, region: Int, count: Int, cells: Int = 400,
    isCancelled: () -> Bool = { false }
  ) throws {
    guard directions.count > 4, (0..<directions.count).contains(region) else { return nil }
    self.region = region
    let map = try ExemplarMap.compute(directions, isCancelled: isCancelled)
    explained = map.explained
    let points = map.points.map {
      SphericalCells.normalised(SIMD3(Double($0.x), Double($0.y), Double($0.z)))
    }
    self.points = points
    let distances = (0..<directions.count).map { directions.distance(region, $0) }
    let others = distances.indices.filter { $0 != region }
    medianDistance = others.map { distances[$0] }.sorted().percentile(50)
    let near = others.sorted { (distances[$0], $0) < (distances[$1], $1) }.prefix(count)
    let round = points.indices.sorted {
      let (a, b) = (
        $0 == region ? 2 : SphericalCells.dot(points[$0], points[region]),
        $1 == region ? 2 : SphericalCells.dot(points[$1], points[region])
      )
      return (a, $1) > (b, $0)
    }
    // Neighbours are drawn wherever they lie.
    let drawn = Array(round.prefix(cells)) + near.filter { !round.prefix(cells).contains($0) }
    let found = drawn.map { (region: $0, corners: SphericalCells.corners(of: $0, among: points)) }
    self.cells = found
    let own = found.first { $0.region == region }?.corners ?? []
    neighbours = near.map { other in
      let corners = found.first { $0.region == other }?.corners ?? []
      let shared = corners.count { corner in
        own.contains { SphericalCells.dot($0, corner) > 1 - 1e-9 }
      }
      return Neighbour(region: other, distance: distances[other], touches: shared > 1)
    }
  }

  /// The sphere seen with the region in front.
  ///
  /// - Parameter names: what stands at a region's place beside its number.
  package func drawing(names: [Int: String]) -> Drawing {
    let (radius, middle) = (230.0, Drawing.Point(320, 240))
    let front = points[region]
    let (across, up) = SphericalCells.axes(at: front)
    func flat(_ point: SIMD3<Double>) -> Drawing.Point {
      .init(
        middle.x + radius * SphericalCells.dot(point, across),
        middle.y - radius * SphericalCells.dot(point, up))
    }
    let near = Set(neighbours.map(\.region))
    var shapes: [Drawing.Shape] = [
      .line(
        (0...72).map { step in
          let angle = Double(step) / 36 * .pi
          return .init(middle.x + radius * cos(angle), middle.y + radius * sin(angle))
        }, .context, hasArrow: false)
    ]
    // What is told of lies on top.
    func order(_ region: Int) -> Int { region == self.region ? 2 : near.contains(region) ? 1 : 0 }
    for cell in cells.sorted(by: { order($0.region) < order($1.region) }) {
      let outline = Self.front(of: cell.corners, front)
      guard outline.count > 2 else { continue }
      let role: Drawing.Role =
        cell.region == region ? .anchor : near.contains(cell.region) ? .near : .context
      shapes.append(.area(outline.map(flat), role))
    }
    for shown in [region] + neighbours.map(\.region)
    where SphericalCells.dot(points[shown], front) > 0 {
      let place = flat(points[shown])
      shapes.append(.dot(place, shown == region ? .anchor : .near))
      let name = names[shown].map { ": \($0)" } ?? ""
      shapes.append(.text("\(shown)\(name)", .init(place.x, place.y - 10), size: 10))
    }
    return Drawing(height: 480, shapes: shapes)
  }

  /// The outline of what of a cell faces the viewer, its edges along great circles, and along the rim where it is cut.
  static func front(of corners: [SIMD3<Double>], _ front: SIMD3<Double>) -> [SIMD3<Double>] {
    guard corners.count > 2 else { return [] }
    func between(_ a: SIMD3<Double>, _ b: SIMD3<Double>, _ share: Double) -> SIMD3<Double> {
      SphericalCells.normalised(a * (1 - share) + b * share)
    }
    func arc(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> [SIMD3<Double>] {
      (0..<8).map { between(a, b, Double($0) / 8) }
    }
    let outline = corners.indices.flatMap { arc(corners[$0], corners[($0 + 1) % corners.count]) }
    let heights = outline.map { SphericalCells.dot($0, front) }
    guard let hidden = heights.firstIndex(where: { $0 < 0 }) else { return outline }
    // A cell is convex: what of it faces the viewer is one piece.
    let order = outline.indices.map { ($0 + hidden) % outline.count }
    guard let first = order.firstIndex(where: { heights[$0] >= 0 }) else { return [] }
    let seen = order[first...].prefix { heights[$0] >= 0 }
    func rim(_ inside: Int, _ outside: Int) -> SIMD3<Double> {
      between(
        outline[inside], outline[outside], heights[inside] / (heights[inside] - heights[outside]))
    }
    guard let start = seen.first, let end = seen.last else { return [] }
    let (entry, exit) = (rim(start, order[first - 1]), rim(end, (end + 1) % outline.count))
    return [entry] + seen.map { outline[$0] } + arc(exit, entry)
  }
}

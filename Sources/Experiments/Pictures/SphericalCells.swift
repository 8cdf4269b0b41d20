import Foundation
import Numerics

/// The Voronoi cells of points on the unit sphere: of each point all that is nearer to it than to any other.
package enum SphericalCells {
  /// How far from its point a cell is followed, as the tangent of the angle: 89 degrees.
  private static let reach = 57.29

  /// The corners of a cell in order, on the sphere, seen from outside counterclockwise.
  ///
  /// Every other point's half of the sphere is cut off in the plane that touches the sphere at the cell's own point.
  /// - Complexity: O(K log K + K · corners), less where near points already bound the cell.
  package static func corners(of site: Int, among points: [SIMD3<Double>]) -> [SIMD3<Double>] {
    let own = points[site]
    let (across, up) = axes(at: own)
    var corners: [SIMD2<Double>] = [
      [-reach, -reach], [reach, -reach], [reach, reach], [-reach, reach],
    ]
    let others = points.indices.filter { $0 != site }.map { ($0, dot(own, points[$0])) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    for (other, cosine) in others {
      let farthest = corners.map { ($0 * $0).sum() }.max() ?? 0
      if acos(min(max(cosine, -1), 1)) > 2 * atan(farthest.squareRoot()) + 1e-12 { break }
      // Two points in one place share the cell.
      if cosine > 1 - 1e-15 { continue }
      let normal: SIMD2<Double> = [dot(across, points[other]), dot(up, points[other])]
      corners = cut(corners, normal, 1 - cosine)
      if corners.isEmpty { return [] }
    }
    return corners.map { normalised(own + $0.x * across + $0.y * up) }
  }

  /// Two directions that stand on a point and on each other, the second where up is.
  package static func axes(at point: SIMD3<Double>) -> (SIMD3<Double>, SIMD3<Double>) {
    let pole: SIMD3<Double> = abs(point.z) < 0.9 ? [0, 0, 1] : [0, 1, 0]
    let across = normalised(cross(pole, point))
    return (across, cross(point, across))
  }

  /// What of a polygon satisfies normal · x ≤ bound.
  package static func cut(
    _ corners: [SIMD2<Double>], _ normal: SIMD2<Double>, _ bound: Double
  ) -> [SIMD2<Double>] {
    var result: [SIMD2<Double>] = []
    for (index, corner) in corners.enumerated() {
      let before = corners[(index + corners.count - 1) % corners.count]
      let (inner, outer) = (
        bound - (normal * corner).sum(), bound - (normal * before).sum()
      )
      if inner >= 0 {
        if outer < 0 { result.append(before + (corner - before) * (outer / (outer - inner))) }
        result.append(corner)
      } else if outer >= 0 {
        result.append(before + (corner - before) * (outer / (outer - inner)))
      }
    }
    return result.count > 2 ? result : []
  }

  /// Cells of points on a plane, within a rectangle.
  package static func plane(
    _ points: [SIMD2<Double>], from low: SIMD2<Double>, to high: SIMD2<Double>
  ) -> [[SIMD2<Double>]] {
    points.indices.map { site in
      var corners: [SIMD2<Double>] = [low, [high.x, low.y], high, [low.x, high.y]]
      for other in points.indices where other != site {
        let between = points[other] - points[site]
        guard (between * between).sum() > 1e-24 else { continue }
        let middle = (points[other] + points[site]) / 2
        corners = cut(corners, between, (between * middle).sum())
        if corners.isEmpty { break }
      }
      return corners
    }
  }

  package static func dot(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double { (a * b).sum() }

  package static func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
  }

  package static func normalised(_ a: SIMD3<Double>) -> SIMD3<Double> {
    a / max(dot(a, a).squareRoot(), 1e-300)
  }
}

import Experiments
import Foundation

/// How the plane of exemplars is looked at.
package struct MapState: Equatable, Sendable {
  package enum Projection: Equatable, Sendable {
    /// The two widest principal components.
    case plane
    /// The direction from the mean within the three widest, as longitude and latitude.
    case sphere
  }

  /// What the colours tell.
  package enum Colour: String, CaseIterable, Sendable {
    case members, coherence, distance, founded, refusal, labelled

    var title: String {
      switch self {
      case .distance: "mean d/θ"
      case .founded: "founding batch"
      case .refusal: "refusal rate"
      default: rawValue
      }
    }
  }

  package var projection = Projection.plane
  package var colour = Colour.members
  /// Whether cells show what the colours tell as digits, in the place of dots.
  package var showsValues = false
  /// 1 shows everything.
  package var zoom = 1.0
  /// What lies in the middle of the screen, as a share of the whole from its middle.
  package var centre = SIMD2<Double>.zero

  static let mostZoom = 256.0
}

/// Where exemplars lie on a screen of dots.
struct MapProjection {
  private let offset: SIMD2<Double>
  private let scale: SIMD2<Double>
  private let middle: SIMD2<Double>
  private let projection: MapState.Projection

  /// - Parameter dots: columns and rows of dots, which are about square on terminals.
  init(_ map: ExemplarMap, _ state: MapState, dots: SIMD2<Int>) {
    projection = state.projection
    var low = SIMD2(repeating: Double.infinity)
    var high = SIMD2(repeating: -Double.infinity)
    for point in map.points {
      let place = Self.flat(point, state.projection)
      low = pointwiseMin(low, place)
      high = pointwiseMax(high, place)
    }
    if map.points.isEmpty { (low, high) = (.zero, .zero) }
    let size = pointwiseMax(high - low, SIMD2(repeating: 1e-9))
    // A margin of a dot all round, so that what lies at the rim is whole.
    let room = SIMD2(Double(max(1, dots.x - 3)), Double(max(1, dots.y - 3)))
    let fit = min(room.x / size.x, room.y / size.y) * state.zoom
    scale = SIMD2(fit, -fit)
    offset = (low + high) / 2 + state.centre * size
    middle = SIMD2(Double(dots.x - 1) / 2, Double(dots.y - 1) / 2)
  }

  private static func flat(
    _ point: SIMD3<Float>, _ projection: MapState.Projection
  ) -> SIMD2<Double> {
    let (x, y, z) = (Double(point.x), Double(point.y), Double(point.z))
    switch projection {
    case .plane: return SIMD2(x, y)
    case .sphere:
      let length = (x * x + y * y + z * z).squareRoot()
      guard length > 1e-12 else { return .zero }
      return SIMD2(atan2(y, x), asin(max(-1, min(1, z / length))))
    }
  }

  /// In dots from the top left; possibly off the screen.
  func place(_ point: SIMD3<Float>) -> SIMD2<Double> {
    (Self.flat(point, projection) - offset) * scale + middle
  }
}

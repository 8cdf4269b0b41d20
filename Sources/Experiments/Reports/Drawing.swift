import Foundation

/// A picture of shapes on a plane, x to the right and y downwards, in the units of an SVG.
package struct Drawing: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double

    package init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
  }

  /// What a shape is there for; it decides its colours.
  package enum Role: String, Sendable, Codable {
    /// What the picture is of.
    case anchor
    /// What stands beside it.
    case near
    /// What surrounds both.
    case context
    /// A line that joins shapes.
    case path
    /// One of several kinds, told apart by colour.
    case first, second, third, fourth, fifth, sixth

    package static let kinds: [Role] = [.first, .second, .third, .fourth, .fifth, .sixth]
  }

  package enum Shape: Sendable, Equatable {
    case area([Point], Role)
    case line([Point], Role, hasArrow: Bool)
    case dot(Point, Role)
    /// In the middle of its point.
    case text(String, Point, size: Int)
  }

  package var height: Double
  package var shapes: [Shape]

  package init(height: Double, shapes: [Shape]) { (self.height, self.shapes) = (height, shapes) }

  package static let width = 640.0
}

extension Drawing.Role {
  var fill: String {
    switch self {
    case .anchor: "#ee6677"
    case .near: "#ccbb44"
    case .context: "#e8e8ec"
    case .path: "#222222"
    case .first: "#4477aa"
    case .second: "#cc3311"
    case .third: "#228833"
    case .fourth: "#aa3377"
    case .fifth: "#997700"
    case .sixth: "#555555"
    }
  }
}

extension SVGPlot {
  static func draw(_ drawing: Drawing) -> (lines: [String], height: Double) {
    func place(_ point: Drawing.Point) -> String { "\(number(point.x)) \(number(point.y + 40))" }
    func path(_ points: [Drawing.Point]) -> String { points.map(place).joined(separator: " L") }
    let lines = drawing.shapes.map { shape -> String in
      switch shape {
      case .area(let points, let role):
        let opacity = Drawing.Role.kinds.contains(role) ? "0.45" : "1"
        let edge = Drawing.Role.kinds.contains(role) ? "none" : "#777777"
        return "<path d=\"M\(path(points)) Z\" fill=\"\(role.fill)\" fill-opacity=\"\(opacity)\" "
          + "stroke=\"\(edge)\" stroke-width=\"0.6\"/>"
      case .line(let points, let role, let hasArrow):
        let line = "<path d=\"M\(path(points))\" fill=\"none\" stroke=\"\(role.fill)\"/>"
        guard hasArrow, points.count > 1 else { return line }
        return line + head(points[points.count - 2], points[points.count - 1], role)
      case .dot(let point, let role):
        return "<circle cx=\"\(number(point.x))\" cy=\"\(number(point.y + 40))\" r=\"3\" "
          + "fill=\"\(role == .context ? "#777777" : role.fill)\" stroke=\"#000000\" stroke-width=\"0.5\"/>"
      case .text(let text, let point, let size):
        return label(text, x: point.x, y: point.y + 44, size: size, anchor: "middle")
      }
    }
    return (lines, drawing.height + 48)
  }

  private static func head(
    _ from: Drawing.Point, _ to: Drawing.Point, _ role: Drawing.Role
  ) -> String {
    let (x, y) = (to.x - from.x, to.y - from.y)
    let length = max((x * x + y * y).squareRoot(), 1e-9)
    let (u, v) = (x / length * 7, y / length * 7)
    let corners = [
      to, Drawing.Point(to.x - u - v / 2, to.y - v + u / 2),
      Drawing.Point(to.x - u + v / 2, to.y - v - u / 2),
    ]
    let places = corners.map { "\(number($0.x)) \(number($0.y + 40))" }.joined(separator: " L")
    return "<path d=\"M\(places) Z\" fill=\"\(role.fill)\"/>"
  }
}

// MARK: - As a result keeps it

extension Drawing {
  struct Stored: Decodable {
    struct StoredShape: Decodable {
      var area: [Double]?
      var line: [Double]?
      var dot: [Double]?
      var text: String?
      var at: [Double]?
      var role: String?
      var hasArrow: Bool?
      var size: Int?
    }

    var height: Double
    var shapes: [StoredShape]
  }

  var json: JSONValue {
    func places(_ points: [Point]) -> JSONValue {
      .array(points.flatMap { [$0.x, $0.y] }.map { .number(($0 * 100).rounded() / 100) })
    }
    return .object([
      ("height", .number(height)),
      (
        "shapes",
        .array(
          shapes.map { shape -> JSONValue in
            switch shape {
            case .area(let points, let role):
              .object([("area", places(points)), ("role", .string(role.rawValue))])
            case .line(let points, let role, let hasArrow):
              .object([
                ("line", places(points)), ("role", .string(role.rawValue)),
                ("hasArrow", .bool(hasArrow)),
              ])
            case .dot(let point, let role):
              .object([("dot", places([point])), ("role", .string(role.rawValue))])
            case .text(let text, let point, let size):
              .object([
                ("text", .string(text)), ("at", places([point])), ("size", .integer(size)),
              ])
            }
          })
      ),
    ])
  }

  /// `nil` for a drawing without a height; shapes of a kind that is not known are left out.
  init?(_ stored: Stored) {
    guard stored.height.isFinite, stored.height >= 0, stored.height < 1e5 else { return nil }
    height = stored.height
    func points(_ values: [Double]?) -> [Point]? {
      guard let values, !values.isEmpty, values.count % 2 == 0,
        values.allSatisfy({ $0.isFinite && abs($0) < 1e6 })
      else { return nil }
      return stride(from: 0, to: values.count, by: 2).map { Point(values[$0], values[$0 + 1]) }
    }
    shapes = stored.shapes.compactMap { shape -> Shape? in
      let role = shape.role.flatMap(Role.init) ?? .context
      if let found = points(shape.area) { return .area(found, role) }
      if let found = points(shape.line) {
        return .line(found, role, hasArrow: shape.hasArrow ?? false)
      }
      if let found = points(shape.dot) { return .dot(found[0], role) }
      if let text = shape.text, let found = points(shape.at) {
        return .text(text, found[0], size: min(max(shape.size ?? 11, 6), 30))
      }
      return nil
    }
  }
}

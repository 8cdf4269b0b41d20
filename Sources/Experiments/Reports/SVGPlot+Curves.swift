import Foundation
import Numerics

extension SVGPlot {
  /// A line with what lies around it.
  package struct Curve: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
      package var x: Double
      package var y: Double
      package var interval: ConfidenceInterval?

      package init(x: Double, y: Double, interval: ConfidenceInterval? = nil) {
        (self.x, self.y, self.interval) = (x, y, interval)
      }
    }

    package var name: String
    package var points: [Point]

    package init(_ name: String, _ points: [Point]) {
      (self.name, self.points) = (name, points)
    }
  }

  /// Told apart by dashes as well as by colours.
  private static let strokes: [(colour: String, dashes: String)] = [
    ("#4477aa", "none"), ("#cc3311", "7 3"), ("#228833", "2 3"), ("#aa3377", "9 3 2 3"),
    ("#997700", "4 2"), ("#222222", "1 2"),
  ]

  static func draw(
    _ curves: [Curve], _ xAxis: String, _ yAxis: String
  ) -> (lines: [String], height: Double) {
    let (left, right, top, bottom) = (70.0, width - 30, 48.0, 388.0)
    let points = curves.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let across = Axis(points.map(\.x))
    let up = Axis(points.flatMap { [$0.y] + ($0.interval.map { [$0.lower, $0.upper] } ?? []) })
    func place(_ x: Double, _ y: Double) -> String {
      "\(number(left + across.place(x) * (right - left))) "
        + number(bottom - up.place(y) * (bottom - top))
    }
    var lines = across.ticks.map { tick in
      label(
        shown(tick), x: left + across.place(tick) * (right - left), y: bottom + 16, size: 11,
        anchor: "middle")
    }
    for tick in up.ticks {
      let y = bottom - up.place(tick) * (bottom - top)
      lines.append(
        "<path d=\"M\(number(left)) \(number(y)) H\(number(right))\" stroke=\"#dddddd\"/>")
      lines.append(label(shown(tick), x: left - 6, y: y + 4, size: 11, anchor: "end"))
    }
    for (index, curve) in curves.enumerated() {
      let stroke = strokes[index % strokes.count]
      let finite = curve.points.filter { $0.x.isFinite && $0.y.isFinite }
      let around = finite.compactMap { point in point.interval.map { (point.x, $0) } }
      if around.count > 1 {
        let edge =
          around.map { place($0.0, $0.1.upper) } + around.reversed().map { place($0.0, $0.1.lower) }
        lines.append(
          "<path d=\"M\(edge.joined(separator: " L")) Z\" fill=\"\(stroke.colour)\" "
            + "fill-opacity=\"0.15\"/>")
      }
      if !finite.isEmpty {
        lines.append(
          "<path d=\"M\(finite.map { place($0.x, $0.y) }.joined(separator: " L"))\" fill=\"none\" "
            + "stroke=\"\(stroke.colour)\" stroke-width=\"2\" stroke-dasharray=\"\(stroke.dashes)\"/>"
        )
      }
      let y = bottom + 56 + Double(index) * 18
      lines.append(
        "<path d=\"M\(number(left)) \(number(y - 4)) h36\" stroke=\"\(stroke.colour)\" "
          + "stroke-width=\"2\" stroke-dasharray=\"\(stroke.dashes)\"/>")
      lines.append(label(curve.name, x: left + 44, y: y, size: 12))
    }
    lines.append(label(xAxis, x: (left + right) / 2, y: bottom + 34, size: 12, anchor: "middle"))
    lines.append(label(yAxis, x: left - 50, y: top - 8, size: 12))
    return (lines, bottom + 20 + Double(curves.count) * 18)
  }
}

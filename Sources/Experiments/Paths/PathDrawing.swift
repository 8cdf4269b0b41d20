import ExemplarPartitioning
import Foundation

/// Pictures of the paths between two regions, a dictionary above the next.
package enum PathDrawing {
  /// What a row of a picture is of.
  package struct Row: Sendable {
    /// The dictionary, with its figures.
    package var title: String
    package var level: ResolutionPaths.Level
    package var leg: ResolutionPaths.Leg
    /// What stands in a region's place: its label or what the lens makes of it; its number without either.
    package var names: [Int: String]

    package init(
      title: String, level: ResolutionPaths.Level, leg: ResolutionPaths.Leg, names: [Int: String]
    ) {
      (self.title, self.level, self.leg, self.names) = (title, level, leg, names)
    }

    fileprivate func name(_ region: Int, _ room: Int) -> String {
      guard let name = names[region], !name.isEmpty else { return "" }
      return name.count > room ? name.prefix(max(1, room - 1)) + "…" : name
    }
  }

  /// Boxes along each path.
  package static func walk(_ rows: [Row]) -> Drawing {
    var (shapes, y) = ([Drawing.Shape](), 0.0)
    for row in rows {
      shapes.append(.text(row.title, .init(320, y + 8), size: 11))
      let path = row.leg.path ?? [row.leg.start, row.leg.end]
      // Long paths go on below.
      for line in path.indices.partitioned(by: 5) {
        let step = 124.0
        let left = 320 - step * Double(line.count - 1) / 2
        for (place, index) in line.enumerated() {
          let middle = Drawing.Point(left + step * Double(place), y + 38)
          let isEnd = index == 0 || index == path.count - 1
          shapes.append(box(middle, 104, 38, isEnd ? .anchor : .context))
          shapes.append(.text(row.name(path[index], 17), .init(middle.x, middle.y - 7), size: 9))
          shapes.append(.text("\(path[index])", .init(middle.x, middle.y + 8), size: 9))
          if place > 0, row.leg.path != nil {
            shapes.append(
              .line(
                [.init(middle.x - step + 52, middle.y), .init(middle.x - 52, middle.y)], .path,
                hasArrow: true))
          }
        }
        y += 48
      }
      if row.leg.path == nil {
        shapes.append(.text("no path joins them", .init(320, y + 14), size: 10))
      }
      y += 30
    }
    return Drawing(height: y, shapes: shapes)
  }

  /// The regions that lie between the two, joined to both.
  package static func between(_ rows: [Row], limit: Int = 8) -> Drawing {
    var (shapes, y) = ([Drawing.Shape](), 0.0)
    for row in rows {
      let all = row.leg.between
      let shown = all.prefix(limit)
      let note = all.count > limit ? ", the nearest \(limit) shown" : ""
      shapes.append(.text("\(row.title): \(all.count) between\(note)", .init(320, y + 8), size: 11))
      let step = 30.0
      let height = max(1, Double(shown.count)) * step
      let middle = y + 26 + height / 2
      let ends = [
        (row.leg.start, Drawing.Point(90, middle)), (row.leg.end, Drawing.Point(550, middle)),
      ]
      for (place, cell) in shown.enumerated() {
        let at = Drawing.Point(320, y + 26 + step * (Double(place) + 0.5))
        shapes.append(.line([.init(160, middle), .init(210, at.y)], .path, hasArrow: false))
        shapes.append(.line([.init(430, at.y), .init(480, middle)], .path, hasArrow: false))
        shapes.append(box(at, 220, 24, .context))
        let name = row.name(cell.region, 30)
        shapes.append(
          .text(name.isEmpty ? "\(cell.region)" : "\(cell.region): \(name)", at, size: 9))
      }
      if shown.isEmpty { shapes.append(.text("none", .init(320, middle), size: 10)) }
      for (region, at) in ends {
        shapes.append(box(at, 140, 38, .anchor))
        shapes.append(.text(row.name(region, 22), .init(at.x, at.y - 7), size: 9))
        shapes.append(.text("\(region)", .init(at.x, at.y + 8), size: 9))
      }
      y += 26 + height + 22
    }
    return Drawing(height: y, shapes: shapes)
  }

  /// Cells of each path and of what surrounds it, on a plane whose distances are as near to the cosine distances as they can be.
  ///
  /// - Parameters:
  ///   - around: regions that each region of a path brings along, the nearest.
  ///   - limit: regions of a panel at most.
  /// - Returns: the picture, and of each panel how far its distances are off (``DistanceLayout/stress``).
  package static func cells(
    _ rows: [Row], around: Int = 3, limit: Int = 60
  ) -> (drawing: Drawing, stress: [Double]) {
    var (shapes, y, stress) = ([Drawing.Shape](), 0.0, [Double]())
    let (width, height) = (600.0, 260.0)
    for row in rows {
      let path = row.leg.path ?? [row.leg.start, row.leg.end]
      var chosen = path
      for region in path {
        let near = (0..<row.level.directions.count).filter { $0 != region }
          .map { ($0, row.level.distance(region, $0)) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        for (other, _) in near.prefix(around) where !chosen.contains(other) { chosen.append(other) }
      }
      chosen = Array(chosen.prefix(limit))
      let distances = chosen.flatMap { a in chosen.map { a == $0 ? 0 : row.level.distance(a, $0) } }
      let layout = DistanceLayout(distances, count: chosen.count)
      stress.append(layout.stress)
      shapes.append(.text(row.title, .init(320, y + 8), size: 11))
      let (low, high) = bounds(layout.points)
      let scale = min(width / max(high.x - low.x, 1e-9), height / max(high.y - low.y, 1e-9))
      let offset = (width - (high.x - low.x) * scale) / 2 + 20
      let top = y + 20
      func place(_ point: SIMD2<Double>) -> Drawing.Point {
        .init(offset + (point.x - low.x) * scale, top + (high.y - point.y) * scale)
      }
      let polygons = SphericalCells.plane(layout.points, from: low, to: high)
      for (index, polygon) in polygons.enumerated() where polygon.count > 2 {
        let role: Drawing.Role =
          chosen[index] == path.first || chosen[index] == path.last
          ? .anchor : index < path.count ? .near : .context
        shapes.append(.area(polygon.map(place), role))
      }
      if row.leg.path != nil {
        shapes.append(
          .line(
            layout.points.prefix(min(path.count, limit)).map(place), .path,
            hasArrow: true))
      }
      for (index, region) in path.prefix(limit).enumerated() {
        let name = row.name(region, 20)
        shapes.append(
          .text(
            name.isEmpty ? "\(region)" : "\(region): \(name)", place(layout.points[index]), size: 9
          ))
      }
      y = top + (high.y - low.y) * scale + 18
    }
    return (Drawing(height: y, shapes: shapes), stress)
  }

  private static func bounds(_ points: [SIMD2<Double>]) -> (SIMD2<Double>, SIMD2<Double>) {
    var (low, high) = (points.first ?? .zero, points.first ?? .zero)
    for point in points {
      low = pointwiseMin(low, point)
      high = pointwiseMax(high, point)
    }
    let margin = 0.15 * max((high - low).max(), 1e-6)
    return (low - margin, high + margin)
  }

  private static func box(
    _ middle: Drawing.Point, _ width: Double, _ height: Double, _ role: Drawing.Role
  ) -> Drawing.Shape {
    let (x, y) = (width / 2, height / 2)
    return .area(
      [
        .init(middle.x - x, middle.y - y), .init(middle.x + x, middle.y - y),
        .init(middle.x + x, middle.y + y), .init(middle.x - x, middle.y + y),
      ], role)
  }
}

extension Range<Int> {
  /// Its numbers, so many at a time.
  fileprivate func partitioned(by size: Int) -> [[Int]] {
    stride(from: lowerBound, to: upperBound, by: size).map { start in
      Array(start..<Swift.min(start + size, upperBound))
    }
  }
}

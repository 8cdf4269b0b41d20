import ExemplarPartitioning
import Foundation
import TestSupport
import Testing

@testable import Experiments

/// Cells as SciPy's, projections as scikit-learn's; `Fixtures/pictures/make.py` asked them.
@Suite struct PictureTests {
  private struct Golden: Decodable {
    var directions: [[Float]]
    var points: [[Double]]
    var cells: [[[Double]]]
    var few: [[Double]]
    var fewCells: [[[Double]]]
    var flat: [[Double]]
    var bounded: [String: [[Double]]]
    var distances: [[Double]]
    var explained: [Double]
  }

  private let golden: Golden

  init() throws {
    golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("pictures/golden.json")))
  }

  private func points(_ rows: [[Double]]) -> [SIMD3<Double>] { rows.map { SIMD3($0) } }

  /// Every corner of one is a corner of the other.
  private func isSame(_ a: [SIMD3<Double>], _ b: [SIMD3<Double>]) -> Bool {
    func holds(_ a: [SIMD3<Double>], _ b: [SIMD3<Double>]) -> Bool {
      a.allSatisfy { one in b.contains { (($0 - one) * ($0 - one)).sum() < 1e-12 } }
    }
    return !a.isEmpty && holds(a, b) && holds(b, a)
  }

  @Test func `cells on a sphere have SciPy's corners, of many points and of few`() {
    for (sites, cells) in [(golden.points, golden.cells), (golden.few, golden.fewCells)] {
      let sites = points(sites)
      for site in sites.indices {
        let found = SphericalCells.corners(of: site, among: sites)
        // Of few points a cell may reach further round than is followed.
        let known = points(cells[site])
        guard known.allSatisfy({ SphericalCells.dot($0, sites[site]) > 0.02 }) else { continue }
        #expect(isSame(found, known), "site \(site)")
      }
    }
  }

  @Test func `corners go round a cell, and two points in one place share it`() {
    let sites = points(golden.points)
    let found = SphericalCells.corners(of: 4, among: sites)
    for (a, b) in zip(found, found.dropFirst() + found.prefix(1)) {
      #expect(SphericalCells.dot(SphericalCells.cross(a, b), sites[4]) > 0)
    }
    let twice = SphericalCells.corners(of: 4, among: sites + [sites[4]])
    #expect(isSame(twice, found))
  }

  @Test func `cells on a plane have SciPy's corners, cut at the edge`() throws {
    let sites = golden.flat.map { SIMD2($0) }
    let found = SphericalCells.plane(sites, from: [-50, -50], to: [50, 50])
    #expect(golden.bounded.count > 8)
    for (name, corners) in golden.bounded {
      let site = try #require(Int(name))
      let known = corners.map { SIMD2($0) }
      guard known.allSatisfy({ $0.max() < 50 && $0.min() > -50 }) else { continue }
      #expect(found[site].count == known.count)
      for corner in known {
        #expect(found[site].contains { (($0 - corner) * ($0 - corner)).sum() < 1e-12 })
      }
    }
    let area = found.reduce(0.0) { sum, cell in
      sum
        + zip(cell, cell.dropFirst() + cell.prefix(1)).reduce(0.0) {
          $0 + ($1.0.x * $1.1.y - $1.1.x * $1.0.y) / 2
        }
    }
    #expect(abs(area - 100 * 100) < 1e-6)
  }

  @Test func `distances of points on a plane are laid out as they are`() {
    let count = golden.distances.count
    let layout = DistanceLayout(golden.distances.flatMap(\.self), count: count)
    #expect(layout.stress < 1e-4)
    // Of a space they cannot be: less is off than where all points are put together.
    let apart = (0..<6).flatMap { i in (0..<6).map { $0 == i ? 0.0 : 1 } }
    let flat = DistanceLayout(apart, count: 6)
    #expect(flat.stress > 0.05 && flat.stress < 0.5)
    #expect(DistanceLayout([0], count: 1).points.count == 1)
    #expect(DistanceLayout(apart, count: 6).points == flat.points)
    #expect(DistanceLayout([Double](repeating: 0, count: 16), count: 4).stress == 0)
  }

  private var directions: DirectionRows {
    DirectionRows(golden.directions.flatMap(\.self), dimension: golden.directions[0].count)
  }

  @Test func `a neighbourhood has the nearest directions, on scikit-learn's three components`()
    throws
  {
    let found = try #require(try Neighbourhood(directions, region: 7, count: 6))
    for (index, point) in found.points.enumerated() {
      for axis in 0..<3 {
        #expect(abs(abs(point[axis]) - abs(golden.points[index][axis])) < 1e-4)
      }
    }
    for axis in 0..<3 { #expect(abs(found.explained[axis] - golden.explained[axis]) < 1e-5) }
    let distances = golden.directions.indices.filter { $0 != 7 }.map { other in
      (
        other,
        1 - zip(golden.directions[7], golden.directions[other]).reduce(0) { $0 + $1.0 * $1.1 }
      )
    }.sorted { $0.1 < $1.1 }
    #expect(found.neighbours.map(\.region) == distances.prefix(6).map(\.0))
    for neighbour in found.neighbours {
      let other = found.cells.first { $0.region == neighbour.region }?.corners ?? []
      let own = found.cells.first { $0.region == 7 }?.corners ?? []
      let shared = other.count { corner in
        own.contains { SphericalCells.dot($0, corner) > 1 - 1e-9 }
      }
      #expect(neighbour.touches == (shared >= 2))
    }
    #expect(found.cells.count == 60)
    let few = try #require(try Neighbourhood(directions, region: 7, count: 2, cells: 5))
    #expect(few.cells.count >= 5 && few.cells.count <= 7)
    // What is drawn is what of all cells is drawn there.
    for cell in few.cells {
      let same = found.cells.first { $0.region == cell.region }
      #expect(isSame(cell.corners, same?.corners ?? []))
    }
    let four = DirectionRows(
      Array(directions.values.prefix(4 * directions.dimension)), dimension: directions.dimension)
    #expect(try Neighbourhood(four, region: 0, count: 1) == nil)
  }

  @Test func `a sphere's picture stays within its rim, and says its names`() throws {
    let found = try #require(try Neighbourhood(directions, region: 7, count: 3))
    let drawing = found.drawing(names: [7: "a < b", 900: "nobody"])
    var areas = 0
    for case .area(let outline, _) in drawing.shapes {
      areas += 1
      for point in outline {
        let (x, y) = (point.x - 320, point.y - 240)
        #expect((x * x + y * y).squareRoot() < 230.01)
      }
    }
    #expect(areas > 20)
    let svg = SVGPlot(title: "t", caption: "c", content: .drawing(drawing)).text
    #expect(svg.contains("7: a &lt; b") && !svg.contains("nobody") && !svg.contains("nan"))
  }

  @Test func `a drawing in glyphs keeps within its columns, and texts stand over edges`() {
    let drawing = Drawing(
      height: 320,
      shapes: [
        .area([.init(10, 10), .init(600, 10), .init(600, 300), .init(10, 300)], .anchor),
        .text("漢字 and a long text", .init(620, 10), size: 10), .dot(.init(-40, 5), .near),
      ])
    for columns in [2, 10, 40, 120] {
      let lines = DrawingGlyphs.lines(drawing, columns: columns, rows: 12) {
        $0.unicodeScalars.first.map { $0.value > 0x2E80 && $0.value < 0xA000 } == true ? 2 : 1
      }
      #expect(lines.count <= 12)
      for line in lines {
        let width = line.reduce(0) {
          $0 + ("\u{2E80}"..."\u{9FFF}" ~= $1 ? 2 : 1)
        }
        #expect(width <= columns, "\(line)")
      }
    }
    #expect(DrawingGlyphs.lines(drawing, columns: 0, rows: 5) { _ in 1 }.isEmpty)
    let wide = DrawingGlyphs.lines(drawing, columns: 80, rows: 30) { _ in 1 }
    #expect(wide.contains { $0.contains("long text") })
    #expect(wide.contains { $0.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) } })
  }

  @Test func `a result keeps a drawing, and drops what is no shape`() throws {
    let drawing = Drawing(
      height: 100,
      shapes: [
        .area([.init(1, 2), .init(3, 4), .init(5, 6)], .near),
        .line([.init(1, 2), .init(3, 4)], .path, hasArrow: true), .dot(.init(7, 8), .anchor),
        .text("x", .init(9, 10), size: 9),
      ])
    let plot = SVGPlot(title: "t", caption: "c", content: .drawing(drawing))
    let report = ResultReport(
      identities: ["a"], text: "t", header: ["a"], rows: [["1"]], plot: plot, csv: "")
    let read = try #require(try ResultReport(content: report.content(with: [])))
    #expect(read.plot == plot)
    let broken = report.content(with: []).replacingOccurrences(
      of: "[1.0,2.0,3.0,4.0]", with: "[1.0]")
    guard case .drawing(let found) = try #require(try ResultReport(content: broken)?.plot).content
    else {
      Issue.record("expected a drawing")
      return
    }
    #expect(found.shapes.count == 3)
  }

  @Test func `bands between regions are as thick as the prompts that pass`() {
    func path(_ id: Int, _ category: String, _ regions: [Int]) -> Trajectories.Path {
      .init(id: "\(id)", category: category, regions: regions, distances: [0, 0])
    }
    let paths = (0..<9).map { path($0, $0 < 6 ? "a" : "b", [$0 % 2, $0 < 3 ? 7 : 8 + $0]) }
    let drawing = TrajectoryDrawing.drawing(Trajectories(paths), names: ["one", "two"], shown: 3)
    var bars: [Drawing.Role: Double] = [:]
    for case .area(let outline, let role) in drawing.shapes
    where [10, 14].contains(abs(outline[1].x - outline[0].x)) && outline.count == 4 {
      bars[role, default: 0] += abs(outline[3].y - outline[0].y)
    }
    let (first, second) = (bars[.first] ?? 0, bars[.second] ?? 0)
    // Six prompts of one kind, three of the other, in two columns; and a square each in the legend.
    #expect(abs((first - 10) - 2 * (second - 10)) < 1e-6 && second > 10)
    let names = drawing.shapes.compactMap {
      if case .text(let text, _, _) = $0 { text } else { nil }
    }
    #expect(names.contains("other") && names.contains("a") && names.contains("one"))
  }

  @Test func `tokens are clean as the reference counts them`() {
    // By its own function: re.match(r"^[a-zA-Z]{2,15}$") over the joined and cut text.
    #expect(ResolutionPaths.cleanliness([" the", " of", "é", "x", "-"]) == 0.4)
    #expect(ResolutionPaths.cleanliness(["", " "]) == 0)
    #expect(ResolutionPaths.cleanliness(["a,bc", "de"]) == 2.0 / 3)
    #expect(ResolutionPaths.cleanliness([String(repeating: "a", count: 16), "ok"]) == 0.5)
    #expect(ResolutionPaths.cleanliness([String(repeating: "é", count: 200), "ok"]) == 0)
  }
}

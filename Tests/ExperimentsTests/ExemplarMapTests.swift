import ExemplarPartitioning
import Experiments
import Testing

@Suite struct ExemplarMapTests {
  /// Points on three axes of lengths 5, 3 and 1 about a mean, and nothing else.
  @Test func `the components are the axes, the widest first`() throws {
    var rows: [Float] = []
    for (axis, length) in [(2, 5), (0, 3), (4, 1)] as [(Int, Float)] {
      for sign in [-1, 1] as [Float] {
        rows += (0..<7).map { 0.5 + ($0 == axis ? sign * length : 0) }
      }
    }
    let map = try ExemplarMap.compute(DirectionRows(rows, dimension: 7))
    #expect(map.points.count == 6)
    let expected: [SIMD3<Float>] = [
      [5, 0, 0], [5, 0, 0], [0, 3, 0], [0, 3, 0], [0, 0, 1], [0, 0, 1],
    ]
    for (point, axis) in zip(map.points, expected) {
      for component in 0..<3 { #expect(abs(abs(point[component]) - axis[component]) < 1e-4) }
    }
    #expect(abs(map.explained[0] - 25.0 / 35) < 1e-6)
    #expect(abs(map.explained[2] - 1.0 / 35) < 1e-6)
  }

  @Test func `the same rows give the same map, and few rows or none give one too`() throws {
    let rows = (0..<40).map { Float(($0 * 37) % 11) / 11 }
    let directions = DirectionRows(rows, dimension: 4)
    #expect(try ExemplarMap.compute(directions) == ExemplarMap.compute(directions))
    #expect(try ExemplarMap.compute(DirectionRows([1, 0], dimension: 2)).points == [.zero])
    #expect(try ExemplarMap.compute(DirectionRows([], dimension: 2)).points.isEmpty)
    #expect(try ExemplarMap.compute(DirectionRows([1, -1], dimension: 1)).points.count == 2)
  }
}

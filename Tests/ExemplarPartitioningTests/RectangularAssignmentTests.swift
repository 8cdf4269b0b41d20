import Testing

@testable import ExemplarPartitioning

@Suite("Matching one to one")
struct RectangularAssignmentTests {
  /// The largest sum there is, by trying everything: rows · 2^columns.
  private func best(_ values: [Float], rows: Int, columns: Int) -> Double {
    var sums = [Int: Double]()
    sums[0] = 0
    for row in 0..<rows {
      var next = [Int: Double]()
      for (taken, sum) in sums {
        for column in 0..<columns where taken & (1 << column) == 0 {
          let key = taken | (1 << column)
          next[key] = max(next[key] ?? -.infinity, sum + Double(values[row * columns + column]))
        }
      }
      sums = next
    }
    return sums.values.max() ?? 0
  }

  private func random(_ count: Int, seed: UInt64) -> [Float] {
    (0..<count).map {
      Float(SeededNumbers.value(seed: seed, index: UInt64($0)) >> 40) / Float(1 << 23) - 1
    }
  }

  private func solve(_ matrix: CosineMatrix, threads: Int = 1) throws -> RectangularAssignment {
    let assignment = try RectangularAssignment.solve(matrix, threads: threads)
    let certificate = assignment.certificate(for: matrix)
    #expect(certificate.isOptimal, "\(certificate)")
    #expect(certificate.objective == certificate.bound)
    return assignment
  }

  @Test(arguments: [(1, 1), (1, 6), (2, 2), (3, 7), (5, 5), (6, 9), (7, 7), (8, 11)])
  func `the sum is the largest of all assignments`(rows: Int, columns: Int) throws {
    for seed in 0..<25 as Range<UInt64> {
      let values = random(rows * columns, seed: seed)
      let matrix = try CosineMatrix(values, rows: rows, columns: columns)
      let assignment = try solve(matrix)
      let sum = (0..<rows).reduce(0.0) {
        $0 + Double(matrix[row: $1, column: Int(assignment.columnOfRow[$1])])
      }
      #expect(abs(sum - best(values, rows: rows, columns: columns)) < 1e-12)
    }
  }

  @Test(arguments: [2, 3, 7])
  func `few distinct cosines, and so many ties, are matched as well as can be`(levels: Int) throws {
    for seed in 0..<25 as Range<UInt64> {
      let values = random(7 * 9, seed: seed).map { ($0 * Float(levels)).rounded() / Float(levels) }
      let assignment = try solve(CosineMatrix(values, rows: 7, columns: 9))
      let sum = (0..<7).reduce(0.0) {
        $0 + Double(values[$1 * 9 + Int(assignment.columnOfRow[$1])])
      }
      #expect(abs(sum - best(values, rows: 7, columns: 9)) < 1e-9)
    }
  }

  /// Rows that all want the same few columns read far beyond their short lists.
  @Test(arguments: [(60, 60), (40, 2000), (300, 301), (250, 3000)])
  func `a crowd that wants the same columns is proved optimal`(rows: Int, columns: Int) throws {
    let noise = random(rows * columns, seed: 5)
    let values = (0..<rows * columns).map { cell in
      // The first columns are everybody's favourites, in the same order.
      0.9 - Float(cell % columns) / Float(columns) + 0.01 * noise[cell]
    }
    let matrix = try CosineMatrix(values, rows: rows, columns: columns)
    let one = try solve(matrix)
    #expect(try solve(matrix, threads: 3) == one)
    #expect(Set(one.columnOfRow).count == rows)
  }

  @Test func `equal cosines give every row a column of its own`() throws {
    for value in [Float(0), 1, -1, 0.3] {
      let matrix = try CosineMatrix(
        [Float](repeating: value, count: 300 * 310), rows: 300, columns: 310)
      let assignment = try solve(matrix)
      #expect(Set(assignment.columnOfRow).count == 300)
      #expect(assignment.certificate(for: matrix).objective == 300 * Double(value))
    }
  }

  @Test func `cosines far apart in size are summed without rounding`() throws {
    let values: [Float] = [1, 0x1p-30, 1, 0x1p-30 + 0x1p-53]
    let assignment = try solve(CosineMatrix(values, rows: 2, columns: 2))
    #expect(assignment.columnOfRow == [0, 1])
  }

  @Test func `a certificate tells a worse assignment from the best`() throws {
    let values: [Float] = [0.9, 0.8, 0.1, 0.7, 0.1, 0.2]
    let matrix = try CosineMatrix(values, rows: 2, columns: 3)
    var assignment = try solve(matrix)
    #expect(assignment.columnOfRow == [1, 0])
    assignment.columnOfRow = [0, 2]
    assignment.rowOfColumn = [0, -1, 1]
    let certificate = assignment.certificate(for: matrix)
    #expect(!certificate.isOptimal)
    #expect(certificate.gap > 0)
    #expect(certificate.slackViolations > 0)
    assignment.columnOfRow = [0, 0]
    #expect(assignment.certificate(for: matrix).unmatched == 1)
    assignment.prices[0] -= 1
    #expect(assignment.certificate(for: matrix).infeasibleCells > 0)
  }

  @Test func `what is not finite, empty or of another width is refused by name`() throws {
    #expect(throws: MatchingError.notFinite(row: 1, column: 0)) {
      try CosineMatrix([0, 1, .nan, 0], rows: 2, columns: 2)
    }
    #expect(throws: MatchingError.notFinite(row: 0, column: 17)) {
      try CosineMatrix((0..<40).map { $0 == 17 ? .infinity : 0 }, rows: 1, columns: 40)
    }
    let (none, flat, deep) = (
      DirectionRows([], dimension: 3), DirectionRows([1, 0], dimension: 2),
      DirectionRows([1, 0, 0], dimension: 3)
    )
    #expect(throws: MatchingError.empty(0, 1)) { try CosineMatrix(none, deep, threads: 1) }
    #expect(throws: MatchingError.widths(2, 3)) { try CosineMatrix(flat, deep, threads: 1) }
  }

  @Test func `an error from progress ends the work`() throws {
    struct Stop: Error {}
    let matrix = try CosineMatrix(random(12, seed: 1), rows: 3, columns: 4)
    #expect(throws: Stop.self) {
      try RectangularAssignment.solve(matrix, threads: 1) { _ in throw Stop() }
    }
  }
}

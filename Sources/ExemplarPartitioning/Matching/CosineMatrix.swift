import Numerics

/// Cosines between the rows of two matrices, `[rows, columns]` f32 row-major with at least as many columns as rows.
///
/// Made once and kept: a product that is computed again in another shape may differ in its last bits, and an assignment is
/// exact only for the bits it was made for.
/// - Complexity: memory 4 · rows · columns bytes; 470 MB for 5,796 × 20,295.
package final class CosineMatrix: Sendable {
  package let rows: Int
  package let columns: Int
  /// The largest magnitude.
  package let largest: Float
  nonisolated(unsafe) private let values: UnsafeMutablePointer<Float>

  /// The products of unit rows `a [n, D]` with unit rows `b [m, D]`, n ≤ m, each the same on every processor: of many pairs
  /// some would be as well off otherwise but for the last bits of a cosine.
  ///
  /// - Parameter progress: called between bands with the rows that are done; an error it throws is thrown on.
  /// - Throws: `MatchingError.empty`, `.widths`, or `.notFinite` for a product that is NaN or infinite.
  /// - Complexity: O(n · m · D).
  package convenience init(
    _ a: DirectionRows, _ b: DirectionRows, threads: Int,
    progress: (Int) throws -> Void = { _ in }
  ) throws {
    guard a.count > 0, b.count > 0 else { throw MatchingError.empty(a.count, b.count) }
    guard a.dimension == b.dimension else { throw MatchingError.widths(a.dimension, b.dimension) }
    let (rows, columns, dimension) = (a.count, b.count, a.dimension)
    try self.init(rows: rows, columns: columns) { target in
      try a.withUnsafeBufferPointer { a in
        try b.withUnsafeBufferPointer { b in
          guard let a = a.baseAddress, let b = b.baseAddress else { return }
          nonisolated(unsafe) let (left, right, target) = (a, b, target)
          let band = 480
          let tile = 256
          let tiles = (columns + tile - 1) / tile
          let workers = max(min(threads, tiles), 1)
          var rooms = [[Double]](repeating: [], count: workers)
          for start in stride(from: 0, to: rows, by: band) {
            let count = min(band, rows - start)
            rooms.withUnsafeMutableBufferPointer { rooms in
              nonisolated(unsafe) let rooms = rooms
              Parallel.forEach(tiles, threads: workers) { item, worker in
                let first = item * tile
                FixedOrderProduct.multiplyTransposed(
                  left + start * dimension, rows: count, right + first * dimension,
                  columns: min(tile, columns - first), depth: dimension,
                  into: target + start * columns + first, strideC: columns, room: &rooms[worker])
              }
            }
            try progress(start + count)
          }
        }
      }
    }
  }

  /// A matrix of given values, `[rows · columns]`, rows ≤ columns.
  package convenience init(_ values: [Float], rows: Int, columns: Int) throws {
    precondition(
      values.count == rows * columns, "expected \(rows * columns) values, got \(values.count)")
    guard rows > 0, columns > 0 else { throw MatchingError.empty(rows, columns) }
    try self.init(rows: rows, columns: columns) { target in
      for (index, value) in values.enumerated() { target[index] = value }
    }
  }

  /// - Parameter fill: writes all values.
  package init(
    rows: Int, columns: Int, _ fill: (UnsafeMutablePointer<Float>) throws -> Void
  ) throws {
    precondition(rows <= columns, "expected no more than \(columns) rows, got \(rows)")
    let values = UnsafeMutablePointer<Float>.allocate(capacity: rows * columns)
    var isWhole = false
    defer { if !isWhole { values.deallocate() } }
    try fill(values)
    var largest: Float = 0
    for row in 0..<rows {
      let extent = Self.extent(values + row * columns, count: columns)
      guard extent.isFinite else {
        let column = (0..<columns).first { !values[row * columns + $0].isFinite } ?? 0
        throw MatchingError.notFinite(row: row, column: column)
      }
      largest = max(largest, extent)
    }
    isWhole = true
    (self.rows, self.columns, self.largest, self.values) = (rows, columns, largest, values)
  }

  deinit { values.deallocate() }

  package subscript(row row: Int, column column: Int) -> Float {
    precondition(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "expected a cell of \(rows)×\(columns), got (\(row), \(column))")
    return values[row * columns + column]
  }

  /// Calls `body` with every row in order, which it must not let escape.
  package func forEachRow(_ body: (Int, UnsafeBufferPointer<Float>) throws -> Void) rethrows {
    for index in 0..<rows {
      try body(index, UnsafeBufferPointer(start: row(index), count: columns))
    }
  }

  /// The values of one row, valid as long as the matrix is.
  func row(_ row: Int) -> UnsafePointer<Float> { UnsafePointer(values + row * columns) }

  /// The largest magnitude of a row, or NaN where one value is not finite.
  private static func extent(_ row: UnsafePointer<Float>, count: Int) -> Float {
    let raw = UnsafeRawPointer(row)
    var most = SIMD16<Float>()
    // x − x is NaN for what is not finite, and a NaN stays in a sum.
    var doubt = SIMD16<Float>()
    var i = 0
    while i + 16 <= count {
      let x = raw.loadUnaligned(fromByteOffset: i * 4, as: SIMD16<Float>.self)
      doubt += x - x
      let magnitude = x.replacing(with: -x, where: x .< 0)
      most.replace(with: magnitude, where: magnitude .> most)
      i += 16
    }
    var extent = most.max()
    var sum = doubt.sum()
    while i < count {
      sum += row[i] - row[i]
      extent = max(extent, abs(row[i]))
      i += 1
    }
    return sum == 0 ? extent : .nan
  }
}

/// Dictionaries, or cosines, that cannot be matched.
package enum MatchingError: Error, Equatable, Sendable, CustomStringConvertible {
  case empty(Int, Int)
  case widths(Int, Int)
  case notFinite(row: Int, column: Int)

  package var description: String {
    switch self {
    case .empty(let a, let b):
      "expected regions on both sides to match, found \(a) in A and \(b) in B"
    case .widths(let a, let b):
      "expected models of one width, found exemplars of \(a) components in A and \(b) in B; a round trip "
        + "compares them by the prompts that both have seen"
    case .notFinite(let row, let column):
      "expected finite cosines, found NaN or infinity at row \(row), column \(column)"
    }
  }
}

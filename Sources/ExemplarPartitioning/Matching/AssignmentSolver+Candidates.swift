import Numerics

extension AssignmentSolver {
  /// A cell of a row, as kept in its short list.
  struct Cell {
    var value: Float
    var column: Int32

    /// The order of a list: the largest first, equals by column.
    @inline(__always)
    static func isBefore(_ a: Cell, _ b: Cell) -> Bool {
      a.value > b.value || (a.value == b.value && a.column < b.column)
    }
  }

  /// A row's largest cells in order; what is not in the list is no larger than its last.
  struct ShortList {
    var cells: UnsafeMutablePointer<Cell>
    var count: Int
  }

  /// How long a list grows, step by step. Beyond the last, a row is read where it lies in the matrix.
  static let lengths = [24, 192, 1536]

  /// The `count` cells that come next after `last` in the order of lists, fewer at a row's end.
  ///
  /// - Complexity: O(columns), with one pass of comparisons and few insertions.
  static func select(
    _ row: UnsafePointer<Float>, columns: Int, after last: Cell?, count: Int,
    buffer: inout [Cell]
  ) -> ArraySlice<Cell> {
    buffer.removeAll(keepingCapacity: true)
    let capacity = max(4 * count, 256)
    let raw = UnsafeRawPointer(row)
    var threshold = -Float.infinity
    func consider(_ column: Int) {
      let cell = Cell(value: row[column], column: Int32(column))
      // Columns ascend, so that a value equal to the threshold comes after what is kept.
      guard cell.value > threshold else { return }
      if let last, !Cell.isBefore(last, cell) { return }
      buffer.append(cell)
      guard buffer.count == capacity else { return }
      buffer.sort(by: Cell.isBefore)
      buffer.removeLast(capacity - count)
      threshold = buffer[count - 1].value
    }
    var column = 0
    while column + 16 <= columns {
      let values = raw.loadUnaligned(fromByteOffset: column * 4, as: SIMD16<Float>.self)
      if any(values .> threshold) {
        for i in column..<column + 16 { consider(i) }
      }
      column += 16
    }
    while column < columns {
      consider(column)
      column += 1
    }
    buffer.sort(by: Cell.isBefore)
    return buffer.prefix(count)
  }

  /// Gives every row its first list.
  func selectFirst(threads: Int) {
    let count = min(Self.lengths[0], columns)
    let band = 32
    let (rows, columns, lists, matrix) = (rows, columns, lists, matrix)
    nonisolated(unsafe) let target = lists
    Parallel.forEach((rows + band - 1) / band, threads: threads) { item, _ in
      var buffer: [Cell] = []
      for row in item * band..<min((item + 1) * band, rows) {
        let found = Self.select(
          matrix.row(row), columns: columns, after: nil, count: count, buffer: &buffer)
        target[row] = Self.list(Array(found))
      }
    }
  }

  static func list(_ cells: [Cell]) -> ShortList {
    let memory = UnsafeMutablePointer<Cell>.allocate(capacity: max(cells.count, 1))
    memory.initialize(from: cells, count: cells.count)
    return ShortList(cells: memory, count: cells.count)
  }

  /// Makes a row's list longer by a step; false where it has the last length already.
  func extend(_ row: Int) -> Bool {
    let list = lists[row]
    guard let length = Self.lengths.first(where: { $0 > list.count }), list.count < columns else {
      return false
    }
    effort.rowsReadAgain += 1
    let found = Self.select(
      matrix.row(row), columns: columns, after: list.cells[list.count - 1],
      count: min(length, columns) - list.count, buffer: &buffer)
    let memory = UnsafeMutablePointer<Cell>.allocate(capacity: list.count + found.count)
    memory.update(from: list.cells, count: list.count)
    for (index, cell) in found.enumerated() { memory[list.count + index] = cell }
    list.cells.deallocate()
    lists[row] = ShortList(cells: memory, count: list.count + found.count)
    return true
  }
}

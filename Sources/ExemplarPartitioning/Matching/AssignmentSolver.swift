extension RectangularAssignment {
  /// The assignment of every row to a column of its own that maximises the sum of the cosines.
  ///
  /// Rows first bid for columns (the reduction steps of Jonker and Volgenant, 1987, in prices); those that are left find the
  /// shortest augmenting path. Both look only at a row's largest cosines, which is exact: prices are never negative, so a
  /// cell outside a row's list gains at most the list's last cosine, and as soon as that could matter the list grows, at
  /// last to the whole row.
  ///
  /// - Parameter progress: called now and then with the rows assigned; an error it throws is thrown on.
  /// - Complexity: O(rows² · columns) at worst, as any such algorithm; near O(rows · columns) for cosines of exemplars.
  ///   Memory beside the matrix: O(rows + columns), up to 12 KB a row where many rows want the same columns.
  /// - Source: R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment
  ///   problems", Computing 38 (1987); D. F. Crouse, "On implementing 2D rectangular assignment algorithms" (2016).
  package static func solve(
    _ matrix: CosineMatrix, threads: Int, progress: (Int) throws -> Void = { _ in }
  ) throws -> RectangularAssignment {
    let solver = AssignmentSolver(matrix, threads: threads)
    return try solver.solve(progress)
  }
}

/// The work of one assignment.
final class AssignmentSolver {
  let matrix: CosineMatrix
  let rows: Int
  let columns: Int
  let unit: FixedPoint
  let lists: UnsafeMutablePointer<ShortList>
  var effort = RectangularAssignment.Effort()
  var buffer: [Cell] = []

  private let columnOfRow: UnsafeMutablePointer<Int32>
  private let rowOfColumn: UnsafeMutablePointer<Int32>
  private let profits: UnsafeMutablePointer<Int64>
  private let prices: UnsafeMutablePointer<Int64>
  /// Of the search under way: the length of the shortest path found to a column, and the row before it.
  private let lengths: UnsafeMutablePointer<Int64>
  private let rowBefore: UnsafeMutablePointer<Int32>
  private var touched: [Int32] = []
  private var reached: [Int32] = []
  private var queue = PathQueue()
  /// The best column without a partner that the search has found.
  private var freeColumn: Int32 = -1
  private var freeLength = Int64.max

  init(_ matrix: CosineMatrix, threads: Int) {
    self.matrix = matrix
    (rows, columns) = (matrix.rows, matrix.columns)
    unit = FixedPoint(largest: matrix.largest)
    lists = .allocate(capacity: rows)
    columnOfRow = .allocate(capacity: rows)
    columnOfRow.initialize(repeating: -1, count: rows)
    profits = .allocate(capacity: rows)
    profits.initialize(repeating: 0, count: rows)
    rowOfColumn = .allocate(capacity: columns)
    rowOfColumn.initialize(repeating: -1, count: columns)
    prices = .allocate(capacity: columns)
    prices.initialize(repeating: 0, count: columns)
    lengths = .allocate(capacity: columns)
    lengths.initialize(repeating: .max, count: columns)
    rowBefore = .allocate(capacity: columns)
    rowBefore.initialize(repeating: -1, count: columns)
    selectFirst(threads: threads)
  }

  deinit {
    for row in 0..<rows { lists[row].cells.deallocate() }
    lists.deallocate()
    columnOfRow.deallocate()
    profits.deallocate()
    rowOfColumn.deallocate()
    prices.deallocate()
    lengths.deallocate()
    rowBefore.deallocate()
  }

  func solve(_ progress: (Int) throws -> Void) throws -> RectangularAssignment {
    var free = (0..<rows).map { Int32($0) }
    // Each round of bidding is cheap and leaves fewer rows; when it no longer does, paths are cheaper.
    for _ in 0..<Self.biddingRounds where !free.isEmpty {
      let before = free.count
      free = bid(free)
      try progress(rows - free.count)
      if free.count * 10 > before * 9 { break }
    }
    effort.searches = free.count
    for (index, row) in free.enumerated() {
      if index.isMultiple(of: 64) { try progress(rows - free.count + index) }
      search(from: Int(row))
    }
    try progress(rows)
    return RectangularAssignment(
      columnOfRow: Array(UnsafeBufferPointer(start: columnOfRow, count: rows)),
      rowOfColumn: Array(UnsafeBufferPointer(start: rowOfColumn, count: columns)),
      profits: Array(UnsafeBufferPointer(start: profits, count: rows)),
      prices: Array(UnsafeBufferPointer(start: prices, count: columns)), exponent: unit.exponent,
      effort: effort)
  }

  // MARK: - Bidding

  private static let biddingRounds = 12
  /// Bids a row and round, on average: a war of prices between a few rows is left to the paths.
  private static let bidsPerRow = 16

  /// Each row in turn takes the column where it gains most and raises its price until the second best would do as well.
  ///
  /// - Returns: the rows that were left without a column.
  private func bid(_ free: [Int32]) -> [Int32] {
    var left: [Int32] = []
    var budget = free.count * Self.bidsPerRow
    var next = 0
    var current: Int32 = -1
    while current >= 0 || next < free.count {
      if current < 0 {
        current = free[next]
        next += 1
      }
      let row = Int(current)
      current = -1
      let (first, second) = bestTwo(row)
      var column = first.column
      var owner = rowOfColumn[column]
      effort.bids += 1
      budget -= 1
      if first.gain > second.gain {
        // Nobody else would pay a thing where there is but one column.
        if second.column >= 0 { prices[column] += first.gain - second.gain }
      } else if owner >= 0, second.column >= 0 {
        column = second.column
        owner = rowOfColumn[column]
      }
      profits[row] = second.column >= 0 ? second.gain : first.gain
      rowOfColumn[column] = Int32(row)
      columnOfRow[row] = Int32(column)
      guard owner >= 0 else { continue }
      columnOfRow[Int(owner)] = -1
      if first.gain > second.gain, budget > 0 {
        current = owner
      } else {
        left.append(owner)
      }
    }
    return left
  }

  /// The two columns where a row gains most at the present prices; −1 for a second that does not exist.
  private func bestTwo(
    _ row: Int
  ) -> (first: (gain: Int64, column: Int), second: (gain: Int64, column: Int)) {
    var first = (gain: Int64.min, column: -1)
    var second = (gain: Int64.min, column: -1)
    func offer(_ gain: Int64, _ column: Int) {
      if gain > first.gain {
        (second, first) = (first, (gain, column))
      } else if gain > second.gain {
        second = (gain, column)
      }
    }
    var start = 0
    while true {
      let list = lists[row]
      var isSettled = false
      for index in start..<list.count {
        let cell = list.cells[index]
        let value = unit(cell.value)
        if value <= second.gain {
          isSettled = true
          break
        }
        offer(value - prices[Int(cell.column)], Int(cell.column))
      }
      if isSettled || list.count == columns { return (first, second) }
      // The list's last cell bounds all others, at a price of nothing.
      if unit(list.cells[list.count - 1].value) <= second.gain { return (first, second) }
      start = list.count
      if !extend(row) { break }
    }
    effort.rowsReadAgain += 1
    let values = matrix.row(row)
    let last = lists[row].cells[lists[row].count - 1]
    for column in 0..<columns {
      let cell = Cell(value: values[column], column: Int32(column))
      guard Cell.isBefore(last, cell) else { continue }
      let value = unit(cell.value)
      if value > second.gain { offer(value - prices[column], column) }
    }
    return (first, second)
  }

  // MARK: - Shortest augmenting paths

  /// Gives `start` a column by the path of exchanges that costs least.
  private func search(from start: Int) {
    freeColumn = -1
    freeLength = .max
    queue.removeAll()
    // The profit of a row without a column is only an offset of all its paths.
    profits[start] = 0
    visit(start, length: 0)
    while let entry = queue.popFirst(), entry.length < freeLength {
      if entry.place < 0 {
        readOn(Int(~entry.place))
        continue
      }
      let column = Int(entry.place)
      // Reached before, by a shorter path.
      guard entry.length == lengths[column] else { continue }
      reached.append(entry.place)
      // No path is shorter than the one it was reached by, so an equal entry would be a second visit.
      visit(Int(rowOfColumn[column]), length: entry.length)
    }
    let length = freeLength
    for place in reached {
      let column = Int(place)
      let change = length - lengths[column]
      prices[column] += change
      profits[Int(rowOfColumn[column])] -= change
    }
    profits[start] -= length
    exchange(along: freeColumn, to: start)
    for place in touched { lengths[Int(place)] = .max }
    touched.removeAll(keepingCapacity: true)
    reached.removeAll(keepingCapacity: true)
  }

  private func exchange(along column: Int32, to start: Int) {
    var column = column
    while true {
      let row = Int(rowBefore[Int(column)])
      let before = columnOfRow[row]
      rowOfColumn[Int(column)] = Int32(row)
      columnOfRow[row] = column
      if row == start { return }
      column = before
    }
  }

  /// Follows a row's cells from the list's start.
  private func visit(_ row: Int, length: Int64) {
    // What the row's cells are measured from.
    follow(row, base: length + profits[row], from: 0)
  }

  /// The queue reached a row whose list was read to its end: reads further.
  private func readOn(_ row: Int) {
    let column = columnOfRow[row]
    let base = (column >= 0 ? lengths[Int(column)] : 0) + profits[row]
    let start = lists[row].count
    if extend(row) { return follow(row, base: base, from: start) }
    effort.rowsReadAgain += 1
    let values = matrix.row(row)
    let raw = UnsafeRawPointer(values)
    var column16 = 0
    // A cell at or below this cannot lead to a shorter path.
    var bound = freeLength == .max ? -Float.infinity : unit.floor(base - freeLength)
    func relax(_ column: Int) {
      guard values[column] > bound else { return }
      relaxed(column, row, base - unit(values[column]) + prices[column])
      if freeLength != .max { bound = unit.floor(base - freeLength) }
    }
    while column16 + 16 <= columns {
      let chunk = raw.loadUnaligned(fromByteOffset: column16 * 4, as: SIMD16<Float>.self)
      if any(chunk .> bound) {
        for column in column16..<column16 + 16 { relax(column) }
      }
      column16 += 16
    }
    while column16 < columns {
      relax(column16)
      column16 += 1
    }
  }

  @inline(__always)
  private func follow(_ row: Int, base: Int64, from start: Int) {
    let list = lists[row]
    for index in start..<list.count {
      let cell = list.cells[index]
      let least = base - unit(cell.value)
      // Prices are not negative, and the cells behind are smaller.
      if least >= freeLength { return }
      relaxed(Int(cell.column), row, least + prices[Int(cell.column)])
    }
    guard list.count < columns else { return }
    let least = base - unit(list.cells[list.count - 1].value)
    if least < freeLength { queue.insert(length: least, place: ~Int32(row)) }
  }

  @inline(__always)
  private func relaxed(_ column: Int, _ row: Int, _ length: Int64) {
    guard length < lengths[column], length < freeLength else { return }
    if lengths[column] == .max { touched.append(Int32(column)) }
    lengths[column] = length
    rowBefore[column] = Int32(row)
    if rowOfColumn[column] < 0 {
      freeLength = length
      freeColumn = Int32(column)
    } else {
      queue.insert(length: length, place: Int32(column))
    }
  }
}

/// A binary heap of places by length.
struct PathQueue {
  struct Entry {
    var length: Int64
    /// A column, or the complement of a row.
    var place: Int32
  }

  private var entries: [Entry] = []

  mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

  mutating func insert(length: Int64, place: Int32) {
    var index = entries.count
    entries.append(Entry(length: length, place: place))
    entries.withUnsafeMutableBufferPointer { entries in
      while index > 0 {
        let parent = (index - 1) / 2
        guard length < entries[parent].length else { break }
        entries[index] = entries[parent]
        index = parent
      }
      entries[index] = Entry(length: length, place: place)
    }
  }

  mutating func popFirst() -> Entry? {
    guard let first = entries.first, let last = entries.popLast() else { return nil }
    let count = entries.count
    guard count > 0 else { return first }
    entries.withUnsafeMutableBufferPointer { entries in
      var index = 0
      while true {
        var child = 2 * index + 1
        guard child < count else { break }
        if child + 1 < count, entries[child + 1].length < entries[child].length { child += 1 }
        guard entries[child].length < last.length else { break }
        entries[index] = entries[child]
        index = child
      }
      entries[index] = last
    }
    return first
  }
}

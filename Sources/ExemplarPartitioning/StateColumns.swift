/// What a build that goes on later has to keep, as named columns that a file can hold.
package struct StateColumns: Sendable {
  package enum Column: Sendable {
    case floats([Float])
    case doubles([Double])
    case shorts([Int32])
    case integers([Int64])
    /// `[count, D]`, not copied.
    case rows(DirectionRows)
  }

  package private(set) var columns: [String: Column] = [:]

  package init() {}

  package subscript(name: String) -> Column? {
    get { columns[name] }
    set { columns[name] = newValue }
  }

  package mutating func merge(_ other: StateColumns) {
    columns.merge(other.columns) { _, new in new }
  }

  // MARK: - Reading

  /// - Throws: `StateError` for a column that is not there, of another kind or of another length; so below.
  package func floats(_ name: String, count: Int? = nil) throws -> [Float] {
    guard case .floats(let values)? = columns[name], values.count == count ?? values.count else {
      throw StateError(name)
    }
    return values
  }

  func doubles(_ name: String, count: Int? = nil) throws -> [Double] {
    guard case .doubles(let values)? = columns[name], values.count == count ?? values.count else {
      throw StateError(name)
    }
    return values
  }

  func shorts(_ name: String, in range: Range<Int>, count: Int? = nil) throws -> [Int32] {
    guard case .shorts(let values)? = columns[name], values.count == count ?? values.count,
      values.allSatisfy({ range.contains(Int($0)) })
    else { throw StateError(name) }
    return values
  }

  func integers(_ name: String, in range: Range<Int64>, count: Int? = nil) throws -> [Int64] {
    guard case .integers(let values)? = columns[name], values.count == count ?? values.count,
      values.allSatisfy(range.contains)
    else { throw StateError(name) }
    return values
  }

  /// One number of 0 or more.
  package func count(_ name: String) throws -> Int {
    Int(try integers(name, in: 0..<Int64(Int32.max) << 16, count: 1)[0])
  }

  func rows(_ name: String, dimension: Int) throws -> DirectionRows {
    guard case .rows(let rows)? = columns[name], rows.count == 0 || rows.dimension == dimension
    else { throw StateError(name) }
    return rows
  }
}

/// A column that is not what a build could have kept.
package struct StateError: Error, Equatable, CustomStringConvertible {
  package let column: String

  package init(_ column: String) { self.column = column }

  package var description: String { "\(column): not what a build keeps" }
}

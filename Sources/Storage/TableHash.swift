import GRDB
import GRDBSQLite

/// The hash of what a table holds, whichever pages it lies on.
enum TableHash {
  /// SHA-256 over every value that `query` gives, types and lengths included, as 64 hexadecimal digits.
  ///
  /// Before each value stands a line: `n` for NULL, `i` with an integer, `d` with the bits of a real number as an
  /// integer without sign, `t` or `b` with the length of a text in UTF-8 or of a blob, whose bytes follow.
  ///
  /// - Complexity: O(bytes of the table).
  static func compute(_ db: Database, _ query: String) throws -> String {
    var hash = SHA256()
    try add(query, of: db, to: &hash)
    return hash.hexDigest()
  }

  /// Goes on with `hash` over what `query` gives.
  static func add(_ query: String, of db: Database, to hash: inout SHA256) throws {
    var bytes: [UInt8] = []
    let room = 1 << 16
    bytes.reserveCapacity(2 * room)
    try db.forEachRow(of: query) { row in
      for column in 0..<row.columnCount {
        append(row, column, to: &bytes)
        guard bytes.count > room else { continue }
        hash.update(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    hash.update(bytes)
  }

  private static func append(_ row: StatementRow, _ column: Int32, to bytes: inout [UInt8]) {
    switch row.type(column) {
    case SQLITE_INTEGER:
      let number = row.integer(column)
      bytes.append(UInt8(ascii: "i"))
      if number < 0 { bytes.append(UInt8(ascii: "-")) }
      appendLine(number.magnitude, to: &bytes)
    case SQLITE_FLOAT:
      bytes.append(UInt8(ascii: "d"))
      appendLine(row.number(column).bitPattern, to: &bytes)
    case SQLITE_NULL: bytes.append(contentsOf: "n\n".utf8)
    case let type:
      let value = row.bytes(column)
      bytes.append(type == SQLITE_TEXT ? UInt8(ascii: "t") : UInt8(ascii: "b"))
      appendLine(UInt64(value.count), to: &bytes)
      bytes.append(contentsOf: value)
    }
  }

  /// Appends the digits and the line's end, without a text of each number.
  private static func appendLine(_ number: UInt64, to bytes: inout [UInt8]) {
    var power: UInt64 = 1
    while number / power >= 10 { power *= 10 }
    while power > 0 {
      bytes.append(UInt8(ascii: "0") + UInt8(number / power % 10))
      power /= 10
    }
    bytes.append(UInt8(ascii: "\n"))
  }
}

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
    func head(_ kind: Character, _ number: some BinaryInteger) {
      bytes.append(contentsOf: "\(kind)\(number)\n".utf8)
    }
    switch row.type(column) {
    case SQLITE_INTEGER: head("i", row.integer(column))
    case SQLITE_FLOAT: head("d", row.number(column).bitPattern)
    case SQLITE_NULL: bytes.append(contentsOf: "n\n".utf8)
    case let type:
      let value = row.bytes(column)
      head(type == SQLITE_TEXT ? "t" : "b", value.count)
      bytes.append(contentsOf: value)
    }
  }
}

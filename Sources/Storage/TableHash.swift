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
    let prepared = try db.makeStatement(sql: query)
    // It is finalised with its object, which nothing below would keep.
    defer { withExtendedLifetime(prepared) {} }
    let statement = prepared.sqliteStatement
    // SQLite's own functions, since a value as an object of its own takes longer than its bytes.
    defer { sqlite3_reset(statement) }
    var bytes: [UInt8] = []
    let room = 1 << 16
    bytes.reserveCapacity(2 * room)
    let columns = sqlite3_column_count(statement)
    while true {
      let code = sqlite3_step(statement)
      guard code == SQLITE_ROW else {
        guard code == SQLITE_DONE else {
          throw DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
        }
        break
      }
      for column in 0..<columns {
        append(statement, column, to: &bytes)
        guard bytes.count > room else { continue }
        hash.update(bytes)
        bytes.removeAll(keepingCapacity: true)
      }
    }
    hash.update(bytes)
  }

  private static func append(_ statement: SQLiteStatement, _ column: Int32, to bytes: inout [UInt8])
  {
    func head(_ kind: Character, _ number: some BinaryInteger) {
      bytes.append(contentsOf: "\(kind)\(number)\n".utf8)
    }
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: head("i", sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: head("d", sqlite3_column_double(statement, column).bitPattern)
    case SQLITE_NULL: bytes.append(contentsOf: "n\n".utf8)
    case let type:
      let start =
        type == SQLITE_TEXT
        ? UnsafeRawPointer(sqlite3_column_text(statement, column))
        : sqlite3_column_blob(statement, column)
      let count = Int(sqlite3_column_bytes(statement, column))
      head(type == SQLITE_TEXT ? "t" : "b", count)
      bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }
  }
}

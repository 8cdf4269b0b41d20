import GRDB
import GRDBSQLite

/// A row of numbers that a statement is to insert, for the same reason.
struct InsertedRow {
  fileprivate let statement: SQLiteStatement

  /// - Parameter column: from 1 on.
  func bind(_ value: Int?, to column: Int32) {
    // Of a parameter that the statement has, binding a number cannot fail.
    if let value {
      sqlite3_bind_int64(statement, column, Int64(value))
    } else {
      sqlite3_bind_null(statement, column)
    }
  }

  func bind(_ value: Double, to column: Int32) { sqlite3_bind_double(statement, column, value) }
}

extension Statement {
  /// Inserts a row of the numbers that `bind` binds; parameters that it leaves out are as they were.
  func insert(_ bind: (InsertedRow) -> Void) throws {
    bind(InsertedRow(statement: sqliteStatement))
    let code = sqlite3_step(sqliteStatement)
    sqlite3_reset(sqliteStatement)
    guard code == SQLITE_DONE else {
      throw DatabaseError(
        resultCode: ResultCode(rawValue: code),
        message: String(cString: sqlite3_errmsg(sqlite3_db_handle(sqliteStatement))))
    }
  }
}

/// A row that a statement stands on, by SQLite's own functions: a value as an object of its own takes longer than its bytes.
struct StatementRow {
  fileprivate let statement: SQLiteStatement

  var columnCount: Int32 { sqlite3_column_count(statement) }

  func type(_ column: Int32) -> Int32 { sqlite3_column_type(statement, column) }

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

  func number(_ column: Int32) -> Double { sqlite3_column_double(statement, column) }

  /// A text or a blob as it lies there, until the next row.
  func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
    let start =
      type(column) == SQLITE_TEXT
      ? UnsafeRawPointer(sqlite3_column_text(statement, column))
      : sqlite3_column_blob(statement, column)
    let count = start == nil ? 0 : Int(sqlite3_column_bytes(statement, column))
    return UnsafeRawBufferPointer(start: start, count: count)
  }
}

extension Database {
  /// Each row of `query`, in turn.
  func forEachRow(of query: String, _ body: (StatementRow) throws -> Void) throws {
    let prepared = try makeStatement(sql: query)
    // It is finalised with its object, which nothing below would keep.
    defer { withExtendedLifetime(prepared) {} }
    let statement = prepared.sqliteStatement
    defer { sqlite3_reset(statement) }
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_DONE { return }
      guard code == SQLITE_ROW else {
        throw DatabaseError(
          resultCode: ResultCode(rawValue: code),
          message: String(cString: sqlite3_errmsg(sqliteConnection)))
      }
      try body(StatementRow(statement: statement))
    }
  }
}

import Foundation
import GRDB

/// How the database of a store is opened.
enum StoreConnection {
  /// Opens `database` for reading; where there are no locks, as it lies.
  static func read(_ database: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA trusted_schema = OFF") }
    do {
      let queue = try DatabaseQueue(path: SQLitePath.plain(database), configuration: configuration)
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }
      return queue
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_READONLY].contains(error.resultCode)
    {
      // A file system without locks: nobody can be writing there either.
      return try DatabaseQueue(path: SQLitePath.immutable(database), configuration: configuration)
    }
  }

  /// Opens `database` for appending. A commit is on the disk before it returns.
  static func write(_ database: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      try db.execute(sql: "PRAGMA journal_mode = DELETE")
      try db.execute(sql: "PRAGMA synchronous = EXTRA")
    }
    return try DatabaseQueue(path: SQLitePath.plain(database), configuration: configuration)
  }

  /// Undoes the transaction that a killed capture left in the middle, as a reader may not.
  ///
  /// - Throws: `readOnly` where there is one and the folder cannot be written to; `wrongKind` where it or the database is no
  ///   ordinary file.
  static func recover(_ store: URL) throws {
    let name = store.lastPathComponent
    try SQLitePath.checkOrdinary(
      store.appending(path: StoreSchema.database), file: "\(name)/\(StoreSchema.database)")
    let journal = store.appending(path: StoreSchema.journal)
    guard FileManager.default.fileExists(atPath: journal.path(percentEncoded: false)) else {
      return
    }
    do {
      let queue = try write(store.appending(path: StoreSchema.database))
      _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_master") }
      try queue.close()
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
      // A capture is writing this moment: its journal is its own.
    } catch is DatabaseError {
      throw StorageError(
        .readOnly,
        "a capture was interrupted while writing, and undoing its last step needs a folder that "
          + "can be written to; copy the store to one",
        file: "\(name)/\(StoreSchema.database)")
    }
  }
}

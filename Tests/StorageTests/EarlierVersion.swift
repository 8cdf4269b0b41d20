import Foundation
import GRDB
import TestSupport

@testable import Storage

/// A notebook as a program of an earlier version keeps it open: with a write-ahead log beside it.
enum EarlierVersion {
  static func open(_ url: URL) throws -> DatabaseQueue {
    _ = try Notebook(url)
    let queue = try DatabaseQueue(path: SQLitePath.plain(url))
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    // The first look at the log is what takes it.
    _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM change") }
    return queue
  }
}

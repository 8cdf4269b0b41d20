import Foundation
import GRDB
import TestSupport

@testable import Storage

/// A notebook as a program of an earlier version keeps it open: with a write-ahead log beside it.
enum EarlierVersion {
  static func open(_ url: URL) throws -> DatabaseQueue {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let queue = try DatabaseQueue(path: SQLitePath.plain(url))
    try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    try NotebookSchema.migrator.migrate(queue)
    // The first look at the log is what takes it.
    _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM change") }
    return queue
  }
}

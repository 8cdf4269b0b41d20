import Foundation
import GRDB

extension Notebook {
  private static let attempts = 5

  /// Runs `body` as one transaction, which is in the file at the notebook's path when this returns.
  ///
  /// It is run again where the file was taken away or written over meanwhile, so it must do nothing but what is undone with its
  /// transaction.
  func write<R>(_ body: (Database) throws -> R) throws -> R {
    try checkWritable()
    let result = try settling.withLock { try writeAlone { try writeOnce(body) } }
    keepCopyIfDue()
    return result
  }

  /// Takes all of a day's copy into this notebook, which has nothing noted in it yet.
  ///
  /// - Throws: `exists` where something was noted since, in which case nothing is changed; `missing`, `damaged`.
  package func takeCopy(named name: String) throws {
    try checkWritable()
    try settling.withLock {
      try writeAlone {
        try StorageError.about(url.lastPathComponent) {
          try NotebookBackups.take(name, of: url, into: queue, opening: Self.openSound)
          let lineage = try queue.read(NotebookLineage.init)
          opened.withLock { $0.content.lineage = lineage }
        }
      }
    }
  }

  /// Runs what writes to the open file until it is in the one at the path.
  private func writeAlone<R>(_ body: () throws -> R) throws -> R {
    for attempt in 1...Self.attempts {
      _ = try settleAlone()
      let result: R
      do {
        result = try body()
      } catch {
        // SQLite refuses some writes to a file that was moved. Where nothing happened to it, the error is what it is.
        opened.withLock { $0.known = nil }
        guard attempt < Self.attempts, try settleAlone() != .asItWas else { throw error }
        continue
      }
      // It may have been moved or written over between the look and the write, which are not one step.
      opened.withLock { $0.known = nil }
      if try settleAlone() != .overwritten { return result }
    }
    throw NotebookContent.wasWrittenOver(url)
  }

  private func writeOnce<R>(_ body: (Database) throws -> R) throws -> R {
    let held = held
    return try StorageError.about(url.lastPathComponent) {
      let done = try held.queue.writeWithoutTransaction { db in
        // What the connection still has in memory may be of what was there before.
        try db.execute(sql: "PRAGMA shrink_memory")
        var done: (result: R, lineage: NotebookLineage)?
        try db.inTransaction(.immediate) {
          guard try held.content.lineage.isFollowed(by: db) else {
            throw NotebookContent.wasWrittenOver(url)
          }
          done = (try body(db), try NotebookLineage(db))
          return .commit
        }
        return done
      }
      guard let (result, lineage) = done else { throw NotebookContent.wasWrittenOver(url) }
      opened.withLock { $0.content.lineage = lineage }
      return result
    }
  }
}

import Foundation
import GRDB

/// Taking a copy into a notebook that is open, perhaps in other processes too.
extension NotebookBackups {
  /// What people put into a notebook; all of it follows from these.
  private static let tables = ["annotation", "change", "experiment", "verdict"]

  /// Whether nothing was ever noted.
  static func isEmpty(_ db: Database) throws -> Bool {
    try !tables.contains { table in
      try Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT * FROM main.\(table))") == true
    }
  }

  /// The newest copy that can be read; `nil` without one.
  static func newestOffer(
    for url: URL, now: Date, opening open: (URL) throws -> DatabaseQueue
  ) -> Notebook.Offer? {
    for copy in (try? copies(of: url, now: now)) ?? [] {
      let labels = try? working(on: copy, open) { queue, _ in
        try queue.read { db in
          try Int.fetchOne(
            db,
            sql: """
              SELECT count(*) FROM annotation
              WHERE field = 'label' AND json_extract(content, '$.text') IS NOT NULL
              """) ?? 0
        }
      }
      if let labels { return Notebook.Offer(name: copy.lastPathComponent, labels: labels) }
    }
    return nil
  }

  /// Copies every row over, in one transaction that also sees that there is none yet.
  static func take(
    _ name: String, of url: URL, into queue: DatabaseQueue,
    opening open: (URL) throws -> DatabaseQueue
  ) throws {
    guard let copy = try copies(of: url, now: Date()).first(where: { $0.lastPathComponent == name })
    else {
      throw StorageError(.missing, "is not among the copies", file: name)
    }
    try working(on: copy, open) { source, file in
      // One of an earlier version gets today's tables.
      try NotebookSchema.migrator.migrate(source)
      try source.close()
      try queue.writeWithoutTransaction { db in
        try db.execute(
          sql: "ATTACH DATABASE ? AS copy", arguments: [file.path(percentEncoded: false)])
        defer { try? db.execute(sql: "DETACH DATABASE copy") }
        try db.inTransaction(.immediate) {
          guard try isEmpty(db) else {
            throw StorageError(
              .exists, "something was noted since; “exemplar label” imports what a copy exports",
              file: name)
          }
          for table in tables {
            try db.execute(sql: "INSERT INTO main.\(table) SELECT * FROM copy.\(table)")
          }
          return .commit
        }
      }
    }
  }

  /// Whether a copy is a sound notebook.
  static func isReadable(_ copy: URL, opening open: (URL) throws -> DatabaseQueue) throws -> Bool {
    try working(on: copy, open) { queue, _ in try queue.read { try !isEmpty($0) } }
  }

  /// Works on a copy of a copy, because SQLite writes beside what it opens.
  private static func working<R>(
    on copy: URL, _ open: (URL) throws -> DatabaseQueue, _ body: (DatabaseQueue, URL) throws -> R
  ) throws -> R {
    let files = FileManager.default
    let folder = try files.makePrivateFolder()
    defer { try? files.removeItem(at: folder) }
    let file = folder.appending(path: copy.lastPathComponent)
    try files.copyItem(at: copy, to: file)
    return try body(open(file), file)
  }
}

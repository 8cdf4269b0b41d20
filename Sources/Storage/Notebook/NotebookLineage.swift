import Foundation
import GRDB

/// What tells a notebook's own content from another's in the same file.
///
/// With a write-ahead log, SQLite itself does not see that somebody wrote over the file (`cp other notebook`): what it holds in
/// memory and in the log is laid over what is there now. Changes are only ever added to a notebook, so that one which goes on
/// has every change that it had.
struct NotebookLineage {
  /// By number, of some changes: what each says.
  private(set) var known: [Int64: [DatabaseValue]] = [:]
  private(set) var last = Last()

  struct Last: Equatable {
    var change: Int64 = 0
    var verdict: Int64 = 0

    init() {}

    init(_ db: Database) throws {
      change = try Int64.fetchOne(db, sql: "SELECT max(id) FROM change") ?? 0
      verdict = try Int64.fetchOne(db, sql: "SELECT max(id) FROM verdict") ?? 0
    }
  }

  /// Of a notebook as it is now.
  init(_ db: Database) throws {
    last = try Last(db)
    if let change = try Self.change(last.change, db) { known[last.change] = change }
  }

  /// Takes over what is known of the same notebook later.
  mutating func add(_ later: NotebookLineage) {
    known.merge(later.known) { $1 }
    last = later.last
  }

  /// What a change says, but for its state, which an undo changes.
  private static func change(_ id: Int64, _ db: Database) throws -> [DatabaseValue]? {
    try Row.fetchOne(
      db, sql: #"SELECT dictionary, region, field, "after", date FROM change WHERE id = ?"#,
      arguments: [id]
    ).map { Array($0.databaseValues) }
  }

  /// Whether a database holds what is known, up to a change that it has.
  ///
  /// - Parameter least: what it had when it was last looked at.
  func isFollowed(by db: Database, since least: Last) throws -> Bool {
    let found = try Last(db)
    guard found.change >= least.change, found.verdict >= least.verdict else { return false }
    guard let id = known.keys.filter({ $0 <= found.change }).max() else { return true }
    return try Self.change(id, db) == known[id]
  }
}

extension Notebook {
  private static let patience = (tries: 20, pause: UInt32(25_000))

  /// Sees whether a file that was written to is still this notebook.
  ///
  /// - Throws: where the open file cannot be read any more.
  func isContinued() throws -> Bool {
    let held = held
    let state = held.place.stateNow
    let view = try? held.queue.read { db in
      (
        isOwn: try held.lineage.isFollowed(by: db, since: held.lineage.last),
        last: try NotebookLineage.Last(db),
        schema: try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0,
        hasLog: try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
      )
    }
    guard let view, view.isOwn else { return false }
    if view.hasLog {
      // A process that moves pages here from the log leaves it, for a moment, with some of them.
      var found: NotebookLineage.Last?
      for attempt in 0..<Self.patience.tries {
        if attempt > 0 { usleep(Self.patience.pause) }
        found = try? fileAlone(held.lineage, since: held.checked, view.last, schema: view.schema)
        if found != nil { break }
      }
      guard let found else { return false }
      opened.withLock { $0.checked = found }
    }
    opened.withLock { $0.place.looked(at: state) }
    return true
  }

  /// Looks at the file as another process would, and without its log.
  ///
  /// - Returns: how far what it holds goes.
  /// - Throws: where it is not a part of what the log was written for.
  private func fileAlone(
    _ lineage: NotebookLineage, since least: NotebookLineage.Last, _ most: NotebookLineage.Last,
    schema: Int
  ) throws -> NotebookLineage.Last {
    let other = StorageError(.damaged, "was written over", file: url.lastPathComponent)
    var configuration = Configuration()
    configuration.readonly = true
    // With its log, by a connection that holds nothing in memory yet, it is what the open one says it is.
    let anew = try DatabaseQueue(path: SQLitePath.plain(url), configuration: configuration)
    guard try anew.read({ try lineage.isFollowed(by: $0, since: most) }) else { throw other }
    let file = try DatabaseQueue(path: SQLitePath.immutable(url), configuration: configuration)
    return try file.read { db in
      // A copy that SQLite made counts one schema more; its pages are in other places.
      guard try Int.fetchOne(db, sql: "PRAGMA schema_version") ?? 0 <= schema,
        try Int32.fetchOne(db, sql: "PRAGMA application_id") == NotebookSchema.applicationID,
        try lineage.isFollowed(by: db, since: least)
      else { throw other }
      let found = try NotebookLineage.Last(db)
      guard found.change <= most.change, found.verdict <= most.verdict else { throw other }
      return found
    }
  }

  /// Takes this session's changes into the content that was written over this notebook's.
  ///
  /// The open file, whose log is of what was there before, is left behind and never closed: closing it would write the log's
  /// pages into the new content.
  func mergeIntoOverwritten() throws {
    let old = held
    let target = NotebookPlace.target(of: SQLitePath.plain(url))
    let written = URL(filePath: target + ".writing")
    let (bytes, isSound): (Int, Bool)
    do {
      (bytes, isSound) = try settledContent(target, to: written)
    } catch let error as StorageError {
      unlink(SQLitePath.plain(written))
      throw StorageError(
        error.code,
        "was written over by another file (\(error.message)); what was noted in this session is kept in "
          + "backups/\(try keepChanges(of: old)), and nothing more can be",
        file: url.lastPathComponent)
    }
    for suffix in ["-wal", "-shm", "-journal"] { unlink(target + suffix) }
    guard rename(SQLitePath.plain(written), target) == 0 else {
      throw StorageError(
        errno: errno, "was written over, and cannot be gone on with", file: url.lastPathComponent)
    }
    LeftBehind.keep(old.queue)
    var aside: String?
    var restored: String?
    if !isSound || bytes == 0 {
      if bytes > 0 {
        aside = try NotebookBackups.setAside(url, now: Date())
      } else {
        unlink(target)
      }
      restored = try NotebookBackups.restoreNewest(to: url, now: Date()) { candidate in
        guard let queue = try? Self.openSound(candidate) else { return false }
        try? queue.close()
        return true
      }
    }
    let other = try Self.openSound(url)
    try NotebookSchema.migrator.migrate(other)
    let merged = try goOn(with: other, after: old.changes)
    var text = "the notebook's content was written over while it was open: "
    if let aside {
      text += "what is there now is damaged and was set aside as \(aside); "
    }
    if !isSound || bytes == 0 {
      text += restored.map { "the copy \($0) was put in its place; " } ?? ""
    }
    note(
      text + "\(merged.taken) of this session went into what is there now\(merged.conflicts); "
        + "what was noted before it is in the newest of the copies")
  }

  /// Copies what this session did, once, as a notebook that holds nothing else.
  private func keepChanges(of old: OpenNotebook) throws -> String {
    if let copy = old.copy, copy.state == old.base { return copy.name }
    let alone = try DatabaseQueue()
    try NotebookSchema.migrator.migrate(alone)
    _ = try alone.write { try merge(old.changes, into: $0) }
    let name = try NotebookBackups.keep(alone, url, reason: .replaced, now: Date())
    opened.withLock { $0.copy = (old.base, name) }
    return name
  }

  /// Copies what is at the path, once nobody writes to it any more.
  ///
  /// - Returns: how many bytes that is, and whether it is a notebook.
  private func settledContent(
    _ target: String, to copy: URL
  ) throws -> (bytes: Int, isSound: Bool) {
    let path = SQLitePath.plain(copy)
    var isSound = false
    for attempt in 0..<Self.patience.tries {
      if attempt > 0 { usleep(Self.patience.pause) }
      for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
      let before = FileState(path: target)
      try FileManager.default.copyItem(atPath: target, toPath: path)
      do {
        try Self.openSound(copy).close()
        isSound = true
      } catch let error as StorageError where error.code == .damaged {
        isSound = false
      }
      for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
      if isSound, FileState(path: target) == before { break }
    }
    let size = FileState(path: path)?.size ?? 0
    return (size, isSound)
  }
}

/// Connections that must not be closed.
private enum LeftBehind {
  private nonisolated(unsafe) static var queues: [DatabaseQueue] = []
  private static let lock = NSLock()

  static func keep(_ queue: DatabaseQueue) { lock.withLock { queues.append(queue) } }
}

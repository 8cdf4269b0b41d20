import Foundation
import GRDB

/// All that a notebook held at a moment, in memory.
///
/// What another program writes over the file in place (`cp other notebook`) takes what it held away, for the open connection
/// too; SQLite notices that by a count in the file, which may be the same by chance.
struct NotebookContent {
  let memory: DatabaseQueue
  /// What must be in the file as long as it is this notebook's.
  var lineage: NotebookLineage
  /// Whether a part of it was in a write-ahead log.
  let hasLog: Bool

  /// Of a connection whose content was checked.
  init(of queue: DatabaseQueue) throws {
    memory = try DatabaseQueue()
    hasLog = try queue.writeWithoutTransaction { db in
      // Not what the connection still has in memory, which may be of what was there before.
      try db.execute(sql: "PRAGMA shrink_memory")
      return try String.fetchOne(db, sql: "PRAGMA journal_mode") == "wal"
    }
    try queue.backup(to: memory)
    lineage = try memory.read(NotebookLineage.init)
  }

  /// - Throws: `damaged`, `wrongKind`, `newerVersion` where it is no sound notebook.
  init(checking queue: DatabaseQueue, _ name: String) throws {
    self = try StorageError.about(name) { try NotebookContent(of: queue) }
    try Notebook.check(memory, name)
  }

  /// Of the file at a path, by a connection that never saw it before.
  init(at url: URL) throws {
    let name = url.lastPathComponent
    self = try StorageError.about(name) {
      try SQLitePath.checkOrdinary(url, file: name)
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      // Never through this process's own descriptors: closing one would give up SQLite's locks on the file.
      let file = try DatabaseQueue(path: SQLitePath.existing(url), configuration: configuration)
      return try NotebookContent(checking: file, name)
    }
  }

  /// Whether all that `lineage` says was noted was noted here too.
  func follows(_ lineage: NotebookLineage) throws -> Bool {
    try memory.read(lineage.isFollowed)
  }

  static func wasWrittenOver(_ url: URL) -> StorageError {
    StorageError(
      .busy, "another program keeps writing over it: nothing is kept until it is done",
      file: url.lastPathComponent)
  }
}

/// What tells a notebook from every other, and from what it was earlier: the last of what is only ever added to it.
struct NotebookLineage: Equatable {
  private var change: [DatabaseValue]?
  private var verdict: [DatabaseValue]?
  /// How many experiments there ever were. Any of them may be removed.
  private var experiments: Int64

  private static let columns = [
    // Not its state, which an undo changes.
    "change": #"id, dictionary, region, field, "after", date"#,
    "verdict": "id, store, document, condition, textHash, outcome, date",
  ]

  init(_ db: Database) throws {
    change = try Self.row("change", "(SELECT max(id) FROM change)", db)
    verdict = try Self.row("verdict", "(SELECT max(id) FROM verdict)", db)
    experiments = try Self.experiments(db)
  }

  private static func row(
    _ table: String, _ id: String, _ db: Database
  ) throws -> [DatabaseValue]? {
    guard let columns = columns[table], try db.tableExists(table) else { return nil }
    return try Row.fetchOne(db, sql: "SELECT \(columns) FROM \(table) WHERE id = \(id)")
      .map { Array($0.databaseValues) }
  }

  private static func experiments(_ db: Database) throws -> Int64 {
    guard try db.tableExists("sqlite_sequence") else { return 0 }
    return try Int64.fetchOne(
      db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'experiment'") ?? 0
  }

  /// Whether a database holds this, and perhaps more.
  func isFollowed(by db: Database) throws -> Bool {
    for (table, last) in [("change", change), ("verdict", verdict)] {
      guard let last, let id = last.first.flatMap(Int64.fromDatabaseValue) else { continue }
      guard try Self.row(table, "\(id)", db) == last else { return false }
    }
    return try Self.experiments(db) >= experiments
  }
}

extension Notebook {
  /// How long a content must have been left alone to be taken for what somebody wrote, and how long that is waited for.
  private static let (stillness, patience) = (0.25, Duration.seconds(5))
  /// Within this time after a write another one may leave the same times: they are those of the kernel's last tick.
  private static let tick = 0.05

  /// Sees whether a file that was written to still holds what this notebook held.
  ///
  /// - Throws: `busy` where that cannot be seen.
  func isContinued() throws -> Bool {
    let held = held
    guard !held.content.hasLog else { return true }
    let path = held.place.path
    let deadline = ContinuousClock.now + Self.patience
    while true {
      let before = FileState(path: path)
      do {
        let now = try NotebookContent(at: url)
        if try now.follows(held.content.lineage) {
          let after = FileState(path: path)
          let isKnown = before == after && after?.isOlder(than: Self.tick) == true
          opened.withLock { $0.learn(now, isKnown ? after : nil) }
          return true
        }
      } catch let error as StorageError where error.code == .busy {
        throw error
      } catch {
        // No notebook, or one that somebody is about to write.
      }
      guard let after = FileState(path: path) else { return false }
      if after == before, after.isOlder(than: Self.stillness) { return false }
      guard ContinuousClock.now < deadline else { return false }
      usleep(20_000)
    }
  }
}

extension OpenNotebook {
  fileprivate mutating func learn(_ content: NotebookContent, _ state: FileState?) {
    self.content = content
    known = state
  }
}

extension FileState {
  /// Whether the last change is longer ago than a number of seconds, or a clock says that it is still to come.
  fileprivate func isOlder(than seconds: Double) -> Bool {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let age = Double(now.tv_sec - times[2]) + Double(now.tv_nsec - times[3]) / 1e9
    return abs(age) > seconds
  }
}

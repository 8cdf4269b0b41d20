import Foundation
import GRDB
import Synchronization

/// A person's labels, notes and stars, kept under the identity of the dictionary they are about.
///
/// A change is on disk, synced, and in the file at the notebook's path when the call that makes it returns. Several
/// processes may have the same notebook open. Nothing is ever lost by opening it: a damaged file is set aside under
/// another name, a later version's is left alone, and a copy is kept of each day, of each hour with changes, of the end,
/// and of what was there before an import.
package final class Notebook: Sendable {
  /// What opening had to do that a person should hear of.
  package struct OpeningReport: Sendable, Equatable {
    /// Where a damaged notebook was moved to, by name.
    package var setAside: String?
    /// The day's copy that was opened in its place, by name; `nil`: an empty notebook.
    package var restoredFrom: String?
    /// The newest copy, where nothing was noted yet and ``Recovery/offer`` was asked for.
    package var offer: Offer?
    /// Why no copy of the day could be made.
    package var backupProblem: String?
    /// Whether it can be read and not written to.
    package var isReadOnly = false

    package init() {}
  }

  /// A day's copy that could be taken.
  package struct Offer: Sendable, Equatable {
    /// Its name in `backups` beside the notebook.
    package var name: String
    package var labels: Int
    /// Whether it is what could be read of the damaged one.
    package var isSalvaged: Bool { name.contains("-salvaged") }

    package init(name: String, labels: Int) {
      (self.name, self.labels) = (name, labels)
    }
  }

  /// What is opened in the place of a damaged notebook.
  package enum Recovery: Sendable {
    /// The newest sound copy, for programs that nobody is there to ask.
    case newestCopy
    /// An empty one; the newest sound copy is offered until something is noted.
    case offer
  }

  package let url: URL
  package let openingReport: OpeningReport
  let opened: Mutex<OpenNotebook>
  /// Held while the open file is compared with the one at the path.
  let settling = NSLock()
  private let news = Mutex<[String]>([])
  /// The new numbers of experiments that were merged into another file.
  private let renumbered = Mutex<[Int64: Int64]>([:])
  private let copying: Mutex<Copying>
  private let copyInterval: Duration

  /// When the last copy was made, and of what; before there is one, what the session began with.
  private struct Copying {
    var time = ContinuousClock.now
    var state: OpenNotebook.Base?
    var isCopied = false
  }

  var held: OpenNotebook { opened.withLock { $0 } }
  var queue: DatabaseQueue { held.queue }

  /// Whether nothing can be noted: it lies where it cannot be written to. What it holds is what it held when it was opened.
  package var isReadOnly: Bool { openingReport.isReadOnly }

  /// Opens the notebook at `url`, by default `$XDG_DATA_HOME/exemplar/notebook.sqlite`, and makes
  /// it where there is none.
  ///
  /// - Parameters:
  ///   - recovery: what is opened in the place of a damaged one.
  ///   - isReading: reads it where it lies and changes nothing there, as is done where it cannot be written to; without a
  ///     notebook there, an empty one.
  ///   - copyInterval: how long after a copy the next is made, where there are changes.
  ///   - now: decides which day's copy is due.
  /// - Throws: `newerVersion`; `wrongKind` for another program's database; `readOnly`, `full`.
  package init(
    _ url: URL? = nil, recovery: Recovery = .newestCopy, isReading: Bool = false,
    copyInterval: Duration = .seconds(3600), now: Date = Date()
  ) throws {
    let url = try url ?? UserFolders.data().appending(path: "notebook.sqlite")
    self.url = url
    self.copyInterval = copyInterval
    let name = url.lastPathComponent
    guard !isReading, !NotebookSnapshot.isNeeded(url) else {
      let queue = try StorageError.about(name) {
        let isThere =
          access(SQLitePath.plain(url), F_OK) == 0 || errno != ENOENT && errno != ENOTDIR
        let queue = isThere ? try NotebookSnapshot.read(url) : try DatabaseQueue()
        try Self.check(queue, name)
        try NotebookSchema.migrator.migrate(queue)
        return queue
      }
      var report = OpeningReport()
      report.isReadOnly = true
      openingReport = report
      opened = Mutex(try OpenNotebook(queue, at: url))
      copying = Mutex(Copying(state: nil))
      return
    }
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw StorageError(.readOnly, "its folder cannot be created", file: name)
    }
    let opened = try FileLock.hold(url.appendingPathExtension("lock"), file: name) {
      try StorageError.about(name) { try Self.open(url, recovery, now: now) }
    }
    openingReport = opened.report
    copying = Mutex(Copying(state: opened.held.base))
    self.opened = Mutex(opened.held)
  }

  private static func open(
    _ url: URL, _ recovery: Recovery, now: Date
  ) throws -> (held: OpenNotebook, report: OpeningReport) {
    var report = OpeningReport()
    let queue: DatabaseQueue
    do {
      queue = try openSound(url)
    } catch let error as StorageError where error.code == .damaged {
      let aside = try NotebookBackups.setAside(url, now: now)
      report.setAside = aside
      // What can be read of it becomes the newest copy. Where that fails, there are the earlier ones.
      _ = try? NotebookSalvage.keep(
        url.deletingLastPathComponent().appending(path: aside), of: url, now: now,
        opening: openSound)
      do {
        if recovery == .newestCopy {
          report.restoredFrom = try NotebookBackups.restoreNewest(to: url, now: now) { candidate in
            (try? openSound(candidate))?.closeQuietly() ?? false
          }
        }
        queue = try openSound(url)
      } catch {
        NotebookBackups.putBack(aside, to: url)
        throw error
      }
    }
    do {
      try NotebookBackups.keepDay(of: queue, url, now: now)
    } catch {
      report.backupProblem = "\(error)"
    }
    try NotebookSchema.migrator.migrate(queue)
    if recovery == .offer, try queue.read(NotebookBackups.isEmpty) {
      report.offer = NotebookBackups.newestOffer(for: url, now: now, opening: openSound)
    }
    return (try OpenNotebook(queue, at: url), report)
  }

  /// Opens a file that is a notebook of a version known here, or none yet.
  ///
  /// - Throws: `damaged` as well where SQLite finds the file's structure broken.
  static func openSound(_ url: URL) throws -> DatabaseQueue {
    let name = url.lastPathComponent
    // The file alone says little: a process killed while it moved pages here from the write-ahead
    // log leaves a file that is shorter than it says, and sound.
    return try StorageError.about(name) {
      try SQLitePath.checkOrdinary(url, file: name)
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      let queue = try DatabaseQueue(path: SQLitePath.plain(url), configuration: configuration)
      // Before anything is set: how a file keeps its journal stands in it, and it may be another program's.
      try check(queue, name)
      try setJournal(of: queue)
      return queue
    }
  }

  static func check(_ queue: DatabaseQueue, _ name: String) throws {
    try StorageError.about(name) {
      try queue.read { db in
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
        guard application == NotebookSchema.applicationID || tables == 0 else {
          throw StorageError(.wrongKind, "is another program's database", file: name)
        }
        guard version <= NotebookSchema.version else {
          throw StorageError(
            .newerVersion,
            "is of version \(version); this program reads up to \(NotebookSchema.version)",
            file: name)
        }
        let problem = try String.fetchOne(db, sql: "PRAGMA quick_check(1)")
        guard problem == "ok" else {
          throw StorageError(.damaged, problem ?? "cannot be checked", file: name)
        }
      }
    }
  }

  /// A rollback journal, since what the file holds is then all there is: a content that somebody writes over it is seen. Hosts
  /// that share a disk could not share a write-ahead log either.
  private static func setJournal(of queue: DatabaseQueue) throws {
    try queue.writeWithoutTransaction { db in
      // While a program of an earlier version has it open, it keeps its write-ahead log; that is not waited for.
      try db.execute(sql: "PRAGMA busy_timeout = 0")
      defer { try? db.execute(sql: "PRAGMA busy_timeout = 10000") }
      do {
        try db.execute(sql: "PRAGMA journal_mode = DELETE")
      } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
      // Syncs at every commit, the folder too: a power cut takes no label.
      try db.execute(sql: "PRAGMA synchronous = EXTRA")
    }
  }

  func read<R>(_ body: (Database) throws -> R) throws -> R {
    try StorageError.about(url.lastPathComponent) { try queue.read(body) }
  }

  // MARK: - News

  /// What had to be done to keep what was noted, in sentences, since the last call.
  package func takeNews() -> [String] {
    news.withLock { news in
      defer { news = [] }
      return news
    }
  }

  func note(_ sentence: String) { news.withLock { $0.append(sentence) } }

  func renumber(_ old: Int64, _ new: Int64) {
    guard old != new else { return }
    renumbered.withLock { $0[old] = new }
  }

  /// What an experiment that was just saved is called now.
  func number(ofExperiment id: Int64) -> Int64 {
    renumbered.withLock { $0.removeValue(forKey: id) } ?? id
  }

  // MARK: - Copies

  /// Copies what is noted, unless the last copy holds the same or there is nothing; at intervals and at the end, also unless
  /// the session changed nothing.
  ///
  /// - Throws: where no copy can be made.
  func keepCopy(_ reason: NotebookBackups.Reason, at date: Date = Date()) throws {
    try checkWritable()
    try settle()
    try copying.withLock { copying in
      let state = try read(OpenNotebook.Base.init)
      let isDue = state != copying.state || !copying.isCopied && reason.isOfWhatWasThere
      guard isDue, try !read(NotebookBackups.isEmpty) else { return }
      do {
        _ = try StorageError.about(url.lastPathComponent) {
          try NotebookBackups.keep(queue, url, reason: reason, now: date)
        }
      } catch {
        throw StorageError(
          (error as? StorageError)?.code ?? .inputOutput, "no copy of it can be made: \(error)",
          file: url.lastPathComponent)
      }
      copying = Copying(state: state, isCopied: true)
    }
  }

  func keepCopyIfDue() {
    guard copying.withLock({ ContinuousClock.now - $0.time >= copyInterval }) else { return }
    do {
      try keepCopy(.hour)
    } catch {
      // What was noted is safe; it is tried again an hour later.
      copying.withLock { $0.time = .now }
      note("\(error)")
    }
  }

  /// Sees for the last time to the file at the path, and keeps a copy of a session that changed something.
  ///
  /// - Returns: what a person should hear of, in sentences.
  package func finish() -> [String] {
    guard !isReadOnly else { return [] }
    do {
      try settle()
      try keepCopy(.quit)
    } catch {
      note("\(error)")
    }
    return takeNews()
  }

  func checkWritable() throws {
    guard !isReadOnly else {
      throw StorageError(
        .readOnly, "is read-only here: what it holds is shown, and nothing can be noted",
        file: url.lastPathComponent)
    }
  }
}

extension DatabaseQueue {
  /// Closes the connection; true, for use in conditions.
  fileprivate func closeQuietly() -> Bool {
    try? close()
    return true
  }
}

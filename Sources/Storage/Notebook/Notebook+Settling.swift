import Foundation
import GRDB
import TensorFiles

/// An open file and what this session did to it.
struct OpenNotebook {
  var queue: DatabaseQueue
  var place: NotebookPlace
  /// The last rows that were there when it was opened: what came later is this session's.
  var base: Base
  /// All that it held when it was looked at last.
  var content: NotebookContent
  /// The file as it was then; `nil` where it had just been written to, since another write would not show in its times.
  var known: FileState?
  /// The copy that was made since another file lies at the path, and of what.
  var copy: (state: Base, name: String)?

  struct Base: Equatable {
    var change: Int64
    var verdict: Int64
    var experiment: Int64

    init(_ db: Database) throws {
      func last(_ table: String) throws -> Int64 {
        try Int64.fetchOne(db, sql: "SELECT max(id) FROM \(table)") ?? 0
      }
      change = try last("change")
      verdict = try last("verdict")
      experiment = try last("experiment")
    }
  }

  init(_ queue: DatabaseQueue, at url: URL) throws {
    self.queue = queue
    place = NotebookPlace(url)
    content = try NotebookContent(of: queue)
    base = try content.memory.read(Base.init)
  }

  /// Whether nothing happened to the file since it was looked at.
  var isAsKnown: Bool {
    guard place.look() == .same else { return false }
    // What a write-ahead log keeps from the file, the file's times do not tell.
    guard !content.hasLog else { return true }
    return known != nil && FileState(path: place.path) == known
  }
}

/// What was found of the open file.
enum SettledNotebook {
  /// As it was left, or changed by other processes that have the notebook open.
  case asItWas
  /// Deleted, moved or replaced, and all that it held is in the file that is open now.
  case moved
  /// Written over: all that it held when it was last looked at is in the file that is open now, which a change made since is not.
  case overwritten
}

extension Notebook {
  /// Sees to it that the open file is the one at the notebook's path, with the content that it had.
  ///
  /// Where that was deleted or moved, all of it is written back, and a moved file is left alone. Where another lies there, or its
  /// content was written over the open one's, what was noted since the opening is merged into it, and the old content is kept
  /// as a copy. Either is said: see ``takeNews()``.
  ///
  /// - Throws: where it cannot be done; nothing may be acknowledged then.
  func settle() throws {
    guard !isReadOnly else { return }
    _ = try settling.withLock { try settleAlone() }
  }

  /// As ``settle()``, by whoever holds `settling`.
  func settleAlone() throws -> SettledNotebook {
    let name = url.lastPathComponent
    try SQLitePath.checkCompanions(held.place.path, file: name)
    guard !held.isAsKnown else { return .asItWas }
    if held.place.look() == .same, try isContinued() { return .asItWas }
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw StorageError(
        .readOnly, "its folder has gone, and cannot be made again: nothing more is kept",
        file: name)
    }
    return try FileLock.hold(url.appendingPathExtension("lock"), file: name) {
      try StorageError.about(name) {
        if held.place.look() == .same, try isContinued() { return .asItWas }
        let old = contentNow()
        // It may have been taken away while it was looked into.
        let found = held.place.look()
        guard found != .same || !old.isWhole else { return .asItWas }
        try settle(found, old.content)
        return old.isWhole ? .moved : .overwritten
      }
    }
  }

  private func settle(_ found: NotebookPlace.Finding, _ content: NotebookContent) throws {
    switch found {
    case .gone:
      try writeBack(content)
      note(
        "the notebook was deleted or moved while it was open: all of it was written back to "
          + "\(url.lastPathComponent); a moved file was left as it is")
    case .companions:
      try writeBack(content)
      note(
        "what SQLite keeps beside the notebook was taken away while it was open: all of it was written anew"
      )
    case .replaced, .same: try mergeIntoOther(content)
    }
  }

  /// What the open file holds, wherever it is; what it held when it was last looked at, where it was written over since.
  private func contentNow() -> (content: NotebookContent, isWhole: Bool) {
    let held = held
    if let now = try? NotebookContent(checking: held.queue, url.lastPathComponent),
      (try? now.follows(held.content.lineage)) == true
    {
      return (now, true)
    }
    // Without what was noted since it was looked at, which is noted anew.
    var last = held.content
    if let lineage = try? last.memory.read(NotebookLineage.init) { last.lineage = lineage }
    return (last, false)
  }

  /// Writes the whole content to the path, and goes on with that.
  private func writeBack(_ content: NotebookContent) throws {
    let target = SQLitePath.target(of: SQLitePath.plain(url))
    let folder = URL(filePath: target).deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw StorageError(
        .readOnly,
        "was deleted or moved, and its folder cannot be made again: nothing more is kept",
        file: url.lastPathComponent)
    }
    let written = URL(filePath: target + ".writing")
    try NotebookBackups.write(content.memory, to: written)
    // A log that is not of this file would be taken for its own.
    for suffix in ["-wal", "-shm", "-journal"] { unlink(target + suffix) }
    guard rename(SQLitePath.plain(written), target) == 0 else {
      let number = errno
      unlink(SQLitePath.plain(written))
      throw StorageError(
        errno: number, "was deleted or moved, and cannot be written back",
        file: url.lastPathComponent)
    }
    var now = try OpenNotebook(Self.openSound(url), at: url)
    guard try now.content.follows(content.lineage) else {
      throw NotebookContent.wasWrittenOver(url)
    }
    now.base = held.base
    opened.withLock { [now] in $0 = now }
  }

  private func mergeIntoOther(_ content: NotebookContent) throws {
    let name = url.lastPathComponent
    let old = held
    let copy = try keepReplaced(content)
    old.place.removeCompanions()
    let other: DatabaseQueue
    do {
      other = try Self.openSound(url)
    } catch let error as StorageError where error.code == .damaged {
      let aside = try NotebookBackups.setAside(url, now: Date())
      try writeBack(content)
      return note(
        "another file lay at the notebook's path and was damaged: it was set aside as \(aside), and all that was open was "
          + "written back")
    } catch let error as StorageError {
      throw StorageError(
        error.code,
        "another file lies at the notebook's path (\(error.message)); what was noted is kept in backups/\(copy), and "
          + "nothing more can be", file: name)
    }
    try NotebookSchema.migrator.migrate(other)
    guard try !other.read(NotebookBackups.isEmpty) else {
      // An empty one has nothing to be merged with.
      try other.close()
      try writeBack(content)
      return note(
        "an empty file lay at the notebook's path: all that was open was written back to it")
    }
    var opened = try OpenNotebook(other, at: url)
    let changes = try content.memory.read { try SessionChanges($0, since: old.base) }
    let (merged, lineage) = try other.write { db in
      (try merge(changes, into: db), try NotebookLineage(db))
    }
    opened.content = try NotebookContent(checking: other, name)
    guard try opened.content.follows(lineage) else { throw NotebookContent.wasWrittenOver(url) }
    self.opened.withLock { [opened] in $0 = opened }
    var text =
      "another notebook lies where this one was: \(counted(merged.taken, "change")) of this session went into it, and the old "
      + "content is kept as backups/\(copy)"
    if !merged.conflicts.isEmpty {
      let regions = Set(merged.conflicts).sorted()
      let named = regions.prefix(5).map(String.init).joined(separator: ", ")
      text +=
        "; \(counted(merged.conflicts.count, "conflict")), this session's kept and the other's in the history (regions "
        + "\(named)\(regions.count > 5 ? ", …" : ""))"
    }
    note(text)
  }

  /// Copies the old content once, however often the other file is looked at.
  private func keepReplaced(_ old: NotebookContent) throws -> String {
    let state = try old.memory.read(OpenNotebook.Base.init)
    if let copy = held.copy, copy.state == state { return copy.name }
    let name = try NotebookBackups.keep(old.memory, url, reason: .replaced, now: Date())
    opened.withLock { $0.copy = (state, name) }
    return name
  }

  private func counted(_ number: Int, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }
}

import Foundation
import GRDB
import TensorFiles

/// An open file and what this session did to it.
struct OpenNotebook {
  var queue: DatabaseQueue
  var place: NotebookPlace
  /// The last rows that were there when it was opened: what came later is this session's.
  var base: Base
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
    base = try queue.read(Base.init)
    place = NotebookPlace(url)
  }
}

extension Notebook {
  /// Sees to it that the open file is the one at the notebook's path.
  ///
  /// Where that was deleted or moved, all of it is written back, and a moved file is left alone. Where another lies there,
  /// what was noted since the opening is merged into it, and the old content is kept as a copy. Either is said: see
  /// ``takeNews()``.
  ///
  /// - Returns: whether there was anything to do.
  /// - Throws: where it cannot be done; nothing may be acknowledged then.
  @discardableResult
  func settle() throws -> Bool {
    guard !isReadOnly else { return false }
    return try settling.withLock { _ in
      let name = url.lastPathComponent
      guard held.place.look() != .same else { return false }
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
          switch held.place.look() {
          case .same: return false
          case .gone:
            try writeBack()
            note(
              "the notebook was deleted or moved while it was open: all of it was written back to \(name); "
                + "a moved file was left as it is")
          case .companions:
            try writeBack()
            note(
              "what SQLite keeps beside the notebook was taken away while it was open: all of it was written anew"
            )
          case .replaced: try mergeIntoOther()
          }
          return true
        }
      }
    }
  }

  /// Writes the whole content of the open file to the path, and goes on with that.
  private func writeBack() throws {
    let target = NotebookPlace.target(of: SQLitePath.plain(url))
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
    try NotebookBackups.write(held.queue, to: written)
    // A log that is not of this file would be taken for its own.
    for suffix in ["-wal", "-shm", "-journal"] { unlink(target + suffix) }
    guard rename(SQLitePath.plain(written), target) == 0 else {
      let number = errno
      unlink(SQLitePath.plain(written))
      throw StorageError(
        errno: number, "was deleted or moved, and cannot be written back",
        file: url.lastPathComponent)
    }
    let base = held.base
    try hold(Self.openSound(url))
    opened.withLock { $0.base = base }
  }

  private func mergeIntoOther() throws {
    let name = url.lastPathComponent
    let old = held
    let copy = try keepReplaced(old)
    old.place.removeCompanions()
    let other: DatabaseQueue
    do {
      guard isOrdinaryFile else {
        throw StorageError(.wrongKind, "is no ordinary file", file: name)
      }
      other = try Self.openSound(url)
    } catch let error as StorageError where error.code == .damaged {
      let aside = try NotebookBackups.setAside(url, now: Date())
      try writeBack()
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
      try writeBack()
      return note(
        "an empty file lay at the notebook's path: all that was open was written back to it")
    }
    let opened = try OpenNotebook(other, at: url)
    let changes = try old.queue.read { try SessionChanges($0, since: old.base) }
    let merged = try other.write { try merge(changes, into: $0) }
    self.opened.withLock { $0 = opened }
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
  private func keepReplaced(_ old: OpenNotebook) throws -> String {
    let state = try old.queue.read(OpenNotebook.Base.init)
    if let copy = old.copy, copy.state == state { return copy.name }
    let name = try NotebookBackups.keep(old.queue, url, reason: .replaced, now: Date())
    opened.withLock { $0.copy = (state, name) }
    return name
  }

  private var isOrdinaryFile: Bool {
    var status = stat()
    return stat(SQLitePath.plain(url), &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private func hold(_ queue: DatabaseQueue) throws {
    let now = try OpenNotebook(queue, at: url)
    opened.withLock { $0 = now }
  }

  private func counted(_ number: Int, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }

  // MARK: - Merging

  /// Takes a session's changes into a file that was changed by others meanwhile.
  ///
  /// Where both changed a place, and differently, the session's stands: it was acknowledged. The other's is in the history.
  private func merge(
    _ changes: SessionChanges, into db: Database
  ) throws -> (taken: Int, conflicts: [Int]) {
    var (taken, conflicts) = (0, [Int]())
    let date = Date()
    let byDictionary = Dictionary(grouping: changes.places, by: \.identity)
    for (identity, places) in byDictionary.sorted(by: { $0.key < $1.key }) {
      var accepted: [(region: Int, field: AnnotationField, content: Annotation)] = []
      for place in places {
        let there = try annotation(place.region, place.field, identity, db)
        let decision = MergeDecision(
          mine: there?.text, theirs: place.now?.text, base: place.before?.text)
        guard decision != .nothing else { continue }
        if decision == .conflict { conflicts.append(place.region) }
        accepted.append(
          (
            place.region, place.field,
            place.now ?? Annotation(text: nil, author: nil, date: date, evidence: [])
          ))
      }
      try record(accepted, kind: .import, identity, date, db)
      taken += accepted.count
    }
    for verdict in changes.verdicts {
      let there = try Self.verdicts(of: verdict.key, db)
      guard !there.contains(verdict) else { continue }
      try Self.insert(verdict, db)
      taken += 1
    }
    for (id, values) in changes.experiments {
      let known = try Int64.fetchOne(
        db,
        sql:
          "SELECT id FROM experiment WHERE dictionary = ? AND kind = ? AND content = ? AND date = ?",
        arguments: [values[0], values[1], values[5], values[6]])
      if let known {
        renumber(id, known)
        continue
      }
      let isFree =
        try Int64.fetchOne(db, sql: "SELECT id FROM experiment WHERE id = ?", arguments: [id])
        == nil
      try db.execute(
        sql: "INSERT INTO experiment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: StatementArguments([isFree ? id.databaseValue : .null] + values))
      renumber(id, db.lastInsertedRowID)
      taken += 1
    }
    return (taken, conflicts)
  }
}

/// What a session did, to be done again elsewhere.
private struct SessionChanges {
  var places:
    [(
      identity: String, region: Int, field: AnnotationField, before: Annotation?, now: Annotation?
    )]
  var verdicts: [PersonalVerdict]
  /// By number, the other columns.
  var experiments: [(id: Int64, values: [DatabaseValue])]

  init(_ db: Database, since base: OpenNotebook.Base) throws {
    // "before" is that of the first change: with min(), SQLite gives the other columns of its row.
    places = try Row.fetchAll(
      db,
      sql: """
        SELECT change.dictionary, change.region, change.field, change."before", annotation.content, min(change.id)
        FROM change LEFT JOIN annotation ON annotation.dictionary = change.dictionary
          AND annotation.region = change.region AND annotation.field = change.field
        WHERE change.id > ? GROUP BY change.dictionary, change.region, change.field
        """, arguments: [base.change]
    ).compactMap { row in
      guard let field = AnnotationField(rawValue: row[2]) else { return nil }
      return (
        row[0], row[1], field, try row.decode(StoredText?.self, atIndex: 3).map(Notebook.content),
        try row.decode(StoredText?.self, atIndex: 4).map(Notebook.content)
      )
    }
    verdicts = try Row.fetchAll(
      db, sql: "SELECT * FROM verdict WHERE id > ? ORDER BY id", arguments: [base.verdict]
    ).map(Notebook.verdict)
    experiments = try Row.fetchAll(
      db, sql: "SELECT * FROM experiment WHERE id > ? ORDER BY id", arguments: [base.experiment]
    ).map { row in (row[0], Array(row.databaseValues.dropFirst())) }
  }
}

/// What a three-way merge does with one place.
enum MergeDecision {
  /// They changed nothing, or the same.
  case nothing
  /// Only they changed it.
  case take
  /// Both changed it, and differently.
  case conflict

  init(mine: String?, theirs: String?, base: String?) {
    if theirs == base || theirs == mine {
      self = .nothing
    } else {
      self = mine == base ? .take : .conflict
    }
  }
}

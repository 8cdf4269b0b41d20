import Foundation
import GRDB

/// How a change came about.
package enum ChangeKind: String, Sendable {
  case set, `import`, undo, redo
}

/// One change to what is noted about a region.
package struct NotebookChange: Sendable, Equatable {
  /// Ascends with time.
  package var id: Int64
  package var kind: ChangeKind
  package var region: Int
  package var field: AnnotationField
  /// `nil` where there was nothing.
  package var before: String?
  package var after: String?
  package var author: String?
  package var date: Date
}

/// A row of `change`.
struct Change {
  enum State: String {
    case done, undone, superseded
  }

  var step: Int64
  var kind: ChangeKind
  /// `nil` for undo and redo, which are not undone themselves.
  var state: State?
  var identity: String
  var region: Int
  var field: AnnotationField
  var before: Annotation?
  var after: Annotation?
  var date: String
}

extension Notebook {
  /// Every change to a region, oldest first, undone ones with their undoing.
  package func history(of region: Int, identity: String) throws -> [NotebookChange] {
    try read { db in
      try Row.fetchAll(
        db, sql: "SELECT * FROM change WHERE dictionary = ? AND region = ? ORDER BY id",
        arguments: [identity, region]
      ).map { try Self.summary(try Self.change($0), id: $0.decode(forColumn: "id")) }
    }
  }

  /// Takes the last step back: a label set, a note, a star, or a whole import.
  ///
  /// - Returns: what changed; empty where there was nothing to undo.
  @discardableResult
  package func undo(identity: String, at date: Date = Date()) throws -> [NotebookChange] {
    try shift(
      from: .done, to: .undone, kind: .undo, identity, date,
      "SELECT max(step) FROM change WHERE dictionary = ? AND state = 'done'")
  }

  /// Makes the last undone step again, unless something else was changed since.
  ///
  /// - Returns: what changed; empty where there was nothing to redo.
  @discardableResult
  package func redo(identity: String, at date: Date = Date()) throws -> [NotebookChange] {
    try shift(
      from: .undone, to: .done, kind: .redo, identity, date,
      "SELECT min(step) FROM change WHERE dictionary = ? AND state = 'undone'")
  }

  private func shift(
    from: Change.State, to: Change.State, kind: ChangeKind, _ identity: String, _ date: Date,
    _ stepQuery: String
  ) throws -> [NotebookChange] {
    try write { db in
      guard let step = try Int64.fetchOne(db, sql: stepQuery, arguments: [identity]) else {
        return []
      }
      let rows = try Row.fetchAll(
        db,
        sql: """
          SELECT * FROM change WHERE dictionary = ? AND state = ? AND step = ? ORDER BY id
          """, arguments: [identity, from.rawValue, step])
      var changes = try rows.map(Self.change)
      if kind == .undo { changes.reverse() }
      var made: [NotebookChange] = []
      for var change in changes {
        change.kind = kind
        change.state = nil
        change.date = Timestamp.text(date)
        if kind == .undo { swap(&change.before, &change.after) }
        try put(change.after, change.region, change.field, identity, db)
        try insert(change, db)
        made.append(try Self.summary(change, id: db.lastInsertedRowID))
      }
      try db.execute(
        sql: "UPDATE change SET state = ? WHERE dictionary = ? AND state = ? AND step = ?",
        arguments: [to.rawValue, identity, from.rawValue, step])
      return made
    }
  }

  // MARK: - Following other processes

  /// A number that goes up with every change, whichever process makes it. Another notebook that takes this one's place is
  /// noticed here: see ``settle()``.
  ///
  /// - Complexity: O(log changes): cheap enough to ask many times a second.
  package func version() throws -> Int64 {
    try settle()
    return try read { try Int64.fetchOne($0, sql: "SELECT max(id) FROM change") ?? 0 }
  }

  /// The regions of one dictionary that changed after `version`, ascending.
  package func regionsChanged(since version: Int64, identity: String) throws -> [Int] {
    try read { db in
      try Int.fetchAll(
        db,
        sql: "SELECT DISTINCT region FROM change WHERE id > ? AND dictionary = ? ORDER BY region",
        arguments: [version, identity])
    }
  }

  // MARK: - Database

  func insert(_ change: Change, _ db: Database) throws {
    try db.execute(
      sql: """
        INSERT INTO change
          (step, kind, state, dictionary, region, field, "before", "after", date)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        """,
      arguments: [
        change.step, change.kind.rawValue, change.state?.rawValue, change.identity, change.region,
        change.field.rawValue, try change.before.map(Self.stored),
        try change.after.map(Self.stored), change.date,
      ])
  }

  private static func change(_ row: Row) throws -> Change {
    guard let kind = ChangeKind(rawValue: try row.decode(forColumn: "kind")),
      let field = AnnotationField(rawValue: try row.decode(forColumn: "field"))
    else { throw StorageError(.damaged, "a change cannot be read", file: "notebook") }
    return Change(
      step: try row.decode(forColumn: "step"), kind: kind,
      state: try row.decode(String?.self, forColumn: "state").flatMap(Change.State.init),
      identity: try row.decode(forColumn: "dictionary"),
      region: try row.decode(forColumn: "region"), field: field,
      before: try row.decode(StoredText?.self, forColumn: "before").map(content),
      after: try row.decode(StoredText?.self, forColumn: "after").map(content),
      date: try row.decode(forColumn: "date"))
  }

  private static func summary(_ change: Change, id: Int64) throws -> NotebookChange {
    NotebookChange(
      id: id, kind: change.kind, region: change.region, field: change.field,
      before: change.before?.text, after: change.after?.text,
      author: (change.after ?? change.before)?.author,
      date: Timestamp.date(change.date) ?? .distantPast)
  }
}

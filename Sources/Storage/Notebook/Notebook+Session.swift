import Foundation
import GRDB

extension Notebook {
  /// Takes a session's changes into a file that was changed by others meanwhile.
  ///
  /// Where both changed a place, and differently, the session's stands: it was acknowledged. The other's is in the history.
  func merge(
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
struct SessionChanges {
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
      guard let field = AnnotationField(rawValue: try row.decode(atIndex: 2)) else { return nil }
      return (
        try row.decode(atIndex: 0), try row.decode(atIndex: 1), field,
        try row.decode(StoredText?.self, atIndex: 3).map(Notebook.content),
        try row.decode(StoredText?.self, atIndex: 4).map(Notebook.content)
      )
    }
    verdicts = try Row.fetchAll(
      db, sql: "SELECT * FROM verdict WHERE id > ? ORDER BY id", arguments: [base.verdict]
    ).map(Notebook.verdict)
    experiments = try Row.fetchAll(
      db, sql: "SELECT * FROM experiment WHERE id > ? ORDER BY id", arguments: [base.experiment]
    ).map { row in (try row.decode(atIndex: 0), Array(row.databaseValues.dropFirst())) }
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

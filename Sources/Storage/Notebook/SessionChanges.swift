import GRDB

/// What a session did, to be done again elsewhere.
struct SessionChanges {
  var places:
    [(
      identity: String, region: Int, field: AnnotationField, before: Annotation?, now: Annotation?
    )] = []
  var verdicts: [PersonalVerdict] = []
  /// By number, the other columns.
  var experiments: [(id: Int64, values: [DatabaseValue])] = []

  init() {}

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

  /// Adds what was done after all of this.
  mutating func add(_ later: SessionChanges) {
    for place in later.places {
      let known = places.firstIndex {
        $0.identity == place.identity && $0.region == place.region && $0.field == place.field
      }
      if let known { places[known].now = place.now } else { places.append(place) }
    }
    verdicts += later.verdicts
    experiments += later.experiments
  }
}

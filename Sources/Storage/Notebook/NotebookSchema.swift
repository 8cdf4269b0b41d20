import GRDB

/// The tables of the notebook. A migration that was shipped is frozen: later needs get a later one.
enum NotebookSchema {
  static let version = 3
  /// SQLite's application id, "EPnb".
  static let applicationID: Int32 = 0x4550_6e62

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 annotations") { db in
      try db.execute(
        sql: """
          CREATE TABLE annotation (
            dictionary TEXT NOT NULL, -- the dictionary's identity, never its path
            region INTEGER NOT NULL,
            field TEXT NOT NULL, -- label, note, star, tags or carried
            content TEXT NOT NULL, -- JSON: text (none: taken away by hand), author, date, evidence
            PRIMARY KEY (dictionary, region, field)
          ) WITHOUT ROWID;
          CREATE TABLE change ( -- only ever added to; everything above can be made again from it
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            step INTEGER NOT NULL, -- changes made together have one, and are undone together
            kind TEXT NOT NULL, -- set, import, undo or redo
            state TEXT, -- of set and import: done, undone, or superseded (by a later change)
            dictionary TEXT NOT NULL,
            region INTEGER NOT NULL,
            field TEXT NOT NULL,
            "before" TEXT, -- content, or NULL where there was none
            "after" TEXT,
            date TEXT NOT NULL
          );
          CREATE INDEX changeByRegion ON change (dictionary, region, id);
          CREATE INDEX changeByState ON change (dictionary, state, step);
          PRAGMA application_id = \(NotebookSchema.applicationID);
          PRAGMA user_version = 1;
          """)
    }
    migrator.registerMigration("2 experiments") { db in
      try db.execute(
        sql: """
          CREATE TABLE experiment (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            dictionary TEXT NOT NULL, -- the dictionary's identity, never its path
            kind TEXT NOT NULL, -- ablation or steering
            title TEXT NOT NULL, -- what was done to what
            conclusion TEXT NOT NULL, -- one sentence
            complete INTEGER NOT NULL, -- 0: stopped before its end
            content TEXT NOT NULL, -- JSON: every number and where it comes from; no whole answers
            date TEXT NOT NULL
          );
          CREATE INDEX experimentByDictionary ON experiment (dictionary, id);
          PRAGMA user_version = 2;
          """)
    }
    migrator.registerMigration("3 verdicts") { db in
      try db.execute(
        sql: """
          CREATE TABLE verdict ( -- only ever added to: the last of a continuation stands
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            store TEXT NOT NULL, -- the store's id, never its path
            document TEXT NOT NULL, -- the document's own id
            condition TEXT NOT NULL,
            textHash TEXT NOT NULL, -- SHA-256 of the continuation
            outcome TEXT, -- refused, complied, degenerate or unclear; NULL: taken away
            author TEXT,
            date TEXT NOT NULL,
            classifier TEXT, -- whose verdict the person saw
            classified TEXT,
            note TEXT
          );
          CREATE INDEX verdictByContinuation
            ON verdict (store, document, condition, textHash, id);
          PRAGMA user_version = 3;
          """)
    }
    return migrator
  }
}

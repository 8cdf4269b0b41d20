import Foundation
import GRDB

/// The tables of `dictionary.sqlite`, and the names of what lies beside it.
enum DictionarySchema {
  /// Goes up when an older reader could no longer make sense of the file.
  /// Version 2 indexes the words of ``SearchText``; see ``OlderIndex`` for version 1.
  static let version = 2
  /// SQLite's application id, "EPdi".
  static let applicationID: Int32 = 0x4550_6469

  static let database = "dictionary.sqlite"
  static let tensors = "directions.safetensors"
  static let sharedLabels = "labels.jsonl"
  static let files: Set<String> = [database, tensors, sharedLabels]

  /// The comments are part of the file: `.schema` in the sqlite3 shell shows them.
  static let statements = [
    """
    CREATE TABLE provenance (
      -- always "identity", "regions", "dimension", "threshold", "centreNorm", "documents" and
      -- "memberSum"; the rest is what is known of the origin
      key TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE region (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0; the row in directions.safetensors
      members INTEGER NOT NULL,
      coherence REAL NOT NULL, -- length of the mean of the unit members
      sumDistance REAL NOT NULL, -- of members to the exemplar, 1 - cosine
      sumSquaredDistance REAL NOT NULL,
      foundingBatch INTEGER,
      label TEXT -- as it came with the dictionary
    )
    """,
    """
    CREATE TABLE membership (
      region INTEGER NOT NULL PRIMARY KEY REFERENCES region (id),
      batches BLOB NOT NULL, -- batches that added to the region: differences, zigzag, LEB128
      members BLOB NOT NULL -- rows of the stream, likewise; empty where not recorded
    )
    """,
    """
    CREATE TABLE document (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0
      text NOT NULL, -- TEXT, or UTF-8 in a BLOB where it holds U+0000
      tokenEnds BLOB -- byte after each token of the text: differences, zigzag, LEB128
    )
    """,
    """
    CREATE TABLE context (
      region INTEGER NOT NULL REFERENCES region (id),
      kind INTEGER NOT NULL, -- 0 closest, 1 farthest
      rank INTEGER NOT NULL, -- from 0: the closest, or the farthest, first
      distance REAL NOT NULL,
      document INTEGER REFERENCES document (id),
      position INTEGER NOT NULL, -- of the token in the document, or the row of the stream
      PRIMARY KEY (region, kind, rank)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE growth (
      batch INTEGER NOT NULL PRIMARY KEY,
      activations INTEGER NOT NULL,
      documents INTEGER NOT NULL,
      regions INTEGER NOT NULL,
      newRegionRate REAL NOT NULL
    )
    """,
    """
    CREATE TABLE word ( -- made from context and tokenEnds, for the search
      id INTEGER NOT NULL PRIMARY KEY, -- from 0
      text TEXT NOT NULL -- folded words that an activating token is part of
    )
    """,
    """
    CREATE TABLE posting (
      -- made from context, for the search: columns of the contexts that have a document, named
      -- "region" (twice the region, plus 1 in farthest contexts), "document" and "word" (or -1)
      name TEXT NOT NULL PRIMARY KEY,
      data BLOB NOT NULL -- a little-endian i32 a context, by region, kind and rank
    ) WITHOUT ROWID
    """,
    """
    CREATE VIRTUAL TABLE documentText USING fts5 (
      -- documents that a context points to, given as folded words with spaces between: in scripts
      -- without spaces each character is a word, and a middle dot stands for what separates it from others
      text, content = 'document', content_rowid = 'id', columnsize = 0,
      tokenize = 'ascii', prefix = '1 2 3'
    )
    """,
  ]

  /// What a table of an array's rows adds, where one came with them; an older reader passes them over.
  static let rowStatements = [
    """
    CREATE TABLE contextRow (
      region INTEGER NOT NULL REFERENCES region (id),
      kind INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      "row" INTEGER NOT NULL, -- of the array that the dictionary was built from, from 0
      tokenStart INTEGER, -- bytes of the context's token in its document's text
      tokenEnd INTEGER,
      PRIMARY KEY (region, kind, rank)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE rowField (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0
      name TEXT NOT NULL,
      isText INTEGER NOT NULL, -- 0 where its values are numbers
      "values" BLOB NOT NULL, -- a JSON array of texts: what it can be
      rows BLOB NOT NULL -- a row's value each, -1 for none: differences, zigzag, LEB128
    )
    """,
  ]
  private static let rowTables: Set = ["contextRow", "rowField"]

  /// The index of texts.
  static var index: String { statements[statements.count - 1] }

  /// The tables that it keeps itself in.
  static let indexTables = ["documentText_data", "documentText_idx", "documentText_config"]

  /// What the last of the statements was in version 1.
  private static let olderIndex = """
    CREATE VIRTUAL TABLE documentText USING fts5 ( -- documents that a context points to
      text, content = 'document', content_rowid = 'id', columnsize = 0,
      tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3'
    )
    """

  /// Refuses a database whose tables are not literally ours: under our names, a stranger's file
  /// could hold views that never end.
  ///
  /// - Returns: whether there are those of an array's rows.
  static func check(_ db: Database, version: Int, file: String) throws -> Bool {
    let statements = version < 2 ? Self.statements.dropLast() + [olderIndex] : Self.statements
    let found = try Set(
      String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    let names = try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_master"))
    let hasRows = !names.isDisjoint(with: rowTables)
    for statement in statements + (hasRows ? rowStatements : []) where !found.contains(statement) {
      let name = statement.prefix { $0 != "(" }.split(separator: " ").prefix { $0 != "USING" }.last
      throw StorageError(
        .damaged, "table \(name ?? "") is not there as this version makes it", file: file)
    }
    return hasRows
  }
}

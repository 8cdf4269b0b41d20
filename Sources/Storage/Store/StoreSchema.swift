import GRDB

/// The tables of `store.sqlite`, and the names of what lies beside it.
enum StoreSchema {
  /// Goes up when an older reader could no longer make sense of the file.
  static let version = 1
  /// SQLite's application id, "EPst".
  static let applicationID: Int32 = 0x4550_7374

  static let database = "store.sqlite"
  static let journal = "store.sqlite-journal"
  static let activations = "activations"
  static let files: Set<String> = [database, journal, activations]

  /// The name of the `index`-th shard.
  static func shardName(_ index: Int) -> String {
    let digits = String(index)
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".safetensors"
  }

  /// The comments are part of the file: `.schema` in the sqlite3 shell shows them.
  static let statements = [
    """
    CREATE TABLE provenance (
      -- always "storeID" and "dtype" (f32, bf16 or f16); "contentHash" once the store is finished;
      -- the rest is what is known of the origin
      key TEXT NOT NULL PRIMARY KEY,
      value TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE hook (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0
      name TEXT NOT NULL UNIQUE, -- as in TransformerLens; the tensor in every shard
      dimension INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE shard (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0; the file activations/%06d.safetensors
      firstRow INTEGER NOT NULL,
      rowCount INTEGER NOT NULL, -- of each of its tensors
      byteCount INTEGER NOT NULL,
      hash TEXT NOT NULL -- SHA-256 of the file
    )
    """,
    """
    CREATE TABLE document (
      id INTEGER NOT NULL PRIMARY KEY, -- from 0
      name TEXT NOT NULL UNIQUE, -- the prompt's own id
      kind INTEGER NOT NULL, -- 0 prompt, 1 running text
      promptSet TEXT NOT NULL, -- the prompt file's name without its extension
      split TEXT,
      category TEXT,
      topic TEXT,
      prompt TEXT NOT NULL, -- TEXT, or UTF-8 in a BLOB where it holds U+0000
      text TEXT NOT NULL, -- what the model read; likewise
      firstRow INTEGER NOT NULL, -- rows of a document follow each other, in all shards together
      firstPosition INTEGER NOT NULL, -- of the token whose activation is the first row
      rowCount INTEGER NOT NULL,
      tokenCount INTEGER NOT NULL,
      tokens BLOB, -- ids: differences, zigzag, LEB128
      tokenEnds BLOB -- byte after each token of the text, likewise
    )
    """,
    """
    CREATE TABLE continuation (
      document INTEGER NOT NULL REFERENCES document (id),
      condition TEXT NOT NULL, -- "baseline"
      text TEXT NOT NULL,
      tokens BLOB, -- as in document
      ending TEXT NOT NULL, -- endToken, length, context or cut
      outcome TEXT, -- refused, complied, degenerate or unclear
      classifier TEXT,
      phrase TEXT, -- that decided it
      phraseStart INTEGER, -- bytes in the text
      phraseEnd INTEGER,
      PRIMARY KEY (document, condition)
    ) WITHOUT ROWID
    """,
    """
    CREATE INDEX documentRow ON document (firstRow)
    """,
  ]

  /// The table of the tokens that nobody said; made with the first document that says which they are, so that stores without
  /// it are as they were.
  static let templateTable = "templateToken"
  static let templateStatement = """
    CREATE TABLE templateToken (
      document INTEGER NOT NULL PRIMARY KEY REFERENCES document (id),
      -- of the tokens that are the chat template's own or the tokenizer's, none of what a message says:
      -- ascending; differences, zigzag, LEB128
      positions BLOB NOT NULL
    )
    """

  static func hasTemplateTable(_ db: Database) throws -> Bool {
    try Bool.fetchOne(
      db, sql: "SELECT count(*) > 0 FROM sqlite_master WHERE name = ?", arguments: [templateTable])
      ?? false
  }

  /// Refuses a database whose tables are not literally ours: under our names, a stranger's file
  /// could hold views that never end.
  static func check(_ db: Database, file: String) throws {
    let found = try Set(
      String.fetchAll(db, sql: "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"))
    let optional = try hasTemplateTable(db) ? [templateStatement] : []
    for statement in statements + optional where !found.contains(statement) {
      let name = statement.split(separator: " ").dropFirst(2).first ?? ""
      throw StorageError(
        .damaged, "table \(name) is not there as this version makes it", file: file)
    }
  }
}

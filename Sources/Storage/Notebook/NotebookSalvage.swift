import Foundation
import GRDB

/// What can still be read of a damaged notebook, row by row.
enum NotebookSalvage {
  /// After this many numbers without a row no further ones are looked for.
  private static let mostMisses = 20_000
  private static let patience = Duration.seconds(10)

  /// Puts what can be read of a notebook that was set aside among the copies, together with what the newest sound copy has
  /// and the notebook no longer shows.
  ///
  /// Every label can be made again from the history, so rows of that are read from both ends, and those between one by one.
  ///
  /// - Returns: the copy's name; `nil` where nothing can be read.
  static func keep(
    _ aside: URL, of url: URL, now: Date, opening open: (URL) throws -> DatabaseQueue
  ) throws -> String? {
    let files = FileManager.default
    let folder = try files.makePrivateFolder()
    defer { try? files.removeItem(at: folder) }
    let damaged = folder.appending(path: "damaged.sqlite")
    for suffix in ["", "-wal", "-journal"] {
      let part = SQLitePath.plain(aside) + suffix
      guard files.fileExists(atPath: part) else { continue }
      try files.copyItem(atPath: part, toPath: SQLitePath.plain(damaged) + suffix)
    }
    let copies = try NotebookBackups.copies(of: url, now: now)
    let deadline = ContinuousClock.now + patience
    var found = rows(in: damaged, deadline)
    // A file without its first page opens as none: it says where the tables are. Notebooks of one history have the same.
    for like in [try fresh(in: folder)] + copies.prefix(3)
    where found.tables["change"]?.isEmpty != false && ContinuousClock.now < deadline {
      let mended = folder.appending(path: "mended.sqlite")
      guard (try? mendFirstPage(of: damaged, like: like, to: mended)) != nil else { continue }
      let more = rows(in: mended, deadline)
      if more.count > found.count { found = more }
    }
    guard found.count > 0 else { return nil }
    let made = try DatabaseQueue(path: SQLitePath.plain(folder.appending(path: "made.sqlite")))
    try NotebookSchema.migrator.migrate(made)
    for table in tables {
      try made.write { db in
        for row in found.tables[table] ?? [] {
          let places = row.map { _ in "?" }.joined(separator: ", ")
          _ = try? db.execute(
            sql: "INSERT OR IGNORE INTO \(table) VALUES (\(places))",
            arguments: StatementArguments(row.databaseValues))
        }
      }
    }
    let annotations = found.annotations
    if let copy = copies.first(where: {
      (try? NotebookBackups.isReadable($0, opening: open)) == true
    }) {
      try add(copy, to: made, in: folder)
    }
    try made.write { db in try makeAnnotations(db, beside: annotations) }
    return try NotebookBackups.keep(made, url, reason: .salvaged, now: now)
  }

  // MARK: - The first page

  private static let pageSize = 4096

  /// A notebook of nothing, by which those begin that this version makes.
  private static func fresh(in folder: URL) throws -> URL {
    let url = folder.appending(path: "fresh.sqlite")
    let queue = try DatabaseQueue(path: SQLitePath.plain(url))
    try NotebookSchema.migrator.migrate(queue)
    try queue.close()
    return url
  }

  /// Copies a file, with the first page of another but for how many pages there are.
  private static func mendFirstPage(of damaged: URL, like other: URL, to mended: URL) throws {
    let files = FileManager.default
    for suffix in ["", "-wal", "-shm", "-journal"] {
      try? files.removeItem(atPath: SQLitePath.plain(mended) + suffix)
    }
    var bytes = try Data(contentsOf: damaged)
    var page = try Data(contentsOf: other).prefix(pageSize)
    guard page.count == pageSize, bytes.count > pageSize else {
      throw StorageError(.damaged, "is shorter than two pages", file: damaged.lastPathComponent)
    }
    // No log: its pages may be of any time.
    page.replaceSubrange(18..<20, with: [1, 1])
    func put(_ value: UInt32, at offset: Int) {
      page.replaceSubrange(
        offset..<offset + 4, with: withUnsafeBytes(of: value.bigEndian) { Array($0) })
    }
    put(UInt32(bytes.count / pageSize), at: 28)
    // No free pages, and that the count of pages is the one meant.
    for offset in [32, 36] { put(0, at: offset) }
    page.replaceSubrange(92..<96, with: page[24..<28])
    bytes.replaceSubrange(0..<pageSize, with: page)
    try bytes.write(to: mended)
  }

  // MARK: - Reading

  private static let tables = ["change", "verdict", "experiment"]

  /// What could be read and is what a notebook holds.
  private struct Found {
    var tables: [String: [Row]] = [:]
    var annotations: [Row] = []
    var count: Int { tables.values.reduce(annotations.count) { $0 + $1.count } }
  }

  private static func rows(in damaged: URL, _ deadline: ContinuousClock.Instant) -> Found {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      // Tables are read even where one of them is described badly.
      try? db.execute(sql: "PRAGMA writable_schema = ON")
    }
    guard
      let source = try? DatabaseQueue(
        path: SQLitePath.plain(damaged), configuration: configuration)
    else { return Found() }
    var found = Found()
    for table in tables {
      found.tables[table] = source.inDatabase { rows(of: table, $0, deadline: deadline) }
        .filter { isSound($0, of: table) }
    }
    found.annotations = source.inDatabase { db in
      ["", " DESC"].flatMap { order in
        read(
          db,
          "SELECT * FROM annotation ORDER BY dictionary\(order), region\(order), field\(order)", [])
      }
    }.filter { isSound($0, of: "annotation") }
    return found
  }

  private static func rows(
    of table: String, _ db: Database, deadline: ContinuousClock.Instant
  ) -> [Row] {
    func id(_ row: Row) -> Int64 { (try? row.decode(Int64.self, atIndex: 0)) ?? 0 }
    var first = read(db, "SELECT * FROM \(table) ORDER BY id", [])
    let last = read(
      db, "SELECT * FROM \(table) WHERE id > ? ORDER BY id DESC", [first.last.map(id) ?? 0])
    // Without a line there, no row was ever written.
    let known =
      try? Int64.fetchOne(
        db, sql: "SELECT max(seq) FROM sqlite_sequence WHERE name = ?", arguments: [table]) ?? 0
    let begin = (first.last.map(id) ?? 0) + 1
    let end = last.last.map(id) ?? (known.map { $0 + 1 } ?? begin + 10_000)
    var (next, misses) = (begin, 0)
    while next < end, misses < mostMisses, ContinuousClock.now < deadline {
      let found = read(db, "SELECT * FROM \(table) WHERE id = ?", [next])
      misses = found.isEmpty ? misses + 1 : 0
      first += found
      next += 1
    }
    return first + last
  }

  /// The rows up to the first that cannot be read.
  private static func read(_ db: Database, _ sql: String, _ arguments: StatementArguments) -> [Row]
  {
    var rows: [Row] = []
    guard let cursor = try? Row.fetchCursor(db, sql: sql, arguments: arguments) else { return [] }
    while let row = try? cursor.next() { rows.append(row.copy()) }
    return rows
  }

  /// Whether a row is one that a notebook could have written.
  private static func isSound(_ row: Row, of table: String) -> Bool {
    func text(_ column: String) -> String? {
      (try? row.decode(StoredText?.self, forColumn: column))??.text
    }
    func isContent(_ column: String) -> Bool {
      guard row.hasColumn(column) else { return false }
      guard let stored = row[column] as DatabaseValue?, !stored.isNull else {
        return column != "content"
      }
      guard let text = StoredText.fromDatabaseValue(stored) else { return false }
      return (try? Notebook.content(text)) != nil
    }
    switch table {
    case "change":
      return text("kind").flatMap(ChangeKind.init) != nil
        && text("field").flatMap(AnnotationField.init) != nil && text("dictionary") != nil
        && isContent("before") && isContent("after")
        && text("date").flatMap(Timestamp.date) != nil
    case "annotation":
      return text("field").flatMap(AnnotationField.init) != nil && text("dictionary") != nil
        && isContent("content")
    case "verdict": return (try? Notebook.verdict(row)) != nil
    default:
      return text("kind").flatMap(SavedExperiment.Kind.init) != nil
        && text("date").flatMap(Timestamp.date) != nil
        && text("content").map { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) != nil }
          == true
    }
  }

  // MARK: - Putting together

  /// Adds the rows of a copy whose numbers are not there.
  private static func add(_ copy: URL, to made: DatabaseQueue, in folder: URL) throws {
    let file = folder.appending(path: "copy.sqlite")
    try FileManager.default.copyItem(at: copy, to: file)
    let opened = try DatabaseQueue(path: SQLitePath.plain(file))
    try NotebookSchema.migrator.migrate(opened)
    try opened.close()
    try made.writeWithoutTransaction { db in
      try db.execute(sql: "ATTACH DATABASE ? AS copy", arguments: [SQLitePath.plain(file)])
      try db.inTransaction {
        for table in tables {
          try db.execute(sql: "INSERT OR IGNORE INTO main.\(table) SELECT * FROM copy.\(table)")
        }
        return .commit
      }
      try db.execute(sql: "DETACH DATABASE copy")
    }
  }

  /// What each region's last change left, and what was read of the table itself where that is later or all there is.
  private static func makeAnnotations(_ db: Database, beside read: [Row]) throws {
    try db.execute(
      sql: """
        INSERT INTO annotation
        SELECT dictionary, region, field, "after" FROM change
        WHERE id IN (SELECT max(id) FROM change GROUP BY dictionary, region, field)
          AND "after" IS NOT NULL
        """)
    for row in read {
      try db.execute(
        sql: """
          INSERT INTO annotation VALUES (?1, ?2, ?3, ?4)
          ON CONFLICT DO UPDATE SET content = excluded.content
          WHERE json_extract(excluded.content, '$.date') > json_extract(content, '$.date')
          """, arguments: StatementArguments(row.databaseValues))
    }
  }
}

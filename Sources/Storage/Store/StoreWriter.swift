import Foundation
import GRDB
import TensorFiles

/// What is appended to a store in one step: documents and the rows of their activations.
package struct StoreUnit: Sendable {
  package struct Entry: Sendable {
    /// `index` and `firstRow` are the writer's to give.
    package var document: StoreDocument
    package var tokens: StoreTokens
    /// Their `document` is the writer's to give.
    package var continuations: [StoreContinuation]

    package init(
      document: StoreDocument, tokens: StoreTokens, continuations: [StoreContinuation] = []
    ) {
      self.document = document
      self.tokens = tokens
      self.continuations = continuations
    }
  }

  package var entries: [Entry]
  /// Per hook, in the store's order: `[sum of the documents' rows, D]`.
  package var rows: [[Float]]

  package init(entries: [Entry], rows: [[Float]]) {
    (self.entries, self.rows) = (entries, rows)
  }
}

/// Appends to an `.epstore`.
///
/// A unit's shard is whole and on the disk before a transaction names it, so that a kill at any
/// moment loses the unit in flight and nothing else. The bytes of a finished store depend on its
/// units alone: how often the capture was interrupted does not show. Not for use from two threads;
/// a second process is kept out.
package final class StoreWriter {
  package let url: URL
  package let hooks: [StoreHook]
  package let elementType: ElementType
  package let storeID: String
  /// What is in the store so far.
  package private(set) var documentCount: Int
  package private(set) var rowCount: Int
  package private(set) var tokenCount: Int
  package private(set) var shardCount: Int
  package private(set) var isFinished: Bool
  /// Whether the store was there before this writer.
  package let isResumed: Bool

  private let queue: DatabaseQueue
  private let lock: StoreLock
  private let database: FileIdentity?
  private var name: String { url.lastPathComponent }
  private var file: String { "\(name)/\(StoreSchema.database)" }

  /// Begins a store, or goes on with one that was begun with the same settings.
  ///
  /// - Parameter overwrite: replaces a store of other settings, a damaged one, and one of these settings that is finished;
  ///   an unfinished one of these settings is gone on with all the same.
  /// - Throws: `exists` for a store of other settings, naming the first that differs with both
  ///   values; `wrongKind` for a folder that is no store; `busy` while another process appends;
  ///   `damaged`, `full`, `readOnly`.
  package init(
    _ url: URL, provenance: StoreProvenance, hooks: [StoreHook], elementType: ElementType,
    overwrite: Bool = false
  ) throws {
    precondition(!hooks.isEmpty, "expected a hook")
    precondition(
      Set(hooks.map(\.name)).count == hooks.count && hooks.allSatisfy { $0.dimension > 0 },
      "expected distinct hooks with components, got \(hooks)")
    precondition(
      ActivationCoding.types.contains(elementType),
      "expected f32, bf16 or f16, got \(elementType.rawValue)")
    let url = url.resolvingSymlinksInPath()
    let name = url.lastPathComponent
    let storeID = provenance.storeID(hooks: hooks, elementType: elementType.rawValue)
    FolderOutput.removeLeftovers(in: url.deletingLastPathComponent())
    (lock, isResumed) = try Self.place(
      url, provenance: provenance, hooks: hooks, elementType: elementType, storeID: storeID,
      overwrite: overwrite)
    let contents: StoreContents
    let file = "\(name)/\(StoreSchema.database)"
    (queue, contents) = try StorageError.about(file) {
      let queue = try StoreConnection.write(url.appending(path: StoreSchema.database))
      return (queue, try queue.read { try StoreContents($0, file: file) })
    }
    self.url = url
    database = FileIdentity(path: SQLitePath.plain(url.appending(path: StoreSchema.database)))
    self.hooks = hooks
    self.elementType = elementType
    self.storeID = storeID
    documentCount = contents.documentCount
    rowCount = contents.rowCount
    tokenCount = contents.tokenCount
    shardCount = contents.shards.count
    isFinished = contents.contentHash != nil
    try removeLeftovers(contents.shards)
  }

  /// The lock of a store that is gone on with, or of a new one.
  ///
  /// Held from the first look at what is there, and from before a new one is there: of two that begin together one goes on.
  private static func place(
    _ url: URL, provenance: StoreProvenance, hooks: [StoreHook], elementType: ElementType,
    storeID: String, overwrite: Bool
  ) throws -> (lock: StoreLock, isResumed: Bool) {
    func create() throws -> StoreLock {
      try Self.create(
        url, provenance: provenance, hooks: hooks, elementType: elementType, storeID: storeID,
        overwrite: overwrite)
    }
    if !FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) {
      do {
        return (try create(), false)
      } catch let error as StorageError where error.code == .exists {
        // Another process was quicker, and what it makes may be gone on with.
      }
    }
    let lock = try StoreLock(url)
    let found = try? StoreFile(url)
    if let found, found.storeID == storeID, !(overwrite && found.isFinished) { return (lock, true) }
    guard overwrite else {
      // What keeps it from being opened is the better answer where it is a store at all.
      throw difference(try StoreFile(url), provenance, hooks, elementType, storeID)
    }
    try checkReplaceable(url)
    return (try withExtendedLifetime(lock) { try create() }, false)
  }

  /// Refuses to go on where the store is no longer at its path: nothing is acknowledged that would be lost.
  ///
  /// - Throws: `missing`.
  package func checkPlace() throws {
    let path = SQLitePath.plain(url.appending(path: StoreSchema.database))
    guard lock.isOf(url), let found = FileIdentity(path: path), found == database else {
      throw StorageError(
        .missing,
        "was moved, deleted or replaced while it was written to; what was captured lies with it, wherever it is now, "
          + "and nothing of it is at this path",
        file: name)
    }
  }

  /// Refuses to go on where another store's content was written over this one's (`cp other.sqlite store.sqlite`).
  private func checkContent(_ db: Database) throws {
    let found = try String.fetchOne(
      db, sql: "SELECT value FROM provenance WHERE key = 'storeID'")
    let counts = try ["shard", "document"].map {
      try Int.fetchOne(db, sql: "SELECT max(id) FROM \($0)") ?? -1
    }
    guard found == storeID, counts == [shardCount - 1, documentCount - 1] else {
      throw StorageError(
        .missing,
        "was written over while it was written to: \(documentCount) documents were in it, and what is there now is another "
          + "content; nothing more is added",
        file: name)
    }
  }

  /// Appends a unit, which is on the disk when this returns.
  ///
  /// - Throws: `invalid` for activations that are not finite or too large for the store's type,
  ///   and for a document id that was there before; `full`; `inputOutput`. The store is then as it
  ///   was. `missing` where it is no longer at its path.
  package func append(_ unit: StoreUnit) throws {
    precondition(!isFinished, "expected a store that is not finished")
    try checkPlace()
    do {
      try add(unit)
    } catch {
      // A store that has gone says more than a file in it that cannot be written.
      try checkPlace()
      throw error
    }
    try checkPlace()
  }

  private func add(_ unit: StoreUnit) throws {
    let rows = unit.entries.reduce(0) { $0 + $1.document.rowCount }
    check(unit, rows: rows)
    try StorageError.about(file) { try queue.read(checkContent) }
    let shard = try writeShard(unit, rowCount: rows)
    let tokens = unit.entries.reduce(0) { $0 + $1.document.tokenCount }
    try StorageError.about(file) {
      try queue.write { db in
        try checkContent(db)
        try db.execute(
          sql: "INSERT INTO shard VALUES (?, ?, ?, ?, ?)",
          arguments: [shard.index, shard.firstRow, shard.rowCount, shard.byteCount, shard.hash])
        var row = rowCount
        for (offset, entry) in unit.entries.enumerated() {
          try insert(entry, index: documentCount + offset, firstRow: row, db)
          row += entry.document.rowCount
        }
      }
    }
    shardCount += 1
    documentCount += unit.entries.count
    rowCount += rows
    tokenCount += tokens
  }

  /// Marks the store as complete, with the hash of all that is in it.
  ///
  /// - Returns: that hash.
  @discardableResult
  package func finish() throws -> String {
    try checkPlace()
    let hash = try StorageError.about(file) {
      try queue.write { db in
        try checkContent(db)
        if let hash = try String.fetchOne(
          db, sql: "SELECT value FROM provenance WHERE key = 'contentHash'")
        {
          return hash
        }
        let hash = try StoreContentHash.compute(db)
        try db.execute(
          sql: "INSERT INTO provenance VALUES ('contentHash', ?)", arguments: [hash])
        return hash
      }
    }
    try checkPlace()
    isFinished = true
    lock.removeOwner()
    return hash
  }

  // MARK: - Units

  private func check(_ unit: StoreUnit, rows: Int) {
    precondition(
      unit.rows.count == hooks.count, "expected \(hooks.count) hooks, got \(unit.rows.count)")
    for (hook, values) in zip(hooks, unit.rows) {
      precondition(
        values.count == rows * hook.dimension,
        "expected \(rows) rows of \(hook.dimension), got \(values.count) numbers")
    }
    for entry in unit.entries {
      let document = entry.document
      precondition(
        document.firstPosition + document.rowCount <= document.tokenCount
          && entry.tokens.ids?.count ?? document.tokenCount == document.tokenCount
          && entry.tokens.ends?.count ?? document.tokenCount == document.tokenCount
          && (entry.tokens.template ?? []).allSatisfy {
            (0..<document.tokenCount).contains(Int($0))
          },
        "expected \(document.tokenCount) tokens of \(document.id)")
    }
  }

  private func writeShard(_ unit: StoreUnit, rowCount rows: Int) throws -> StoreShard {
    let path = "\(StoreSchema.activations)/\(StoreSchema.shardName(shardCount))"
    let target = url.appending(path: path)
    do {
      var tensors: [(name: String, tensor: SafetensorsTensor)] = []
      for (hook, values) in zip(hooks, unit.rows) {
        guard let bytes = ActivationCoding.bytes(values, as: elementType) else {
          throw unstorable(values, hook)
        }
        tensors.append(
          (hook.name, SafetensorsTensor(elementType, shape: [rows, hook.dimension], bytes: bytes)))
      }
      try SafetensorsWriter.write(tensors, metadata: ["storeID": storeID], to: target)
      let map = try MappedFile(target)
      return StoreShard(
        index: shardCount, firstRow: rowCount, rowCount: rows, byteCount: map.byteCount,
        hash: SHA256.hexDigest(of: map))
    } catch let error as TensorFileError {
      throw StorageError(.inputOutput, error.description, file: name)
    }
  }

  private func unstorable(_ values: [Float], _ hook: StoreHook) -> StorageError {
    let finite = values.allSatisfy(\.isFinite)
    let largest = values.reduce(0) { max($0, abs($1)) }
    return StorageError(
      .invalid,
      finite
        ? "\(hook.name): an activation of \(largest) is too large for \(elementType.rawValue); "
          + "choose bf16 or f32"
        : "\(hook.name): expected finite activations, found NaN or infinity",
      file: name)
  }

  private func insert(_ entry: StoreUnit.Entry, index: Int, firstRow: Int, _ db: Database) throws {
    let document = entry.document
    func stored(_ text: String?) -> StoredText? { text.map(StoredText.init) }
    func bytes(_ numbers: [Int32]?) -> Data? {
      numbers.map { Data(IntegerList.encode($0.lazy.map(Int.init))) }
    }
    do {
      try db.execute(
        sql: "INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          index, StoredText(document.id), document.kind.rawValue, StoredText(document.set),
          stored(document.split), stored(document.category), stored(document.topic),
          StoredText(document.prompt), StoredText(document.text), firstRow,
          document.firstPosition, document.rowCount, document.tokenCount,
          bytes(entry.tokens.ids), bytes(entry.tokens.ends),
        ])
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      throw StorageError(
        .invalid, "a document \(TensorFileError.printable(document.id)) was there before",
        file: name)
    }
    if let positions = entry.tokens.template {
      if try !StoreSchema.hasTemplateTable(db) {
        try db.execute(sql: StoreSchema.templateStatement)
      }
      try db.execute(
        sql: "INSERT INTO \(StoreSchema.templateTable) VALUES (?, ?)",
        arguments: [index, bytes(positions)])
    }
    for continuation in entry.continuations {
      let verdict = continuation.verdict
      try db.execute(
        sql: "INSERT INTO continuation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          index, StoredText(continuation.condition), StoredText(continuation.text),
          bytes(continuation.tokens), StoredText(continuation.ending),
          verdict?.outcome.rawValue, stored(verdict?.classifier), stored(verdict?.phrase),
          verdict?.phraseRange?.lowerBound, verdict?.phraseRange?.upperBound,
        ])
    }
  }
}

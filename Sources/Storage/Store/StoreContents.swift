import GRDB
import TensorFiles

/// What opening a store reads of its database.
struct StoreContents {
  var provenance: StoreProvenance
  var storeID: String
  var contentHash: String?
  var hooks: [StoreHook]
  var elementType: ElementType
  var shards: [StoreShard]
  var documentCount: Int
  var rowCount: Int
  var tokenCount: Int
  var continuationCount: Int
  /// Documents that say which of their tokens are the template's own; `nil` where none does.
  var templateCount: Int?

  init(_ db: Database, file: String) throws {
    func damaged(_ message: String) -> StorageError {
      StorageError(.damaged, message, file: file)
    }
    try StoreSchema.check(db, file: file)
    let entries = try Row.fetchAll(db, sql: "SELECT key, value FROM provenance")
      .reduce(into: [String: String]()) { entries, row in
        entries[try row.decode(String.self, atIndex: 0)] =
          try row.decode(StoredText.self, atIndex: 1).text
      }
    guard let storeID = entries["storeID"] else {
      throw damaged("expected provenance storeID, found none")
    }
    let dtype = entries["dtype"] ?? "none"
    guard let elementType = ElementType(rawValue: dtype),
      ActivationCoding.types.contains(elementType)
    else {
      throw damaged("dtype: expected f32, bf16 or f16, found \(TensorFileError.printable(dtype))")
    }
    (self.storeID, self.elementType, contentHash) = (storeID, elementType, entries["contentHash"])
    provenance = try StoreProvenance(entries: entries, file: file)
    hooks = try Row.fetchAll(db, sql: "SELECT name, dimension FROM hook ORDER BY id").map {
      StoreHook(
        name: try $0.decode(String.self, atIndex: 0), dimension: try $0.decode(Int.self, atIndex: 1)
      )
    }
    for hook in hooks where !(1...1 << 24).contains(hook.dimension) {
      throw damaged(
        "\(TensorFileError.printable(hook.name)): expected 1 to 16777216 components, found "
          + "\(hook.dimension)")
    }
    guard !hooks.isEmpty else { throw damaged("expected a hook, found none") }
    var next = 0
    shards = []
    let rows = try Row.fetchAll(
      db, sql: "SELECT id, firstRow, rowCount, byteCount, hash FROM shard ORDER BY id")
    for row in rows {
      let shard = StoreShard(
        index: try row.decode(Int.self, atIndex: 0), firstRow: try row.decode(Int.self, atIndex: 1),
        rowCount: try row.decode(Int.self, atIndex: 2),
        byteCount: try row.decode(Int.self, atIndex: 3),
        hash: try row.decode(String.self, atIndex: 4))
      let end = next.addingReportingOverflow(shard.rowCount)
      guard shard.index == shards.count, shard.firstRow == next, shard.rowCount >= 0, !end.overflow
      else {
        throw damaged(
          "shard \(shard.index): expected number \(shards.count) from row \(next), found rows from "
            + "\(shard.firstRow)")
      }
      next = end.partialValue
      shards.append(shard)
    }
    rowCount = next
    let sums = try Row.fetchOne(
      db,
      sql: """
        SELECT count(*), coalesce(sum(rowCount), 0), coalesce(sum(tokenCount), 0),
          coalesce(max(id), -1) FROM document
        """)
    documentCount = try sums?.decode(Int.self, atIndex: 0) ?? 0
    let documentRows = try sums?.decode(Int.self, atIndex: 1) ?? 0
    tokenCount = try sums?.decode(Int.self, atIndex: 2) ?? 0
    let lastDocument = try sums?.decode(Int.self, atIndex: 3) ?? -1
    guard documentRows == rowCount, lastDocument == documentCount - 1 else {
      throw damaged(
        "expected \(rowCount) rows of documents as in the shards, found \(documentRows)")
    }
    continuationCount = try Int.fetchOne(db, sql: "SELECT count(*) FROM continuation") ?? 0
    templateCount =
      try StoreSchema.hasTemplateTable(db)
      ? Int.fetchOne(db, sql: "SELECT count(*) FROM \(StoreSchema.templateTable)") : nil
  }
}

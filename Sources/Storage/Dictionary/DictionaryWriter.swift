import ExemplarPartitioning
import Foundation
import GRDB
import TensorFiles

/// Writes `.epdict` folders.
package enum DictionaryWriter {
  /// Writes `dictionary` as a folder of `dictionary.sqlite` and `directions.safetensors`.
  ///
  /// The folder appears whole or not at all, and its bytes depend on the arguments alone (and on
  /// the version of SQLite). Shared labels beside a dictionary that is replaced are kept: each line
  /// names the dictionary it belongs to.
  /// - Parameters:
  ///   - tokenEnds: per document, the UTF-8 offset after each token; `nil` where not recorded.
  ///   - rows: what is known of the rows; the position of every context is then a row's number.
  ///   - overwrite: replaces an earlier dictionary, and only that.
  /// - Returns: the dictionary's identity.
  /// - Throws: `exists`, `invalid` for NaN or indices that point nowhere, `full`, `readOnly`.
  @discardableResult
  package static func write(
    _ dictionary: ExemplarDictionary, provenance: DictionaryProvenance,
    tokenEnds: [[Int32]?]? = nil, rows: RowRecord? = nil, to url: URL, overwrite: Bool = false
  ) throws -> String {
    let name = url.lastPathComponent
    try check(dictionary, tokenEnds: tokenEnds, name: name)
    if let rows { try check(rows, of: dictionary, name: name) }
    let output = try FolderOutput(
      url, overwrite: overwrite, replaceable: DictionarySchema.files)
    let identity = dictionary.identity
    try StorageError.about(name) {
      let hashes = try writeTensors(
        dictionary, identity: identity, to: output.url.appending(path: DictionarySchema.tensors))
      try writeDatabase(
        dictionary, provenance: provenance, tokenEnds: tokenEnds, rows: rows, identity: identity,
        tensorHashes: hashes, to: output.url.appending(path: DictionarySchema.database))
    }
    try commit(output)
    return identity
  }

  /// Puts the folder in place, with the shared labels of one that it replaces.
  static func commit(_ output: FolderOutput) throws {
    let labels = output.target.appending(path: DictionarySchema.sharedLabels)
    if FileManager.default.fileExists(atPath: labels.path(percentEncoded: false)) {
      try FileManager.default.copyItem(
        at: labels, to: output.url.appending(path: DictionarySchema.sharedLabels))
    }
    try output.commit()
  }

  /// - Returns: the hash of each tensor.
  private static func writeTensors(
    _ dictionary: ExemplarDictionary, identity: String, to url: URL
  ) throws -> [String: String] {
    let (rows, dimension) = (dictionary.count, dictionary.dimension)
    let reservoir = dictionary.reservoir
    let sampled = reservoir.regions.count
    let stream = try HashedTensors(
      url, regions: rows, dimension: dimension, sampled: sampled, identity: identity)
    try stream.append(dictionary.centre, to: "center")
    try dictionary.exemplars.withUnsafeBufferPointer {
      try stream.append(UnsafeRawBufferPointer($0), to: "exemplars")
    }
    try writeMeans(dictionary, to: stream)
    try stream.append(reservoir.directions, to: "reservoir")
    try stream.append(reservoir.regions.map(Int64.init), to: "reservoir_region")
    try stream.finish()
    return stream.digests
  }

  /// All K means, though the dictionary holds fewer, in blocks.
  private static func writeMeans(
    _ dictionary: ExemplarDictionary, to stream: HashedTensors
  ) throws {
    let blockSize = 1 << 18
    var block: [Float] = []
    for region in 0..<dictionary.count where dictionary.dimension > 0 {
      dictionary.withMean(of: region) { block.append(contentsOf: $0) }
      if block.count >= blockSize {
        try stream.append(block, to: "means")
        block.removeAll(keepingCapacity: true)
      }
    }
    try stream.append(block, to: "means")
  }

  private static func writeDatabase(
    _ dictionary: ExemplarDictionary, provenance: DictionaryProvenance, tokenEnds: [[Int32]?]?,
    rows: RowRecord?, identity: String, tensorHashes: [String: String], to url: URL
  ) throws {
    let facts = DictionaryFacts(
      identity: identity, regions: dictionary.count, centre: dictionary.centre,
      threshold: dictionary.threshold, documents: dictionary.documents.count,
      memberSum: dictionary.regions.reduce(0) { $0 + $1.memberCount })
    try writeDatabase(to: url) { db in
      try insertProvenance(facts, provenance, db)
      let regions = try RegionRows(db, rows: rows)
      for (id, region) in dictionary.regions.enumerated() {
        try LongWork.check()
        try regions.insert(region, id: id)
      }
      try insertDocuments(dictionary.documents, tokenEnds: tokenEnds, regions.contexts, db)
      if let rows { try insertRows(dictionary.regions, rows, db) }
      try insertGrowth(dictionary.growth, db)
      return tensorHashes
    }
  }

  /// A database that nobody sees before it is finished and synced.
  static func emptyDatabase(_ url: URL) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      // It needs no journal.
      try db.execute(sql: "PRAGMA page_size = 4096")
      try db.execute(sql: "PRAGMA journal_mode = OFF")
      try db.execute(sql: "PRAGMA synchronous = OFF")
      // Rows are appended: what was written need not stay, and an import has two of these.
      try db.execute(sql: "PRAGMA cache_size = -16384")
    }
    return try DatabaseQueue(path: SQLitePath.plain(url), configuration: configuration)
  }

  /// Writes a database of the tables that `fill` fills; it returns the hashes of the tensors.
  ///
  /// - Parameter indexer: makes the index of texts, where that is made by itself.
  static func writeDatabase(
    to url: URL, indexer: (any TextIndexing)? = nil,
    _ fill: (Database) throws -> [String: String]
  ) throws {
    let queue = try emptyDatabase(url)
    let tensorHashes = try queue.write { db in
      for statement in DictionarySchema.statements { try db.execute(sql: statement) }
      return try fill(db)
    }
    if let indexer { try take(index: try indexer.finish(), into: queue) }
    try queue.write { db in
      for (name, hash) in tensorHashes {
        try db.execute(
          sql: "INSERT INTO provenance VALUES (?, ?)",
          arguments: [DictionaryHashes.key(ofTensor: name), hash])
      }
      let hasRows = try db.tableExists("contextRow")
      for (name, query) in DictionaryHashes.tables(hasRows: hasRows) {
        try db.execute(
          sql: "INSERT INTO provenance VALUES (?, ?)",
          arguments: [DictionaryHashes.key(ofTable: name), try TableHash.compute(db, query)])
      }
    }
    try queue.writeWithoutTransaction { db in
      // Drops the pages that building the index left behind.
      try db.execute(sql: "VACUUM")
      try db.execute(sql: "PRAGMA application_id = \(DictionarySchema.applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(DictionarySchema.version)")
    }
    try queue.close()
  }

  private static func take(index: URL, into queue: DatabaseQueue) throws {
    try queue.writeWithoutTransaction { db in
      try db.execute(sql: "ATTACH ? AS fresh", arguments: [SQLitePath.plain(index)])
      for table in DictionarySchema.indexTables {
        try db.execute(sql: "DELETE FROM main.\(table)")
        try db.execute(sql: "INSERT INTO main.\(table) SELECT * FROM fresh.\(table) ORDER BY 1, 2")
      }
      try db.execute(sql: "DETACH fresh")
    }
    try FileManager.default.removeItem(at: index)
  }

  static func insertProvenance(
    _ facts: DictionaryFacts, _ provenance: DictionaryProvenance, _ db: Database
  ) throws {
    let insert = try db.makeStatement(sql: "INSERT INTO provenance VALUES (?, ?)")
    for (key, value) in facts.entries + provenance.entries {
      try insert.execute(arguments: [key, StoredText(value)])
    }
  }

  static func insertGrowth(_ growth: [GrowthPoint], _ db: Database) throws {
    let insert = try db.makeStatement(sql: "INSERT INTO growth VALUES (?, ?, ?, ?, ?)")
    for (batch, point) in growth.enumerated() {
      try insert.execute(arguments: [
        batch, point.activations, point.documents, point.regions, point.newRegionRate,
      ])
    }
  }
}

/// Makes the index of texts in a database of its own, which is removed once it is taken over.
protocol TextIndexing {
  func finish() throws -> URL
}

/// What every dictionary's provenance says of the dictionary itself.
struct DictionaryFacts {
  var identity: String
  var regions: Int
  var centre: [Float]
  var threshold: Double
  var documents: Int
  var memberSum: Int

  var entries: [(name: String, value: String)] {
    let centreNorm = centre.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return [
      ("identity", identity), ("regions", "\(regions)"), ("dimension", "\(centre.count)"),
      ("threshold", "\(threshold)"), ("centreNorm", "\(centreNorm)"),
      ("documents", "\(documents)"), ("memberSum", "\(memberSum)"),
    ]
  }
}

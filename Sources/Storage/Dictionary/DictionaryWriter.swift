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
    let labels = output.target.appending(path: DictionarySchema.sharedLabels)
    if FileManager.default.fileExists(atPath: labels.path(percentEncoded: false)) {
      try FileManager.default.copyItem(
        at: labels, to: output.url.appending(path: DictionarySchema.sharedLabels))
    }
    try output.commit()
    return identity
  }

  /// - Returns: the hash of each tensor.
  private static func writeTensors(
    _ dictionary: ExemplarDictionary, identity: String, to url: URL
  ) throws -> [String: String] {
    let (rows, dimension) = (dictionary.count, dictionary.dimension)
    let reservoir = dictionary.reservoir
    let sampled = reservoir.regions.count
    let stream = HashedTensors(
      try SafetensorsStream(
        url,
        tensors: [
          ("center", .f32, [dimension]), ("exemplars", .f32, [rows, dimension]),
          ("means", .f32, [rows, dimension]), ("reservoir", .f32, [sampled, dimension]),
          ("reservoir_region", .i64, [sampled]),
        ], metadata: ["identity": identity, DictionaryHashes.mark.key: DictionaryHashes.mark.value])
    )
    try stream.append(dictionary.centre, to: "center")
    try dictionary.exemplars.withUnsafeBufferPointer {
      try stream.append(UnsafeRawBufferPointer($0), to: "exemplars")
    }
    try writeMeans(dictionary, to: stream)
    try stream.append(reservoir.directions, to: "reservoir")
    try stream.append(reservoir.regions.map(Int64.init), to: "reservoir_region")
    return try stream.finish()
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
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      // Nobody sees the file before it is finished and synced, so it needs no journal.
      try db.execute(sql: "PRAGMA page_size = 4096")
      try db.execute(sql: "PRAGMA journal_mode = OFF")
      try db.execute(sql: "PRAGMA synchronous = OFF")
      try db.execute(sql: "PRAGMA cache_size = -65536")
    }
    let queue = try DatabaseQueue(path: SQLitePath.plain(url), configuration: configuration)
    try queue.write { db in
      for statement in DictionarySchema.statements { try db.execute(sql: statement) }
      try insertProvenance(dictionary, provenance, identity: identity, db)
      try insertRegions(dictionary.regions, db)
      let contexts = try insertContexts(dictionary.regions, rows, db)
      try insertDocuments(dictionary, tokenEnds: tokenEnds, contexts, db)
      if let rows { try insertRows(dictionary.regions, rows, db) }
      try insertGrowth(dictionary.growth, db)
      try db.execute(sql: "INSERT INTO documentText (documentText) VALUES ('optimize')")
    }
    try queue.write { db in
      for (name, hash) in tensorHashes {
        try db.execute(
          sql: "INSERT INTO provenance VALUES (?, ?)",
          arguments: [DictionaryHashes.key(ofTensor: name), hash])
      }
      for (name, query) in DictionaryHashes.tables(hasRows: rows != nil) {
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

  private static func insertProvenance(
    _ dictionary: ExemplarDictionary, _ provenance: DictionaryProvenance, identity: String,
    _ db: Database
  ) throws {
    let centreNorm = dictionary.centre.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    let own: [(String, String)] = [
      ("identity", identity), ("regions", "\(dictionary.count)"),
      ("dimension", "\(dictionary.dimension)"), ("threshold", "\(dictionary.threshold)"),
      ("centreNorm", "\(centreNorm)"), ("documents", "\(dictionary.documents.count)"),
      ("memberSum", "\(dictionary.regions.reduce(0) { $0 + $1.memberCount })"),
    ]
    let insert = try db.makeStatement(sql: "INSERT INTO provenance VALUES (?, ?)")
    for (key, value) in own + provenance.entries {
      try insert.execute(arguments: [key, StoredText(value)])
    }
  }

  private static func insertRegions(_ regions: [Region], _ db: Database) throws {
    let insert = try db.makeStatement(sql: "INSERT INTO region VALUES (?, ?, ?, ?, ?, ?, ?)")
    let membership = try db.makeStatement(sql: "INSERT INTO membership VALUES (?, ?, ?)")
    for (id, region) in regions.enumerated() {
      try insert.execute(arguments: [
        id, region.memberCount, region.coherence, region.sumDistance, region.sumSquaredDistance,
        region.batches.first, region.label.map(StoredText.init),
      ])
      try membership.execute(arguments: [
        id, Data(IntegerList.encode(region.batches)), Data(IntegerList.encode(region.members)),
      ])
    }
  }

  private static func insertGrowth(_ growth: [GrowthPoint], _ db: Database) throws {
    let insert = try db.makeStatement(sql: "INSERT INTO growth VALUES (?, ?, ?, ?, ?)")
    for (batch, point) in growth.enumerated() {
      try insert.execute(arguments: [
        batch, point.activations, point.documents, point.regions, point.newRegionRate,
      ])
    }
  }
}

/// Hashes tensors as they are written.
private final class HashedTensors {
  private let stream: SafetensorsStream
  private var hashes = DictionaryHashes.tensors.reduce(into: [:]) { $0[$1] = SHA256() }

  init(_ stream: SafetensorsStream) { self.stream = stream }

  func append(_ bytes: UnsafeRawBufferPointer, to name: String) throws {
    hashes[name]?.update(bytes)
    try stream.append(bytes, to: name)
  }

  func append<Value: BitwiseCopyable>(_ values: [Value], to name: String) throws {
    try values.withUnsafeBytes { try append($0, to: name) }
  }

  /// - Returns: the hash of each tensor.
  func finish() throws -> [String: String] {
    try stream.finish()
    return hashes.mapValues { $0.hexDigest() }
  }
}

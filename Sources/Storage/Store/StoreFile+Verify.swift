import Foundation
import GRDB
import TensorFiles

extension StoreFile {
  /// Reads everything, and compares it with what was recorded.
  ///
  /// - Parameter progress: called before each shard with its number; an error it throws cancels.
  /// - Throws: `missing` or `damaged`, naming the file.
  /// - Complexity: O(bytes of the store).
  package func verify(progress: (_ shard: Int) throws -> Void = { _ in }) throws {
    try read { db in
      let reports = try String.fetchAll(db, sql: "PRAGMA integrity_check(1)")
      guard reports == ["ok"] else {
        throw damaged("integrity: \(TensorFileError.printable(reports.first ?? "no answer"))")
      }
    }
    for shard in shards {
      try progress(shard.index)
      try verify(shard)
    }
    var next = 0
    for document in try allDocuments() {
      guard document.firstRow == next else {
        throw damaged(
          "document \(document.index): expected rows from \(next), found \(document.firstRow)")
      }
      next += document.rowCount
      _ = try tokens(of: document)
    }
    _ = try allContinuations()
    guard let contentHash else { return }
    let found = try read { try StoreContentHash.compute($0) }
    guard found == contentHash else {
      throw damaged("its content was altered: expected hash \(contentHash), found \(found)")
    }
  }

  private func verify(_ shard: StoreShard) throws {
    let file = "\(name)/\(shard.path)"
    let place = url.appending(path: shard.path)
    try SoundFiles.shared.check(shard.hash, of: place, anew: true) {
      let map: MappedFile
      do {
        map = try MappedFile(place)
      } catch let error as TensorFileError {
        throw StorageError(
          error.code == .missing ? .missing : .inputOutput, error.description, file: file)
      }
      guard map.byteCount == shard.byteCount else {
        throw StorageError(
          .damaged, "expected \(shard.byteCount) bytes, found \(map.byteCount)", file: file)
      }
      let hash = SHA256.hexDigest(of: map)
      guard hash == shard.hash else {
        throw StorageError(.damaged, "expected SHA-256 \(shard.hash), found \(hash)", file: file)
      }
    }
    _ = try self.shard(shard.index)
  }
}

/// The hash of a finished store.
enum StoreContentHash {
  /// SHA-256 over every value of every table, lengths included, but for the hash itself.
  ///
  /// The date does not enter, so that a capture made again has the same hash.
  static func compute(_ db: Database) throws -> String {
    var hash = SHA256()
    hash.update("exemplar.store.content.1\n")
    var queries = [
      "SELECT key, value FROM provenance WHERE key NOT IN ('contentHash', 'created') ORDER BY key",
      "SELECT * FROM hook ORDER BY id", "SELECT * FROM shard ORDER BY id",
      "SELECT * FROM document ORDER BY id",
      "SELECT * FROM continuation ORDER BY document, condition",
    ]
    if try StoreSchema.hasTemplateTable(db) {
      queries.append("SELECT * FROM \(StoreSchema.templateTable) ORDER BY document")
    }
    for query in queries {
      hash.update("\(query)\n")
      try TableHash.add(query, of: db, to: &hash)
    }
    return hash.hexDigest()
  }
}

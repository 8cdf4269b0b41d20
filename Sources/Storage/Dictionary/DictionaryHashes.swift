import Foundation
import GRDB
import TensorFiles

/// The hashes that a dictionary carries: one of every tensor and one of every table.
///
/// They are entries of `provenance`: `hash.tensor.NAME` is the SHA-256 of the tensor's bytes, `hash.table.NAME` that of the
/// table's values, as ``TableHash`` has it. A word in the header of the directions says that there are hashes, so that
/// one whose name was damaged is missed.
struct DictionaryHashes: Sendable {
  /// The entry of the directions' metadata.
  static let mark = (key: "hashes", value: "sha256")

  static let tensors = ["center", "exemplars", "means", "reservoir", "reservoir_region"]

  /// What is hashed of each table.
  static let tables: [(name: String, query: String)] = [
    (
      "provenance",
      "SELECT key, value FROM provenance WHERE key NOT LIKE 'hash.%' ORDER BY key"
    ),
    ("region", "SELECT * FROM region ORDER BY id"),
    ("membership", "SELECT * FROM membership ORDER BY region"),
    ("document", "SELECT * FROM document ORDER BY id"),
    ("context", "SELECT * FROM context ORDER BY region, kind, rank"),
    ("growth", "SELECT * FROM growth ORDER BY batch"),
    ("word", "SELECT * FROM word ORDER BY id"),
    ("posting", "SELECT * FROM posting ORDER BY name"),
    ("documentText_config", "SELECT * FROM documentText_config ORDER BY k"),
    ("documentText_data", "SELECT * FROM documentText_data ORDER BY id"),
    ("documentText_idx", "SELECT * FROM documentText_idx ORDER BY segid, term"),
  ]

  /// What is hashed of the tables that an array's rows add.
  static let rowTables: [(name: String, query: String)] = [
    ("contextRow", "SELECT * FROM contextRow ORDER BY region, kind, rank"),
    ("rowField", "SELECT * FROM rowField ORDER BY id"),
  ]

  static func tables(hasRows: Bool) -> [(name: String, query: String)] {
    hasRows ? tables + rowTables : tables
  }

  static func key(ofTensor name: String) -> String { "hash.tensor.\(name)" }
  static func key(ofTable name: String) -> String { "hash.table.\(name)" }

  private let entries: [String: String]

  /// Whether there are any: those who wrote before there were hashes, and other programs, write none.
  var isThere: Bool { !entries.isEmpty }

  /// - Throws: `damaged` where some are missing, or the directions say otherwise.
  init(
    provenance: [String: String], metadata: [String: String], hasRows: Bool, file: String
  ) throws {
    let known =
      Self.tensors.map(Self.key(ofTensor:))
      + Self.tables(hasRows: hasRows).map { Self.key(ofTable: $0.name) }
    entries = provenance.filter { known.contains($0.key) }
    let isMarked = metadata[Self.mark.key] == Self.mark.value
    guard entries.count == (isMarked ? known.count : 0) else {
      throw StorageError(
        .damaged, "expected \(isMarked ? known.count : 0) hashes, found \(entries.count)",
        file: file)
    }
  }

  func ofTensor(_ name: String) -> String? { entries[Self.key(ofTensor: name)] }
  func ofTable(_ name: String) -> String? { entries[Self.key(ofTable: name)] }
}

extension DictionaryFile {
  /// Compares a tensor with the hash that is recorded of it, once a file and time of change.
  ///
  /// - Throws: `damaged`. Without hashes, nothing can be compared.
  func checkHash(_ tensor: String) throws {
    guard let expected = hashes.ofTensor(tensor) else { return }
    try SoundFiles.shared.check(tensor, of: url.appending(path: DictionarySchema.tensors)) {
      let found = try hash(ofTensor: tensor)
      guard found == expected else {
        throw StorageError(
          .damaged,
          "\(tensor): was changed since it was written: expected SHA-256 \(expected.prefix(12))…, found "
            + "\(found.prefix(12))…",
          file: "\(name)/\(DictionarySchema.tensors)")
      }
    }
  }

  private func hash(ofTensor tensor: String) throws -> String {
    var hash = SHA256()
    try tensors.withBytes(tensor) { bytes in
      // The file's pages are given back as they are hashed, so that they are not held beside their copies.
      let block = 1 << 24
      for start in stride(from: 0, to: bytes.count, by: block) {
        hash.update(
          UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + block, bytes.count)]))
        if bytes.count > block { tensors.releasePages() }
      }
    }
    return hash.hexDigest()
  }

  /// Whether hashes of tensors and tables were recorded; without, ``verify()`` compares the identity alone.
  package var hasHashes: Bool { hashes.isThere }

  /// Reads everything, and compares it with what was recorded.
  ///
  /// - Throws: `damaged`, naming the tensor or table.
  /// - Complexity: O(bytes of the dictionary).
  package func verify() throws {
    let reports = try read { try String.fetchAll($0, sql: "PRAGMA integrity_check(1)") }
    guard reports == ["ok"] else {
      throw damaged("integrity: \(TensorFileError.printable(reports.first ?? "no answer"))")
    }
    for tensor in DictionaryHashes.tensors { try checkHash(tensor) }
    for (table, query) in DictionaryHashes.tables(hasRows: hasRows) {
      guard let expected = hashes.ofTable(table) else { continue }
      let found = try read { try TableHash.compute($0, query) }
      guard found == expected else {
        throw damaged(
          "\(table): was changed since it was written: expected SHA-256 \(expected.prefix(12))…, found "
            + "\(found.prefix(12))…")
      }
    }
    try verifyIdentity()
    _ = try load()
  }
}

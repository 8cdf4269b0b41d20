import ExemplarPartitioning
import Foundation
import GRDB
import Synchronization
import TensorFiles

/// An `.epdict` folder, opened for reading.
///
/// Opening costs the pages looked at: directions are memory-mapped, and rows are read when asked
/// for. The folder may lie on a read-only disk; nothing is ever written beside it. Safe to use
/// from several threads: a search does not hold up a look at a region.
package final class DictionaryFile: Sendable {
  package let url: URL
  package let provenance: DictionaryProvenance
  /// What labels are kept under; see ``ExemplarPartitioning/ExemplarDictionary/identity``.
  package let identity: String
  /// K.
  package let regionCount: Int
  /// D.
  package let dimension: Int
  /// θ.
  package let threshold: Double
  package let centreNorm: Double
  /// Activations streamed, or the members of all regions where that was not recorded.
  package let activationCount: Int
  /// Texts stored.
  package let documentCount: Int

  /// The folder's own name, or that of the pickle that it was imported from.
  package let name: String

  let tensors: SafetensorsFile
  let hashes: DictionaryHashes
  let reader: DatabaseQueue
  let searcher: DictionarySearcher
  /// Whether a table came with the rows that it was built from.
  package let hasRows: Bool
  let knownRows = Mutex<[RowRecord.Field]?>(nil)

  /// - Parameters:
  ///   - name: what its user calls it, where that is not the folder's name.
  ///   - hook: the hook that its user says it is of, where it does not record one.
  /// - Throws: `missing`; `invalid` where it records another hook than is given; `wrongKind` for a folder or database of another kind; `newerVersion`;
  ///   `damaged` where the files are cut short or disagree.
  package init(_ url: URL, name: String? = nil, hook: String? = nil) throws {
    self.url = url
    let name = name ?? url.lastPathComponent
    self.name = name
    let database = url.appending(path: DictionarySchema.database)
    let tensorURL = url.appending(path: DictionarySchema.tensors)
    for file in [database, tensorURL] {
      guard FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) else {
        throw StorageError(
          .missing, "not a dictionary: \(file.lastPathComponent) is not there", file: name)
      }
    }
    let file = "\(name)/\(DictionarySchema.database)"
    let header = try DatabaseHeader(database, file: file)
    try header.check(
      applicationID: DictionarySchema.applicationID, version: DictionarySchema.version, file: file)
    let reader = try StorageError.about(file) { try DatabaseQueue.immutable(database) }
    self.reader = reader
    let (entries, hasRows) = try StorageError.about(file) {
      try reader.read { db in
        let hasRows = try DictionarySchema.check(db, version: header.version, file: file)
        let entries = try Row.fetchAll(db, sql: "SELECT key, value FROM provenance")
          .reduce(into: [String: String]()) { entries, row in
            entries[try row.decode(String.self, atIndex: 0)] =
              try row.decode(StoredText.self, atIndex: 1).text
          }
        return (entries, hasRows)
      }
    }
    self.hasRows = hasRows
    func required<Value: LosslessStringConvertible>(_ key: String) throws -> Value {
      guard let value = entries[key].flatMap({ Value($0) }) else {
        throw StorageError(
          .damaged, "expected provenance \(key), found '\(entries[key] ?? "nothing")'", file: file)
      }
      return value
    }
    identity = try required("identity")
    regionCount = try required("regions")
    dimension = try required("dimension")
    threshold = try required("threshold")
    centreNorm = try required("centreNorm")
    documentCount = try required("documents")
    var provenance = try DictionaryProvenance(entries: entries, file: file)
    if let hook { try provenance.take(hook: hook, file: name) }
    self.provenance = provenance
    activationCount = try provenance.activations ?? required("memberSum")
    if let fault = DictionaryValues.fault(
      threshold: threshold, centreNorm: centreNorm,
      counts: [
        ("regions", regionCount), ("dimension", dimension), ("documents", documentCount),
        ("activations", activationCount),
      ])
    {
      throw StorageError(.damaged, "provenance \(fault)", file: file)
    }
    tensors = try TensorFileError.naming(tensorURL) { try SafetensorsFile(tensorURL) }
    hashes = try DictionaryHashes(
      provenance: entries, metadata: tensors.metadata, hasRows: hasRows, file: file)
    searcher = DictionarySearcher(
      database: database, file: file, regionCount: regionCount, version: header.version)
    try checkTensors()
  }

  /// Runs `body` on the database, naming it in errors.
  func read<R>(_ body: (Database) throws -> R) throws -> R {
    try StorageError.about("\(name)/\(DictionarySchema.database)") { try reader.read(body) }
  }

  func damaged(_ message: String) -> StorageError {
    StorageError(.damaged, message, file: "\(name)/\(DictionarySchema.database)")
  }

  private func checkTensors() throws {
    let file = "\(name)/\(DictionarySchema.tensors)"
    let expected = [
      ("center", [dimension]), ("exemplars", [regionCount, dimension]),
      ("means", [regionCount, dimension]),
    ]
    for (tensor, shape) in expected {
      let found = tensors.tensors[tensor]?.shape
      guard found == shape, tensors.tensors[tensor]?.elementType == .f32 || !hashes.isThere else {
        throw StorageError(
          .damaged,
          "\(tensor): expected shape \(shape) as in \(DictionarySchema.database), found "
            + (found.map { "\($0)" } ?? "none"),
          file: file)
      }
    }
    guard let sampled = tensors.tensors["reservoir"]?.shape,
      let owners = tensors.tensors["reservoir_region"]?.shape, owners.count == 1,
      sampled == [owners[0], dimension]
    else {
      throw StorageError(
        .damaged, "reservoir: expected shape [R, \(dimension)] and reservoir_region [R]", file: file
      )
    }
    guard tensors.metadata["identity"] == identity else {
      throw StorageError(
        .damaged,
        "belongs to another dictionary: expected identity \(identity.prefix(12))…, found "
          + (tensors.metadata["identity"]?.prefix(12) ?? "none"),
        file: file)
    }
  }
}

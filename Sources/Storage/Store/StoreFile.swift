import Foundation
import GRDB
import Synchronization
import TensorFiles

/// An `.epstore` folder, opened for reading.
///
/// Opening costs a few pages; shards are memory-mapped when rows of them are asked for. The folder
/// may have been moved and may lie on a read-only disk. A store that is still being captured can
/// be read too: it is what was finished when it was opened. Safe to use from several threads.
package final class StoreFile: Sendable {
  /// The folder.
  package let url: URL
  /// As it was asked for: the folder, and the sets of it where some were named.
  package let address: URL
  /// The prompt sets that it is read as having; `nil` for all that it has.
  package let takenSets: [String]?
  package let provenance: StoreProvenance
  /// SHA-256 over the settings of the capture: equal for two captures of the same.
  package let storeID: String
  /// SHA-256 over everything in the store; `nil` while it is not finished.
  package let contentHash: String?
  package let hooks: [StoreHook]
  /// f32, bf16 or f16.
  package let elementType: ElementType
  package let documentCount: Int
  /// Rows of each hook.
  package let rowCount: Int
  /// Tokens of all documents; more than rows where a source left positions out.
  package let tokenCount: Int
  package let continuationCount: Int
  /// Documents that say which of their tokens are the template's own.
  package let templateCount: Int
  let hasTemplateTable: Bool
  package let shards: [StoreShard]

  /// The folder's own name, and the sets that were named.
  package var name: String {
    url.lastPathComponent + (takenSets.map { "#" + $0.joined(separator: ",") } ?? "")
  }
  /// Whether every document says which of its tokens are the template's own.
  package var marksTemplate: Bool { documentCount > 0 && templateCount == documentCount }
  /// Whether the capture came to its end.
  package var isFinished: Bool { contentHash != nil }

  /// What there is to know of a capture that has not come to its end; `nil` of one that has.
  package var unfinishedWords: String? {
    isFinished
      ? nil
      : "\(name): its capture is not finished: what there is is taken, \(documentCount) documents"
  }

  let reader: DatabaseQueue
  private let place: FileIdentity?
  private let maps = Mutex<[Int: SafetensorsFile]>([:])
  /// The most shards that stay mapped at once.
  private static let mappedShards = 512

  /// - Parameter address: a folder; behind `#`, the prompt sets that are read of it, as if it had no others.
  /// - Throws: `missing`; `invalid` for sets that it lacks; `wrongKind` for a folder or database of another kind; `newerVersion`;
  ///   `damaged` where the database is cut short or disagrees with itself.
  package init(_ address: URL) throws {
    let place = try StoreAddress(address)
    let url = place.url
    (self.url, self.address, takenSets) = (url, address, place.sets)
    let name = url.lastPathComponent
    let database = url.appending(path: StoreSchema.database)
    guard FileManager.default.fileExists(atPath: database.path(percentEncoded: false)) else {
      throw StorageError(
        .missing, "not a store: \(StoreSchema.database) is not there", file: name)
    }
    let file = "\(name)/\(StoreSchema.database)"
    try StoreConnection.recover(url)
    try DatabaseHeader(database, file: file).check(
      applicationID: StoreSchema.applicationID, version: StoreSchema.version, file: file)
    let reader = try StorageError.about(file) { try StoreConnection.read(database) }
    self.reader = reader
    self.place = FileIdentity(path: SQLitePath.plain(database))
    let contents = try StorageError.about(file) {
      try reader.read { try StoreContents($0, file: file) }
    }
    provenance = contents.provenance
    storeID = contents.storeID
    contentHash = contents.contentHash
    hooks = contents.hooks
    elementType = contents.elementType
    documentCount = contents.documentCount
    rowCount = contents.rowCount
    tokenCount = contents.tokenCount
    continuationCount = contents.continuationCount
    templateCount = contents.templateCount ?? 0
    hasTemplateTable = contents.templateCount != nil
    shards = contents.shards
    if let takenSets { try checkSets(takenSets) }
  }

  /// Sees whether the store is still at its path.
  ///
  /// - Throws: `missing` where it was moved, deleted or replaced since it was opened.
  package func checkPlace() throws {
    let path = SQLitePath.plain(url.appending(path: StoreSchema.database))
    guard let found = FileIdentity(path: path), found == place else {
      throw StorageError(
        .missing, "was moved, deleted or replaced since it was opened", file: name)
    }
  }

  /// Runs `body` on the database, naming it in errors.
  func read<R>(_ body: (Database) throws -> R) throws -> R {
    try StorageError.about("\(name)/\(StoreSchema.database)") { try reader.read(body) }
  }

  func damaged(_ message: String) -> StorageError {
    StorageError(.damaged, message, file: "\(name)/\(StoreSchema.database)")
  }

  /// The hook of that name.
  ///
  /// - Throws: `invalid`, with the hooks there are.
  package func hook(named hook: String) throws -> StoreHook {
    if let found = hooks.first(where: { $0.name == hook }) { return found }
    throw StorageError(
      .invalid,
      "has no hook \(TensorFileError.printable(hook)); it has "
        + hooks.map { TensorFileError.printable($0.name) }.joined(separator: ", "),
      file: name)
  }

  /// The `index`-th shard's file, checked against the hooks and its hash.
  func shard(_ index: Int) throws -> SafetensorsFile {
    if let map = maps.withLock({ $0[index] }) { return map }
    let shard = shards[index]
    let file = "\(name)/\(shard.path)"
    let map: SafetensorsFile
    do {
      map = try SafetensorsFile(url.appending(path: shard.path))
    } catch let error as TensorFileError {
      throw StorageError(
        error.code == .missing ? .missing : .damaged, error.description, file: file)
    }
    for hook in hooks {
      let found = map.tensors[hook.name]
      guard let found, found.shape == [shard.rowCount, hook.dimension],
        found.elementType == elementType
      else {
        throw StorageError(
          .damaged,
          "\(hook.name): expected \(elementType.rawValue) of shape "
            + "\([shard.rowCount, hook.dimension]), found "
            + (found.map { "\($0.elementType.rawValue) of shape \($0.shape)" } ?? "none"),
          file: file)
      }
    }
    try shard.checkHash(in: url, file: file)
    maps.withLock { maps in
      if maps.count >= Self.mappedShards { maps.removeAll() }
      maps[index] = map
    }
    return map
  }
}

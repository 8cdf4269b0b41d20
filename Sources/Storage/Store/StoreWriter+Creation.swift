import Foundation
import GRDB
import TensorFiles

extension StoreWriter {
  /// Puts an empty store in place, whole.
  ///
  /// - Returns: its lock, held from before anybody else could see it.
  static func create(
    _ url: URL, provenance: StoreProvenance, hooks: [StoreHook], elementType: ElementType,
    storeID: String, overwrite: Bool
  ) throws -> StoreLock {
    let output = try FolderOutput(url, overwrite: overwrite, replaceable: StoreSchema.files)
    try StorageError.about(url.lastPathComponent) {
      let queue = try StoreConnection.write(output.url.appending(path: StoreSchema.database))
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA page_size = 4096")
        try db.execute(sql: "PRAGMA application_id = \(StoreSchema.applicationID)")
        try db.execute(sql: "PRAGMA user_version = \(StoreSchema.version)")
      }
      try queue.write { db in
        for statement in StoreSchema.statements { try db.execute(sql: statement) }
        let own = [("storeID", storeID), ("dtype", elementType.rawValue)]
        for (key, value) in own + provenance.entries {
          try db.execute(
            sql: "INSERT INTO provenance VALUES (?, ?)", arguments: [key, StoredText(value)])
        }
        for (id, hook) in hooks.enumerated() {
          try db.execute(
            sql: "INSERT INTO hook VALUES (?, ?, ?)",
            arguments: [id, StoredText(hook.name), hook.dimension])
        }
      }
      try queue.close()
    }
    let activations = output.url.appending(path: StoreSchema.activations)
    guard mkdir(activations.path(percentEncoded: false), 0o777) == 0 else {
      throw StorageError(errno: errno, "cannot be created", file: url.lastPathComponent)
    }
    let lock = try StoreLock(output.url, name: url.lastPathComponent)
    try output.commit()
    return lock
  }

  /// Refuses to remove a folder of activations that holds anything but shards.
  static func checkReplaceable(_ url: URL) throws {
    let folder = url.appending(path: StoreSchema.activations).path(percentEncoded: false)
    let found = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard let stray = found.first(where: { !isShard($0) && !isPartial($0) }) else { return }
    throw StorageError(
      .wrongKind,
      "\(StoreSchema.activations) holds \(TensorFileError.printable(stray)), so it is not replaced",
      file: url.lastPathComponent)
  }

  /// Why a store that is there is not the one to go on with.
  static func difference(
    _ found: StoreFile, _ provenance: StoreProvenance, _ hooks: [StoreHook],
    _ elementType: ElementType, _ storeID: String
  ) -> StorageError {
    let (name, theirs, mine): (String, String, String)
    if let (field, mineValue, theirValue) = provenance.difference(from: found.provenance) {
      (name, theirs, mine) = (field, theirValue ?? "none", mineValue ?? "none")
    } else if found.hooks != hooks {
      func list(_ hooks: [StoreHook]) -> String {
        hooks.map { "\($0.name) [\($0.dimension)]" }.joined(separator: ", ")
      }
      (name, theirs, mine) = ("hooks", list(found.hooks), list(hooks))
    } else {
      (name, theirs, mine) = ("dtype", found.elementType.rawValue, elementType.rawValue)
    }
    return StorageError(
      .exists,
      "holds a capture of other settings: \(name) there is \(shortened(theirs)), here "
        + shortened(mine),
      file: found.name, remedy: "\(.overwrite) replaces it")
  }

  private static func shortened(_ text: String) -> String {
    TensorFileError.printable(text.split(whereSeparator: \.isNewline).joined(separator: "; "))
  }

  private static let again: Remedy = "\(.overwrite) captures everything again"

  /// Removes what a kill left half-written, and shards that no transaction names.
  ///
  /// - Throws: `missing` or `damaged` for a shard of `named` that is not there as it was written.
  func removeLeftovers(_ shards: [StoreShard]) throws {
    let folder = url.appending(path: StoreSchema.activations)
    let found = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    let named = Set(shards.map { StoreSchema.shardName($0.index) })
    for file in found
    where Self.isPartial(file) && file != StoreLock.ownerName
      || (Self.isShard(file) && !named.contains(file))
    {
      try FileManager.default.removeItem(at: folder.appending(path: file))
    }
    for shard in shards {
      var status = stat()
      let path = url.appending(path: shard.path).path(percentEncoded: false)
      guard stat(path, &status) == 0 else {
        throw StorageError(
          .missing, "not there", file: "\(url.lastPathComponent)/\(shard.path)",
          remedy: Self.again)
      }
      guard Int(status.st_size) == shard.byteCount else {
        throw StorageError(
          .damaged,
          "expected \(shard.byteCount) bytes, found \(status.st_size)",
          file: "\(url.lastPathComponent)/\(shard.path)", remedy: Self.again)
      }
      do {
        try shard.checkHash(in: url, file: "\(url.lastPathComponent)/\(shard.path)")
      } catch var error as StorageError where error.code == .damaged {
        error.remedy = Self.again
        throw error
      }
    }
  }

  private static func isShard(_ name: String) -> Bool {
    let stem = name.split(separator: ".", omittingEmptySubsequences: false)
    return stem.count == 2 && stem[1] == "safetensors" && stem[0].count >= 6
      && stem[0].allSatisfy { $0.isASCII && $0.isNumber }
  }

  private static func isPartial(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(".partial")
  }
}

/// Keeps a second process from appending to the same store, for as long as it lives.
///
/// The lock is on the folder: closing a second descriptor of the database would drop SQLite's own. Whose it is lies in a
/// file in that folder, for whoever finds it locked.
final class StoreLock {
  static let ownerName = ".owner.partial"
  private let descriptor: Int32

  /// - Throws: `busy`, naming the other process; `wrongKind` where there is no folder of activations.
  init(_ store: URL, name: String? = nil) throws {
    let folder = store.appending(path: StoreSchema.activations)
    let name = name ?? store.lastPathComponent
    descriptor = open(folder.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw StorageError(
        .wrongKind, "not a store: expected a folder \(StoreSchema.activations)", file: name)
    }
    // The value is whole by now, so what is thrown here goes through `deinit`, which closes it.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      let owner = Self.owner(in: folder).map { " (\($0.words))" } ?? ""
      throw StorageError(.busy, "another process is appending to it\(owner)", file: name)
    }
    isHeld = true
    // A folder that cannot be written to keeps its owner's name to itself.
    let file = openat(
      descriptor, Self.ownerName, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o644)
    if file >= 0 {
      _ = Array(ProcessOwner.current.line.utf8).withUnsafeBytes {
        write(file, $0.baseAddress, $0.count)
      }
      close(file)
    }
  }

  private var isHeld = false

  /// Whether the folder that is locked is the one at the store's path.
  func isOf(_ store: URL) -> Bool {
    let folder = store.appending(path: StoreSchema.activations)
    return FileIdentity(descriptor: descriptor) == FileIdentity(path: SQLitePath.plain(folder))
  }

  /// Takes the owner's name away; what is left is the store.
  func removeOwner() {
    guard isHeld else { return }
    unlinkat(descriptor, Self.ownerName, 0)
  }

  deinit {
    removeOwner()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Who holds the lock; `nil` where that is not told. It may be about to be.
  private static func owner(in folder: URL) -> ProcessOwner? {
    let path = folder.appending(path: ownerName)
    for _ in 0..<20 {
      if let map = try? MappedFile(path), map.byteCount < 1024 {
        let text = map.withBytes(0..<map.byteCount) { String(decoding: $0, as: UTF8.self) }
        if let owner = ProcessOwner(line: text) { return owner }
      }
      usleep(10_000)
    }
    return nil
  }
}

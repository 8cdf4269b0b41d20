import Foundation
import GRDB
import TensorFiles

/// The first 100 bytes of an SQLite file, read without SQLite, for errors that say more than
/// "not a database".
struct DatabaseHeader {
  let version: Int
  let applicationID: Int32

  /// - Throws: `damaged` where the file is not SQLite or shorter than it says.
  init(_ url: URL, file: String) throws {
    // Opened as every other file is, and never waited for: the path may be a pipe that nobody writes to.
    let map: MappedFile
    do {
      map = try MappedFile(url)
    } catch let error as TensorFileError {
      throw StorageError(
        error.code == .missing ? .missing : .inputOutput, error.message, file: file)
    }
    let header = map.withBytes(0..<min(100, map.byteCount)) { [UInt8]($0) }
    guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StorageError(
        .damaged, "expected an SQLite database, found \(header.count) other bytes", file: file)
    }
    func number(at offset: Int) -> UInt32 {
      header[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    let pageSize = Int(header[16]) << 8 | Int(header[17])
    let pages = Int(number(at: 28))
    let expected = pages * (pageSize == 1 ? 65_536 : pageSize)
    let found = map.byteCount
    guard found >= expected else {
      throw StorageError(.damaged, "expected \(expected) bytes, found \(found)", file: file)
    }
    version = Int(Int32(bitPattern: number(at: 60)))
    applicationID = Int32(bitPattern: number(at: 68))
  }

  func check(applicationID expectedID: Int32, version supported: Int, file: String) throws {
    guard applicationID == expectedID else {
      throw StorageError(
        .wrongKind,
        "expected application id \(expectedID), found \(applicationID): another program's database",
        file: file)
    }
    guard version <= supported else {
      throw StorageError(
        .newerVersion, "is of version \(version); this program reads up to \(supported)",
        file: file)
    }
  }
}

extension DatabaseQueue {
  /// Opens `database` so that nothing is written beside it, not even a lock.
  ///
  /// - Parameter statements: what else is done as it is opened.
  static func immutable(_ database: URL, preparing statements: [String] = []) throws
    -> DatabaseQueue
  {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA mmap_size = 1073741824")
      try db.execute(sql: "PRAGMA trusted_schema = OFF")
      for statement in statements { try db.execute(sql: statement) }
    }
    do {
      return try DatabaseQueue(path: SQLitePath.immutable(database), configuration: configuration)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
      // An SQLite built without URIs. Read-only is as good, unless the disk has no locks.
      return try DatabaseQueue(path: SQLitePath.plain(database), configuration: configuration)
    }
  }
}

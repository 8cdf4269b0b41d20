import Foundation
import GRDB

/// A notebook that can be read and not written to, as on a disk or in a folder of somebody else's.
///
/// All of it is taken into memory: what SQLite keeps beside a database that it reads cannot be made there, and what was noted
/// last may still lie in its log.
enum NotebookSnapshot {
  private static let attempts = 3
  private static let logs = ["-wal", "-journal"]

  /// Whether there is a notebook that cannot be written to.
  static func isNeeded(_ url: URL) -> Bool {
    let path = SQLitePath.plain(url)
    let folder = SQLitePath.plain(url.deletingLastPathComponent())
    guard access(path, F_OK) == 0 else { return false }
    return access(path, W_OK) != 0 || access(folder, W_OK) != 0
  }

  /// What the notebook holds now.
  ///
  /// - Throws: `readOnly` where a part of it cannot be read; `busy` where somebody keeps changing it; `wrongKind`.
  static func read(_ url: URL) throws -> DatabaseQueue {
    try SQLitePath.checkOrdinary(url, file: url.lastPathComponent)
    for _ in 0..<attempts {
      let before = state(of: url)
      let memory = try DatabaseQueue()
      try copy(url, into: memory)
      if state(of: url) == before { return memory }
    }
    throw StorageError(.busy, "somebody keeps changing it", file: url.lastPathComponent)
  }

  private static func copy(_ url: URL, into memory: DatabaseQueue) throws {
    do {
      try copy(SQLitePath.plain(url), into: memory)
    } catch let error as DatabaseError
      where [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_IOERR].contains(error.resultCode)
    {
      guard try logs.contains(where: { try size(url, $0) > 0 }) else {
        return try copy(SQLitePath.immutable(url), into: memory)
      }
      try copyWithLogs(url, into: memory)
    }
  }

  private static func copy(_ path: String, into memory: DatabaseQueue) throws {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(10)
    let source = try DatabaseQueue(path: path, configuration: configuration)
    try source.backup(to: memory)
    try source.close()
  }

  /// Puts a copy together where SQLite may write, so that it takes in what the log holds.
  static func copyWithLogs(_ url: URL, into memory: DatabaseQueue) throws {
    let files = FileManager.default
    let folder = try files.makePrivateFolder()
    defer { try? files.removeItem(at: folder) }
    let target = folder.appending(path: "notebook.sqlite")
    for suffix in [""] + logs where try suffix.isEmpty || size(url, suffix) > 0 {
      do {
        let part = try Data(contentsOf: URL(filePath: SQLitePath.plain(url) + suffix))
        try part.write(to: URL(filePath: SQLitePath.plain(target) + suffix))
      } catch {
        throw StorageError(
          .readOnly,
          "what was noted last lies in \(url.lastPathComponent)\(suffix), which cannot be read",
          file: url.lastPathComponent)
      }
    }
    let source = try DatabaseQueue(path: SQLitePath.plain(target))
    try source.backup(to: memory)
    try source.close()
  }

  private static func size(_ url: URL, _ suffix: String) throws -> Int {
    var status = stat()
    guard stat(SQLitePath.plain(url) + suffix, &status) == 0 else {
      guard errno == ENOENT else {
        throw StorageError(
          errno: errno, "\(suffix) beside it cannot be seen", file: url.lastPathComponent)
      }
      return 0
    }
    return Int(status.st_size)
  }

  /// What changes when somebody writes.
  ///
  /// Not the time of the last change: SQLite sets the owner of a log that it merely opens.
  private static func state(of url: URL) -> [Int] {
    ([""] + logs).flatMap { suffix -> [Int] in
      var status = stat()
      guard stat(SQLitePath.plain(url) + suffix, &status) == 0 else { return [-1] }
      return [Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
    }
  }
}

extension FileManager {
  /// A new folder that nobody else can look into; whoever asks for it removes it.
  func makePrivateFolder() throws -> URL {
    let folder = temporaryDirectory.appending(path: "exemplar-\(UUID().uuidString)")
    try createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    return folder
  }
}

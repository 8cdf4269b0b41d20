import Foundation
import GRDB

/// Copies of the notebook, one a day, in `backups` beside it; and what becomes of a damaged one.
enum NotebookBackups {
  private static let daysKept = 30

  /// Copies the notebook unless this day's copy is there or there is nothing in it to copy.
  ///
  /// Runs before migrations, so the first copy after an update is of the version before it.
  static func keepDay(of queue: DatabaseQueue, _ url: URL, now: Date) throws {
    let copy = folder(url).appending(path: "\(prefix(url))\(day(now)).sqlite")
    let files = FileManager.default
    guard !files.fileExists(atPath: copy.path(percentEncoded: false)),
      try queue.read({ db in
        try ["change", "verdict"].contains { table in
          try db.tableExists(table)
            && Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT * FROM \(table))") == true
        }
      })
    else { return }
    try files.createDirectory(at: folder(url), withIntermediateDirectories: true)
    let partial = copy.appendingPathExtension("partial")
    try? files.removeItem(at: partial)
    do {
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "VACUUM INTO ?", arguments: [partial.path(percentEncoded: false)])
      }
      try sync(partial)
      try files.moveItem(at: partial, to: copy)
    } catch {
      try? files.removeItem(at: partial)
      throw error
    }
    for old in try copies(of: url).dropFirst(daysKept) { try? files.removeItem(at: old) }
  }

  /// Renames a damaged notebook and what SQLite keeps beside it, so that neither is overwritten.
  ///
  /// - Returns: the new name.
  static func setAside(_ url: URL, now: Date) throws -> String {
    let path = url.path(percentEncoded: false)
    let suffixes = ["", "-wal", "-shm", "-journal"]
    var attempt = 1
    var aside: String
    repeat {
      aside = "\(path).damaged-\(day(now))-\(attempt)"
      attempt += 1
    } while suffixes.contains { FileManager.default.fileExists(atPath: aside + $0) }
    for suffix in suffixes where FileManager.default.fileExists(atPath: path + suffix) {
      guard rename(path + suffix, aside + suffix) == 0 else {
        throw StorageError(errno: errno, "cannot be set aside", file: url.lastPathComponent)
      }
    }
    return URL(filePath: aside).lastPathComponent
  }

  /// Puts the newest copy that `isSound` in the notebook's place.
  ///
  /// - Returns: the copy's name, or `nil` where there is none.
  static func restoreNewest(to url: URL, isSound: (URL) throws -> Bool) throws -> String? {
    let files = FileManager.default
    for copy in try copies(of: url) {
      let candidate = url.appendingPathExtension("restoring")
      for suffix in ["", "-wal", "-shm"] {
        try? files.removeItem(atPath: candidate.path(percentEncoded: false) + suffix)
      }
      try files.copyItem(at: copy, to: candidate)
      guard try isSound(candidate) else { continue }
      try sync(candidate)
      try files.moveItem(at: candidate, to: url)
      return copy.lastPathComponent
    }
    return nil
  }

  /// Newest first.
  static func copies(of url: URL) throws -> [URL] {
    guard
      let found = try? FileManager.default.contentsOfDirectory(
        at: folder(url).resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
    else { return [] }
    return found.filter {
      $0.lastPathComponent.hasPrefix(prefix(url)) && $0.pathExtension == "sqlite"
    }.sorted { $0.lastPathComponent > $1.lastPathComponent }
  }

  private static func folder(_ url: URL) -> URL {
    url.deletingLastPathComponent().appending(path: "backups")
  }

  private static func prefix(_ url: URL) -> String {
    url.deletingPathExtension().lastPathComponent + "-"
  }

  private static func day(_ date: Date) -> String { String(Timestamp.text(date).prefix(10)) }

  private static func sync(_ url: URL) throws {
    let handle = try FileHandle(forUpdating: url)
    try handle.synchronize()
    try handle.close()
  }
}

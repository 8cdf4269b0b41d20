import Foundation
import GRDB
import TensorFiles

/// Copies of the notebook in `backups` beside it; and what becomes of a damaged one.
enum NotebookBackups {
  /// Why a copy was made, as its name says; that of a day says nothing.
  enum Reason: String, CaseIterable {
    case day, hour, quit, `import`, merge
    /// Of a notebook whose file was replaced while it was open.
    case replaced
    /// What could be read of a damaged one.
    case salvaged

    /// Whether it is for what others add to it, of whatever earlier sessions noted.
    var isOfWhatWasThere: Bool { self == .import || self == .merge }

    /// How many are kept beside those of other kinds.
    var limit: Int {
      switch self {
      case .day: 30
      case .hour, .quit, .import, .merge: 12
      case .replaced, .salvaged: 20
      }
    }
  }

  /// The name of a copy says when it was made: `NOTEBOOK-2026-01-31.sqlite` for the first of a day,
  /// `NOTEBOOK-2026-01-31T120000Z-quit.sqlite` for others, in UTC.
  struct Name {
    var moment: String
    var reason: Reason
    /// Of those of one second, from 1.
    var number = 1

    /// `nil` for files of other names.
    init?(_ url: URL, of notebook: URL) {
      let name = url.lastPathComponent
      guard name.hasPrefix(prefix(notebook)), name.hasSuffix(".sqlite") else { return nil }
      let stamp = name.dropFirst(prefix(notebook).count).dropLast(".sqlite".count)
      let day = stamp.prefix(10)
      guard day.count == 10, day.split(separator: "-").map(\.count) == [4, 2, 2] else { return nil }
      let rest = stamp.dropFirst(10).split(separator: "-", omittingEmptySubsequences: false)
      if stamp.count == 10 {
        // It holds what the day began with.
        (moment, reason) = ("\(day)T000000Z", .day)
      } else if rest.count >= 2, rest[0].count == 8, let reason = Reason(rawValue: String(rest[1]))
      {
        (moment, self.reason) = ("\(day)\(rest[0])", reason)
        if rest.count > 2, let number = Int(rest[2]) { self.number = number }
      } else {
        return nil
      }
    }
  }

  /// Copies the notebook unless this day's copy is there or there is nothing in it to copy.
  ///
  /// Runs before migrations, so the first copy after an update is of the version before it.
  static func keepDay(of queue: DatabaseQueue, _ url: URL, now: Date) throws {
    let copy = folder(url).appending(path: "\(prefix(url))\(day(now)).sqlite")
    guard !FileManager.default.fileExists(atPath: copy.path(percentEncoded: false)),
      try queue.read({ db in
        try ["change", "verdict"].contains { table in
          try db.tableExists(table)
            && Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT * FROM \(table))") == true
        }
      })
    else { return }
    try write(queue, to: copy, url, now: now)
  }

  /// Copies the notebook as it is now, unless the newest copy is the same: those of imports that add nothing would drive
  /// out the others.
  ///
  /// - Returns: the copy's name.
  static func keep(
    _ queue: DatabaseQueue, _ url: URL, reason: Reason, now: Date
  ) throws -> String {
    let stem = "\(prefix(url))\(moment(now))-\(reason.rawValue)"
    var copy = folder(url).appending(path: "\(stem).sqlite")
    var number = 2
    while FileManager.default.fileExists(atPath: copy.path(percentEncoded: false)) {
      copy = folder(url).appending(path: "\(stem)-\(number).sqlite")
      number += 1
    }
    return try write(queue, to: copy, url, now: now, isNeededAnyway: false).lastPathComponent
  }

  /// - Returns: where it is now, or the newest copy where that is the same and another one is not needed.
  @discardableResult
  private static func write(
    _ queue: DatabaseQueue, to copy: URL, _ url: URL, now: Date, isNeededAnyway: Bool = true
  ) throws -> URL {
    let files = FileManager.default
    try files.createDirectory(at: folder(url), withIntermediateDirectories: true)
    let partial = copy.appendingPathExtension("\(ProcessOwner.mark).partial")
    try write(queue, to: partial)
    do {
      let newest = isNeededAnyway ? nil : try copies(of: url, now: now).first
      if let newest,
        files.contentsEqual(
          atPath: newest.path(percentEncoded: false),
          andPath: partial.path(percentEncoded: false))
      {
        try files.removeItem(at: partial)
        return newest
      }
      try files.moveItem(at: partial, to: copy)
    } catch {
      try? files.removeItem(at: partial)
      throw error
    }
    removeLeftovers(url)
    let found = try copies(of: url, now: now)
    for reason in Reason.allCases {
      // One from the future is not counted: where the clock was set back, all that is worth keeping may be.
      let ofKind = found.filter { copy in
        Name(copy, of: url).map { $0.reason == reason && $0.moment <= moment(now) } == true
      }
      for old in ofKind.dropFirst(reason.limit) { try? files.removeItem(at: old) }
    }
    return copy
  }

  /// Writes the whole content of a database to a new file, synced.
  static func write(_ queue: DatabaseQueue, to url: URL) throws {
    let files = FileManager.default
    try? files.removeItem(at: url)
    do {
      try queue.writeWithoutTransaction { db in
        try db.execute(sql: "VACUUM INTO ?", arguments: [SQLitePath.plain(url)])
      }
      try sync(url)
    } catch {
      try? files.removeItem(at: url)
      throw error
    }
  }

  /// Removes what processes left that were killed while they made a copy.
  private static func removeLeftovers(_ url: URL) {
    let files = FileManager.default
    let path = folder(url)
    let names = (try? files.contentsOfDirectory(atPath: path.path(percentEncoded: false))) ?? []
    for name in names where name.hasPrefix(prefix(url)) && name.hasSuffix(".partial") {
      let parts = name.split(separator: ".")
      guard parts.count >= 2, ProcessOwner.isGone(parts[parts.count - 2]) else { continue }
      try? files.removeItem(at: path.appending(path: name))
    }
  }

  /// Renames a damaged notebook and what SQLite keeps beside it, so that neither is overwritten.
  ///
  /// - Returns: the new name.
  static func setAside(_ url: URL, now: Date) throws -> String {
    let path = url.path(percentEncoded: false)
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

  /// The notebook, and what SQLite keeps beside it.
  private static let suffixes = [""] + SQLitePath.companions

  /// Undoes ``setAside(_:now:)`` where nothing could be opened in the notebook's place, as on a full disk: an empty one would be
  /// opened there next time, and nobody told of the damage.
  static func putBack(_ aside: String, to url: URL) {
    let path = url.path(percentEncoded: false)
    let name = url.deletingLastPathComponent().appending(path: aside).path(percentEncoded: false)
    // An empty one may have been begun in its place. Anything else there is a copy, or somebody's.
    var status = stat()
    guard lstat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    else { return }
    for suffix in suffixes { rename(name + suffix, path + suffix) }
  }

  /// Puts the newest copy that `isSound` in the notebook's place.
  ///
  /// - Returns: the copy's name, or `nil` where there is none.
  static func restoreNewest(
    to url: URL, now: Date, isSound: (URL) throws -> Bool
  ) throws -> String? {
    let files = FileManager.default
    for copy in try copies(of: url, now: now) {
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

  /// Newest first; those that a clock gave a date to come stand last, since they may be older than any.
  static func copies(of url: URL, now: Date) throws -> [URL] {
    guard
      let found = try? FileManager.default.contentsOfDirectory(
        at: folder(url).resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
    else { return [] }
    let latest = moment(now)
    func order(_ copy: (url: URL, name: Name)) -> (Int, String, Int, String) {
      (
        copy.name.moment <= latest ? 1 : 0, copy.name.moment, copy.name.number,
        copy.url.lastPathComponent
      )
    }
    // Nor is a link that leads to nothing, or a pipe, a copy of anything.
    return found.filter { copy in
      let path = SQLitePath.plain(copy)
      return access(path, F_OK) == 0 && OrdinaryFile.otherKind(atPath: path) == nil
    }
    .compactMap { copy in Name(copy, of: url).map { (copy, $0) } }
    .sorted { order($0) > order($1) }.map(\.0)
  }

  private static func folder(_ url: URL) -> URL {
    url.deletingLastPathComponent().appending(path: "backups")
  }

  private static func prefix(_ url: URL) -> String {
    url.deletingPathExtension().lastPathComponent + "-"
  }

  private static func day(_ date: Date) -> String { String(Timestamp.text(date).prefix(10)) }

  /// To the second, without colons.
  private static func moment(_ date: Date) -> String {
    String(Timestamp.text(date).prefix(19).filter { $0 != ":" }) + "Z"
  }

  private static func sync(_ url: URL) throws {
    let handle = try FileHandle(forUpdating: url)
    try handle.synchronize()
    try handle.close()
  }
}

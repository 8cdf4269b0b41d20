import Foundation
import TensorFiles

/// How SQLite is told of a file: always by an absolute path, which it takes for nothing else than one.
///
/// A name that begins with `file:` is a URI to it, and what follows two slashes in a URI is a host.
enum SQLitePath {
  /// The path, with one slash before it.
  static func plain(_ url: URL) -> String {
    let path = url.path(percentEncoded: false)
    guard path.hasPrefix("/") else {
      let folder = FileManager.default.currentDirectoryPath
      return folder == "/" ? "/" + path : "\(folder)/\(path)"
    }
    return "/" + path.drop { $0 == "/" }
  }

  /// What a path is the name of in the end; where a link leads to nothing, that nothing.
  static func target(of path: String) -> String {
    var url = URL(filePath: path)
    for _ in 0..<40 {
      guard
        let link = try? FileManager.default.destinationOfSymbolicLink(
          atPath: url.path(percentEncoded: false))
      else { break }
      url = URL(filePath: link, relativeTo: url.deletingLastPathComponent()).absoluteURL
    }
    return plain(url)
  }

  /// The file as it lies, which nobody writes to: no lock, nothing beside it.
  static func immutable(_ url: URL) -> String { uri(url, "immutable=1") }

  /// The file where there is one; none is made.
  static func existing(_ url: URL) -> String { uri(url, "mode=rw") }

  /// What SQLite keeps beside a database.
  static let companions = ["-wal", "-shm", "-journal"]

  /// Refuses by name, before SQLite opens it, a database that is no ordinary file.
  ///
  /// - Throws: `wrongKind`, for what lies beside it too: SQLite waits for who writes into a pipe that stands where a journal
  ///   would, and what is written to a device is nowhere.
  static func checkOrdinary(_ database: URL, file: String) throws {
    let path = plain(database)
    if let kind = OrdinaryFile.otherKind(atPath: path) {
      throw StorageError(.wrongKind, OrdinaryFile.refusal(of: kind), file: file)
    }
    try checkCompanions(path, file: file)
  }

  /// Likewise what lies beside it alone.
  static func checkCompanions(_ path: String, file: String) throws {
    // They lie beside what a link leads to.
    let target = target(of: path)
    for suffix in companions {
      guard let kind = OrdinaryFile.otherKind(atPath: target + suffix) else { continue }
      throw StorageError(.wrongKind, OrdinaryFile.refusal(of: kind), file: file + suffix)
    }
  }

  private static func uri(_ url: URL, _ parameter: String) -> String {
    let path = plain(url)
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    return "file:\(escaped)?\(parameter)"
  }
}

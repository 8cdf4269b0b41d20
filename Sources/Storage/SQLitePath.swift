import Foundation

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

  /// The file as it lies, which nobody writes to: no lock, nothing beside it.
  static func immutable(_ url: URL) -> String { uri(url, "immutable=1") }

  /// The file where there is one; none is made.
  static func existing(_ url: URL) -> String { uri(url, "mode=rw") }

  private static func uri(_ url: URL, _ parameter: String) -> String {
    let path = plain(url)
    let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    return "file:\(escaped)?\(parameter)"
  }
}

import Foundation
import Storage

/// Where a session may write the files that it is asked for by name.
package enum WritableFolders: Sendable {
  case anywhere
  /// A session that somebody else recorded writes into a folder of its own.
  case only(URL)

  /// - Throws: `readOnly` for a path outside, links followed.
  func check(_ path: String) throws {
    guard case .only(let folder) = self else { return }
    let place = URL(filePath: path).standardizedFileURL.resolvingSymlinksInPath()
      .pathComponents
    let allowed = folder.standardizedFileURL.resolvingSymlinksInPath().pathComponents
    guard place.count > allowed.count, place.starts(with: allowed) else {
      throw StorageError(
        .readOnly, "not written: a replay writes no files unless it is given --allow-writes",
        file: URL(filePath: path).lastPathComponent)
    }
  }

  var isAnywhere: Bool {
    if case .anywhere = self { true } else { false }
  }
}

/// A file that appears whole and takes the place of none.
enum NewFile {
  static func write(_ text: String, to path: String, within folders: WritableFolders) throws {
    try folders.check(path)
    let url = URL(filePath: path)
    let hidden = url.deletingLastPathComponent().appending(
      path: ".\(String(UInt64.random(in: .min ... .max), radix: 36)).partial")
    let temporary = hidden.path(percentEncoded: false)
    func failure(_ what: String) -> StorageError {
      let code: StorageError.Code = errno == EEXIST ? .exists : .readOnly
      return StorageError(
        code, "\(what): \(String(cString: strerror(errno)))", file: url.lastPathComponent)
    }
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("it cannot be written there") }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    defer { unlink(temporary) }
    try file.write(contentsOf: Data(text.utf8))
    try file.synchronize()
    // Unlike a renaming, a second name is refused where there is a file.
    guard link(temporary, path) == 0 else {
      throw failure(errno == EEXIST ? "not overwritten" : "it cannot be written there")
    }
  }
}

import Foundation
import Storage

/// A file that appears whole and takes the place of none.
enum NewFile {
  static func write(_ text: String, to path: String) throws {
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

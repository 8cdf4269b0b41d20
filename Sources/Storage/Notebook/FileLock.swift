import Foundation
import TensorFiles

/// A lock between processes, for what SQLite's own locks do not cover: replacing the file itself.
enum FileLock {
  private static let patience = Duration.seconds(10)

  /// Runs `body` while no other process holds the lock file at `url`, which is left behind.
  ///
  /// - Throws: `busy` where another holds it for longer than anything done under it takes.
  static func hold<R>(_ url: URL, file: String, _ body: () throws -> R) throws -> R {
    let descriptor = open(url.path(percentEncoded: false), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw StorageError(
        errno: errno, "cannot be opened for writing", file: url.lastPathComponent)
    }
    // Closing gives the lock up, as does the end of the process in any manner.
    defer { close(descriptor) }
    if let kind = OrdinaryFile.otherKind(ofDescriptor: descriptor) {
      throw StorageError(.wrongKind, OrdinaryFile.refusal(of: kind), file: url.lastPathComponent)
    }
    // A file system without such locks answers with an error, and then there is none to wait for.
    let deadline = ContinuousClock.now + patience
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK || errno == EINTR {
      guard ContinuousClock.now < deadline else {
        throw StorageError(.busy, "another process has been opening it for too long", file: file)
      }
      usleep(10_000)
    }
    return try body()
  }
}

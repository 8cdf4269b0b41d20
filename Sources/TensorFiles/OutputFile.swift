import Foundation

/// A file that appears under its name whole, or not at all.
///
/// Bytes go to a hidden neighbour (`.RANDOM.partial`) that `commit()` syncs and renames over
/// the target, whose earlier content stays until then. A value that goes away uncommitted removes
/// the neighbour. Not for use from two threads.
package final class OutputFile {
  package let url: URL
  private let temporaryPath: String
  private var descriptor: Int32
  /// How many bytes `write(_:)` has appended.
  package private(set) var byteCount = 0
  /// Bytes that the kernel was not yet told to write.
  private var waiting = 0

  /// The disk is put to work after as many, so that little is left to wait for when the file is synced.
  private static let writebackStride = 1 << 25

  /// - Throws: `inputOutput` where the folder does not exist or cannot be written to.
  package init(_ url: URL) throws {
    self.url = url
    let folder = url.deletingLastPathComponent()
    let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
    temporaryPath =
      folder.appending(path: ".\(suffix).partial").path(percentEncoded: false)
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure("cannot be created") }
  }

  deinit { discard() }

  /// Appends `bytes`.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    try write(bytes, at: byteCount)
    byteCount += bytes.count
  }

  package func write(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write($0) }
  }

  /// Writes `bytes` at `offset`, which may lie past what was written so far; does not move the
  /// place where `write(_:)` appends.
  package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < bytes.count {
      let written = pwrite(
        descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, offset + done)
      guard written > 0 else {
        if written < 0 && errno == EINTR { continue }
        throw failure("cannot be written")
      }
      done += written
    }
    waiting += done
    if waiting >= Self.writebackStride {
      Self.startWriteback(descriptor)
      waiting = 0
    }
  }

  /// Has the disk begin with what was written so far; where the system cannot, syncing writes all.
  ///
  /// Swift's Glibc module leaves `sync_file_range` out.
  private static func startWriteback(_ descriptor: Int32) {
    typealias Sync = @convention(c) (Int32, Int64, Int64, UInt32) -> Int32
    guard let symbol = dlsym(nil, "sync_file_range") else { return }
    let (toTheEnd, isWriting): (Int64, UInt32) = (0, 1 << 1)
    _ = unsafeBitCast(symbol, to: Sync.self)(descriptor, 0, toTheEnd, isWriting)
  }

  /// Makes the file whole and durable under its own name.
  package func commit() throws {
    guard fsync(descriptor) == 0 else { throw failure("cannot be synced") }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0, rename(temporaryPath, url.path(percentEncoded: false)) == 0 else {
      let error = failure("cannot be written")
      unlink(temporaryPath)
      throw error
    }
    // The rename itself is durable only once its folder is. A file system that cannot sync a
    // folder has nothing better to offer, so its refusal is not an error.
    let folder = open(
      url.deletingLastPathComponent().path(percentEncoded: false), O_RDONLY | O_CLOEXEC)
    if folder >= 0 {
      fsync(folder)
      close(folder)
    }
  }

  /// Removes what was written; the target is as it was.
  package func discard() {
    guard descriptor >= 0 else { return }
    close(descriptor)
    descriptor = -1
    unlink(temporaryPath)
  }

  private func failure(_ what: String) -> TensorFileError {
    TensorFileError(
      .inputOutput,
      "\(TensorFileError.printable(url.lastPathComponent)) \(what): "
        + String(cString: strerror(errno)))
  }
}

import Foundation
import Synchronization

/// A read-only memory map of a whole file; its bytes are valid while the value lives.
///
/// The size is taken from the open file, so ranges checked against `byteCount` are inside it. Where
/// another process cuts the file short afterwards, touching the lost pages ends the process, with a
/// sentence that names the file.
package final class MappedFile: Sendable {
  package let url: URL
  package let byteCount: Int
  /// Open on the file since ``checkUnchanged()`` was first called, so that it is found under whatever name it has by then.
  private let watching = Mutex<Int32?>(nil)
  /// What the file was when it was mapped.
  private let state: State
  // Never written through and unmapped only in `deinit`, so sharing it between threads is safe.
  private nonisolated(unsafe) let bytes: UnsafeRawBufferPointer

  /// - Throws: `missing` without such a file; `inputOutput` where it cannot be opened, is a folder
  ///   or device, or cannot be mapped.
  package init(_ url: URL) throws {
    let name = TensorFileError.printable(url.lastPathComponent)
    let descriptor: Int32
    (descriptor, byteCount) = try OrdinaryFile.open(url)
    defer { close(descriptor) }
    self.url = url
    var status = stat()
    fstat(descriptor, &status)
    state = State(status)
    guard byteCount > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let base = mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0),
      base != MAP_FAILED
    else {
      throw TensorFileError(
        .inputOutput,
        "\(name): \(byteCount) bytes cannot be mapped: \(String(cString: strerror(errno)))")
    }
    bytes = UnsafeRawBufferPointer(start: base, count: byteCount)
  }

  deinit {
    if let descriptor = watching.withLock({ $0 }) { close(descriptor) }
    if let base = bytes.baseAddress { munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Calls `body` with the bytes of `range`, which it must not let escape.
  ///
  /// - Precondition: `range` lies within `0..<byteCount`.
  package func withBytes<R>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R
  ) rethrows -> R {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= byteCount,
      "expected a range within \(byteCount) bytes, got \(range)")
    defer { withExtendedLifetime(self) {} }
    return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// The bytes of `range`, which are there as long as this value is.
  ///
  /// - Precondition: `range` lies within `0..<byteCount`.
  package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    withBytes(range) { $0 }
  }

  /// Which file it is, and what changes when somebody writes to it.
  private struct State: Equatable {
    let device, file: UInt64
    let size, seconds, nanoseconds: Int

    init(_ status: stat) {
      (device, file) = (UInt64(status.st_dev), UInt64(status.st_ino))
      size = Int(status.st_size)
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    }

    func isSameFile(as other: State) -> Bool { device == other.device && file == other.file }
  }

  /// For whoever goes on reading a map: what was read later may be of another file's bytes otherwise.
  ///
  /// A file that was put in its place, or took its name away, leaves the map as it is. Called once before the first reading, it
  /// follows the file through another name; a time of writing that was put back by hand is not seen through.
  ///
  /// - Throws: `inputOutput` where the file was written to since it was mapped.
  package func checkUnchanged() throws {
    let descriptor = watching.withLock { known in
      if known == nil { known = try? OrdinaryFile.open(url).descriptor }
      return known
    }
    var status = stat()
    guard let descriptor, fstat(descriptor, &status) == 0 else { return }
    let now = State(status)
    guard now.isSameFile(as: state), now != state else { return }
    throw TensorFileError(
      .inputOutput,
      "\(TensorFileError.printable(url.lastPathComponent)) was written to while it was open: expected the "
        + "\(state.size) bytes that it had, found \(now.size), changed since; nothing more is read of it"
    )
  }

  /// Tells the kernel that the file is about to be read from front to back.
  package func adviseSequential() { advise(MADV_SEQUENTIAL, 0..<byteCount) }

  /// Gives back the memory that pages read so far take; reading them again is as before.
  package func releasePages() { advise(MADV_DONTNEED, 0..<byteCount) }

  /// Of pages that hold a part of `range`, which lies within the file.
  package func releasePages(_ range: Range<Int>) { advise(MADV_DONTNEED, range) }

  private func advise(_ advice: Int32, _ range: Range<Int>) {
    guard let base = bytes.baseAddress else { return }
    let start = range.lowerBound / Self.pageSize * Self.pageSize
    madvise(UnsafeMutableRawPointer(mutating: base + start), range.upperBound - start, advice)
  }

  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
}

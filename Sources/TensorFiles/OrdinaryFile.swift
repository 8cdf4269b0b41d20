import Foundation

/// Files that hold bytes: no pipe, which would be waited for, no folder and no device.
package enum OrdinaryFile {
  /// Opens one for reading; the caller closes the descriptor.
  ///
  /// - Throws: `missing`; `inputOutput` where it cannot be opened, or is none.
  static func open(_ url: URL) throws -> (descriptor: Int32, byteCount: Int) {
    let name = TensorFileError.printable(url.lastPathComponent)
    // Opening a FIFO for reading would otherwise wait for a writer.
    let descriptor = Foundation.open(
      url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno
      throw TensorFileError(
        reason == ENOENT ? .missing : .inputOutput,
        "\(name) cannot be opened: \(String(cString: strerror(reason)))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TensorFileError(.inputOutput, "\(name) is not an ordinary file")
    }
    return (descriptor, Int(status.st_size))
  }

  /// The whole content of one that is expected to be small.
  ///
  /// - Parameter limit: how many bytes it may have.
  /// - Throws: as ``open(_:)``; `inputOutput` where it is larger, or cannot be read.
  package static func data(_ url: URL, limit: Int = 1 << 28) throws -> Data {
    let name = TensorFileError.printable(url.lastPathComponent)
    let (descriptor, byteCount) = try open(url)
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    guard byteCount <= limit else {
      throw TensorFileError(
        .inputOutput, "\(name): expected at most \(limit) bytes, found \(byteCount)")
    }
    do {
      return try handle.read(upToCount: byteCount) ?? Data()
    } catch {
      throw TensorFileError(.inputOutput, "\(name) cannot be read")
    }
  }
}

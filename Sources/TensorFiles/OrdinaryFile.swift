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
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw TensorFileError(.inputOutput, "\(name) is not an ordinary file")
    }
    if let kind = otherKind(status.st_mode) {
      close(descriptor)
      throw TensorFileError(.inputOutput, "\(name) \(refusal(of: kind))")
    }
    return (descriptor, Int(status.st_size))
  }

  /// What stands at a path that is no ordinary file, in words (`a pipe`), without opening it; `nil` for one, and where
  /// nothing is.
  package static func otherKind(atPath path: String) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return otherKind(status.st_mode)
  }

  /// Likewise of an open one.
  package static func otherKind(ofDescriptor descriptor: Int32) -> String? {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { return nil }
    return otherKind(status.st_mode)
  }

  private static func otherKind(_ mode: mode_t) -> String? {
    switch mode & S_IFMT {
    case S_IFREG: nil
    case S_IFIFO: "a pipe"
    case S_IFDIR: "a folder"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// Why it is not opened, after its name.
  package static func refusal(of kind: String) -> String {
    "is not an ordinary file but \(kind)"
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
    let data: Data
    do {
      data = try handle.read(upToCount: byteCount) ?? Data()
    } catch {
      throw TensorFileError(.inputOutput, "\(name) cannot be read")
    }
    guard data.count == byteCount else {
      throw TensorFileError(
        .inputOutput,
        "\(name) was cut short while it was read: expected \(byteCount) bytes, found \(data.count)")
    }
    return data
  }
}

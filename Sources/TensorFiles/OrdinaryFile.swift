import Foundation

/// The whole content of a file that is expected to be small.
package enum OrdinaryFile {
  /// - Parameter limit: how many bytes it may have.
  /// - Throws: `missing`; `inputOutput` where it cannot be opened, is none (a pipe would be waited for), or is larger.
  package static func data(_ url: URL, limit: Int = 1 << 28) throws -> Data {
    let name = TensorFileError.printable(url.lastPathComponent)
    let descriptor = open(url.path(percentEncoded: false), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let reason = errno
      throw TensorFileError(
        reason == ENOENT ? .missing : .inputOutput,
        "\(name) cannot be opened: \(String(cString: strerror(reason)))")
    }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw TensorFileError(.inputOutput, "\(name) is not an ordinary file")
    }
    guard status.st_size <= limit else {
      throw TensorFileError(
        .inputOutput, "\(name): expected at most \(limit) bytes, found \(status.st_size)")
    }
    do {
      return try handle.read(upToCount: Int(status.st_size)) ?? Data()
    } catch {
      throw TensorFileError(.inputOutput, "\(name) cannot be read")
    }
  }
}

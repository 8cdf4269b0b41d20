import Foundation

/// Standard output and standard error, pointed at a log while the screen is up: a stray `print`, a warning
/// of a library or the runtime's last words would garble the screen and be lost with it.
struct RedirectedStreams: Sendable {
  /// The terminal, as standard output was.
  let terminal: Int32
  /// The real streams.
  let output: Int32
  let error: Int32

  /// - Throws: `TerminalError.setupFailed` when the log cannot be opened; the streams are as they were.
  init(logPath: String?) throws {
    let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC
    let log = open(logPath ?? "/dev/null", flags, 0o600)
    guard log >= 0 else {
      throw TerminalError.setupFailed(
        "the log \(logPath ?? "/dev/null") cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(log) }
    terminal = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    error = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
    guard terminal >= 0, output >= 0 else {
      for descriptor in [terminal, output, error] where descriptor >= 0 { close(descriptor) }
      throw TerminalError.setupFailed(String(cString: strerror(errno)))
    }
    dup2(log, STDOUT_FILENO)
    dup2(log, STDERR_FILENO)
  }

  /// Points the streams back. To be called once.
  func giveBack() {
    fflush(nil)
    dup2(output, STDOUT_FILENO)
    if error >= 0 { dup2(error, STDERR_FILENO) }
    for descriptor in [terminal, output, error] where descriptor >= 0 { close(descriptor) }
  }
}

/// A pipe that ends a wait for input, from any thread or signal handler.
final class WakePipe: Sendable {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw TerminalError.setupFailed(String(cString: strerror(errno)))
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  /// Writes one byte; when the pipe is full the reader has been told already.
  func signal(_ byte: UInt8) {
    _ = withUnsafeBytes(of: byte) { write(writeEnd, $0.baseAddress, 1) }
  }

  /// Everything written since the last call.
  func drain() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 512)
    let count = bytes.withUnsafeMutableBytes { read(readEnd, $0.baseAddress, $0.count) }
    return Array(bytes.prefix(max(0, count)))
  }
}

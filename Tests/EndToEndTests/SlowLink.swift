import Foundation
import TestSupport

/// A program on a terminal of its own that takes so many bytes a second and no more; a real one shows them, if one can.
final class SlowLink: @unchecked Sendable {
  private let terminal: Int32
  private let child: pid_t
  private let screen: Tmux
  private let lock = NSLock()
  private var received = 0
  private var hasEnded = false

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  init(
    columns: Int, rows: Int, bytesPerSecond: Int, program: String, arguments: [String],
    environment: [String: String], folder: TemporaryFolder
  ) throws {
    screen = try Tmux(columns: columns, rows: rows, environment: environment, folder: folder)
    let pipe = folder.file("link").path(percentEncoded: false)
    mkfifo(pipe, 0o600)
    try screen.shell("clear; stty raw -echo; cat '\(pipe)'; stty sane")
    var ends: (terminal: Int32, program: Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard openpty(&ends.terminal, &ends.program, &name, nil, &size) == 0 else {
      throw POSIXError(.ENXIO)
    }
    terminal = ends.terminal
    // Ends are this process's alone: the program gets its own by opening the terminal's name.
    for end in [ends.terminal, ends.program] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
    posix_spawn_file_actions_adddup2(&actions, 0, 1)
    posix_spawn_file_actions_adddup2(&actions, 0, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    // A session of its own, whose terminal is the first that it opens.
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | 0x80)
    var environment = environment
    environment["TERM"] = "xterm-256color"
    environment["COLORTERM"] = nil
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] =
      environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for string in argv + envp { free(string) } }
    var child = pid_t()
    let status = posix_spawn(&child, program, &actions, &attributes, &argv, &envp)
    close(ends.program)
    guard status == 0 else { throw Failure(description: "\(program) cannot be started") }
    self.child = child
    Thread.detachNewThread { [self] in carry(to: pipe, bytesPerSecond) }
  }

  /// Ends the program and the terminal at the other end; the thread between them holds both until then.
  func end() {
    if !hasEnded { kill(child, SIGKILL) }
    screen.end()
  }

  /// A fiftieth of a second's bytes, fifty times a second.
  private func carry(to pipe: String, _ bytesPerSecond: Int) {
    // The far end may be closed first; that must end this thread and not the tests.
    var closed = sigset_t()
    sigemptyset(&closed)
    sigaddset(&closed, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &closed, nil)
    let shown = open(pipe, O_WRONLY)
    var buffer = [UInt8](repeating: 0, count: max(1, bytesPerSecond / 50))
    while true {
      let count = buffer.withUnsafeMutableBytes { read(terminal, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      let written = buffer.withUnsafeBytes { write(shown, $0.baseAddress, count) }
      guard written == count else { break }
      lock.withLock { received += count }
      usleep(useconds_t(1_000_000 * count / bytesPerSecond))
    }
    close(shown)
    close(terminal)
  }

  /// Bytes that came over the link.
  var count: Int { lock.withLock { received } }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(terminal, $0.baseAddress, $0.count) }
  }

  /// Waits until the screen at the other end shows `text`.
  @discardableResult
  func wait(for text: String, seconds: Double) throws -> String {
    try screen.wait(for: text, seconds: seconds)
  }

  /// The program's exit status, once it has ended.
  func status(seconds: Double) throws -> Int32 {
    let end = Date().addingTimeInterval(seconds)
    var status: Int32 = 0
    while Date() < end {
      if waitpid(child, &status, WNOHANG) == child {
        hasEnded = true
        return (status >> 8) & 0xff
      }
      usleep(20_000)
    }
    throw Failure(description: "it did not end")
  }
}

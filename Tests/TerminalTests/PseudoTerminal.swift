import Foundation

/// A terminal without a window: what a program writes to it is kept, and keys can be typed.
final class PseudoTerminal: @unchecked Sendable {
  let path: String
  private let master: Int32
  /// Held open, so that what was written outlives the program.
  private let slave: Int32
  private let lock = NSLock()
  private var bytes: [UInt8] = []

  init() throws {
    var ends: (master: Int32, slave: Int32) = (-1, -1)
    var name = [CChar](repeating: 0, count: 128)
    guard openpty(&ends.master, &ends.slave, &name, nil, nil) == 0 else { throw POSIXError(.ENXIO) }
    (master, slave) = ends
    path = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    Thread.detachNewThread { [self] in collect() }
  }

  deinit {
    close(slave)
    close(master)
  }

  /// Reads on until the program's side is closed; a full terminal would stop the program.
  private func collect() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(master, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      lock.withLock { bytes += buffer.prefix(count) }
    }
  }

  /// What was written so far, with `␛` for ESC.
  var output: String {
    lock.withLock { String(decoding: bytes, as: UTF8.self) }
      .replacing("\u{1B}", with: "␛")
  }

  /// Bytes written so far.
  var count: Int { lock.withLock { bytes.count } }

  func type(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(master, $0.baseAddress, $0.count) }
  }

  func resize(columns: UInt16, rows: UInt16) {
    var size = winsize(ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(slave, UInt(TIOCSWINSZ), &size)
  }

  /// The modes that a program changes, told as numbers.
  var modes: [UInt32] {
    var modes = termios()
    tcgetattr(slave, &modes)
    return [modes.c_iflag, modes.c_oflag, modes.c_lflag]
  }

  /// Waits, not for long, until `condition` holds.
  func wait(until condition: () -> Bool) {
    for _ in 0..<6000 {
      if condition() { return }
      usleep(10_000)
    }
  }

  /// Puts this process on the terminal at `path`, as a shell does before it starts a program.
  static func attach(_ path: String) {
    let slave = open(path, O_RDWR | O_NOCTTY)
    for stream in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] { dup2(slave, stream) }
  }
}

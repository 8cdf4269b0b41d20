import Foundation
import Terminal

/// A screen for a program whose output goes to another one: standard output is the terminal until it is given back.
final class ScreenBesidePipe {
  private var output: Int32?

  /// - Throws: where the process has no terminal.
  init() throws {
    guard isatty(STDOUT_FILENO) == 0 else { return }
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else { throw TerminalError.notATerminal(stream: "standard output") }
    output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
    dup2(terminal, STDOUT_FILENO)
    close(terminal)
  }

  func giveBack() {
    guard let output else { return }
    fflush(nil)
    dup2(output, STDOUT_FILENO)
    close(output)
    self.output = nil
  }
}

/// Why the terminal could not be taken over.
package enum TerminalError: Error, Equatable, Sendable, CustomStringConvertible {
  case notATerminal(stream: String)
  case noTerminalType
  case unknownTerminalType(String)
  case cannotMoveCursor(String)
  case setupFailed(String)

  package var description: String {
    switch self {
    case .notATerminal(let stream):
      "the explorer needs a terminal, but \(stream) is not one"
    case .noTerminalType:
      "TERM is not set, so the terminal's abilities are unknown; try TERM=xterm-256color"
    case .unknownTerminalType(let name):
      """
      this system has no terminfo entry for TERM=\(sanitized(name)), nor one to stand in for it; install the \
      one of your terminal (package ncurses-term has many) or try TERM=xterm-256color
      """
    case .cannotMoveCursor(let name):
      """
      TERM=\(sanitized(name)) cannot move its cursor, which the explorer needs; if the terminal can, try \
      TERM=xterm-256color
      """
    case .setupFailed(let reason):
      "the terminal could not be set up: \(reason)"
    }
  }
}

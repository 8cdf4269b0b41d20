/// Something that happened at the terminal.
package enum TerminalEvent: Hashable, Sendable {
  case key(KeyPress)
  /// Text pasted in one piece; `isTruncated` when there was more than the limit.
  case paste(String, isTruncated: Bool)
  case mouse(MouseEvent)
  /// The terminal has a new size; what was drawn is void.
  case resize(columns: Int, rows: Int)
  /// The terminal's answer to `askForBackground()`.
  case background(Theme.Appearance)
  /// `wake()` was called, once or more, since the last event.
  case wake
  /// SIGINT from outside (Ctrl-C is a key).
  case interrupt
  /// The terminal is gone: end of input.
  case closed
}

/// A mouse report; rows and columns count from 0.
package struct MouseEvent: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case press, release
    /// The pointer moved with a button down.
    case drag
    case wheelUp, wheelDown, wheelLeft, wheelRight
  }

  package enum Button: Hashable, Sendable {
    case left, middle, right
    /// No button, or one the report does not name (a release in the old encoding).
    case none
  }

  package var kind: Kind
  package var button: Button
  package var row: Int
  package var column: Int
  package var modifiers: KeyPress.Modifiers

  package init(
    _ kind: Kind, button: Button = .none, row: Int, column: Int,
    modifiers: KeyPress.Modifiers = []
  ) {
    self.kind = kind
    self.button = button
    self.row = row
    self.column = column
    self.modifiers = modifiers
  }
}

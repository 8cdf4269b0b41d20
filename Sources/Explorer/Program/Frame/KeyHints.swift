import Terminal

/// The line of keys: what can be pressed now, and does something, the most useful first.
struct KeyHints: Equatable {
  /// Commands, and what they do in a word or two.
  typealias Hint = ([Command], String)

  var keys: String
  var text: String

  static func hints(for session: Session) -> [KeyHints] {
    let layers = session.layers
    let hints = session.overlay?.panel.hints(in: session) ?? session.top.hints(in: session)
    return hints.compactMap { commands, text in
      let keys = commands.compactMap { command in
        session.keymap.keys(for: command, in: layers).first?.label
      }
      guard !keys.isEmpty else { return nil }
      return KeyHints(keys: keys.joined(separator: keys.count == 2 ? " " : ""), text: text)
    }
  }

  static func one(_ command: Command, _ text: String? = nil) -> Hint {
    ([command], text ?? command.short)
  }
}

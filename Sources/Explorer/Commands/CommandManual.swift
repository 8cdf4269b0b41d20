import Terminal

/// The part of the manual that is about the explorer's keys, from the same tables as the help screen.
package enum CommandManual {
  /// Sections in roff (man macros): every command by group, with its keys and its name.
  package static func roff(keymap: Keymap = .standard) -> String {
    var lines = [".SH KEYS AND COMMANDS"]
    lines.append("Every command has a name, for the palette (\\fB:\\fR) and for keymaps.")
    for group in Command.Group.allCases {
      lines.append(".SS \(escaped(group.rawValue))")
      for command in Command.allCases where command.group == group {
        let keys = uniqueLabels(of: command, keymap)
        lines.append(".TP")
        lines.append(".B \(escaped(command.rawValue))")
        let help = command.help.prefix(1).uppercased() + command.help.dropFirst()
        let bound = keys.isEmpty ? "" : " Keys: \(keys.joined(separator: ", "))."
        lines.append(escaped("\(help).\(bound)"))
      }
    }
    lines.append(".SS Layers of a keymap")
    lines.append(escaped(KeyLayer.allCases.map(\.name).joined(separator: ", ")))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func uniqueLabels(of command: Command, _ keymap: Keymap) -> [String] {
    var labels: [String] = []
    for key in keymap.keys(for: command) where !labels.contains(key.description) {
      labels.append(key.description)
    }
    if labels.isEmpty, let keys = keymap.sortKeys(for: command) { return [keys] }
    return labels
  }

  /// Text that roff prints as it is: no line of it is a request, and no character an escape.
  package static func escaped(_ text: String) -> String {
    var text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    if text.first == "." || text.first == "'" { text = "\\&" + text }
    return text
  }
}

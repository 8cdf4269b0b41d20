import Terminal

/// A situation that gives keys their meaning; several hold at once, the nearest first.
package enum KeyLayer: String, CaseIterable, Sendable {
  case general, lists, library, regions, contexts, lab
  case savedExperiments = "shelf"
  case judging, compare, trace, trajectory, playground,
    saved
  /// A list, and a pane that shows what is selected in it.
  case panes
  case field, searchField, labelField, help, palette, log, sortChooser, columnChooser
  case chooser, tour, question, document, map, hits, noteField, traceField
}

/// Which key means what, by layer. Only data: what a command does is elsewhere.
package struct Keymap: Equatable, Sendable {
  package struct Binding: Equatable, Sendable {
    package var layer: KeyLayer
    package var key: KeyPress
    package var command: Command
  }

  /// In the order they were given: the first key of a command is the one that is shown.
  package let bindings: [Binding]
  private let commands: [KeyLayer: [KeyPress: Command]]

  /// - Parameter rows: per layer, commands with their keys in the notation of `KeyPress`, separated by
  ///   spaces. Keys that cannot be read are left out; see ``problems(in:)``.
  package init(_ rows: [(layer: KeyLayer, command: Command, keys: String)]) {
    bindings = rows.flatMap { row in
      row.keys.split(separator: " ").compactMap { name in
        KeyPress(parsing: name).map { Binding(layer: row.layer, key: $0, command: row.command) }
      }
    }
    commands = bindings.reduce(into: [:]) { table, binding in
      table[binding.layer, default: [:]][binding.key] = binding.command
    }
  }

  /// What is wrong with a table: keys that cannot be read, keys with two meanings in one layer.
  package static func problems(
    in rows: [(layer: KeyLayer, command: Command, keys: String)]
  ) -> [String] {
    var problems: [String] = []
    var taken: [KeyLayer: [KeyPress: Command]] = [:]
    for row in rows {
      for name in row.keys.split(separator: " ") {
        guard let key = KeyPress(parsing: name) else {
          problems.append("\(row.layer.rawValue): “\(name)” is no key")
          continue
        }
        if let other = taken[row.layer]?[key] {
          problems.append(
            "\(row.layer.rawValue): \(key) means both \(other.rawValue) and \(row.command.rawValue)"
          )
        }
        taken[row.layer, default: [:]][key] = row.command
      }
    }
    return problems
  }

  /// What a key means where these layers hold, the nearest first.
  package func command(for key: KeyPress, in layers: [KeyLayer]) -> Command? {
    for layer in layers {
      if let command = commands[layer]?[key] { return command }
    }
    return nil
  }

  /// The keys of a command in these layers (in all: `nil`), without those a nearer layer gives another meaning.
  package func keys(for command: Command, in layers: [KeyLayer]? = nil) -> [KeyPress] {
    bindings.filter { binding in
      guard binding.command == command else { return false }
      guard let layers else { return true }
      return layers.contains(binding.layer)
        && self.command(for: binding.key, in: layers) == command
    }.map(\.key)
  }
}

extension KeyPress {
  /// The key as the screen shows it: `^D`, `↓`, `PgDn`.
  package var label: String {
    let name =
      switch key {
      case .up: "↑"
      case .down: "↓"
      case .left: "←"
      case .right: "→"
      case .pageUp: "PgUp"
      case .pageDown: "PgDn"
      case .character(" "): "Space"
      case .character(let character):
        modifiers.contains(.control) ? String(character).uppercased() : String(character)
      default: KeyPress(key).description
      }
    var prefix = ""
    if modifiers.contains(.control) { prefix += "^" }
    if modifiers.contains(.alt) { prefix += "Alt-" }
    if modifiers.contains(.shift) { prefix += "Shift-" }
    return prefix + name
  }
}

import Terminal

extension KeyLayer {
  /// Its name in keymap files: `sort-chooser`.
  package var name: String {
    rawValue.reduce(into: "") { name, character in
      name += character.isUppercase ? "-\(character.lowercased())" : String(character)
    }
  }

  init?(named name: String) {
    guard let layer = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = layer
  }
}

extension Keymap {
  /// The keys the explorer comes with, changed by a keymap file.
  ///
  ///     [regions]
  ///     label = "e F2"        # these keys instead of the standard ones
  ///     star = ["Space"]
  ///     random = ""           # no key
  ///
  /// A key that means something else already is a mistake and not a change: the other command would silently lose it.
  ///
  /// - Returns: no keymap where anything is wrong.
  package static func reading(
    _ toml: String, file: String
  ) -> (keymap: Keymap?, problems: [ThemeProblem]) {
    let settings = SettingsFile(toml, file: file)
    var reader = KeymapReader(file: file, problems: settings.problems)
    for entry in settings.entries { reader.read(entry) }
    reader.findClashes()
    guard reader.problems.isEmpty else {
      return (nil, reader.problems.sorted { $0.line < $1.line })
    }
    return (Keymap(reader.rows), [])
  }
}

private struct KeymapReader {
  struct Change {
    var layer: KeyLayer
    var command: Command
    var keys: [KeyPress]
    var line: Int
  }

  let file: String
  var problems: [ThemeProblem]
  private var changes: [Change] = []

  init(file: String, problems: [ThemeProblem]) {
    self.file = file
    self.problems = problems
  }

  private mutating func report(_ line: Int, _ message: String) {
    problems.append(ThemeProblem(file: file, line: line, message: sanitized(message)))
  }

  /// Letters to put in, take out or change (Levenshtein).
  private static func edits(from first: String, to second: String) -> Int {
    let letters = Array(second)
    var row = Array(0...letters.count)
    for (index, letter) in first.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in letters.indices {
        let change = diagonal + (letter == letters[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(change, row[column] + 1, diagonal + 1)
      }
    }
    return row[letters.count]
  }

  mutating func read(_ entry: SettingsFile.Entry) {
    guard let layer = KeyLayer(named: entry.section) else {
      let names = KeyLayer.allCases.map(\.name).joined(separator: ", ")
      return report(
        entry.line, "keys stand under a heading: “\(entry.section)” is none of \(names)")
    }
    guard let command = Command(rawValue: entry.key) else {
      let near = Command.allCases.min {
        Self.edits(from: entry.key, to: $0.rawValue) < Self.edits(from: entry.key, to: $1.rawValue)
      }
      let hint = near.map { "; did you mean \($0.rawValue)?" } ?? ""
      return report(entry.line, "no command is called “\(entry.key)”\(hint)")
    }
    let names: [String]
    switch entry.value {
    case .text(let text): names = text.split(separator: " ").map(String.init)
    case .texts(let texts): names = texts
    case .flag, .number:
      return report(entry.line, "the keys of \(entry.key) must be text, such as \"x Ctrl-x\"")
    }
    if changes.contains(where: { $0.layer == layer && $0.command == command }) {
      return report(entry.line, "\(entry.key) has keys in [\(layer.name)] already")
    }
    var keys: [KeyPress] = []
    for name in names {
      guard let key = KeyPress(parsing: name) else {
        report(entry.line, "“\(name)” is no key; keys are written x, Ctrl-x, Alt-Left, F5")
        continue
      }
      keys.append(key)
    }
    changes.append(Change(layer: layer, command: command, keys: keys, line: entry.line))
  }

  /// Every row: the standard ones, the changed ones in their places, new ones at the end.
  var rows: [(layer: KeyLayer, command: Command, keys: String)] {
    var rest = changes
    var rows = Keymap.standardRows.map { row in
      guard
        let index = rest.firstIndex(where: { $0.layer == row.layer && $0.command == row.command })
      else { return row }
      let keys = rest.remove(at: index).keys.map(\.description).joined(separator: " ")
      return (row.layer, row.command, keys)
    }
    rows += rest.map { ($0.layer, $0.command, $0.keys.map(\.description).joined(separator: " ")) }
    return rows
  }

  mutating func findClashes() {
    for (index, change) in changes.enumerated() {
      for key in change.keys {
        let earlier = changes[..<index].first { $0.layer == change.layer && $0.keys.contains(key) }
        if let earlier {
          report(
            change.line,
            "\(key) means \(earlier.command.rawValue) in line \(earlier.line) already")
        }
        let standard = Keymap.standardRows.first { row in
          row.layer == change.layer && row.command != change.command
            && !changes.contains { $0.layer == row.layer && $0.command == row.command }
            && row.keys.split(separator: " ").contains { KeyPress(parsing: $0) == key }
        }
        if let standard {
          report(
            change.line,
            "\(key) means \(standard.command.rawValue) in [\(change.layer.name)]; give that one "
              + "other keys too, or \"\" for none")
        }
      }
    }
  }
}

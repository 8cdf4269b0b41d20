import Terminal

/// Finds commands by a few letters, for the palette, and by name or key, for the help screen.
enum CommandSearch {
  struct Match: Equatable {
    var command: Command
    /// Characters of the title that matched.
    var marks: [Int]
  }

  /// The commands whose title, or whose name in keymaps, has the letters of `text` in that order, the best first.
  static func fuzzy(_ text: String, among commands: [Command]) -> [Match] {
    let name = text.trimmingPrefix(while: \.isWhitespace).lowercased()
    let letters = Array(name.filter { !$0.isWhitespace && $0 != "-" })
    guard !letters.isEmpty else { return commands.map { Match(command: $0, marks: []) } }
    let scored = commands.compactMap { command -> (match: Match, score: Int)? in
      let title = best(letters, in: Array(command.title.lowercased()))
      if command.rawValue == name {
        return (Match(command: command, marks: title?.marks ?? []), .max)
      }
      if let title { return (Match(command: command, marks: title.marks), title.score) }
      return best(letters, in: Array(command.rawValue)).map {
        (Match(command: command, marks: []), $0.score / 2)
      }
    }
    // The order of declaration decides between equals.
    return scored.enumerated()
      .sorted { first, second in
        first.element.score != second.element.score
          ? first.element.score > second.element.score : first.offset < second.offset
      }
      .map(\.element.match)
  }

  /// The best-scoring way to find `letters` in `title`: runs and starts of words count most.
  ///
  /// A title has a few dozen characters, so all ways are tried, by their last letter's place.
  private static func best(
    _ letters: [Character], in title: [Character]
  ) -> (marks: [Int], score: Int)? {
    var ways: [(marks: [Int], score: Int)] = []
    for (number, letter) in letters.enumerated() {
      var next: [(marks: [Int], score: Int)] = []
      for place in title.indices where title[place] == letter {
        let isStart = place == 0 || title[place - 1] == " "
        let own = 1 + (isStart ? 8 : 0) + (place == 0 ? 4 : 0)
        if number == 0 {
          next.append(([place], own - place / 4))
        } else {
          let earlier = ways.filter { ($0.marks.last ?? 0) < place }
            .map { way in
              (way.marks + [place], way.score + own + (way.marks.last == place - 1 ? 9 : 0))
            }
          if let best = earlier.max(by: { $0.1 < $1.1 }) { next.append(best) }
        }
      }
      ways = next
    }
    return ways.max { $0.score < $1.score }
  }
}

/// The lines of the help screen.
enum HelpLine: Equatable {
  case heading(String)
  case entry(Command, keys: String)

  /// Every command by group, or those that `text` names: first the ones on that key, then by words.
  ///
  /// - Parameter here: the layers of the screen it was asked from, the nearest first. Groups of its own keys come first, and
  ///   a key that means something else there is not shown beside a command of every screen.
  static func lines(
    keymap: Keymap, search text: String, here: [KeyLayer] = []
  ) -> [HelpLine] {
    let text = text.trimmingPrefix(while: \.isWhitespace)
    let wanted = text.lowercased()
    var lines: [HelpLine] = []
    if !wanted.isEmpty {
      let onKey = Command.allCases.filter { command in
        keymap.keys(for: command).contains { isNamed($0, String(text)) }
      }
      if !onKey.isEmpty {
        lines.append(.heading("On the key \(text)"))
        lines += onKey.map { .entry($0, keys: keys(of: $0, keymap)) }
      }
    }
    for group in groups(keymap, here) {
      let commands = Command.allCases.filter { command in
        command.group == group
          && (wanted.isEmpty || "\(command.title) \(command.help)".lowercased().contains(wanted))
      }
      guard !commands.isEmpty else { continue }
      lines.append(.heading(group.rawValue))
      lines += commands.map { .entry($0, keys: keys(of: $0, keymap, here: here)) }
    }
    return lines
  }

  /// Those whose keys are mostly the screen's own, then the others, each in the order of the help.
  private static func groups(_ keymap: Keymap, _ here: [KeyLayer]) -> [Command.Group] {
    let shared: [KeyLayer] = [.general, .lists, .panes]
    let own = Command.Group.allCases.filter { group in
      guard group != .everywhere, group != .moving else { return false }
      let layers = keymap.bindings.filter { $0.command.group == group }.map(\.layer)
        .filter { !shared.contains($0) }
      let counts = Dictionary(grouping: layers) { $0 }.mapValues(\.count)
      let most = counts.values.max() ?? 0
      return here.contains { (counts[$0] ?? 0) == most && most > 0 }
    }
    return own + Command.Group.allCases.filter { !own.contains($0) }
  }

  /// Where the list lies, and how many lines of it fit.
  static func box(in body: Rect) -> Rect {
    body.centred(rows: body.rows, columns: body.columns < 100 ? body.columns : 100)
  }
  static func rowCount(in body: Rect) -> Int { max(1, box(in: body).rows - 3) }

  /// Whether `text` is a way to write the key; a lone letter means that very case.
  private static func isNamed(_ key: KeyPress, _ text: String) -> Bool {
    key == KeyPress(parsing: text) || key.label.lowercased() == text.lowercased() && text.count > 1
      || key.label == text
  }

  /// What overlays do with a key says little about a command, so their layers are left out.
  private static let layers: [KeyLayer] = [
    .general, .lists, .library, .regions, .contexts, .document, .map, .hits, .lab, .playground,
    .compare,
    .field,
    .labelField,
    .noteField, .columnChooser, .question,
  ]

  /// A command's keys, as many as tell; its name where it has none.
  ///
  /// - Parameter here: the layers of the screen; of a command of every screen only the keys that mean it there.
  private static func keys(
    of command: Command, _ keymap: Keymap, here: [KeyLayer] = []
  ) -> String {
    var labels: [String] = []
    for binding in keymap.bindings
    where binding.command == command && layers.contains(binding.layer) {
      let meaning = keymap.command(for: binding.key, in: here)
      if command.isEverywhere, let meaning, meaning != command { continue }
      if !labels.contains(binding.key.label) { labels.append(binding.key.label) }
    }
    if labels.isEmpty, let keys = keymap.sortKeys(for: command) { return keys }
    return labels.isEmpty ? ":\(command.rawValue)" : labels.prefix(3).joined(separator: " ")
  }
}

extension Keymap {
  /// The two keys, one after the other, that sort by something: `s c`.
  func sortKeys(for command: Command) -> String? {
    guard let opener = keys(for: .chooseSort, in: [.regions]).first,
      let key = keys(for: command, in: [.sortChooser]).first, command.group == .sorting
    else { return nil }
    return "\(opener.label) \(key.label)"
  }
}

/// A line of the palette.
enum PaletteEntry: Equatable {
  case command(Command, marks: [Int])
  case region(Int)
}

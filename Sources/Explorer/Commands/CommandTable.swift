extension Command {
  /// All that is said of a command.
  struct Row {
    let command: Command
    let group: Group
    /// As the palette and the help screen show it: `Sort by coherence`.
    let title: String
    /// A word or two for the line of keys; the command's name where that will do.
    let short: String
    /// One line that says what it does.
    let help: String
    /// By the situation that gives them this meaning; the first is the one that is shown.
    let keys: KeyValuePairs<KeyLayer, String>
    /// Whether the palette offers it: what edits a field or answers a question means nothing outside.
    let isOffered: Bool

    init(
      _ command: Command, _ group: Group, _ title: String, short: String? = nil, help: String,
      keys: KeyValuePairs<KeyLayer, String> = [:], isOffered: Bool = true
    ) {
      (self.command, self.group, self.title, self.help) = (command, group, title, help)
      self.short = short ?? command.rawValue.replacing("-", with: " ")
      self.keys = keys
      self.isOffered = isOffered && group != .fields && group != .questions
    }
  }

  /// Every command once.
  static let rows: [Row] =
    everywhereRows + regionsRows + evidenceRows + screensRows + labRows + playgroundRows
    + fieldsRows

  private static let rowOf = Dictionary(uniqueKeysWithValues: rows.map { ($0.command, $0) })

  private var row: Row {
    guard let row = Self.rowOf[self] else { preconditionFailure("no row for \(rawValue)") }
    return row
  }

  package var group: Group { row.group }
  package var title: String { row.title }
  package var short: String { row.short }
  package var help: String { row.help }
  package var isInPalette: Bool { row.isOffered }
}

extension Keymap {
  /// The keys the explorer comes with.
  package static let standard = Keymap(standardRows)

  /// By command; a command's first key in a layer is the one that is shown.
  static let standardRows: [(layer: KeyLayer, command: Command, keys: String)] =
    Command.rows.flatMap { row in
      row.keys.map { (layer: $0.key, command: row.command, keys: $0.value) }
    }
}

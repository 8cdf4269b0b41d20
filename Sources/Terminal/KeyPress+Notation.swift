/// How keys are written in keymaps, help and scripts.
extension KeyPress: CustomStringConvertible {
  /// Every named key, its usual name first.
  private static let names: [(key: Key, names: [String])] = [
    (.enter, ["Enter", "return", "cr"]), (.escape, ["Esc", "escape"]), (.tab, ["Tab"]),
    (.backtab, ["Backtab"]), (.backspace, ["Backspace", "bs"]), (.delete, ["Delete", "del"]),
    (.insert, ["Insert", "ins"]), (.up, ["Up"]), (.down, ["Down"]), (.left, ["Left"]),
    (.right, ["Right"]), (.home, ["Home"]), (.end, ["End"]), (.pageUp, ["PageUp", "pgup"]),
    (.pageDown, ["PageDown", "pgdn", "pgdown"]), (.character(" "), ["Space", "spc"]),
    (.character("<"), ["Less", "lt"]), (.character("-"), ["Minus"]),
  ]

  private static let modifierNames: [(modifier: Modifiers, names: [String])] = [
    (.control, ["Ctrl", "control", "c"]), (.alt, ["Alt", "meta", "a", "m"]),
    (.shift, ["Shift", "s"]),
  ]

  /// Reads `x`, `Enter`, `ctrl-r`, `C-r`, `<C-r>`, `Alt-Left`, `F5`, `shift-tab`. Case counts only in a
  /// character by itself (`G`); `nil` for anything else.
  package init?(parsing text: some StringProtocol) {
    var rest = Substring(text)
    if rest.count > 2, rest.first == "<", rest.last == ">" { rest = rest.dropFirst().dropLast() }
    var modifiers: Modifiers = []
    while rest.count > 1, let hyphen = rest.dropLast().firstIndex(of: "-") {
      let prefix = rest[..<hyphen].lowercased()
      guard
        let found = Self.modifierNames.first(where: {
          $0.names.contains { $0.lowercased() == prefix }
        })
      else { return nil }
      modifiers.insert(found.modifier)
      rest = rest[rest.index(after: hyphen)...]
    }
    guard let key = Self.key(named: rest) else { return nil }
    self.init(key, modifiers)
  }

  private static func key(named name: Substring) -> Key? {
    if name.count == 1, let character = name.first { return .character(character) }
    let lowercased = name.lowercased()
    if lowercased.first == "f", let number = Int(lowercased.dropFirst()) {
      return (1...63).contains(number) ? .f(number) : nil
    }
    return names.first { $0.names.contains { $0.lowercased() == lowercased } }?.key
  }

  /// The notation `init(parsing:)` reads: `Ctrl-r`, `Enter`, `G`.
  package var description: String {
    let prefix = Self.modifierNames
      .filter { modifiers.contains($0.modifier) }
      .map { $0.names[0] + "-" }
      .joined()
    return prefix + keyName
  }

  private var keyName: String {
    switch key {
    case .f(let number): return "F\(number)"
    case .character(let character) where character != " ":
      return String(character)
    default: return Self.names.first { $0.key == key }?.names[0] ?? ""
    }
  }

  /// The keys that type `script`: each character is a key, except that `<Name>` is the key of that name.
  ///
  /// A `<` that begins no name of a key is itself, and so is `<lt>`.
  package static func keys(in script: some StringProtocol) -> [KeyPress] {
    var keys: [KeyPress] = []
    var rest = Substring(script)
    while let character = rest.first {
      if character == "<", let close = rest.dropFirst(2).firstIndex(of: ">"),
        let key = KeyPress(parsing: rest[...close])
      {
        keys.append(key)
        rest = rest[rest.index(after: close)...]
      } else {
        keys.append(.character(character))
        rest = rest.dropFirst()
      }
    }
    return keys
  }
}

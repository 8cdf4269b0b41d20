/// One press of a key, as far as a terminal can tell.
///
/// A terminal cannot tell some presses apart: Ctrl-I is Tab, Ctrl-M is Enter, Ctrl-[ is Esc, and the case
/// of a letter is lost under Ctrl. `init` makes such presses equal.
package struct KeyPress: Hashable, Sendable {
  package enum Key: Hashable, Sendable {
    case character(Character)
    case enter, escape, tab, backtab, backspace, delete, insert
    case up, down, left, right, home, end, pageUp, pageDown
    /// F1...F63.
    case f(Int)
  }

  package struct Modifiers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let shift = Modifiers(rawValue: 1 << 0)
    package static let alt = Modifiers(rawValue: 1 << 1)
    package static let control = Modifiers(rawValue: 1 << 2)
  }

  package let key: Key
  package let modifiers: Modifiers

  package init(_ key: Key, _ modifiers: Modifiers = []) {
    var key = key
    var modifiers = modifiers
    if case .character(let character) = key {
      if modifiers.contains(.control) {
        switch character {
        case "i", "I": (key, modifiers) = (.tab, modifiers.subtracting(.control))
        case "m", "M": (key, modifiers) = (.enter, modifiers.subtracting(.control))
        case "[": (key, modifiers) = (.escape, modifiers.subtracting(.control))
        default: key = .character(Self.lowercased(character))
        }
        modifiers.remove(.shift)
      } else if modifiers.contains(.shift) {
        // The character itself says so.
        key = .character(character == " " ? " " : Self.uppercased(character))
        modifiers.remove(.shift)
      }
    }
    if key == .tab, modifiers.contains(.shift) { key = .backtab }
    if key == .backtab { modifiers.remove(.shift) }
    self.key = key
    self.modifiers = modifiers
  }

  package static func character(_ character: Character) -> KeyPress {
    KeyPress(.character(character))
  }

  package static func control(_ character: Character) -> KeyPress {
    KeyPress(.character(character), .control)
  }

  package static func alt(_ character: Character) -> KeyPress {
    KeyPress(.character(character), .alt)
  }

  /// The character this press types into a text field, `nil` for a command.
  package var typedCharacter: Character? {
    guard case .character(let character) = key, modifiers.isEmpty else { return nil }
    return character
  }

  private static func lowercased(_ character: Character) -> Character {
    let text = character.lowercased()
    return text.count == 1 ? Character(text) : character
  }

  private static func uppercased(_ character: Character) -> Character {
    let text = character.uppercased()
    return text.count == 1 ? Character(text) : character
  }
}

/// A line of text being edited.
package struct TextField: Equatable, Sendable {
  package private(set) var characters: [Character]
  /// Index of the character under the cursor; `characters.count` behind the last.
  package private(set) var cursor: Int
  /// Whether all of it is selected: what is typed takes its place.
  package private(set) var isSelected = false
  /// Whether line breaks and tabs stay what they are.
  private var keepsLineBreaks = false

  package init(_ text: String = "") {
    characters = Array(text)
    cursor = characters.count
  }

  /// What is there already, to be kept or written over.
  package init(selecting text: String) {
    self.init(text)
    isSelected = !text.isEmpty
  }

  /// A text of several lines.
  package init(keepingLineBreaks text: String) {
    self.init()
    keepsLineBreaks = true
    insert(text)
  }

  package var text: String { String(characters) }
  package var isEmpty: Bool { characters.isEmpty }
  package var isCursorAtEnd: Bool { cursor == characters.count }

  /// Inserts at the cursor. Line breaks and tabs become spaces unless they are kept, other control characters are left
  /// out.
  package mutating func insert(_ text: some StringProtocol) {
    let added = text.compactMap { character -> Character? in
      if keepsLineBreaks, character.isNewline || character == "\t" {
        return character == "\t" ? character : "\n"
      }
      if character.isWhitespace { return " " }
      let isControl = character.unicodeScalars.allSatisfy {
        $0.properties.generalCategory == .control
      }
      return isControl ? nil : character
    }
    if isSelected { (characters, cursor, isSelected) = ([], 0, false) }
    characters.insert(contentsOf: added, at: cursor)
    cursor += added.count
  }

  /// Puts the cursor before a character; behind the last for any index past it.
  mutating func move(to index: Int) {
    cursor = min(max(0, index), characters.count)
    isSelected = false
  }

  /// Applies an editing command; false for any other.
  package mutating func apply(_ command: Command) -> Bool {
    let wasSelected = isSelected
    switch command {
    case .deleteBackward where wasSelected, .deleteForward where wasSelected,
      .deleteWord where wasSelected:
      delete(from: 0, to: characters.count)
    case .cursorLeft: cursor = max(0, cursor - 1)
    case .cursorRight: cursor = min(characters.count, cursor + 1)
    case .wordLeft: cursor = wordStart
    case .wordRight: cursor = wordEnd
    case .cursorToStart: cursor = 0
    case .cursorToEnd: cursor = characters.count
    case .deleteBackward: delete(from: max(0, cursor - 1), to: cursor)
    case .deleteForward: delete(from: cursor, to: min(characters.count, cursor + 1))
    case .deleteWord: delete(from: wordStart, to: cursor)
    case .deleteToStart: delete(from: 0, to: cursor)
    case .deleteToEnd: delete(from: cursor, to: characters.count)
    default: return false
    }
    isSelected = false
    return true
  }

  private mutating func delete(from start: Int, to end: Int) {
    characters.removeSubrange(start..<end)
    cursor = start
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, characters[index - 1].isWhitespace { index -= 1 }
    while index > 0, !characters[index - 1].isWhitespace { index -= 1 }
    return index
  }

  private var wordEnd: Int {
    var index = cursor
    while index < characters.count, characters[index].isWhitespace { index += 1 }
    while index < characters.count, !characters[index].isWhitespace { index += 1 }
    return index
  }
}

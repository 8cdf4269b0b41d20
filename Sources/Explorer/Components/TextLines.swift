import Terminal

/// A text of several lines, broken to fit: ranges of its characters.
enum TextLines {
  /// After spaces where it can be, after every line break; a line for the cursor behind a last line break.
  ///
  /// - Complexity: O(characters).
  static func lines(_ characters: [Character], columns: Int) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var (start, used) = (0, 0)
    var space: Int?
    for (index, character) in characters.enumerated() {
      let width = character.isNewline || character == "\t" ? 1 : DisplayWidth.of(character)
      if used + width > columns, index > start {
        let end = space.map { $0 + 1 } ?? index
        lines.append(start..<end)
        used = characters[end..<index].reduce(0) { $0 + DisplayWidth.of($1) }
        (start, space) = (end, nil)
      }
      used += width
      if character == " " { space = index }
      if character.isNewline {
        lines.append(start..<index + 1)
        (start, used, space) = (index + 1, 0, nil)
      }
    }
    lines.append(start..<characters.count)
    return lines
  }

  /// The lines themselves.
  static func texts(_ text: String, columns: Int) -> [String] {
    let characters = Array(text)
    return lines(characters, columns: columns).map { String(characters[$0]) }
  }

  /// A token's spelling on one line: spaces as they are, what cannot be seen by a sign.
  static func token(_ spelling: String) -> String {
    let spaced = spelling.replacing("\n", with: "⏎").replacing("\t", with: "⇥")
    return sanitized(spaced.hasPrefix(" ") ? "·" + spaced.dropFirst() : spaced)
  }
}

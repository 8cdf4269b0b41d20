/// Text in Markdown that is shown as it was typed.
package enum Markdown {
  /// In one line, with a backslash before all that would be markup: in a cell of a table, a heading or a list.
  package static func escaped(_ text: String) -> String {
    text.map { character -> String in
      if character.isNewline || character.unicodeScalars.contains(where: { $0.value < 32 }) {
        return " "
      }
      return #"\`*_|<>[]!&~$#"#.contains(character) ? "\\\(character)" : String(character)
    }.joined()
  }

  /// A row of a table.
  package static func row(_ cells: [String]) -> String {
    "| " + cells.map(escaped).joined(separator: " | ") + " |"
  }

  package static func table(_ header: [String], _ rows: some Sequence<[String]>) -> [String] {
    [row(header), "|" + String(repeating: "---|", count: header.count)] + rows.map(row)
  }

  /// Lines as they are, between fences longer than any run of backticks in them.
  package static func fenced(_ text: String, _ language: String = "") -> String {
    let longest = text.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return "\(fence)\(language)\n\(text)\n\(fence)"
  }
}

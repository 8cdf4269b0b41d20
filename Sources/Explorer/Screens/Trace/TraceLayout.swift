import Terminal

/// Where the parts of the trace go; the view draws by it and moving is measured by it.
struct TraceLayout: Equatable {
  var title: Rect
  /// The text, warm where it is far.
  var text: Rect
  var rule: Rect
  /// The tokens' table, or the paths, below the text.
  var main: Rect
  /// The paths beside the table, or what is known of the token; empty where there is no room.
  var sideTitle: Rect
  var side: Rect
  var divider: Rect
  /// Two rows: what is inside, and what the numbers stand on.
  var summary: Rect

  /// - Parameter textLines: rows that the text would take.
  init(body: Rect, textLines: Int, isZoomed: Bool) {
    let none = Rect(row: body.row, column: body.column, rows: 0, columns: 0)
    (sideTitle, side, divider) = (none, none, none)
    let isWide = body.columns >= PaneLayout.wideColumns && !isZoomed
    let (left, right) =
      isWide ? body.split(columns: body.columns * 55 / 100, gap: 1) : (body, none)
    if isWide {
      (sideTitle, side) = right.split(rows: 1)
      divider = Rect(row: body.row, column: left.endColumn, rows: body.rows, columns: 1)
    }
    let (first, rest) = left.split(rows: 1)
    title = first
    let most = max(2, rest.rows * (isZoomed ? 1 : 3) / (isZoomed ? 6 : 10))
    let (above, below) = rest.split(rows: min(max(2, textLines), most))
    text = above
    let (line, lower) = below.split(rows: 1)
    rule = line
    let (table, foot) = lower.split(rows: max(1, lower.rows - 2))
    (main, summary) = (table, foot)
  }

  var textColumns: Int { max(8, text.columns - 3) }
}

/// A text of several lines, broken to fit: ranges of its characters.
enum TraceLines {
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

  /// A token's spelling on one line: spaces as they are, what cannot be seen by a sign.
  static func token(_ spelling: String) -> String {
    let spaced = spelling.replacing("\n", with: "⏎").replacing("\t", with: "⇥")
    return sanitized(spaced.hasPrefix(" ") ? "·" + spaced.dropFirst() : spaced)
  }
}

/// What `Screen.write` does with text that has more columns than there is room for.
package enum Overflow: Hashable, Sendable {
  case clip
  /// The last column shows `…`.
  case ellipsis
}

extension Screen {
  /// Writes text from `column` on, in one row, laying `style` over what is there.
  ///
  /// Control characters are shown by their pictures (see `sanitized`). A wide glyph with room for one
  /// column only is left out, and its column becomes a space. Columns left of the clip are skipped.
  ///
  /// - Parameter limit: the most columns to take; `nil` for all up to the right edge of the clip.
  /// - Returns: how many columns the text took, of those it was allowed, seen or not.
  /// - Complexity: O(columns allowed), however long the text is.
  @discardableResult
  package mutating func write(
    _ text: some StringProtocol, row: Int, column: Int, limit: Int? = nil, style: Style = .plain,
    overflow: Overflow = .clip, whitespace: WhitespaceMarks = .visible
  ) -> Int {
    let available = clip.endColumn - column
    let room = min(limit ?? available, available)
    guard room > 0 else { return 0 }
    var glyphs = GlyphReader(text.unicodeScalars, whitespace: whitespace)
    var line: [Glyph] = []
    var used = 0
    var isCut = false
    while used < room, let glyph = glyphs.next() {
      isCut = used + glyph.width > room
      let shown = isCut ? Glyph(text: " ", width: 1) : glyph
      line.append(shown)
      used += shown.width
    }
    if overflow == .ellipsis, used == room, isCut || glyphs.next() != nil {
      used = Self.addEllipsis(to: &line, room: room)
    }
    place(line, row: row, column: column, style: style)
    return used
  }

  private static func addEllipsis(to line: inout [Glyph], room: Int) -> Int {
    var used = room
    while used >= room, let last = line.popLast() { used -= last.width }
    line.append(Glyph(text: "…", width: 1))
    return used + 1
  }

  private mutating func place(_ line: [Glyph], row: Int, column: Int, style: Style) {
    guard row >= clip.row, row < clip.endRow else { return }
    var column = column
    for glyph in line {
      defer { column += glyph.width }
      if column >= clip.column {
        place(glyph.text, width: glyph.width, row: row, column: column, style: style)
      } else if column + glyph.width > clip.column {
        // A wide glyph cut in two by the left edge.
        place(" ", width: 1, row: row, column: clip.column, style: style)
      }
    }
  }

  /// Replaces every cell of the rectangle, whatever was there, with `glyph` in `style`.
  package mutating func fill(_ rect: Rect, glyph: Character = " ", style: Style) {
    var reader = GlyphReader(glyph.unicodeScalars)
    let shown = reader.next().flatMap { $0.width == 1 ? $0.text : nil } ?? " "
    let cell = Cell(glyph: shown, width: 1, style: style)
    forEachCell(of: rect) { $0.replace(row: $1, column: $2, with: cell) }
  }

  /// Lays `style` over the rectangle and keeps the text.
  package mutating func restyle(_ rect: Rect, _ style: Style) {
    forEachCell(of: rect) { $0.restyle(row: $1, column: $2, style) }
  }

  private mutating func forEachCell(of rect: Rect, _ body: (inout Screen, Int, Int) -> Void) {
    let area = rect.intersection(clip)
    for row in area.row..<area.endRow {
      for column in area.column..<area.endColumn { body(&self, row, column) }
    }
  }
}

// MARK: - Lines and boxes

/// The characters of a line; the weight tells focus where there is no colour.
package enum LineWeight: Hashable, Sendable {
  case light, heavy, double

  fileprivate var glyphs: (horizontal: String, vertical: String, corners: [String]) {
    switch self {
    case .light: ("─", "│", ["╭", "╮", "╰", "╯"])
    case .heavy: ("━", "┃", ["┏", "┓", "┗", "┛"])
    case .double: ("═", "║", ["╔", "╗", "╚", "╝"])
    }
  }
}

extension Screen {
  /// Draws a line of `length` cells to the right.
  package mutating func drawHorizontalLine(
    row: Int, column: Int, length: Int, weight: LineWeight = .light, style: Style
  ) {
    guard row >= clip.row, row < clip.endRow else { return }
    let last = min(column + length, clip.endColumn)
    var column = max(column, clip.column)
    while column < last {
      place(weight.glyphs.horizontal, width: 1, row: row, column: column, style: style)
      column += 1
    }
  }

  /// Draws a line of `length` cells downwards.
  package mutating func drawVerticalLine(
    row: Int, column: Int, length: Int, weight: LineWeight = .light, style: Style
  ) {
    guard column >= clip.column, column < clip.endColumn else { return }
    let last = min(row + length, clip.endRow)
    var row = max(row, clip.row)
    while row < last {
      place(weight.glyphs.vertical, width: 1, row: row, column: column, style: style)
      row += 1
    }
  }

  /// Draws a border just inside `rect`, with a title in its upper edge where there is room for one, and
  /// returns what is inside. A rectangle of fewer than 2 rows or columns gets no border.
  @discardableResult
  package mutating func drawBox(
    _ rect: Rect, title: String = "", weight: LineWeight = .light, style: Style,
    titleStyle: Style? = nil
  ) -> Rect {
    guard rect.rows >= 2, rect.columns >= 2 else { return rect }
    let bottom = rect.endRow - 1
    let right = rect.endColumn - 1
    for row in [rect.row, bottom] {
      drawHorizontalLine(
        row: row, column: rect.column + 1, length: rect.columns - 2, weight: weight, style: style)
    }
    for column in [rect.column, right] {
      drawVerticalLine(
        row: rect.row + 1, column: column, length: rect.rows - 2, weight: weight, style: style)
    }
    let corners = weight.glyphs.corners
    let places = [
      (rect.row, rect.column), (rect.row, right), (bottom, rect.column), (bottom, right),
    ]
    for (corner, place) in zip(corners, places) {
      write(corner, row: place.0, column: place.1, limit: 1, style: style)
    }
    if !title.isEmpty, rect.columns >= 6 {
      let used = write(
        title, row: rect.row, column: rect.column + 3, limit: rect.columns - 6,
        style: titleStyle ?? style, overflow: .ellipsis)
      write(" ", row: rect.row, column: rect.column + 2, limit: 1, style: style)
      write(" ", row: rect.row, column: rect.column + 3 + used, limit: 1, style: style)
    }
    return rect.inset()
  }
}

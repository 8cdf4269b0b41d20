/// One character position of a screen.
package struct Cell: Equatable, Sendable {
  /// What is drawn, a space for an empty cell; empty in the right half of a wide glyph.
  package var glyph: String
  /// Columns the glyph takes: 1 or 2, or 0 in the right half of a wide one.
  package var width: Int { Int(storedWidth) }
  package var style: Style
  private var storedWidth: UInt8

  package init(glyph: String, width: Int, style: Style = .plain) {
    self.glyph = glyph
    self.style = style
    storedWidth = UInt8(clamping: width)
  }

  package static let empty = Cell(glyph: " ", width: 1)

  /// The right half of a wide glyph.
  static func continuation(_ style: Style) -> Cell { Cell(glyph: "", width: 0, style: style) }
}

/// A picture of the terminal: rows of cells, drawn by pure code and compared in tests.
///
/// Rows and columns count from 0 at the top left. Everything clips: to draw outside the screen, or
/// outside the rectangle given to `clipped(to:_:)`, does nothing. A wide glyph is whole or not there.
///
///     var screen = Screen(columns: 80, rows: 24)
///     screen.fill(Rect(row: 0, column: 0, rows: 24, columns: 80), style: theme.style("text"))
///     screen.write("12  refusal", row: 3, column: 2, style: theme.style("region"))
package struct Screen: Equatable, Sendable {
  package let columns: Int
  package let rows: Int
  private(set) var cells: [Cell]  // [rows * columns], row-major
  var clip: Rect

  package init(columns: Int, rows: Int, style: Style = .plain) {
    let columns = max(0, columns)
    let rows = max(0, rows)
    self.columns = columns
    self.rows = rows
    cells = Array(repeating: Cell(glyph: " ", width: 1, style: style), count: rows * columns)
    clip = Rect(row: 0, column: 0, rows: rows, columns: columns)
  }

  /// The whole screen.
  package var bounds: Rect { Rect(row: 0, column: 0, rows: rows, columns: columns) }

  /// The cell there; an empty one outside the screen.
  package subscript(row: Int, column: Int) -> Cell {
    bounds.contains(row: row, column: column) ? cells[row * columns + column] : .empty
  }

  /// Runs `body` with drawing limited to `rect`, in the coordinates of the whole screen.
  @discardableResult
  package mutating func clipped<Result>(
    to rect: Rect, _ body: (inout Screen) throws -> Result
  ) rethrows -> Result {
    let outer = clip
    clip = outer.intersection(rect)
    defer { clip = outer }
    return try body(&self)
  }

  /// Puts a glyph of one or two columns at a place inside `clip`, its style laid over the cell's own.
  ///
  /// Half of a wide glyph that is overwritten leaves a space in its other half. The caller has checked
  /// that all columns of the glyph are inside `clip`.
  mutating func place(_ glyph: String, width: Int, row: Int, column: Int, style: Style) {
    let index = row * columns + column
    clearWideGlyph(at: index, column: column)
    let merged = style.over(cells[index].style)
    cells[index] = Cell(glyph: glyph, width: width, style: merged)
    if width == 2 {
      clearWideGlyph(at: index + 1, column: column + 1)
      cells[index + 1] = .continuation(merged)
    }
  }

  /// Replaces the cell and its style.
  mutating func replace(row: Int, column: Int, with cell: Cell) {
    let index = row * columns + column
    clearWideGlyph(at: index, column: column)
    cells[index] = cell
  }

  /// Changes the style of one cell and keeps its glyph.
  mutating func restyle(row: Int, column: Int, _ style: Style) {
    let index = row * columns + column
    cells[index].style = style.over(cells[index].style)
  }

  /// Turns the wide glyph that the cell is half of, if any, into spaces.
  private mutating func clearWideGlyph(at index: Int, column: Int) {
    switch cells[index].width {
    case 0 where column > 0 && cells[index - 1].width == 2:
      cells[index - 1] = Cell(glyph: " ", width: 1, style: cells[index - 1].style)
      cells[index] = Cell(glyph: " ", width: 1, style: cells[index].style)
    case 2 where column + 1 < columns && cells[index + 1].width == 0:
      cells[index] = Cell(glyph: " ", width: 1, style: cells[index].style)
      cells[index + 1] = Cell(glyph: " ", width: 1, style: cells[index + 1].style)
    default: break
    }
  }
}

// MARK: - Reading a screen

extension Screen {
  /// A run of cells drawn alike.
  package struct StyledRun: Equatable, Sendable {
    package var text: String
    package var style: Style

    package init(_ text: String, _ style: Style) {
      self.text = text
      self.style = style
    }
  }

  /// The rows as text, joined by line feeds, each without its trailing spaces.
  package var text: String { (0..<rows).map(text(row:)).joined(separator: "\n") }

  /// One row as text, without trailing spaces.
  package func text(row: Int) -> String {
    guard (0..<rows).contains(row) else { return "" }
    var line = cells[row * columns..<(row + 1) * columns].map(\.glyph).joined()
    while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
    return line
  }

  /// One row as runs of equal style; the last run keeps its trailing spaces.
  package func runs(row: Int) -> [StyledRun] {
    guard (0..<rows).contains(row) else { return [] }
    var runs: [StyledRun] = []
    for cell in cells[row * columns..<(row + 1) * columns] {
      if let last = runs.indices.last, runs[last].style == cell.style {
        runs[last].text += cell.glyph
      } else {
        runs.append(StyledRun(cell.glyph, cell.style))
      }
    }
    return runs
  }

  /// The style of the first cell of the first occurrence of `text` in a row of the screen.
  package func style(of text: String) -> Style? {
    for row in 0..<rows {
      var line = ""
      var columnOfOffset: [Int] = []  // by UTF-8 offset into `line`
      for column in 0..<columns {
        let glyph = cells[row * columns + column].glyph
        columnOfOffset += Array(repeating: column, count: glyph.utf8.count)
        line += glyph
      }
      if let found = line.firstRange(of: text) {
        let offset = line.utf8.distance(from: line.startIndex, to: found.lowerBound)
        return self[row, columnOfOffset[offset]].style
      }
    }
    return nil
  }
}

/// What is drawn on, by the name that tells it from a screen that a person is at.
package typealias Cells = Screen

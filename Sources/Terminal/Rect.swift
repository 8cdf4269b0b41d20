/// A rectangle of cells. Zero or negative sizes are an empty rectangle; no operation traps on one.
package struct Rect: Hashable, Sendable {
  package var row: Int
  package var column: Int
  package var rows: Int
  package var columns: Int

  package init(row: Int, column: Int, rows: Int, columns: Int) {
    self.row = row
    self.column = column
    self.rows = max(0, rows)
    self.columns = max(0, columns)
  }

  /// The first row below the rectangle.
  package var endRow: Int { row + rows }
  /// The first column right of the rectangle.
  package var endColumn: Int { column + columns }
  package var isEmpty: Bool { rows <= 0 || columns <= 0 }

  package func contains(row: Int, column: Int) -> Bool {
    row >= self.row && row < endRow && column >= self.column && column < endColumn
  }

  package func intersection(_ other: Rect) -> Rect {
    let row = max(self.row, other.row)
    let column = max(self.column, other.column)
    return Rect(
      row: row, column: column, rows: min(endRow, other.endRow) - row,
      columns: min(endColumn, other.endColumn) - column)
  }

  /// The rectangle with this many cells taken off each side.
  package func inset(rows: Int = 1, columns: Int = 1) -> Rect {
    Rect(
      row: row + rows, column: column + columns, rows: self.rows - 2 * rows,
      columns: self.columns - 2 * columns)
  }

  /// The leftmost `columns` and what remains right of `gap` further ones.
  package func split(columns: Int, gap: Int = 0) -> (left: Rect, right: Rect) {
    let first = min(max(0, columns), self.columns)
    let start = min(first + gap, self.columns)
    return (
      Rect(row: row, column: column, rows: rows, columns: first),
      Rect(row: row, column: column + start, rows: rows, columns: self.columns - start)
    )
  }

  /// The topmost `rows` and what remains below them.
  package func split(rows: Int) -> (top: Rect, bottom: Rect) {
    let first = min(max(0, rows), self.rows)
    return (
      Rect(row: row, column: column, rows: first, columns: columns),
      Rect(row: row + first, column: column, rows: self.rows - first, columns: columns)
    )
  }

  /// A rectangle of the given size, or smaller where it does not fit, in the middle of this one.
  package func centred(rows: Int, columns: Int) -> Rect {
    let height = min(rows, self.rows)
    let width = min(columns, self.columns)
    return Rect(
      row: row + (self.rows - height) / 2, column: column + (self.columns - width) / 2,
      rows: height, columns: width)
  }
}

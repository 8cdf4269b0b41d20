/// Dots, two by four to a cell.
package struct BraillePlane {
  package let columns: Int
  package let rows: Int
  private var masks: [UInt8]

  package init(columns: Int, rows: Int) {
    self.columns = max(0, columns)
    self.rows = max(0, rows)
    masks = Array(repeating: 0, count: self.columns * self.rows)
  }

  private static let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]

  /// The index of the cell of a dot; `nil` off the plane.
  package func cell(x: Int, y: Int) -> Int? {
    guard x >= 0, y >= 0, x < columns * 2, y < rows * 4 else { return nil }
    return y / 4 * columns + x / 2
  }

  package mutating func set(x: Int, y: Int) {
    guard let cell = cell(x: x, y: y) else { return }
    masks[cell] |= Self.bits[x % 2][y % 4]
  }

  package func isEmpty(_ cell: Int) -> Bool { masks[cell] == 0 }

  package func glyph(_ cell: Int) -> String {
    String(UnicodeScalar(0x2800 + UInt32(masks[cell])).map(Character.init) ?? " ")
  }

  /// A row as text; cells without dots are spaces.
  package func text(row: Int) -> String {
    (0..<columns).map { isEmpty(row * columns + $0) ? " " : glyph(row * columns + $0) }.joined()
  }
}

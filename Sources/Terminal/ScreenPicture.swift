/// A screen as data for other programs: runs of cells drawn alike, with the colours to draw them in.
///
/// As JSON: `{"columns", "rows", "lines": [[{"text", "columns", "fg", "bg", "attributes"}]]}`. Colours are `#rrggbb`; a colour
/// that is missing is the terminal's own. A run of one glyph may take two columns, or be of several scalars; in every other run
/// a scalar is a column.
package struct ScreenPicture: Codable, Equatable, Sendable {
  package struct Run: Codable, Equatable, Sendable {
    package var text: String
    package var columns: Int
    package var fg: String?
    package var bg: String?
    package var attributes: [String]
  }

  package var columns: Int
  package var rows: Int
  package var lines: [[Run]]

  package init(_ screen: Screen) {
    columns = screen.columns
    rows = screen.rows
    lines = (0..<screen.rows).map { row in
      var runs: [Run] = []
      // The style of the last run, where further cells may join it.
      var open: Style?
      for column in 0..<screen.columns {
        let cell = screen[row, column]
        guard cell.width > 0 else { continue }
        let isPlain = cell.width == 1 && cell.glyph.unicodeScalars.count == 1
        if isPlain, open == cell.style {
          runs[runs.count - 1].text += cell.glyph
          runs[runs.count - 1].columns += 1
        } else {
          runs.append(Run(cell))
          open = isPlain ? cell.style : nil
        }
      }
      return runs
    }
  }
}

extension ScreenPicture.Run {
  fileprivate init(_ cell: Cell) {
    text = cell.glyph
    columns = cell.width
    fg = cell.style.foreground?.hexadecimal
    bg = cell.style.background?.hexadecimal
    attributes = Attributes.names.filter { cell.style.attributes.contains($0.attribute) }.map(
      \.name)
  }
}

extension Color {
  /// `#rrggbb`, one of the sixteen as xterm has it; `nil` for the terminal's own.
  var hexadecimal: String? {
    let (red, green, blue): (UInt8, UInt8, UInt8)
    switch self {
    case .rgb(let r, let g, let b): (red, green, blue) = (r, g, b)
    case .ansi(let index): (red, green, blue) = Self.ansiValues[Int(index & 15)]
    case .default: return nil
    }
    return "#"
      + [red, green, blue].map { value in
        let digits = String(value, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
      }.joined()
  }
}

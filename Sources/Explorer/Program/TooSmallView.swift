import Terminal

/// What there is to say where nothing useful fits.
enum TooSmallView {
  static func draw(into screen: inout Cells, theme: Theme) {
    let needed = Session.smallestSize
    let words = [
      ("Terminal too small", "title"),
      ("\(screen.columns)×\(screen.rows), needs \(needed.columns)×\(needed.rows)", "text"),
      ("make it larger, or press q", "text.dim"),
    ]
    let columns = screen.columns
    let lines = words.flatMap { text, role in
      WrappedText.lines(text, columns: columns).map { ($0, role) }
    }
    let first = max(0, (screen.rows - lines.count) / 2)
    for (index, line) in lines.enumerated() {
      let column = max(0, (screen.columns - line.0.count) / 2)
      screen.write(line.0, row: first + index, column: column, style: theme.style(line.1))
    }
  }
}

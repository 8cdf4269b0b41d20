import Experiments
import Terminal

/// Two saved experiments: what was set otherwise, the rates of both, and the prompts that come out otherwise.
struct ComparisonView {
  let comparison: LabComparison
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("Ablation lab › Saved experiments › ", "text.dim", into: &screen)
        pen.write("\(comparison.a) and \(comparison.b)", "title", into: &screen)
      })
    let lines = ComparisonLines.lines(comparison.value, columns: rest.columns)
    for (offset, line) in lines.dropFirst(comparison.top).prefix(rest.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: rest.row + offset, column: rest.column + 1, end: rest.endColumn - 1)
      for piece in line { pen.write(piece.text, piece.role, into: &screen) }
    }
  }
}

import Experiments
import Storage
import Terminal

/// Every metric with how to read it, and plots of growth, sizes and distances.
struct MetricsView {
  let regions: RegionsScreen
  let metrics: MetricsState
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let (title, rest) = body.split(rows: 1)
    let lines = MetricsLines(regions, columns: body.columns)
    let all = lines.all
    let trailing =
      all.count > rest.rows
      ? "lines \(metrics.top + 1)–\(min(all.count, metrics.top + rest.rows)) of \(all.count)" : ""
    screen.drawTitleRule(
      title, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("\(regions.dictionary.title) › ", "text.dim", into: &screen)
        pen.write("Metrics", "title", into: &screen)
      }, trailing: trailing)
    let top = max(0, min(metrics.top, all.count - rest.rows))
    for (row, line) in all.dropFirst(top).prefix(rest.rows).enumerated() {
      var pen = Pen(
        theme: theme, row: rest.row + row, column: rest.column + 1, end: rest.endColumn - 1)
      line.draw(&pen, into: &screen)
    }
  }
}

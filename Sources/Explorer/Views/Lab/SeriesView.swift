import Experiments
import Terminal

/// Experiments that differ in one thing, as a curve of bars: refusals under the edit beside the control.
struct SeriesView {
  let series: LabSeries
  let theme: Theme
  let isFocused: Bool

  func draw(into screen: inout Screen, _ rect: Rect) {
    var lines = VerdictView.Lines(rect: rect)
    if series.effect != nil {
      lines.write(
        "\(series.done) of \(series.total == 0 ? "…" : String(series.total)) · x stops", "text.dim",
        theme, into: &screen)
    }
    if let failure = series.failure {
      for line in WrappedText.lines(failure, columns: rect.columns - 2) {
        lines.write(line, "warning", theme, into: &screen)
      }
    }
    if let before = series.before, let n = series.points.first?.prompts {
      let what = series.depth == .geometry ? "PREDICTED to refuse" : "first token refuses, measured"
      lines.write(
        "harmful prompts, n = \(n): \(what) · \(before) before any edit", nil, theme,
        into: &screen)
    }
    let room = max(0, rect.rows - lines.row)
    let first = max(0, min(series.cursor - room / 2, series.points.count - room))
    for (index, point) in series.points.enumerated().dropFirst(first).prefix(room) {
      draw(point, isSelected: isFocused && index == series.cursor, into: &screen, &lines)
    }
  }

  private func draw(
    _ point: LabSeries.Point, isSelected: Bool, into screen: inout Screen,
    _ lines: inout VerdictView.Lines
  ) {
    let rect = lines.rect
    if isSelected {
      screen.fill(
        Rect(row: lines.pen.row, column: rect.column, rows: 1, columns: rect.columns),
        style: theme.style("region.selected"))
    }
    var pen = Pen(
      theme: theme, row: lines.pen.row, column: lines.pen.column, end: rect.endColumn - 1)
    let start = pen.column
    pen.write(point.label, into: &screen)
    pen.skip(max(1, start + 18 - pen.column))
    let bars = min(24, max(6, rect.columns - 66))
    pen.write(
      Figures.bar(Double(point.refusing) / Double(max(1, point.prompts)), width: bars), "bar",
      into: &screen)
    pen.skip(max(1, start + 19 + bars - pen.column))
    pen.write("\(point.refusing)/\(point.prompts)", "number", into: &screen)
    pen.skip(max(1, start + 28 + bars - pen.column))
    if let control = point.control {
      pen.write("control \(control)", "text.dim", into: &screen)
      pen.skip(2)
    }
    if let change = point.logOddsChange {
      pen.write("Δ log-odds \(Figures.signed(change, 2))", "number", into: &screen)
      pen.skip(2)
    }
    if let divergence = point.divergence {
      pen.write(
        "KL \(Figures.fixed(divergence, 3))", divergence > 0.5 ? "warning" : "text.dim",
        into: &screen)
      pen.skip(2)
    }
    if let degenerate = point.degenerate, degenerate > 0 {
      pen.write("✗ \(degenerate) degenerate", "status.error", into: &screen)
    }
    lines.skip()
  }
}

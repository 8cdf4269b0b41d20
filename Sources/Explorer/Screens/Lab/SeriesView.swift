import Experiments
import Numerics
import Terminal

/// Experiments that differ in one thing, as a curve of bars: refusals under the edit beside the control.
struct SeriesView {
  let series: LabSeries
  /// By region: how its training prompts were answered.
  let tallies: [Int: RegionTally]
  let theme: Theme
  let isFocused: Bool
  let clock: Duration

  func draw(into screen: inout Cells, _ rect: Rect) {
    var lines = VerdictLines.Cursor(rect: rect)
    if series.effect != nil { drawProgress(into: &screen, &lines) }
    if let failure = series.failure {
      for line in WrappedText.lines(failure, columns: rect.columns - 2) {
        lines.write(line, "warning", theme, into: &screen)
      }
    }
    if let before = series.before, let n = series.points.first?.prompts {
      let what = series.depth == .geometry ? "PREDICTED to refuse" : "first token refuses, measured"
      lines.write(
        "\(series.role.rawValue) prompts, n = \(n): \(what) · ┊ \(before) before any edit", nil,
        theme, into: &screen)
      let isMeasured = series.depth != .geometry
      lines.write(
        "● under the edit" + (isMeasured ? ", ─ its 95 % interval" : "")
          + (series.points.contains { $0.control != nil } ? ", ○ the control" : "")
          + " · 0 to 100 %", "text.dim", theme, into: &screen)
      if series.kind == .regions {
        for line in WrappedText.lines(Self.searchLegend, columns: rect.columns - 2) {
          lines.write(line, "text.dim", theme, into: &screen)
        }
      } else if isMeasured {
        lines.write(Self.divergenceLegend, "text.dim", theme, into: &screen)
      }
    }
    let room = max(0, rect.rows - lines.row)
    let first = max(0, min(series.cursor - room / 2, series.points.count - room))
    for (index, point) in series.points.enumerated().dropFirst(first).prefix(room) {
      draw(point, isSelected: isFocused && index == series.cursor, into: &screen, &lines)
    }
  }

  private static let divergenceLegend =
    "KL: of benign prompts' first tokens, in nats; ! above \(Figures.fixed(AblationResult.largeDivergence, 1)): harmless text is changed too"
  private static let searchLegend =
    "Δ: change of the log-odds of refusing, most negative first. Prompts: of training, that end in the region; "
    + "under \(RefusalCandidates.minimumPrompts) its direction is of few activations, and dim. \(divergenceLegend)"

  private func prompts(of point: LabSeries.Point) -> Int {
    point.regions.first.flatMap { tallies[$0]?.prompts } ?? 0
  }

  private func drawProgress(into screen: inout Cells, _ lines: inout VerdictLines.Cursor) {
    var pen = Pen(
      theme: theme, row: lines.pen.row, column: lines.pen.column, end: lines.rect.endColumn - 1)
    if series.share > 0 {
      let steps = series.total > 0 ? "\(series.done) of \(series.total) " : ""
      pen.write(steps, "text.strong", into: &screen)
      pen.write(
        Figures.bar(series.share, width: min(24, max(0, pen.room - 30))), "bar", into: &screen)
      if let remaining = series.remaining(at: clock) {
        pen.write(" about \(Figures.time(remaining)) left", "text.dim", into: &screen)
      }
    } else {
      pen.write(series.stage.isEmpty ? "…" : series.stage, "text.strong", into: &screen)
    }
    pen.write("  x stops", "text.dim", into: &screen)
    lines.skip()
  }

  /// A share's cell among so many.
  private static func cell(_ successes: Int, of count: Int, _ columns: Int) -> Int {
    cell(Double(successes) / Double(max(1, count)), columns)
  }

  private static func cell(_ share: Double, _ columns: Int) -> Int {
    min(columns - 1, max(0, Int((share * Double(columns - 1)).rounded())))
  }

  /// A step of the curve: the rate with its interval, the control, and where it stood before any edit.
  private func plot(_ point: LabSeries.Point, columns: Int) -> [(glyph: String, role: String)] {
    var cells = [(glyph: String, role: String)](repeating: ("·", "text.dim"), count: columns)
    if let before = series.before {
      cells[Self.cell(before, of: point.prompts, columns)] = ("┊", "text.strong")
    }
    let rate = Proportion(point.refusing, of: point.prompts)
    if series.depth != .geometry, let interval = rate.wilson() {
      let (lower, upper) = (
        Self.cell(interval.lower, columns), Self.cell(interval.upper, columns)
      )
      for cell in lower...upper { cells[cell] = ("─", "bar") }
    }
    if let control = point.control {
      cells[Self.cell(control, of: point.prompts, columns)] = ("○", "number")
    }
    cells[Self.cell(point.refusing, of: point.prompts, columns)] = ("●", "match")
    return cells
  }

  private func draw(
    _ point: LabSeries.Point, isSelected: Bool, into screen: inout Cells,
    _ lines: inout VerdictLines.Cursor
  ) {
    let rect = lines.rect
    guard !lines.isFull else { return }
    if isSelected {
      screen.fill(
        Rect(row: lines.pen.row, column: rect.column, rows: 1, columns: rect.columns),
        style: theme.style("region.selected"))
    }
    var pen = Pen(
      theme: theme, row: lines.pen.row, column: lines.pen.column, end: rect.endColumn - 1)
    let start = pen.column
    let isThin = series.kind == .regions && prompts(of: point) < RefusalCandidates.minimumPrompts
    pen.write(point.label, isThin && !isSelected ? "text.dim" : nil, into: &screen)
    pen.skip(max(1, start + 15 - pen.column))
    let columns = min(41, max(11, rect.columns - 58))
    for cell in plot(point, columns: columns) {
      pen.write(cell.glyph, isSelected ? nil : cell.role, into: &screen)
    }
    pen.skip(1)
    pen.write("\(point.refusing)/\(point.prompts)", isSelected ? nil : "number", into: &screen)
    if series.depth != .geometry,
      let interval = Proportion(point.refusing, of: point.prompts).wilson()
    {
      pen.write(
        " [\(Figures.fixed(interval.lower * 100, 0)), \(Figures.fixed(interval.upper * 100, 0))]",
        isSelected ? nil : "text.dim", into: &screen)
    }
    pen.skip(max(1, start + 15 + columns + 17 - pen.column))
    if let change = point.logOddsChange {
      pen.write("Δ \(Figures.signed(change, 2))", isSelected ? nil : "number", into: &screen)
      pen.skip(2)
      pen.write(
        Figures.count(prompts(of: point), "prompt").padded(to: 11),
        isSelected ? nil : "text.dim", into: &screen)
    }
    if let control = point.control {
      pen.write("○ \(control)", isSelected ? nil : "text.dim", into: &screen)
      pen.skip(2)
    }
    if let divergence = point.divergence {
      let isLarge = divergence > AblationResult.largeDivergence
      pen.write(
        "KL \(Figures.fixed(divergence, 2))" + (isLarge ? " !" : ""),
        isLarge ? "warning" : isSelected ? nil : "text.dim", into: &screen)
      pen.skip(2)
    }
    if let degenerate = point.degenerate, degenerate > 0 {
      pen.write("✗ \(degenerate) degenerate", "status.error", into: &screen)
    }
    lines.skip()
  }
}

import Experiments
import Numerics
import Terminal

/// What the store already says, before anything is run: the candidates, and where refused prompts end.
struct BeforeView {
  let lab: LabScreen
  let theme: Theme

  func draw(into screen: inout Cells, _ rect: Rect) {
    var lines = VerdictLines.Cursor(rect: rect)
    guard let subject = lab.subject else { return }
    if let base = subject.baseRate {
      lines.write(
        "Training prompts refused: \(Figures.percent(base)). Regions they end nearest to now, by rate × n:",
        nil, theme, into: &screen)
    } else {
      lines.write(
        "No prompt of the store has an outcome: capture with --generate.", "warning", theme,
        into: &screen)
    }
    let shown = (subject.candidates[.reference] ?? []).prefix(max(0, rect.rows - 6))
    let ranks = (subject.candidates[.lift] ?? []).enumerated()
      .reduce(into: [Int: Int]()) { $0[$1.element.region] = $1.offset + 1 }
    if shown.isEmpty, subject.baseRate != nil {
      lines.write(
        "none is a candidate (at least 5 prompts, at least 30 % refused)", "text.dim", theme,
        into: &screen)
    }
    for tally in shown where !lines.isFull {
      var pen = Pen(
        theme: theme, row: lines.pen.row, column: lines.pen.column, end: rect.endColumn - 1)
      let isTarget = tally.region == lab.region
      pen.write(isTarget ? "▸ " : "  ", "key", into: &screen)
      pen.write("region \(tally.region)", isTarget ? "text.strong" : nil, into: &screen)
      pen.skip(max(1, rect.column + 16 - pen.column))
      pen.write("\(tally.refused)/\(tally.prompts) refused", "number", into: &screen)
      pen.skip(max(1, rect.column + 34 - pen.column))
      pen.write(Figures.bar(tally.rate, width: 12), "bar", into: &screen)
      pen.skip(max(1, rect.column + 48 - pen.column))
      if let interval = Proportion(tally.refused, of: tally.prompts).wilson() {
        pen.write(
          "[\(Figures.fixed(interval.lower * 100, 0)), \(Figures.fixed(interval.upper * 100, 0))] %",
          "text.dim", into: &screen)
      }
      pen.skip(max(1, rect.column + 62 - pen.column))
      pen.write(
        "lift rank \(ranks[tally.region].map(String.init) ?? "—")", "text.dim", into: &screen)
      lines.skip()
    }
    lines.skip()
    for notice in subject.notices {
      for line in WrappedText.lines(notice, columns: rect.columns - 2) {
        lines.write(line, "text.dim", theme, into: &screen)
      }
    }
    lines.write(
      "1 predicts at once · 2 measures first tokens · 3 writes and judges answers",
      "text.dim", theme, into: &screen)
  }
}

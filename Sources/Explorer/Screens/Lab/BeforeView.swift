import Experiments
import Numerics
import Terminal

/// What the store already says, before anything is run: the candidates, where refused prompts end, and what to choose from.
struct BeforeView {
  let lab: LabScreen
  let session: Session
  let theme: Theme

  func draw(into screen: inout Cells, _ rect: Rect) {
    var lines = VerdictLines.Cursor(rect: rect)
    guard let subject = lab.subject else { return }
    func write(_ text: String, _ role: String?) {
      for line in WrappedText.lines(text, columns: rect.columns - 2) {
        lines.write(line, role, theme, into: &screen)
      }
    }
    let candidates = subject.candidates[.reference] ?? []
    if let base = subject.baseRate {
      write(
        "Training prompts refused: \(Figures.percent(base)). Regions they end nearest to now, by rate × n:",
        nil)
    } else {
      write("No prompt of the store has an outcome: capture with --generate.", "warning")
    }
    // The rows below them keep their place, where there is more than the least.
    let shown = candidates.prefix(max(1, rect.rows - 6))
    let ranks = (subject.candidates[.lift] ?? []).enumerated()
      .reduce(into: [Int: Int]()) { $0[$1.element.region] = $1.offset + 1 }
    if candidates.isEmpty, subject.baseRate != nil {
      write(
        "none is a candidate (at least \(RefusalCandidates.minimumPrompts) prompts, at least "
          + "\(Figures.fixed(RefusalCandidates.minimumRate * 100, 0)) % refused)", "text.dim")
    }
    for tally in shown where !lines.isFull {
      var pen = Pen(
        theme: theme, row: lines.pen.row, column: lines.pen.column, end: rect.endColumn - 1)
      let isTarget = lab.targetRegions.contains(tally.region)
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
    for notice in subject.notices { write(notice, "text.dim") }
    for line in choices { write(line, "text.dim") }
  }

  /// What a person who sees the form for the first time may not find in it.
  private var choices: [String] {
    let more = session.key(.labMore, in: .lab)
    let less = session.key(.labLess, in: .lab)
    var lines: [String] = []
    if let best = lab.subject?.candidates[.reference]?.first?.region,
      lab.setup.target == .regions([lab.region])
    {
      let first = best == lab.region ? "" : "region \(best) first, then "
      lines.append("target \(more): \(first)more of these at once")
    }
    if lab.setup.intervention == .ablate(strength: 1) {
      lines.append(
        "strength \(less): swap all harmful regions for benign ones · \(more): a part, or steer"
      )
    }
    return lines
  }
}

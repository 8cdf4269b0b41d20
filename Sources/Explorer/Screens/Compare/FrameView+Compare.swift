import Experiments
import Storage
import Terminal

extension FrameView {
  /// Where both sides come from, what they share only once.
  func drawProvenance(of compare: CompareScreen, _ pen: inout Pen, into screen: inout Cells) {
    let width = pen.room
    for side in CompareScreen.Side.allCases {
      let dictionary = compare[side].dictionary
      pen.write(side == .a ? "A " : "  ↔  B ", "text.dim", into: &screen)
      pen.write(dictionary.title, "title", into: &screen)
      guard width >= 110 else { continue }
      let facts = [
        dictionary.provenance.percentile.map {
          "p\(Figures.fixed($0, $0 == $0.rounded() ? 0 : 1))"
        },
        "θ \(Figures.fixed(dictionary.threshold, 3))",
        "K \(Figures.grouped(dictionary.regionCount))", String(dictionary.identity.prefix(8)),
      ]
      pen.write(" " + facts.compactMap { $0 }.joined(separator: " "), into: &screen)
    }
    let hooks = CompareScreen.Side.allCases.map { compare[$0].dictionary.provenance.hook }
    guard width >= 140, let hook = hooks[0] else { return }
    if hooks[0] == hooks[1] {
      pen.write(" · \(hook)", "text.dim", into: &screen)
    } else {
      pen.write(" · hooks differ: \(hook), \(hooks[1] ?? "not recorded")", "warning", into: &screen)
    }
  }

  func drawProvenance(
    of trajectory: LineageScreen, _ pen: inout Pen, into screen: inout Cells
  ) {
    for index in 0..<trajectory.count {
      if index > 0 { pen.write("  →  ", "text.dim", into: &screen) }
      pen.write("\(index + 1) ", "text.dim", into: &screen)
      pen.write(trajectory.part(index).dictionary.title, "title", into: &screen)
    }
    let hooks = Set((0..<trajectory.count).map { trajectory.part($0).dictionary.provenance.hook })
    if hooks.count > 1 { pen.write(" · hooks differ", "warning", into: &screen) }
  }

  /// Draws the field of a comparison that has the keyboard; false where none has.
  func drawFieldOfCompare(
    _ pen: inout Pen, into screen: inout Cells, _ rect: Rect
  ) -> Bool {
    func draw(_ title: String, _ field: TextField, _ facts: String, isProblem: Bool = false) {
      pen.write(title, "title", into: &screen)
      let room = min(DisplayWidth.of(facts), max(0, rect.columns - 34))
      let columns = max(12, pen.room - room - 2)
      screen.drawField(field, row: rect.row, column: pen.column, columns: columns, theme: theme)
      pen.skip(columns + 2)
      pen.write(facts, isProblem ? "warning" : "text.dim", into: &screen)
    }
    if state.screen == .trajectory, case .searching(let field) = state.trajectory?.mode {
      draw("/", field, "words of labels and contexts, or a region's number")
      return true
    }
    guard state.screen == .compare, let compare = state.compare else { return false }
    let rows =
      "\(Figures.grouped(compare.rows.count)) of \(Figures.grouped(compare.count(of: compare.table)))"
    switch compare.mode {
    case .searching(let field):
      draw("/", field, "\(rows) · words of labels and contexts, or a region's number")
    case .filtering(let editor):
      if let problem = editor.problem {
        draw(
          "filter ", editor.field, "✗ column \(problem.column): \(problem.message)", isProblem: true
        )
      } else if let message = state.message, message.kind == .error {
        draw("filter ", editor.field, "✗ \(message.text)", isProblem: true)
      } else {
        let next =
          editor.completions.indices.contains(editor.choice)
          ? " · Tab \(editor.completions[editor.choice].text)— \(editor.completions[editor.choice].meaning)"
          : ""
        draw("filter ", editor.field, "\(rows)\(next)")
      }
    case .exporting(let field): draw("write files to ", field, "a new folder")
    case .browsing, .choosingSort: return false
    }
    return true
  }

  static func facts(of trajectory: LineageScreen) -> String {
    let cutoff = "cutoff \(Figures.fixed(trajectory.cutoff, 2))"
    let steps = trajectory.steps.map { step in
      "\(step.comparison.division(at: trajectory.cutoff).persisted.count) of \(step.comparison.pairs.count)"
    }
    return
      "\(cutoff): \(steps.joined(separator: " → ")) pairs persist · \(trajectory.spanning) lineages through all \(trajectory.count) · sorted by \(trajectory.order.rawValue)"
  }

  /// What the cutoff makes of the pairs, with n and interval, and what it is read against.
  static func facts(of compare: CompareScreen) -> String {
    let (division, comparison) = (compare.division, compare.opened.comparison)
    let introduced = Proportion(division.introduced.count, of: comparison.b.count)
    let facts = [
      "cutoff \(Figures.fixed(compare.cutoff, 2)): \(Figures.grouped(division.persisted.count)) of \(Figures.count(comparison.pairs.count, "pair")) persist",
      "\(Figures.grouped(division.introduced.count)) of \(Figures.grouped(comparison.b.count)) introduced \(CompareTableView.brief(introduced))",
    ]
    return (facts + CompareNullLine.texts(compare)).joined(separator: " · ")
  }

  static func facts(of comparing: ComparisonUnderWay) -> String {
    let names =
      comparing.names.count == 2
      ? "comparing \(comparing.names.joined(separator: " with "))"
      : "following regions through \(comparing.names.count) dictionaries"
    guard let progress = comparing.progress else { return names + "…" }
    return
      "\(names) · \(progress.stage.rawValue) \(Figures.grouped(progress.done)) of \(Figures.grouped(progress.total))"
  }
}

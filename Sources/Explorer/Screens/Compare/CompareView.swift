import Storage
import Terminal

/// The screen of a comparison: three tables, the cosines of all pairs, and the two regions side by side.
struct CompareView {
  let compare: CompareScreen
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let layout = CompareLayout(body: body, compare: compare)
    drawTitle(into: &screen, layout.title)
    if !layout.table.isEmpty {
      CompareTableView(compare: compare, theme: theme).draw(into: &screen, layout: layout)
    }
    if !layout.histogram.isEmpty {
      CosineHistogram(
        cosines: compare.opened.comparison.pairs.map(\.cosine), cutoff: compare.cutoff
      ).draw(into: &screen, area: layout.histogram, theme: theme)
    }
    screen.drawDivider(layout.divider, theme: theme)
    if !layout.detailTitle.isEmpty {
      screen.drawTitleRule(
        layout.detailTitle, isFocused: compare.focus == .detail, theme: theme,
        title: { pen, screen in
          pen.write(detailTitle, "title", into: &screen)
          drawTabs(&pen, into: &screen)
        })
    }
    if !layout.detail.isEmpty {
      CompareDetailView(compare: compare, theme: theme).draw(into: &screen, layout: layout)
    }
    if case .choosingSort(let selected) = compare.mode {
      let rows = compare.columns.map { column in
        ChooserView.Row(
          text: column.title(compare.table),
          note: column == compare.sort.column ? compare.sort.isDescending ? "▼ now" : "▲ now" : "")
      }
      ChooserView(title: "Sort by", rows: rows, selected: selected, columns: 36, theme: theme)
        .draw(into: &screen, area: body)
    }
  }

  private func drawTabs(_ pen: inout Pen, into screen: inout Cells) {
    let width = CompareScreen.Tab.allCases.reduce(2) { $0 + $1.rawValue.count + 2 }
    guard pen.room >= width else { return }
    pen.write("  ", "text.dim", into: &screen)
    for tab in CompareScreen.Tab.allCases {
      let isActive = tab == compare.tab
      pen.write(isActive ? "▸" : " ", "title", into: &screen)
      pen.write(tab.rawValue, isActive ? "title" : "text.dim", into: &screen)
      pen.write(" ", "text.dim", into: &screen)
    }
  }

  private func drawTitle(into screen: inout Cells, _ rect: Rect) {
    let isTable = compare.focus == .list || !compare.isZoomed
    let trailing =
      compare.rows.isEmpty
      ? ""
      : "\(Figures.grouped(compare.cursor + 1)) of \(Figures.grouped(compare.rows.count))"
    screen.drawTitleRule(
      rect, isFocused: compare.focus == .list || compare.isZoomed, theme: theme,
      title: { pen, screen in
        pen.write(
          compare.isOfTrajectory ? "Lineage › Compare" : "Library › Compare", "text.dim",
          into: &screen)
        pen.write("  ", "text.dim", into: &screen)
        for table in CompareScreen.Table.allCases {
          let isActive = table == compare.table
          pen.write(isActive ? "▸" : " ", "title", into: &screen)
          pen.write(table.rawValue, isActive ? "title" : "text.dim", into: &screen)
          pen.write(
            " \(Figures.grouped(compare.count(of: table)))", isActive ? "number" : "text.dim",
            into: &screen)
          pen.write(" ", "text.dim", into: &screen)
        }
        if !compare.words.isEmpty, isTable {
          pen.write("/\(compare.words) ", "match", into: &screen)
        }
        if !compare.filter.filter.isEmpty, isTable {
          pen.write(compare.filter.text, "match", into: &screen)
        }
      }, trailing: rect.columns > 76 ? trailing : "")
  }

  private var detailTitle: String {
    if compare.tab == .summary { return "A ↔ B" }
    guard let row = compare.selected, let pair = compare.shown else { return "no region" }
    switch (row.a, row.b) {
    case (let a?, let b?):
      let verb = compare.table == .persisted ? "persists as" : "pairs weakly with"
      return "A \(a) \(verb) B \(b)"
    case (let a?, nil): return "A \(a) has no pair · nearest B \(pair.b)"
    default: return "B \(pair.b) has no pair · nearest A \(pair.a)"
    }
  }
}

/// How the cosines of all pairs are distributed, and where the cutoff lies in them.
struct CosineHistogram {
  let cosines: [Float]
  let cutoff: Double

  /// The least cosine shown: a tenth below all, so that the cutoff can be seen to go there.
  private var low: Double {
    let least = Double(cosines.min() ?? 0)
    return max(-1, min(least * 10, 5).rounded(.down) / 10)
  }

  func draw(into screen: inout Cells, area: Rect, theme: Theme) {
    let width = area.columns - 2
    let height = area.rows - 1
    guard width > 20, height > 0 else { return }
    let (low, span) = (low, 1 - low)
    var counts = [Int](repeating: 0, count: width)
    for cosine in cosines {
      let place = Int((Double(cosine) - low) / span * Double(width))
      counts[min(max(0, place), width - 1)] += 1
    }
    let most = Double(max(1, counts.max() ?? 1))
    let cut = Int(((cutoff - low) / span * Double(width)).rounded())
    let eighths = ["", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    for (index, count) in counts.enumerated() where count > 0 {
      let level = max(1, Int((Double(count) / most * Double(8 * height)).rounded()))
      let style = theme.style(index >= cut ? "bar" : "bar.dim")
      for step in 0..<height {
        let part = min(8, max(0, level - 8 * step))
        guard part > 0 else { break }
        screen.write(
          eighths[part], row: area.row + height - 1 - step, column: area.column + 1 + index,
          style: style)
      }
    }
    let axis = area.row + height
    let dim = theme.style("text.dim")
    screen.write(Figures.fixed(low, 1), row: axis, column: area.column + 1, style: dim)
    screen.writeRight("1.0", row: axis, end: area.endColumn - 1, style: dim)
    let mark = "▲\(Figures.fixed(cutoff, 2))"
    let place = area.column + 1 + min(max(0, cut), width - 1)
    // The figure stands on the side where there is room.
    if place + mark.count < area.endColumn - 5 {
      screen.write(mark, row: axis, column: place, style: theme.style("title"))
    } else {
      screen.writeRight(
        "\(Figures.fixed(cutoff, 2))▲", row: axis, end: min(place + 1, area.endColumn - 5),
        style: theme.style("title"))
    }
    let note = "cosines of \(Figures.count(cosines.count, "pair"))"
    if place > area.column + 8 + note.count {
      screen.write(note, row: axis, column: area.column + 6, style: dim)
    }
  }
}

extension CompareScreen {
  /// Where both sides come from, what they share only once.
  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session) {
    let width = pen.room
    for side in CompareScreen.Side.allCases {
      let dictionary = self[side].dictionary
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
    let hooks = CompareScreen.Side.allCases.map { self[$0].dictionary.provenance.hook }
    guard width >= 140, let hook = hooks[0] else { return }
    if hooks[0] == hooks[1] {
      pen.write(" · \(hook)", "text.dim", into: &screen)
    } else {
      pen.write(" · hooks differ: \(hook), \(hooks[1] ?? "not recorded")", "warning", into: &screen)
    }
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    let listed = "\(Figures.grouped(rows.count)) of \(Figures.grouped(count(of: table)))"
    switch mode {
    case .searching(let field):
      screen.drawPrompt(
        "/", field, facts: "\(listed) · words of labels and closest contexts, or a region's number",
        &pen,
        area)
    case .filtering(let editor):
      let (facts, isProblem) =
        if let problem = editor.problem {
          ("✗ column \(problem.column): \(problem.message)", true)
        } else if let message = session.message, message.kind == .error {
          ("✗ \(message.text)", true)
        } else if editor.completions.indices.contains(editor.choice) {
          (
            "\(listed) · Tab \(editor.completions[editor.choice].text)— \(editor.completions[editor.choice].meaning)",
            false
          )
        } else {
          (listed, false)
        }
      screen.drawPrompt("filter ", editor.field, facts: facts, isProblem: isProblem, &pen, area)
    // What is wrong with the name has the line until the next key.
    case .exporting where session.message != nil: return false
    case .exporting(let field):
      screen.drawPrompt("write files to ", field, facts: "a new folder, or .html", &pen, area)
    case .browsing, .choosingSort: return false
    }
    return true
  }

  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    CompareView(compare: self, theme: theme).draw(into: &screen, body: area)
  }
}

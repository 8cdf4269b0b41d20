import Storage
import Terminal

/// The selected region: its label, its numbers, its contexts.
struct RegionDetailView {
  let session: Session
  let regions: RegionsScreen
  let theme: Theme

  func draw(into screen: inout Cells, panes: PaneLayout) {
    let area = panes.detail
    guard let region = regions.selected else { return }
    let layout = DetailLayout(regions, panes: panes)
    screen.clipped(to: area) { screen in
      if let row = layout.labelRow { drawLabel(region, row: row, area, panes, into: &screen) }
      for (row, text) in layout.statistics {
        screen.write(
          text, row: row, column: area.column + 1, limit: area.columns - 2,
          style: theme.style("text"), overflow: .ellipsis)
      }
      if let row = layout.noteRow {
        screen.write(
          DetailLayout.unmarkedNote, row: row, column: area.column + 1, limit: area.columns - 2,
          style: theme.style("text.dim"), overflow: .ellipsis)
      }
      drawTabs(layout, area, into: &screen)
      for heading in layout.headings { drawHeading(heading, area, into: &screen) }
      for (row, line) in layout.header { draw(line, row: row, area, into: &screen) }
      for line in layout.lines { drawLine(line, area, into: &screen) }
      for context in layout.contexts { drawContext(context, layout, into: &screen) }
    }
  }

  private func drawLabel(
    _ region: Int, row: Int, _ area: Rect, _ panes: PaneLayout, into screen: inout Cells
  ) {
    var pen = Pen(theme: theme, row: row, column: area.column + 1, end: area.endColumn - 1)
    if case .labelling(let editor) = regions.mode, editor.region == region, panes.list.isEmpty {
      screen.drawField(
        editor.field, suggestion: editor.suggestion, row: row, column: pen.column,
        columns: min(pen.room, 80), theme: theme)
      return
    }
    if let pending = regions.pendingLabels[region] {
      if let failure = pending.failure {
        pen.write("not saved: ", "warning", into: &screen)
        pen.write(pending.text, "region.label", into: &screen)
        pen.write(" (\(failure))", "text.dim", into: &screen)
      } else {
        pen.write("saving… ", "text.dim", into: &screen)
        pen.write(pending.text, "region.label", into: &screen)
      }
      return
    }
    if regions.isHidden(region) {
      pen.write("label hidden: what would you call it?", "region.unlabelled", into: &screen)
      return
    }
    guard let label = regions.annotations.labels.entries[region] else {
      let key = session.key(.label, in: .regions)
      pen.write("no label · \(key) gives it one", "region.unlabelled", into: &screen)
      return
    }
    pen.write(label.text, "region.label", into: &screen)
    for tag in regions.annotations.tags[region] ?? [] {
      pen.write(" #\(tag)", "text.dim", into: &screen)
    }
    guard let glyph = label.origin.glyph else { return }
    let origin =
      switch label.origin {
      case .imported: "came with the dictionary"
      case .carried: label.evidence.first ?? "carried from another dictionary"
      default: "shared\(label.author.map { " by \($0)" } ?? "")"
      }
    pen.write("  \(glyph) \(origin)", "text.dim", into: &screen)
  }

  private func drawTabs(_ layout: DetailLayout, _ area: Rect, into screen: inout Cells) {
    for tab in layout.tabs {
      let isActive = tab.tab == regions.tab
      var pen = Pen(
        theme: theme, row: tab.row, column: tab.columns.lowerBound, end: area.endColumn - 1)
      let number = (DetailTab.allCases.firstIndex(of: tab.tab) ?? 0) + 1
      if isActive {
        screen.write("▸", row: tab.row, column: pen.column - 1, style: theme.style("title"))
      }
      pen.write(String(number), isActive ? "title" : "help.key", into: &screen)
      if !tab.title.isEmpty {
        pen.skip(1)
        pen.write(tab.title, isActive ? "title" : "text.dim", into: &screen)
      }
    }
    guard layout.hiddenBelow > 0, let last = layout.tabs.last else { return }
    let more = "\(layout.hiddenBelow) more ↓"
    if area.endColumn - 1 - last.columns.upperBound > more.count + 1 {
      screen.writeRight(
        more, row: last.row, end: area.endColumn - 1, style: theme.style("text.dim"))
    }
  }

  private func drawHeading(
    _ heading: DetailLayout.Heading, _ area: Rect, into screen: inout Cells
  ) {
    guard let loaded = regions.detail else { return }
    var pen = Pen(
      theme: theme, row: heading.row, column: area.column + 1, end: area.endColumn - 1)
    pen.write(
      heading.kind.title, heading.kind == regions.tab.kind ? "title" : "text.dim", into: &screen)
    pen.write(" \(loaded.contexts(heading.kind).count)", "text.dim", into: &screen)
    pen.skip(2)
    guard pen.room > 30 else { return }
    pen.write(
      heading.kind == .closest ? "nearest the exemplar" : "at the rim of the region",
      "text.dim", into: &screen)
  }

  private func draw(
    _ line: StyledText, row: Int, _ area: Rect, into screen: inout Cells
  ) {
    var pen = Pen(theme: theme, row: row, column: area.column + 1, end: area.endColumn - 1)
    line.draw(&pen, into: &screen)
  }

  private func drawLine(
    _ placed: DetailLayout.PlacedLine, _ area: Rect, into screen: inout Cells
  ) {
    if regions.focus == .contexts, placed.index == regions.tabCursor {
      screen.drawVerticalLine(
        row: placed.row, column: area.column, length: 1, weight: .heavy,
        style: theme.style("border.focused"))
    }
    draw(placed.line, row: placed.row, area, into: &screen)
  }

  private func drawContext(
    _ placed: DetailLayout.PlacedContext, _ layout: DetailLayout, into screen: inout Cells
  ) {
    guard let loaded = regions.detail else { return }
    let context = loaded.contexts(placed.place.kind)[placed.place.index]
    let rect = placed.rect
    let isSelected = regions.focus == .contexts && placed.place == layout.cursorPlace
    if isSelected {
      screen.drawVerticalLine(
        row: rect.row, column: rect.column, length: rect.rows, weight: .heavy,
        style: theme.style("border.focused"))
    }
    let heat = Heat(ratio: regions.dictionary.ratio(context.distance))
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    pen.write(" \(heat.glyph) ", heat.gauge, into: &screen)
    pen.write(" \(Figures.fixed(heat.ratio, 2))θ", "number", into: &screen)
    let position = String(context.position)
    let end = rect.column + layout.textColumn - 2
    if context.text != nil {
      screen.writeRight("pos \(position)", row: rect.row, end: end, style: theme.style("text.dim"))
    }
    for (index, line) in placed.lines.enumerated() {
      var pen = Pen(
        theme: theme, row: rect.row + index, column: rect.column + layout.textColumn,
        end: rect.endColumn)
      for span in line {
        pen.write(span.text, span.look.role, into: &screen)
      }
    }
  }
}

extension TextSpan.Look {
  var role: String {
    switch self {
    case .plain: "text"
    case .match: "match"
    case .token: "token.active"
    case .mark: "text.dim"
    }
  }
}

import Experiments
import Regions
import Storage
import Terminal

/// The screen of several dictionaries: a row for every region as long as it persists, and the way of the selected one.
struct LineageView {
  let trajectory: LineageScreen
  let theme: Theme

  func draw(into screen: inout Cells, body: Rect) {
    let layout = LineageLayout(body: body, count: trajectory.count)
    drawTitle(into: &screen, layout.title)
    drawHeader(into: &screen, layout)
    if trajectory.rows.isEmpty {
      screen.write(
        "no lineage has “\(sanitized(trajectory.words))” · Esc shows all",
        row: layout.lines.row + 1, column: layout.lines.column + 2,
        limit: layout.lines.columns - 3, style: theme.style("text.dim"), overflow: .ellipsis)
    }
    for row in 0..<layout.lines.rows {
      let index = trajectory.top + row
      guard trajectory.rows.indices.contains(index) else { break }
      drawRow(
        trajectory.lineage.rows[trajectory.rows[index]], isSelected: index == trajectory.cursor,
        into: &screen, layout, line: layout.lines.row + row)
    }
    guard let row = trajectory.selected else { return }
    screen.drawTitleRule(
      layout.detailTitle, isFocused: false, theme: theme,
      title: { pen, screen in
        pen.write("the way of \(place(row.first)) \(row.regions[0])", "title", into: &screen)
      })
    screen.clipped(to: layout.detail) { drawPath(row, into: &$0, layout.detail) }
  }

  private func place(_ index: Int) -> String { "\(index + 1):" }

  private func drawTitle(into screen: inout Cells, _ rect: Rect) {
    let position =
      trajectory.rows.isEmpty
      ? ""
      : "\(Figures.grouped(trajectory.cursor + 1)) of \(Figures.grouped(trajectory.rows.count))"
    screen.drawTitleRule(
      rect, isFocused: true, theme: theme,
      title: { pen, screen in
        pen.write("Library › Lineage", "text.dim", into: &screen)
        pen.write(
          "  \(Figures.count(trajectory.lineage.rows.count, "lineage")), \(trajectory.spanning) through all \(trajectory.count)",
          "title", into: &screen)
        if !trajectory.words.isEmpty { pen.write("  /\(trajectory.words)", "match", into: &screen) }
      }, trailing: position)
  }

  private func drawHeader(into screen: inout Cells, _ layout: LineageLayout) {
    screen.restyle(layout.header, theme.style("header"))
    for (index, columns) in layout.columns.enumerated() {
      let isPlace = index == trajectory.place
      screen.write(
        "\(isPlace ? "▸" : "")\(index + 1) \(trajectory.part(index).dictionary.title)",
        row: layout.header.row, column: columns.lowerBound, limit: columns.count - 1,
        style: theme.style(isPlace ? "header.sorted" : "header"), overflow: .ellipsis)
    }
  }

  private func drawRow(
    _ row: Lineage.Row, isSelected: Bool, into screen: inout Cells, _ layout: LineageLayout,
    line: Int
  ) {
    if isSelected {
      screen.fill(
        Rect(row: line, column: layout.lines.column, rows: 1, columns: layout.lines.columns),
        style: theme.style("region.selected"))
    }
    let role = { (role: String) in isSelected ? nil : role }
    for (index, columns) in layout.columns.enumerated() {
      var pen = Pen(
        theme: theme, row: line, column: columns.lowerBound, end: columns.upperBound - 1)
      guard let region = trajectory.region(row, in: index) else {
        if let words = trajectory.words(row, in: index) {
          let mark = index > row.last ? "↘ " : "↗ "
          pen.write(mark + words, role("text.dim"), into: &screen)
        }
        continue
      }
      let step = index - row.first - 1
      if row.cosines.indices.contains(step) {
        pen.write(
          "─\(Figures.fixed(Double(row.cosines[step]), 2))→ ", role("number"), into: &screen)
      }
      pen.write("\(region)", role("text.strong"), into: &screen)
      pen.write(
        " n \(Figures.grouped(trajectory.side(index).memberCounts[region]))", role("number"),
        into: &screen)
      if let label = trajectory.part(index).labels.texts[region], pen.room > 4 {
        pen.write(" \(label)", role("region.label"), into: &screen)
      }
    }
  }

  // MARK: - The way of one region

  private func drawPath(_ row: Lineage.Row, into screen: inout Cells, _ area: Rect) {
    let path = trajectory.path(of: row)
    var line = area.row
    for station in path {
      guard line < area.endRow else { return }
      let part = trajectory.part(station.index)
      let isPlace = station.index == trajectory.place
      var pen = Pen(theme: theme, row: line, column: area.column + 1, end: area.endColumn - 1)
      pen.write(station.isMatched ? "● " : "○ ", isPlace ? "title" : "text", into: &screen)
      pen.write(
        "\(station.index + 1) \(part.dictionary.title) ", isPlace ? "title" : "text.strong",
        into: &screen)
      pen.write("region \(station.region)", "text.strong", into: &screen)
      var facts =
        " · \(Figures.count(trajectory.side(station.index).memberCounts[station.region], "member"))"
      if let count = refusal(station) { facts += " · refused \(count.refused) of \(count.count)" }
      if !station.isMatched { facts += " · no pair: where most members are" }
      pen.write(facts, "text", into: &screen)
      if let label = part.labels.texts[station.region] {
        pen.write(" · \(label)", "region.label", into: &screen)
      }
      line += 1
      if isPlace, line < area.endRow, let text = part.texts[station.region] {
        var pen = Pen(theme: theme, row: line, column: area.column + 3, end: area.endColumn - 1)
        let lines = part.dictionary.lines(of: text.text, token: text.token, columns: pen.room)
        for span in lines.first ?? [] { pen.write(span.text, span.look.role, into: &screen) }
        line += 1
      }
      guard !station.parts.isEmpty, line < area.endRow else { continue }
      pen = Pen(theme: theme, row: line, column: area.column + 1, end: area.endColumn - 1)
      pen.write("│ ", "border", into: &screen)
      pen.write(MemberFlow.words(station.parts, on: .a), "text", into: &screen)
      for part in station.parts.prefix(5) {
        pen.write(
          "  \(Figures.bar(part.share, width: 8))\(Figures.fixed(100 * part.share, 0))% in \(part.region)",
          "text.dim", into: &screen)
      }
      line += 1
    }
  }

  private func refusal(_ station: LineageScreen.Station) -> RefusalCount? {
    let index = station.index
    let tally =
      index == 0
      ? trajectory.steps[0].outcomes?.tally(station.region, on: .a)
      : trajectory.steps[index - 1].outcomes?.tally(station.region, on: .b)
    return tally.flatMap { $0.own.count > 0 ? $0.own : nil }
  }
}

extension LineageScreen {
  func drawProvenance(_ pen: inout Pen, into screen: inout Cells, in session: Session) {
    for index in 0..<count {
      if index > 0 { pen.write("  →  ", "text.dim", into: &screen) }
      pen.write("\(index + 1) ", "text.dim", into: &screen)
      pen.write(part(index).dictionary.title, "title", into: &screen)
    }
    let hooks = Set((0..<count).map { part($0).dictionary.provenance.hook })
    if hooks.count > 1 { pen.write(" · hooks differ", "warning", into: &screen) }
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    guard let textField else { return false }
    screen.drawPrompt(
      "/", textField, facts: "words of labels and contexts, or a region's number", &pen, area)
    return true
  }

  func draw(into screen: inout Cells, area: Rect, theme: Theme, in session: Session) {
    LineageView(trajectory: self, theme: theme).draw(into: &screen, body: area)
  }
}

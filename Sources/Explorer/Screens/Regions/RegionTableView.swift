import Regions
import Storage
import Terminal

/// The table of regions.
struct RegionTableView {
  let regions: RegionsScreen
  let theme: Theme
  private let facts: RegionFacts

  init(regions: RegionsScreen, theme: Theme) {
    (self.regions, self.theme, facts) = (regions, theme, regions.facts)
  }

  func draw(into screen: inout Cells, area: Rect) {
    let (header, body) = area.split(rows: 1)
    let columns = regions.tableColumns(width: area.columns)
    drawHeader(into: &screen, header, columns)
    guard !regions.rows.isEmpty else {
      drawEmpty(into: &screen, body)
      return
    }
    for row in 0..<body.rows {
      let index = regions.top + row
      guard regions.rows.indices.contains(index) else { return }
      drawRow(
        into: &screen,
        Rect(row: body.row + row, column: area.column, rows: 1, columns: area.columns),
        index: index, columns)
    }
  }

  private func drawHeader(into screen: inout Cells, _ rect: Rect, _ columns: TableColumns) {
    screen.restyle(rect, theme.style("header"))
    for column in columns.columns {
      let isSorted = column.content.sort == regions.sort.column && column.content != .fact(.share)
      guard column.content != .fact(.bar) else { continue }
      let arrow = isSorted ? (regions.sort.isDescending ? "▼" : "▲") : ""
      let heading = column.content.heading + arrow
      let style = theme.style(isSorted ? "header.sorted" : "header")
      let start = rect.column + column.start
      if column.content.isLeft {
        let isTight = column.content == .star && isSorted
        screen.write(isTight ? arrow : heading, row: rect.row, column: start, style: style)
      } else {
        // The arrow hangs over to the right, so that headings stand over their figures.
        screen.writeRight(heading, row: rect.row, end: start + column.width, style: style)
      }
    }
  }

  private func drawEmpty(into screen: inout Cells, _ rect: Rect) {
    guard regions.rows.isEmpty, !regions.isOrderAwaited else {
      screen.write(
        "the store is being read…", row: rect.row + 1, column: rect.column + 2,
        limit: rect.columns - 3, style: theme.style("text.dim"))
      return
    }
    var lines = ["this dictionary has no regions"]
    if let search = regions.search, regions.dictionary.regionCount > 0 {
      lines = ["no region matches “\(search.text)”"]
      // No index has them.
      if let field = regions.dictionary.table.rowFields.names.first {
        lines.append("fields of rows are asked about with f: \(field.name):VALUE")
      }
      lines += regions.finalTokenNote.flatMap {
        WrappedText.lines($0, columns: rect.columns - 3)
      }
      lines.append("/ changes the search · Esc shows all regions")
    }
    if let filter = regions.filter, !filter.filter.isEmpty {
      let also = regions.search == nil ? "" : " and matches “\(regions.search?.text ?? "")”"
      lines = [
        "no region passes \(filter.text)\(also)", "f changes the filter · Esc shows all regions",
      ]
    }
    for (index, line) in lines.enumerated() where 1 + index < rect.rows {
      screen.write(
        line, row: rect.row + 1 + index, column: rect.column + 2, limit: rect.columns - 3,
        style: theme.style(index == 0 ? "text" : "text.dim"), overflow: .ellipsis)
    }
  }

  private func drawRow(
    into screen: inout Cells, _ rect: Rect, index: Int, _ columns: TableColumns
  ) {
    let region = Int(regions.rows[index])
    let isSelected = index == regions.cursor
    let isFocused = regions.focus == .list
    let selection = theme.style(isFocused ? "region.selected" : "region.selected.unfocused")
    if isSelected { screen.fill(rect, style: selection) }
    // On the selected row everything has its look: a second colour there would be hard to read.
    let style = { (role: String) in isSelected ? Style.plain : theme.style(role) }
    let isEdited = regions.isLabelling(region)
    for column in columns.columns {
      // A label is written over the figures too: twenty columns are no room to write in.
      if isEdited, column.start > columns[.label]?.start ?? 0 { continue }
      let start = rect.column + column.start
      let end = start + column.width
      switch column.content {
      case .id:
        screen.writeRight(String(region), row: rect.row, end: end, style: style("text.dim"))
      case .star:
        guard regions.annotations.stars.contains(region) else { continue }
        screen.write("★", row: rect.row, column: start, limit: 1, style: style("title"))
      case .label:
        drawLabel(
          into: &screen, region: region,
          Rect(
            row: rect.row, column: start, rows: 1,
            columns: isEdited ? rect.endColumn - start - 1 : column.width),
          isSelected: isSelected)
      case .fact(let fact):
        drawFact(
          fact, of: region,
          Rect(row: rect.row, column: start, rows: 1, columns: column.width), style, into: &screen)
      }
    }
  }

  private func drawFact(
    _ column: RegionColumn, of region: Int, _ rect: Rect, _ style: (String) -> Style,
    into screen: inout Cells
  ) {
    if column.isHiddenWhenBlind, regions.isHidden(region) {
      screen.writeRight("·", row: rect.row, end: rect.endColumn, style: style("text.dim"))
      return
    }
    let text = column.cell(facts, region)?.text ?? "—"
    switch column.look {
    case .number:
      screen.writeRight(text, row: rect.row, end: rect.endColumn, style: style("number"))
    case .bar, .words:
      screen.write(
        text, row: rect.row, column: rect.column, limit: rect.columns,
        style: style(column.look == .bar ? "bar" : "text.dim"), overflow: .ellipsis)
    }
  }

  private func drawLabel(
    into screen: inout Cells, region: Int, _ rect: Rect, isSelected: Bool
  ) {
    if case .labelling(let editor) = regions.mode, editor.region == region {
      screen.drawField(
        editor.field, suggestion: editor.suggestion, row: rect.row, column: rect.column,
        columns: rect.columns, theme: theme)
      return
    }
    var pen = Pen(theme: theme, row: rect.row, column: rect.column, end: rect.endColumn)
    let role = { (role: String) in isSelected ? nil : role }
    if let pending = regions.pendingLabels[region] {
      let note = pending.failure == nil ? "saving… " : "not saved: "
      pen.write(note, pending.failure == nil ? role("text.dim") : "warning", into: &screen)
      pen.write(
        pending.text.isEmpty ? "(no label)" : pending.text, role("region.label"), into: &screen)
      return
    }
    guard let label = regions.annotations.labels.entries[region], !regions.isHidden(region) else {
      pen.write(regions.isHidden(region) ? "? " : "— ", role("region.unlabelled"), into: &screen)
      if regions.isTemplate(region), pen.room > 12 {
        pen.write("template ", role("text.dim"), into: &screen)
      }
      drawTags(of: region, &pen, into: &screen, role("text.dim"), isBefore: true)
      drawContext(of: region, &pen, into: &screen, isSelected: isSelected)
      return
    }
    if let glyph = label.origin.glyph { pen.write("\(glyph) ", role("text.dim"), into: &screen) }
    drawMarked(
      label.text, marks: labelMarks(region), &pen, into: &screen,
      role: role(label.origin == .own ? "region.label" : "text.dim"))
    drawTags(of: region, &pen, into: &screen, role("text.dim"))
  }

  /// Tags, unless they have a column of their own.
  private func drawTags(
    of region: Int, _ pen: inout Pen, into screen: inout Cells, _ role: String?,
    isBefore: Bool = false
  ) {
    guard let tags = regions.annotations.tags[region], !regions.isHidden(region),
      !regions.columns.contains(.tags),
      pen.room > 3
    else { return }
    let text = tags.map { "#\($0)" }.joined(separator: " ")
    pen.write(isBefore ? "\(text) " : " \(text)", role, into: &screen)
  }

  /// The region's nearest context in a line, so that a region without a label says something too.
  private func drawContext(
    of region: Int, _ pen: inout Pen, into screen: inout Cells, isSelected: Bool
  ) {
    guard let text = regions.rowTexts[region], pen.room > 3 else { return }
    let lines = regions.dictionary.lines(
      of: text.text, token: text.token, marks: text.marks, isWhole: text.isWhole,
      columns: pen.room)
    for span in lines.first ?? [] {
      let role = span.look == .match ? "match" : (isSelected ? nil : "region.unlabelled")
      pen.write(span.text, role, into: &screen)
    }
  }

  private func labelMarks(_ region: Int) -> [Range<Int>] {
    guard let hit = regions.search?.hits[region], hit.field == .label,
      hit.snippet == regions.annotations.labels.texts[region]
    else { return [] }
    return hit.matches
  }

  private func drawMarked(
    _ text: String, marks: [Range<Int>], _ pen: inout Pen, into screen: inout Cells, role: String?
  ) {
    let lines = ContextLines.lines(
      text, token: nil, marks: marks, columns: pen.room, lineCount: 1)
    for span in lines.first ?? [] {
      pen.write(span.text, span.look == .match ? "match" : role, into: &screen)
    }
  }
}

extension LabelView.Origin {
  /// What stands before a label that is not the person's own.
  var glyph: String? {
    switch self {
    case .own: nil
    case .shared: "◆"
    case .carried: "⇢"
    case .imported: "◇"
    }
  }
}

extension RegionsScreen {
  func isLabelling(_ region: Int) -> Bool {
    if case .labelling(let editor) = mode { editor.region == region } else { false }
  }

  func tableColumns(width: Int) -> TableColumns {
    TableColumns(
      width: width, regionCount: dictionary.regionCount, mostMembers: dictionary.mostMembers,
      chosen: columns)
  }
}

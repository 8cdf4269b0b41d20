import Experiments
import Numerics
import Regions
import Storage
import Terminal

/// A table of a comparison: pairs that persist, regions dropped, or regions introduced.
struct CompareTableView {
  let compare: CompareScreen
  let theme: Theme

  private var comparison: DictionaryComparison { compare.opened.comparison }

  func draw(into screen: inout Cells, layout: CompareLayout) {
    let columns = CompareColumns(compare, width: layout.table.columns).columns
    let header = layout.table.split(rows: 1).top
    screen.restyle(header, theme.style("header"))
    drawHeader(columns, into: &screen, header)
    if !layout.note.isEmpty { drawNull(into: &screen, layout.note) }
    guard !compare.rows.isEmpty else { return drawNothing(into: &screen, layout.lines) }
    for row in 0..<layout.lines.rows {
      let index = compare.top + row
      guard compare.rows.indices.contains(index) else { return }
      drawRow(
        compare.rows[index], columns, isSelected: index == compare.cursor, into: &screen,
        Rect(
          row: layout.lines.row + row, column: layout.lines.column, rows: 1,
          columns: layout.lines.columns))
    }
  }

  private func drawNothing(into screen: inout Cells, _ rect: Rect) {
    let text =
      compare.isNarrowed
      ? "no row passes “\(sanitized([compare.words, compare.filter.text].filter { !$0.isEmpty }.joined(separator: " ")))” · Esc shows all"
      : "no region is \(compare.table.rawValue) at a cutoff of \(Figures.fixed(compare.cutoff, 2))"
    screen.write(
      text, row: rect.row + 1, column: rect.column + 2, limit: rect.columns - 3,
      style: theme.style("text.dim"), overflow: .ellipsis)
  }

  /// What chance and another order introduce, under the regions that are introduced.
  private func drawNull(into screen: inout Cells, _ rect: Rect) {
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn - 1)
    let division = compare.division
    let own = Proportion(division.introduced.count, of: comparison.b.count)
    let found = "introduced \(Figures.brief(own))"
    let line = CompareNullLine.line([found], compare, columns: pen.room)
    pen.write(found, "text.strong", into: &screen)
    pen.write(line.dropFirst(found.count), "text", into: &screen)
  }

  private func drawHeader(
    _ columns: [CompareColumns.Column], into screen: inout Cells, _ rect: Rect
  ) {
    for column in columns {
      var isSorted = column.sort == compare.sort.column
      if case .distance = column.kind { isSorted = false }
      let style = theme.style(isSorted ? "header.sorted" : "header")
      let title = isSorted ? column.title + (compare.sort.isDescending ? "▼" : "▲") : column.title
      if column.isLeft {
        screen.write(
          title, row: rect.row, column: rect.column + column.start, limit: column.width,
          style: style, overflow: .ellipsis)
      } else {
        let text = DisplayWidth.of(title) < column.width + 1 ? title : column.title
        screen.writeRight(
          text, row: rect.row, end: rect.column + column.start + column.width, style: style)
      }
    }
  }

  private func drawRow(
    _ row: CompareScreen.Row, _ columns: [CompareColumns.Column], isSelected: Bool,
    into screen: inout Cells, _ rect: Rect
  ) {
    if isSelected {
      screen.fill(
        rect,
        style: theme.style(
          compare.focus == .list ? "region.selected" : "region.selected.unfocused"))
    }
    for column in columns {
      let start = rect.column + column.start
      if column.kind == .text {
        drawText(
          row, isSelected: isSelected, into: &screen, row: rect.row, column: start,
          end: start + column.width)
        continue
      }
      let (text, role) = cell(column.kind, row)
      let style = isSelected ? Style.plain : theme.style(role)
      if column.isLeft {
        screen.write(
          text, row: rect.row, column: start, limit: column.width - 1, style: style,
          overflow: .ellipsis)
      } else {
        screen.writeRight(text, row: rect.row, end: start + column.width, style: style)
      }
    }
  }

  private func cell(
    _ kind: CompareColumns.Kind, _ row: CompareScreen.Row
  ) -> (text: String, role: String) {
    switch kind {
    case .cosine: return (compare.cosine(of: row).map { Figures.fixed($0, 3) } ?? "—", "number")
    case .distance(let side):
      let value = compare.value(of: side == .a ? .da : .db, row)
      return (value.map { Figures.fixed($0, 2) } ?? "—", "number")
    case .region(let side): return (row[side].map(String.init) ?? "", "text.strong")
    case .partner(let side):
      if let partner = row[side] { return ("\(partner)", "text") }
      let nearest = row[side.other].map { compare.comparisonSide(side.other).nearest[$0].region }
      return (nearest.map { "~\($0)" } ?? "", "text.dim")
    case .members(let side):
      let members = row[side].map { compare.comparisonSide(side).memberCounts[$0] }
      return (members.map(Figures.grouped) ?? "", "number")
    case .refusal(let side, let isWide):
      let counts = compare.refusals(row)
      return (Self.refusal(side == .a ? counts.a : counts.b, isWide: isWide), "number")
    case .change: return (Self.change(compare.change(row)), "number")
    case .fate: return (compare.fate(row) ?? "", "text")
    case .text: return ("", "text")
    }
  }

  /// `10/10`, with rate and interval in percent where there is room.
  static func refusal(_ count: RefusalCount?, isWide: Bool) -> String {
    guard let count else { return "—" }
    guard count.count > 0 else { return "none" }
    let text = "\(count.refused)/\(count.count)"
    return isWide ? "\(text) \(Figures.brief(count.proportion))" : text
  }

  /// In points of percent, with its sign.
  static func change(_ change: Double?) -> String {
    guard let change else { return "" }
    let points = Figures.fixed(100 * change, 0)
    return change > 0 ? "+\(points)" : points == "0" ? "0" : points
  }

  private func drawText(
    _ row: CompareScreen.Row, isSelected: Bool, into screen: inout Cells, row line: Int,
    column: Int, end: Int
  ) {
    let role = { (role: String) in isSelected ? nil : role }
    var pen = Pen(theme: theme, row: line, column: column, end: end)
    let shown: [CompareScreen.Side] =
      compare.table == .persisted
      ? CompareScreen.Side.allCases : compare.table == .dropped ? [.a] : [.b]
    let labels = shown.compactMap { side -> (text: String, isCarried: Bool)? in
      guard let region = row[side] else { return nil }
      if let carried = compare.carried(side, region) { return (carried.text, true) }
      guard let entry = compare.labels[side]?.entries[region] else { return nil }
      return (entry.text, entry.origin == .carried)
    }
    for (index, label) in labels.enumerated() {
      if index > 0, labels[0].text == label.text { continue }
      if index > 0 { pen.write(" ≠ ", role("warning"), into: &screen) }
      if label.isCarried { pen.write("⇢ ", role("warning"), into: &screen) }
      pen.write(label.text, role("region.label"), into: &screen)
    }
    guard labels.isEmpty, let side = shown.first, let region = row[side],
      let text = compare[side].texts[region], pen.room > 3
    else { return }
    let lines = compare[side].dictionary.lines(
      of: text.text, token: text.token, columns: pen.room)
    for span in lines.first ?? [] {
      pen.write(span.text, role("region.unlabelled"), into: &screen)
    }
  }
}

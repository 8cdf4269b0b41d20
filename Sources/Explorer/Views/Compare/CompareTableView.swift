import Experiments
import Storage
import Terminal

/// The table of a comparison's pairs, or of the regions of one side.
struct CompareTableView {
  let compare: CompareState
  let theme: Theme

  private var comparison: DictionaryComparison { compare.opened.comparison }

  func draw(into screen: inout Screen, area: Rect) {
    let (header, body) = area.split(rows: 1)
    screen.restyle(header, theme.style("header"))
    drawHeader(into: &screen, header)
    guard !compare.rows.isEmpty else {
      let text =
        compare.filter.isEmpty
        ? "no region is \(compare.table.rawValue) at a cutoff of \(Figures.fixed(compare.cutoff, 2))"
        : "nothing matches “\(compare.filter)” · words, a number, cos<0.9, d>1, members>50"
      screen.write(
        text, row: body.row + 1, column: body.column + 2, limit: body.columns - 3,
        style: theme.style("text.dim"), overflow: .ellipsis)
      return
    }
    for row in 0..<body.rows {
      let index = compare.top + row
      guard compare.rows.indices.contains(index) else { return }
      drawRow(
        compare.rows[index], isSelected: index == compare.cursor, into: &screen,
        Rect(row: body.row + row, column: area.column, rows: 1, columns: area.columns))
    }
  }

  // MARK: - Columns

  private var idWidth: Int {
    max(2, Figures.digits(max(comparison.a.count, comparison.b.count)))
  }

  private static let figureWidth = 6

  /// Where the parts of a pair's line begin: cosine and distances, then either side.
  private func pairColumns(_ rect: Rect) -> (a: Int, b: Int, width: Int) {
    let figures = 3 * Self.figureWidth + 2
    let width = (rect.columns - figures - 2) / 2
    return (rect.column + figures, rect.column + figures + width + 1, width)
  }

  private func drawHeader(into screen: inout Screen, _ rect: Rect) {
    let style = theme.style("header")
    func figure(_ text: String, _ index: Int) {
      screen.writeRight(
        text, row: rect.row, end: rect.column + 1 + (index + 1) * Self.figureWidth, style: style)
    }
    if compare.table == .persisted {
      for (index, text) in ["cos", "d/θA", "d/θB"].enumerated() { figure(text, index) }
      let columns = pairColumns(rect)
      screen.write(
        side("A", columns.width), row: rect.row, column: columns.a, limit: columns.width,
        style: style)
      screen.write(
        side("B", columns.width), row: rect.row, column: columns.b, limit: columns.width,
        style: style)
      return
    }
    let isDropped = compare.table == .dropped
    screen.write(
      side(isDropped ? "A" : "B", rect.columns), row: rect.row, column: rect.column + 1,
      limit: rect.columns, style: style)
    let parts = regionColumns(rect)
    screen.writeRight(
      isDropped ? "nearest B" : "nearest A", row: rect.row, end: parts.nearestEnd, style: style)
    if parts.fateWidth > 0 {
      screen.write(
        isDropped ? "where its members went" : "where its members came from", row: rect.row,
        column: parts.fate, limit: parts.fateWidth, style: style, overflow: .ellipsis)
    }
  }

  private func side(_ name: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, idWidth - 1)) + "\(name) members  label or closest context"
  }

  private func regionColumns(_ rect: Rect) -> (nearestEnd: Int, fate: Int, fateWidth: Int) {
    let fateWidth = compare.flow == nil ? 0 : min(34, rect.columns / 3)
    let fate = rect.endColumn - fateWidth - 1
    return (fate - (fateWidth > 0 ? 2 : 0), fate, fateWidth)
  }

  // MARK: - Rows

  private func drawRow(
    _ row: CompareState.Row, isSelected: Bool, into screen: inout Screen, _ rect: Rect
  ) {
    if isSelected {
      let role =
        compare.focus == .list ? "region.selected" : "region.selected.unfocused"
      screen.fill(rect, style: theme.style(role))
    }
    let style = { (role: String) in isSelected ? Style.plain : theme.style(role) }
    if let a = row.a, let b = row.b, compare.table == .persisted {
      let cosine = Double(row.cosine ?? .nan)
      let figures = [
        Figures.fixed(cosine, 3), Figures.fixed((1 - cosine) / comparison.a.threshold, 3),
        Figures.fixed((1 - cosine) / comparison.b.threshold, 3),
      ]
      for (index, text) in figures.enumerated() {
        screen.writeRight(
          text, row: rect.row, end: rect.column + 1 + (index + 1) * Self.figureWidth,
          style: style("number"))
      }
      let columns = pairColumns(rect)
      drawRegion(
        a, .a, column: columns.a, end: columns.a + columns.width, isSelected, into: &screen, rect)
      if compare.disagrees(row) {
        screen.write("≠", row: rect.row, column: columns.b - 1, style: style("warning"))
      }
      drawRegion(
        b, .b, column: columns.b, end: columns.b + columns.width, isSelected, into: &screen, rect)
      return
    }
    let side: CompareState.Side = compare.table == .dropped ? .a : .b
    guard let region = side == .a ? row.a : row.b else { return }
    let columns = regionColumns(rect)
    let nearest = compare.comparisonSide(side).nearest[region]
    let nearestText = "\(nearest.region) \(Figures.fixed(Double(nearest.cosine), 2))"
    screen.writeRight(nearestText, row: rect.row, end: columns.nearestEnd, style: style("number"))
    drawRegion(
      region, side, column: rect.column + 1, end: columns.nearestEnd - 11, isSelected,
      into: &screen, rect)
    if let flow = compare.flow, columns.fateWidth > 0 {
      let parts = flow.parts(of: region, on: side.flowSide)
      screen.write(
        MemberFlow.words(parts, on: side.flowSide), row: rect.row, column: columns.fate,
        limit: columns.fateWidth, style: style("text"), overflow: .ellipsis)
    }
  }

  private func drawRegion(
    _ region: Int, _ side: CompareState.Side, column: Int, end: Int, _ isSelected: Bool,
    into screen: inout Screen, _ rect: Rect
  ) {
    let role = { (role: String) in isSelected ? nil : role }
    let style = { (role: String) in isSelected ? Style.plain : theme.style(role) }
    screen.writeRight(
      String(region), row: rect.row, end: column + idWidth, style: style("text.dim"))
    screen.writeRight(
      Figures.grouped(compare.comparisonSide(side).memberCounts[region]), row: rect.row,
      end: column + idWidth + 8, style: style("number"))
    var pen = Pen(theme: theme, row: rect.row, column: column + idWidth + 10, end: end - 1)
    if let carried = compare.carried(side, region) {
      pen.write("⇢ ", role("warning"), into: &screen)
      pen.write(carried.text, role("region.label"), into: &screen)
    } else if let label = compare.label(side, region) {
      pen.write(label, role("region.label"), into: &screen)
    } else if let text = compare[side].texts[region], pen.room > 3 {
      let lines = ContextLines.lines(
        text.text, token: text.token, prefix: compare[side].dictionary.commonPrefix,
        columns: pen.room, lineCount: 1)
      for span in lines.first ?? [] {
        pen.write(span.text, isSelected ? nil : "region.unlabelled", into: &screen)
      }
    }
  }
}

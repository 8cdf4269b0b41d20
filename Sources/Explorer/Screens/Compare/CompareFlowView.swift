import Experiments
import Storage
import Terminal

/// Where a region's members went, or came from: ribbons between A and B, and the same as a table.
struct CompareFlowView {
  let compare: CompareScreen
  let theme: Theme

  func draw(into screen: inout Cells, _ area: Rect) {
    guard let flow = compare.flow, let pair = compare.shown, area.rows > 2 else { return }
    let side = CompareDetailLines.side(of: compare)
    let region = side == .a ? pair.a : pair.b
    let rows = CompareDetailLines.flowRows(compare)
    guard !rows.isEmpty else {
      screen.write(
        "none of its members are in a region of \(side.other.name)", row: area.row,
        column: area.column + 1, limit: area.columns - 2, style: theme.style("text.dim"))
      return
    }
    // The table gets what it needs, up to half.
    let tableRows = min(rows.count + 1, area.rows / 2)
    let height = min(area.rows - tableRows, 14)
    let diagram = FlowDiagram(flow, region: region, on: side.flowSide, rows: height)
    draw(
      diagram, into: &screen, area.split(rows: diagram.height).top)
    drawTable(rows, into: &screen, area.rows(from: area.row + diagram.height))
  }

  // MARK: - Ribbons

  private func draw(_ diagram: FlowDiagram, into screen: inout Cells, _ area: Rect) {
    let nameColumns = min(24, area.columns / 3)
    let left = area.column + nameColumns
    let right = area.endColumn - nameColumns - 1
    guard right - left > 6 else { return }
    let (plane, focus) = diagram.plane(columns: right - left - 1)
    for row in 0..<plane.rows {
      for column in 0..<plane.columns {
        let cell = row * plane.columns + column
        guard !plane.isEmpty(cell) else { continue }
        screen.write(
          plane.glyph(cell), row: area.row + row, column: left + 1 + column,
          style: theme.style(focus.contains(cell) ? "bar" : "bar.dim"))
      }
    }
    for node in diagram.left { drawNode(node, .a, at: left, into: &screen, area) }
    for node in diagram.right { drawNode(node, .b, at: right, into: &screen, area) }
  }

  private func drawNode(
    _ node: FlowDiagram.Node, _ side: CompareScreen.Side, at column: Int, into screen: inout Cells,
    _ area: Rect
  ) {
    let style = theme.style(node.isFocus ? "bar" : "text")
    for row in node.rows {
      screen.write("█", row: area.row + row, column: column, style: style)
    }
    var name = node.region.map { "\(side.name) \($0)" } ?? Figures.count(node.regions, "other")
    name += " · \(Figures.grouped(node.count))"
    let room = side == .a ? column - area.column - 2 : area.endColumn - column - 2
    if let label = node.region.flatMap({ compare.label(side, $0) }),
      DisplayWidth.of(name) + 4 < room
    {
      name += " \(label)"
    }
    let row = area.row + (node.rows.lowerBound + node.rows.upperBound - 1) / 2
    let role = node.isFocus ? "title" : node.region == nil ? "text.dim" : "text"
    let width = min(DisplayWidth.of(name), room)
    screen.write(
      name, row: row, column: side == .a ? column - 1 - width : column + 2, limit: room,
      style: theme.style(role), overflow: .ellipsis)
  }

  // MARK: - Table

  private func drawTable(
    _ rows: [CompareDetailLines.FlowRow], into screen: inout Cells, _ area: Rect
  ) {
    guard area.rows > 1 else { return }
    let header = theme.style("header")
    screen.restyle(area.split(rows: 1).top, header)
    let ends = [7, 14, 26, 34, 42].map { area.column + $0 }
    for (title, end) in zip(["A", "B", "activations", "of A", "of B"], ends) {
      screen.writeRight(title, row: area.row, end: end, style: header)
    }
    screen.write("label of the other side", row: area.row, column: ends[4] + 2, style: header)
    let side = CompareDetailLines.side(of: compare)
    let page = area.rows - 1
    let cursor = compare.focus == .detail && compare.tab == .flow ? compare.place : -1
    let first = max(0, min(max(0, cursor), rows.count - 1) - page + 1)
    for (index, row) in rows.dropFirst(first).prefix(page).enumerated() {
      let line = area.row + 1 + index
      let isSelected = first + index == cursor
      if isSelected {
        screen.fill(
          Rect(row: line, column: area.column, rows: 1, columns: area.columns),
          style: theme.style("region.selected"))
      }
      let style = { (role: String) in isSelected ? Style.plain : theme.style(role) }
      let texts = [
        "\(row.a)", "\(row.b)", Figures.grouped(row.count),
        "\(Figures.fixed(100 * row.shareOfA, 0))%", "\(Figures.fixed(100 * row.shareOfB, 0))%",
      ]
      for (text, end) in zip(texts, ends) {
        screen.writeRight(text, row: line, end: end, style: style("number"))
      }
      let other = side == .a ? row.b : row.a
      if let label = compare.label(side.other, other) {
        screen.write(
          label, row: line, column: ends[4] + 2, limit: area.endColumn - ends[4] - 3,
          style: style("region.label"), overflow: .ellipsis)
      }
    }
  }
}

extension Rect {
  /// What of it lies at `row` and below.
  func rows(from row: Int) -> Rect {
    Rect(row: row, column: column, rows: endRow - row, columns: columns)
  }
}

import Experiments
import Terminal

/// The regions that a text passes through in the selected layer, the most visited first, and where in the text.
struct TraceRegionsView {
  let trace: TraceScreen
  let labels: (Int) -> [Int: String]
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    guard let reading = trace.reading, reading.layers.indices.contains(trace.column) else { return }
    let column = trace.column
    let texts = labels(column)
    let groups = Dictionary(grouping: reading.tokens.indices) {
      reading.tokens[$0].hits[column].region
    }
    let order = groups.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }
    let selected =
      reading.tokens.indices.contains(trace.cursor)
      ? reading.tokens[trace.cursor].hits[column].region : -1
    let strip = max(8, min(reading.tokens.count, area.columns / 3))
    for (offset, group) in order.prefix(max(0, area.rows - 1)).enumerated() {
      let row = area.row + offset
      let isSelected = group.key == selected
      var pen = Pen(theme: theme, row: row, column: area.column + 1, end: area.endColumn - 1)
      pen.write(isSelected ? "▸" : " ", "title", into: &screen)
      let id = String(group.key)
      pen.write(
        id.leftPadded(to: 5) + " ",
        isSelected ? "title" : "text", into: &screen)
      pen.write(
        Figures.presence(group.value, of: reading.tokens.count, columns: strip) + " ", "bar",
        into: &screen)
      let count = String(group.value.count)
      pen.write(
        count.leftPadded(to: 4) + "  ", "number",
        into: &screen)
      let outside = group.value.count { reading.tokens[$0].hits[column].isOutside }
      if outside > 0 { pen.write("\(outside) outside ", "heat.outside", into: &screen) }
      if let label = texts[group.key] {
        pen.write(label, "region.label", into: &screen)
      } else {
        let words = group.value.prefix(8).map {
          TextLines.token(reading.tokens[$0].spelling)
        }
        pen.write(words.joined(separator: " "), "text.dim", into: &screen)
      }
    }
    let rest = order.count - max(0, area.rows - 1)
    guard area.rows > 0 else { return }
    screen.write(
      rest > 0
        ? "and \(Figures.count(rest, "more region"))"
        : "\(Figures.count(order.count, "region")) of \(Figures.grouped(trace.layer(column)?.regionCount ?? 0)) · where in the text · tokens",
      row: area.row + min(order.count, area.rows - 1), column: area.column + 2,
      limit: area.columns - 3, style: theme.style("text.dim"), overflow: .ellipsis)
  }
}

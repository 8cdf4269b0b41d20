import Experiments
import Numerics
import Terminal

/// One row a token, and for every layer its region, label and distance.
struct TraceTableView {
  let trace: TraceScreen
  let labels: (Int) -> [Int: String]
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    guard let reading = trace.reading, area.rows > 1 else { return }
    let position = max(3, Figures.digits(reading.tokens.last?.position ?? 0))
    let layers = reading.layers.count
    let token = min(16, max(8, area.columns / (layers > 2 ? 8 : 5)))
    let start = area.column + position + token + 5
    let width = max(14, (area.endColumn - 1 - start) / max(1, layers))
    // As many layers as fit, the selected one among them.
    let shown = max(1, min(layers, (area.endColumn - start) / width))
    let first = min(max(0, trace.column - shown + 1), layers - shown)
    drawHeading(
      columns: first..<first + shown, position: position, start: start, width: width,
      into: &screen, area)
    let texts = (first..<first + shown).map(labels)
    for (offset, item) in reading.tokens.dropFirst(trace.top).prefix(area.rows - 1).enumerated() {
      let index = trace.top + offset
      let row = area.row + 1 + offset
      let isSelected = index == trace.cursor
      if isSelected {
        screen.fill(
          Rect(row: row, column: area.column, rows: 1, columns: area.columns),
          style: theme.style(
            trace.focus == .tokens ? "region.selected" : "region.selected.unfocused"))
      }
      screen.writeRight(
        "\(item.position)", row: row, end: area.column + 1 + position,
        style: isSelected ? .plain : theme.style("text.dim"))
      let isOwn =
        reading.range(of: index).lowerBound < reading.own.upperBound
        && reading.range(of: index).upperBound > reading.own.lowerBound
      screen.write(
        TextLines.token(item.spelling), row: row, column: area.column + position + 3, limit: token,
        style: isSelected ? .plain : theme.style(isOwn ? "text" : "text.dim"), overflow: .ellipsis)
      for (place, column) in (first..<first + shown).enumerated() {
        drawHit(
          item.hits[column], texts[place], isCell: isSelected && column == trace.column,
          isSelected: isSelected,
          Pen(
            theme: theme, row: row, column: start + place * width,
            end: start + (place + 1) * width - 1), into: &screen)
      }
    }
  }

  private func drawHeading(
    columns: Range<Int>, position: Int, start: Int, width: Int, into screen: inout Cells,
    _ area: Rect
  ) {
    let style = theme.style("header")
    screen.fill(
      Rect(row: area.row, column: area.column, rows: 1, columns: area.columns), style: style)
    screen.writeRight("pos", row: area.row, end: area.column + 1 + position, style: style)
    screen.write("token", row: area.row, column: area.column + position + 3, style: style)
    let isMany = trace.reading?.layers.count ?? 1 > 1
    for (place, column) in columns.enumerated() {
      let name = isMany ? trace.layer(column)?.shortHook ?? "" : "d/θ    region"
      screen.write(
        (isMany && column == trace.column ? "▸" : "") + name, row: area.row,
        column: start + place * width, limit: width - 1, style: style, overflow: .ellipsis)
    }
  }

  private func drawHit(
    _ hit: RegionHit, _ labels: [Int: String], isCell: Bool, isSelected: Bool, _ pen: Pen,
    into screen: inout Cells
  ) {
    var pen = pen
    let heat = Heat(ratio: hit.ratio)
    let isMany = trace.reading?.layers.count ?? 1 > 1
    pen.write(isCell && isMany ? "▸" : heat.glyph, isSelected ? nil : heat.gauge, into: &screen)
    pen.write(
      " \(Figures.fixed(hit.ratio, 2)) ", isSelected ? nil : hit.isOutside ? heat.role : "number",
      into: &screen)
    let region = String(hit.region)
    pen.write(
      region.leftPadded(to: 4) + " ",
      isSelected ? nil : "text", into: &screen)
    if hit.isOutside {
      pen.write(
        isMany ? "outside" : "outside the dictionary ", isSelected ? nil : heat.role, into: &screen)
    }
    guard !hit.isOutside || !isMany, let label = labels[hit.region] else { return }
    pen.write(label, isSelected ? nil : "region.label", into: &screen)
  }
}

/// What of a text is inside a dictionary, in words, with n and interval.
struct TraceSummary: Equatable {
  var text: String
  /// In the order of their weight; those that there is room for are shown.
  var notes: [String]
  var short: String

  init(_ trace: TraceScreen, _ column: Int) {
    let counted = trace.counted(column)
    let outside = trace.outside(column).count
    let inside = Proportion(counted.count - outside, of: counted.count)
    let isLast = trace.layer(column)?.positions == "last"
    guard counted.count > 0 else {
      (text, notes, short) = ("no token counts yet", [], "—")
      return
    }
    if isLast {
      let token = trace.reading?.tokens[counted[0]]
      let ratio = token.map { Figures.fixed($0.hits[column].ratio, 2) } ?? "—"
      text = "final position: d/θ \(ratio), \(outside == 0 ? "inside" : "outside")"
      // Short enough for the smallest screen.
      let others = trace.reading?.tokens.dropLast() ?? []
      let isOutside = 2 * others.count { $0.hits[column].isOutside } > others.count
      notes = [" · built of final ones: others \(isOutside ? "lie outside" : "only orient")"]
      short = "final d/θ \(ratio)\(outside == 0 ? "" : " outside")"
      return
    }
    let share = Figures.percent(inside.rate ?? .nan)
    let interval =
      inside.wilson().map { " [\(Figures.percent($0.lower)), \(Figures.percent($0.upper))]" } ?? ""
    text =
      "inside \(inside.successes) of \(Figures.count(inside.count, "token")) = \(share)\(interval)"
    notes = [
      " Wilson 95 %", " · position 0 not counted", " · as if tokens were independent",
    ]
    short = "\(inside.successes)/\(inside.count)"
  }
}

import Experiments
import Storage
import Terminal

/// Two regions side by side: their numbers, where their members are, and their contexts, aligned by document.
struct CompareDetailView {
  let compare: CompareState
  let theme: Theme

  private var comparison: DictionaryComparison { compare.opened.comparison }

  func draw(into screen: inout Screen, layout: CompareLayout) {
    guard let pair = compare.shown, let row = compare.selected else { return }
    let sides = layout.sides
    screen.clipped(to: layout.detail) { screen in
      drawHeader(pair.a, .a, into: &screen, sides.a)
      drawHeader(pair.b, .b, into: &screen, sides.b)
      var line = layout.detail.row + 2
      line = drawFigures(pair, row, into: &screen, layout.detail, line)
      line = drawFlow(pair, row, into: &screen, layout.detail, line)
      guard let loaded = compare.detail, loaded.pair == pair else { return }
      drawContexts(loaded, into: &screen, layout, from: line)
    }
  }

  // MARK: - Numbers

  private func drawHeader(
    _ region: Int, _ side: CompareState.Side, into screen: inout Screen, _ rect: Rect
  ) {
    let own = compare.comparisonSide(side)
    let table = compare[side].dictionary.table
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn)
    pen.write("\(side.name) \(region)", "title", into: &screen)
    let ratio = table.meanDistances[region] / own.threshold
    let facts = [
      Figures.count(own.memberCounts[region], "member"),
      "mean d/θ \(Figures.fixed(ratio, 2))",
      "coherence \(Figures.fixed(table.coherences[region], 3))",
    ]
    for fact in facts where DisplayWidth.of(fact) + 3 <= pen.room {
      pen.write(" · \(fact)", "text", into: &screen)
    }
    pen = Pen(theme: theme, row: rect.row + 1, column: rect.column + 1, end: rect.endColumn)
    if let carried = compare.carried(side, region) {
      pen.write("⇢ carried: ", "warning", into: &screen)
      pen.write(carried.text, "region.label", into: &screen)
      pen.write(carried.save == nil ? " (L confirms)" : " (saving…)", "text.dim", into: &screen)
    } else if let label = compare.label(side, region) {
      pen.write(label, "region.label", into: &screen)
    } else {
      pen.write("no label", "region.unlabelled", into: &screen)
    }
  }

  private func drawFigures(
    _ pair: PairOfRegions, _ row: CompareState.Row, into screen: inout Screen, _ area: Rect,
    _ line: Int
  ) -> Int {
    let cosine: Double
    let what: String
    if let own = row.cosine {
      (cosine, what) = (Double(own), "cosine of the exemplars")
    } else {
      let nearest = row.a.map { comparison.a.nearest[$0] } ?? comparison.b.nearest[pair.b]
      (cosine, what) = (Double(nearest.cosine), "no pair; cosine to the nearest")
    }
    let distance = 1 - cosine
    let text =
      "\(what) \(Figures.fixed(cosine, 3)) · distance \(Figures.fixed(distance, 3)) = \(Figures.fixed(distance / comparison.a.threshold, 2)) θA = \(Figures.fixed(distance / comparison.b.threshold, 2)) θB"
    screen.write(
      text, row: line, column: area.column + 1, limit: area.columns - 2,
      style: theme.style("text"), overflow: .ellipsis)
    return line + 1
  }

  // MARK: - Flow

  /// Where the members are, as bars from one region to the others.
  private func drawFlow(
    _ pair: PairOfRegions, _ row: CompareState.Row, into screen: inout Screen, _ area: Rect,
    _ line: Int
  ) -> Int {
    guard let flow = compare.flow else {
      let problem = comparison.flowProblem ?? "members were not recorded"
      screen.write(
        "members cannot be followed: \(problem)", row: line, column: area.column + 1,
        limit: area.columns - 2, style: theme.style("text.dim"), overflow: .ellipsis)
      return line + 1
    }
    let isRoomy = area.rows >= 24
    // Of a pair, both ways where there is room; else of the region that the table is about.
    let sides: [CompareState.Side] =
      compare.table == .dropped
      ? [.a] : compare.table == .introduced ? [.b] : isRoomy ? [.a, .b] : [.a]
    var line = line
    for side in sides {
      let region = side == .a ? pair.a : pair.b
      let parts = flow.parts(of: region, on: side.flowSide)
      let title =
        (side == .a ? "members of A \(region) in B: " : "members of B \(region) in A: ")
        + MemberFlow.words(parts, on: side.flowSide)
        + (comparison.flow?.isVerified == false ? " (if both saw the same rows)" : "")
      screen.write(
        title, row: line, column: area.column + 1, limit: area.columns - 2,
        style: theme.style("text.strong"), overflow: .ellipsis)
      line += 1
      let most = isRoomy ? 6 : compare.focus == .contexts ? 1 : 3
      for (index, part) in parts.prefix(most).enumerated() {
        drawPart(
          part, side, isFirst: index == 0, isLast: index == min(parts.count, most) - 1,
          into: &screen, area, line)
        line += 1
      }
      if parts.count > most {
        let rest = parts.dropFirst(most).reduce(0) { $0 + $1.count }
        screen.write(
          "and \(Figures.grouped(rest)) in \(Figures.count(parts.count - most, "other"))",
          row: line, column: area.column + 3, limit: area.columns - 4,
          style: theme.style("text.dim"))
        line += 1
      }
      if isRoomy { line += 1 }
    }
    return line
  }

  private func drawPart(
    _ part: MemberFlow.Part, _ side: CompareState.Side, isFirst: Bool, isLast: Bool,
    into screen: inout Screen, _ area: Rect, _ line: Int
  ) {
    let width = min(40, area.columns / 3)
    let length = max(1, Int((part.share * Double(width)).rounded()))
    let joint =
      isFirst ? (isLast ? "━" : "┳") : (isLast ? "┗" : "┣")
    var pen = Pen(theme: theme, row: line, column: area.column + 2, end: area.endColumn - 1)
    pen.write(
      joint + String(repeating: "━", count: length),
      part.share >= 0.2 ? "bar" : "bar.dim", into: &screen)
    pen = Pen(
      theme: theme, row: line, column: area.column + 5 + width, end: area.endColumn - 1)
    let percent = Figures.fixed(part.share * 100, 0) + "%"
    screen.writeRight(percent, row: line, end: pen.column + 4, style: theme.style("number"))
    screen.writeRight(
      Figures.grouped(part.count), row: line, end: pen.column + 11, style: theme.style("number"))
    pen.skip(13)
    pen.write("\(side.other.name) \(part.region)", "title", into: &screen)
    let share = Figures.fixed(part.shareOfOther * 100, 0)
    pen.write(" (\(share)% of it)", "text.dim", into: &screen)
    if let label = compare.label(side.other, part.region) {
      pen.write(" \(label)", "region.label", into: &screen)
    }
  }

  // MARK: - Contexts

  private func drawContexts(
    _ loaded: LoadedPair, into screen: inout Screen, _ layout: CompareLayout, from line: Int
  ) {
    let area = layout.detail
    let shared = loaded.lines.count { $0.isShared }
    var row = line
    guard row < area.endRow - 1 else { return }
    screen.write(
      "closest contexts · = the same document on both sides, \(shared) of \(loaded.lines.count)",
      row: row, column: area.column + 1, limit: area.columns - 2, style: theme.style("text.dim"),
      overflow: .ellipsis)
    row += 1
    let lineCount = area.columns >= 90 && area.rows >= 24 ? 2 : 1
    let page = max(1, (area.endRow - row) / lineCount)
    let first = max(0, min(compare.place, loaded.lines.count - 1) - page + 1)
    for index in first..<max(first, loaded.lines.count) {
      guard row + lineCount <= area.endRow else { return }
      let context = loaded.lines[index]
      let isSelected = compare.focus == .contexts && index == compare.place
      for (side, rect) in [(CompareState.Side.a, layout.sides.a), (.b, layout.sides.b)] {
        guard let own = side == .a ? context.a : context.b else { continue }
        drawContext(
          (side == .a ? loaded.a : loaded.b).closest[own], side, isSelected: isSelected,
          lineCount: lineCount, into: &screen,
          Rect(row: row, column: rect.column, rows: lineCount, columns: rect.columns))
      }
      if context.isShared {
        screen.write(
          "=", row: row, column: layout.sides.a.endColumn + 1, style: theme.style("title"))
      }
      row += lineCount
    }
  }

  private func drawContext(
    _ context: ContextText, _ side: CompareState.Side, isSelected: Bool, lineCount: Int,
    into screen: inout Screen, _ rect: Rect
  ) {
    if isSelected {
      screen.drawVerticalLine(
        row: rect.row, column: rect.column, length: rect.rows, weight: .heavy,
        style: theme.style("border.focused"))
    }
    let heat = Heat(ratio: context.distance / compare.comparisonSide(side).threshold)
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn)
    pen.write(" \(heat.glyph) ", heat.role, into: &screen)
    pen.write(" \(Figures.fixed(heat.ratio, 2))θ ", "number", into: &screen)
    let start = pen.column
    guard let text = context.text else {
      pen.write("no text: row \(Figures.grouped(context.position))", "text.dim", into: &screen)
      return
    }
    let lines = ContextLines.lines(
      text, token: context.token, prefix: compare[side].dictionary.commonPrefix,
      columns: max(4, rect.endColumn - start), lineCount: lineCount)
    for (index, line) in lines.enumerated() {
      var pen = Pen(theme: theme, row: rect.row + index, column: start, end: rect.endColumn)
      for span in line { pen.write(span.text, span.look.role, into: &screen) }
    }
  }
}

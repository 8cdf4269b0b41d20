import ExemplarPartitioning
import Experiments
import Numerics
import Regions
import Storage
import Terminal

/// Two regions side by side: their numbers, where their members are, and their contexts, aligned by document.
struct CompareDetailView {
  let compare: CompareScreen
  let theme: Theme

  private var comparison: DictionaryComparison { compare.opened.comparison }

  func draw(into screen: inout Cells, layout: CompareLayout) {
    if compare.tab == .summary {
      return screen.clipped(to: layout.detail) { drawSummary(into: &$0, layout.detail) }
    }
    guard let pair = compare.shown, let row = compare.selected else { return }
    let sides = layout.sides
    screen.clipped(to: layout.detail) { screen in
      drawHeader(pair.a, .a, into: &screen, sides.a)
      drawHeader(pair.b, .b, into: &screen, sides.b)
      var line = layout.detail.row + 2
      if compare.opened.outcomes != nil {
        drawOutcomes(pair.a, .a, into: &screen, sides.a, line)
        drawOutcomes(pair.b, .b, into: &screen, sides.b, line)
        line += 1
      }
      // In a small pane the flow needs the room.
      if compare.tab != .flow || layout.detail.rows >= 14 {
        line = drawFigures(pair, row, into: &screen, layout.detail, line)
        line = drawSamePrompts(pair, into: &screen, layout.detail, line)
      }
      line = drawFate(pair, into: &screen, layout.detail, line)
      if layout.detail.rows >= 24 { line += 1 }
      if compare.tab == .flow {
        CompareFlowView(compare: compare, theme: theme)
          .draw(into: &screen, layout.detail.rows(from: line))
        return
      }
      guard let loaded = compare.detail, loaded.pair == pair else { return }
      // Where there is room for both, the flow stands under the contexts.
      let flowRows = layout.detail.rows >= 44 && compare.flow != nil ? 16 : 0
      drawContexts(loaded, into: &screen, layout, from: line, to: layout.detail.endRow - flowRows)
      guard flowRows > 0 else { return }
      CompareFlowView(compare: compare, theme: theme).draw(
        into: &screen, layout.detail.rows(from: layout.detail.endRow - flowRows + 1))
    }
  }

  private func drawSummary(into screen: inout Cells, _ rect: Rect) {
    let lines = CompareDetailLines.summary(compare, columns: rect.columns - 3)
    let top = min(compare.place, max(0, lines.count - rect.rows))
    for (row, line) in lines.dropFirst(top).prefix(rect.rows).enumerated() {
      screen.write(
        line.text, row: rect.row + row, column: rect.column + 1, limit: rect.columns - 2,
        style: theme.style(line.role), overflow: .ellipsis)
    }
  }

  // MARK: - Numbers

  private func drawHeader(
    _ region: Int, _ side: CompareScreen.Side, into screen: inout Cells, _ rect: Rect
  ) {
    let own = compare.comparisonSide(side)
    let table = compare[side].dictionary.table
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn)
    pen.write("\(side.name) \(region)", "title", into: &screen)
    let ratio = Theta.multiple(table.meanDistances[region], of: own.threshold)
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
    _ pair: PairOfRegions, _ row: CompareScreen.Row, into screen: inout Cells, _ area: Rect,
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
      "\(what) \(Figures.fixed(cosine, 3)) · distance \(Figures.fixed(distance, 3)) = \(Figures.fixed(Theta.multiple(distance, of: comparison.a.threshold), 2)) θA = \(Figures.fixed(Theta.multiple(distance, of: comparison.b.threshold), 2)) θB"
    screen.write(
      text, row: line, column: area.column + 1, limit: area.columns - 2,
      style: theme.style("text"), overflow: .ellipsis)
    return line + 1
  }

  // MARK: - Refusals and members

  /// How the region's prompts were answered by the model of its side.
  private func drawOutcomes(
    _ region: Int, _ side: CompareScreen.Side, into screen: inout Cells, _ rect: Rect, _ line: Int
  ) {
    guard let tally = compare.opened.outcomes?.tally(region, on: side.flowSide) else { return }
    var pen = Pen(theme: theme, row: line, column: rect.column + 1, end: rect.endColumn)
    guard tally.own.prompts > 0 else {
      pen.write("no prompt ends here", "text.dim", into: &screen)
      return
    }
    let count = tally.own
    let interval = count.count > 0 ? " \(Figures.brief(count.proportion))" : ""
    let whole = "refused \(count.refused) of \(count.count)\(interval.isEmpty ? "" : " =")"
    // The interval is worth more than the words before it.
    let fits = DisplayWidth.of(whole + interval) <= pen.room
    pen.write(
      fits ? whole : "ref. \(count.refused)/\(count.count)", "text.strong", into: &screen)
    pen.write(interval, "number", into: &screen)
    let left = count.outcomes.left
    if left > 0, pen.room > 14 { pen.write(" · \(left) left", "text.dim", into: &screen) }
  }

  /// Of a region without a partner, how both models answered the same prompts.
  private func drawSamePrompts(
    _ pair: PairOfRegions, into screen: inout Cells, _ area: Rect, _ line: Int
  ) -> Int {
    guard compare.table != .persisted, let outcomes = compare.opened.outcomes else { return line }
    let side = CompareDetailLines.side(of: compare)
    let region = side == .a ? pair.a : pair.b
    guard let tally = outcomes.tally(region, on: side.flowSide), let there = tally.there,
      let test = tally.mcNemar
    else { return line }
    let share =
      "same prompts by \(side.other.name): refused \(there.refused) of \(there.count)"
      + (there.count > 0 ? " = \(Figures.brief(there.proportion))" : "")
    let change = "McNemar \(test.b) to \(test.c), \(Figures.probability(test.p))"
    let limit = area.columns - 2
    // A test without its p, or a rate without its interval, says nothing: where one line is too short, two are taken.
    let whole = "\(share) · \(change)"
    let lines = DisplayWidth.of(whole) <= limit ? [whole] : [share, change]
    for (index, text) in lines.enumerated() {
      screen.write(
        text, row: line + index, column: area.column + 1, limit: limit,
        style: theme.style("text.strong"), overflow: .ellipsis)
    }
    return line + lines.count
  }

  private func drawFate(
    _ pair: PairOfRegions, into screen: inout Cells, _ area: Rect, _ line: Int
  ) -> Int {
    let side = CompareDetailLines.side(of: compare)
    let region = side == .a ? pair.a : pair.b
    let text: String
    if let flow = compare.flow {
      text =
        "members of \(side.name) \(region) in \(side.other.name): "
        + MemberFlow.words(flow.parts(of: region, on: side.flowSide), on: side.flowSide)
        + (comparison.flow?.isVerified == false ? " (if both saw the same rows)" : "")
    } else {
      text =
        "members cannot be followed: \(sanitized(comparison.flowProblem ?? "they were not recorded"))"
    }
    screen.write(
      text, row: line, column: area.column + 1, limit: area.columns - 2,
      style: theme.style(compare.flow == nil ? "text.dim" : "text"), overflow: .ellipsis)
    return line + 1
  }

  // MARK: - Contexts

  private func drawContexts(
    _ loaded: LoadedPair, into screen: inout Cells, _ layout: CompareLayout, from line: Int,
    to end: Int
  ) {
    let area = layout.detail
    let shared = loaded.lines.count { $0.isShared }
    var row = line
    guard row < end - 1 else { return }
    screen.write(
      "closest contexts · = the same document on both sides, \(shared) of \(loaded.lines.count)",
      row: row, column: area.column + 1, limit: area.columns - 2, style: theme.style("text.dim"),
      overflow: .ellipsis)
    row += 1
    let isReading = compare.focus == .detail
    let place = min(compare.place, loaded.lines.count - 1)
    // Each has its share of the rows that there are, and the one that is read as much as it needs.
    let share = min(8, max(1, (end - row) / max(1, loaded.lines.count)))
    let heights = loaded.lines.indices.map { index in
      neededLines(
        of: loaded, at: index, layout,
        most: isReading && index == place ? max(share, min(8, (end - row) / 2)) : share)
    }
    var first = 0
    while first < place, heights[first...place].reduce(0, +) > end - row { first += 1 }
    for index in first..<max(first, loaded.lines.count) {
      let isSelected = isReading && index == place
      let lineCount = heights[index]
      guard row + lineCount <= end else { return }
      let context = loaded.lines[index]
      for (side, rect) in [(CompareScreen.Side.a, layout.sides.a), (.b, layout.sides.b)] {
        guard let own = side == .a ? context.a : context.b else {
          let place =
            side == .a
            ? context.b.flatMap { loaded.place(ofB: $0) }
            : context.a.flatMap { loaded.place(ofA: $0) }
          if let place { drawPlace(place, side, into: &screen, rect, row: row) }
          continue
        }
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

  /// Where the document that the other side shows is on this one.
  private func drawPlace(
    _ place: DocumentPlace, _ side: CompareScreen.Side, into screen: inout Cells, _ rect: Rect,
    row: Int
  ) {
    let heat = Heat(
      ratio: Theta.multiple(place.distance, of: compare.comparisonSide(side).threshold))
    var pen = Pen(theme: theme, row: row, column: rect.column + 1, end: rect.endColumn)
    pen.write(" \(heat.glyph) ", heat.gauge, into: &screen)
    pen.write(" \(Figures.fixed(heat.ratio, 2))θ ", "number", into: &screen)
    pen.write("the same in \(side.name) \(place.region)", "text", into: &screen)
    if let label = compare.label(side, place.region) {
      pen.write(" \(label)", "region.label", into: &screen)
    }
  }

  /// The lines that the longer of two contexts takes.
  private func neededLines(
    of loaded: LoadedPair, at index: Int, _ layout: CompareLayout, most: Int
  ) -> Int {
    let context = loaded.lines[index]
    return CompareScreen.Side.allCases.reduce(1) { count, side in
      let (own, rect) =
        side == .a ? (context.a, layout.sides.a) : (context.b, layout.sides.b)
      guard let known = own.map({ (side == .a ? loaded.a : loaded.b).closest[$0] }),
        let text = known.text
      else { return count }
      let lines = compare[side].dictionary.lines(
        of: text, token: known.token, columns: max(4, rect.columns - 12), lineCount: most)
      return max(count, lines.count)
    }
  }

  private func drawContext(
    _ context: ContextText, _ side: CompareScreen.Side, isSelected: Bool, lineCount: Int,
    into screen: inout Cells, _ rect: Rect
  ) {
    if isSelected {
      screen.drawVerticalLine(
        row: rect.row, column: rect.column, length: rect.rows, weight: .heavy,
        style: theme.style("border.focused"))
    }
    let heat = Heat(
      ratio: Theta.multiple(context.distance, of: compare.comparisonSide(side).threshold))
    var pen = Pen(theme: theme, row: rect.row, column: rect.column + 1, end: rect.endColumn)
    pen.write(" \(heat.glyph) ", heat.gauge, into: &screen)
    pen.write(" \(Figures.fixed(heat.ratio, 2))θ ", "number", into: &screen)
    let start = pen.column
    guard let text = context.text else {
      pen.write("no text: row \(Figures.grouped(context.position))", "text.dim", into: &screen)
      return
    }
    let lines = compare[side].dictionary.lines(
      of: text, token: context.token, columns: max(4, rect.endColumn - start),
      lineCount: lineCount)
    for (index, line) in lines.enumerated() {
      var pen = Pen(theme: theme, row: rect.row + index, column: start, end: rect.endColumn)
      for span in line { pen.write(span.text, span.look.role, into: &screen) }
    }
  }
}

import Experiments
import Terminal

/// The path of a text through the dictionaries of several layers: a column of regions a layer, a thread a token between
/// them, and below it what becomes of the tokens that share a region.
struct TracePathsView {
  let trace: TraceScreen
  let labels: (Int) -> [Int: String]
  let theme: Theme

  func draw(into screen: inout Cells, area: Rect) {
    guard let reading = trace.reading, reading.layers.count > 1, area.rows > 4 else { return }
    let steps = reading.layers.count - 1
    let tableRows = area.rows >= 14 ? steps + 2 : 0
    let (upper, lower) = area.split(rows: area.rows - tableRows)
    // As many layers as there is room for, the selected one among them.
    let shown = max(2, min(reading.layers.count, upper.columns / 26))
    let first = min(max(0, trace.column - shown + 1), reading.layers.count - shown)
    drawSankey(Array(first..<first + shown), into: &screen, upper)
    if tableRows > 0 { drawCategories(into: &screen, lower) }
  }

  // MARK: - Regions and threads

  private func drawSankey(_ columns: [Int], into screen: inout Cells, _ area: Rect) {
    guard let reading = trace.reading else { return }
    let (heading, body) = area.split(rows: 1)
    let gap = max(6, min(20, area.columns / (columns.count * 3)))
    let width = max(6, (area.columns - 2 - gap * (columns.count - 1)) / columns.count)
    var stacks: [RegionStack] = []
    for (place, column) in columns.enumerated() {
      let start = area.column + 1 + place * (width + gap)
      let regions = reading.tokens.map { $0.hits[column].region }
      let stack = RegionStack(regions, rows: body.rows)
      stacks.append(stack)
      screen.write(
        trace.layer(column)?.shortHook ?? "", row: heading.row, column: start, limit: width,
        style: theme.style(column == trace.column ? "header.sorted" : "header"),
        overflow: .ellipsis)
      draw(stack, labels(column), column, into: &screen, body, start: start, width: width)
    }
    for place in 0..<stacks.count - 1 {
      drawThreads(
        stacks[place], stacks[place + 1], into: &screen,
        Rect(
          row: body.row, column: area.column + 1 + place * (width + gap) + width,
          rows: body.rows, columns: gap))
    }
  }

  private func draw(
    _ stack: RegionStack, _ labels: [Int: String], _ column: Int, into screen: inout Cells,
    _ body: Rect, start: Int, width: Int
  ) {
    guard let reading = trace.reading else { return }
    for node in stack.nodes {
      let isSelected = node.tokens.contains(trace.cursor)
      let outside = node.tokens.count { reading.tokens[$0].hits[column].isOutside }
      for row in node.rows {
        screen.write(
          outside * 2 > node.tokens.count ? "░" : "█", row: body.row + row, column: start,
          style: theme.style(isSelected ? "title" : "bar"))
        screen.write(
          outside * 2 > node.tokens.count ? "░" : "█", row: body.row + row,
          column: start + width - 1, style: theme.style(isSelected ? "title" : "bar"))
      }
      var pen = Pen(
        theme: theme, row: body.row + node.rows.lowerBound, column: start + 2,
        end: start + width - 2)
      guard let region = node.region else {
        pen.write("\(node.regionCount) others", "text.dim", into: &screen)
        pen.write(" ×\(node.tokens.count)", "number", into: &screen)
        continue
      }
      pen.write("\(region)", isSelected ? "title" : "text", into: &screen)
      pen.write(" ×\(node.tokens.count) ", "number", into: &screen)
      if let label = labels[region] {
        pen.write(label, "region.label", into: &screen)
      } else {
        let words = node.tokens.prefix(6).map {
          TextLines.token(reading.tokens[$0].spelling)
        }
        pen.write(words.joined(separator: " "), "text.dim", into: &screen)
      }
    }
  }

  /// A thread a token, from its region on the left to its region on the right; the selected token's last, so that it
  /// is seen whole.
  private func drawThreads(
    _ left: RegionStack, _ right: RegionStack, into screen: inout Cells, _ rect: Rect
  ) {
    var plane = BraillePlane(columns: rect.columns, rows: rect.rows)
    var selected = BraillePlane(columns: rect.columns, rows: rect.rows)
    for token in left.heights.indices {
      let (from, to) = (left.heights[token], right.heights[token])
      let steps = rect.columns * 2
      var last: Int?
      for x in 0..<steps {
        let t = (Double(x) + 0.5) / Double(steps)
        let eased = t * t * (3 - 2 * t)
        let y = Int((from + (to - from) * eased) * 4)
        // Steep threads have no holes.
        let start = last ?? y
        for dot in min(start, y)...max(start, y) {
          plane.set(x: x, y: dot)
          if token == trace.cursor { selected.set(x: x, y: dot) }
        }
        last = y
      }
    }
    for row in 0..<rect.rows {
      for column in 0..<rect.columns {
        let cell = row * rect.columns + column
        guard !plane.isEmpty(cell) else { continue }
        screen.write(
          plane.glyph(cell), row: rect.row + row, column: rect.column + column,
          style: theme.style(selected.isEmpty(cell) ? "text.dim" : "title"))
      }
    }
  }

  // MARK: - Categories

  private func drawCategories(into screen: inout Cells, _ area: Rect) {
    guard let reading = trace.reading else { return }
    let names = TokenFlow.Category.allCases
    let label = 16
    let width = max(7, min(12, (area.columns - label - 9) / names.count))
    let header = theme.style("header")
    screen.fill(
      Rect(row: area.row, column: area.column, rows: 1, columns: area.columns), style: header)
    screen.write(
      "tokens, layer to layer", row: area.row, column: area.column + 1, limit: label, style: header,
      overflow: .ellipsis)
    for (index, name) in names.enumerated() {
      screen.writeRight(
        name.rawValue, row: area.row, end: area.column + label + (index + 1) * width, style: header)
    }
    screen.writeRight(
      "n", row: area.row, end: area.column + label + names.count * width + 6, style: header)
    for step in 0..<reading.layers.count - 1 where step + 1 < area.rows {
      guard let flow = trace.flow(from: step) else { continue }
      let row = area.row + 1 + step
      let counts = flow.counts
      let from = trace.layer(step)?.shortHook.split(separator: " ").first ?? ""
      let to = trace.layer(step + 1)?.shortHook.split(separator: " ").first ?? ""
      screen.write(
        "\(from) → \(to)", row: row, column: area.column + 1, limit: label - 1,
        style: theme.style(
          step == trace.column || step + 1 == trace.column ? "text.strong" : "text"))
      for (index, name) in names.enumerated() {
        screen.writeRight(
          counts[name].map(String.init) ?? "·", row: row,
          end: area.column + label + (index + 1) * width,
          style: theme.style(counts[name] == nil ? "text.dim" : "number"))
      }
      screen.writeRight(
        "\(flow.categories.count)", row: row,
        end: area.column + label + names.count * width + 6, style: theme.style("text.dim"))
    }
    let row = area.row + reading.layers.count
    guard row < area.endRow else { return }
    screen.write(
      "kept: two or more stay together alone · split: they part · merged: others join · mixed: both",
      row: row, column: area.column + 1, limit: area.columns - 2, style: theme.style("text.dim"),
      overflow: .ellipsis)
  }
}

/// The regions of one layer as blocks over each other, in the order in which the text comes to them.
struct RegionStack: Equatable {
  struct Node: Equatable {
    /// `nil` for those that there was no room for.
    var region: Int?
    var regionCount = 1
    /// Indices, ascending.
    var tokens: [Int]
    var rows: Range<Int>
  }

  private(set) var nodes: [Node]
  /// For each token the row at which its thread ends, in cells from the top.
  private(set) var heights: [Double]

  /// - Parameter regions: of every token.
  init(_ regions: [Int], rows: Int) {
    var groups = Dictionary(grouping: regions.indices) { regions[$0] }.map {
      Node(region: $0.key, tokens: $0.value, rows: 0..<0)
    }
    let rows = max(1, rows)
    if groups.count > rows {
      // The largest keep their own block; the others share the last.
      groups.sort { ($1.tokens.count, $0.tokens[0]) < ($0.tokens.count, $1.tokens[0]) }
      let rest = groups[(rows - 1)...]
      let others = Node(
        region: nil, regionCount: rest.count, tokens: rest.flatMap(\.tokens).sorted(), rows: 0..<0)
      groups = Array(groups[..<(rows - 1)]) + [others]
    }
    func middle(_ node: Node) -> Double {
      Double(node.tokens.reduce(0, +)) / Double(node.tokens.count)
    }
    groups.sort { left, right in
      if (left.region == nil) != (right.region == nil) { return right.region == nil }
      return middle(left) != middle(right)
        ? middle(left) < middle(right) : left.tokens[0] < right.tokens[0]
    }
    // A row each, and what is left by the number of tokens; a row apart where there is room.
    let apart = groups.count * 2 - 1 <= rows ? 1 : 0
    let spare = max(0, rows - groups.count - apart * max(0, groups.count - 1))
    let total = max(1, regions.count)
    var (used, carried) = (0, 0.0)
    for index in groups.indices {
      carried += Double(spare * groups[index].tokens.count) / Double(total)
      let extra = Int(carried)
      carried -= Double(extra)
      groups[index].rows = used..<used + 1 + extra
      used += 1 + extra + apart
    }
    nodes = groups
    heights = [Double](repeating: 0, count: regions.count)
    for node in groups {
      for (place, token) in node.tokens.enumerated() {
        heights[token] =
          Double(node.rows.lowerBound)
          + (Double(place) + 0.5) * Double(node.rows.count) / Double(node.tokens.count)
      }
    }
  }
}

import Experiments
import Terminal

/// A result's plot in glyphs: bars with their intervals, or dots on a plane.
enum GlyphPlot {
  /// - Parameter rows: of a plane of points; bars take a row each.
  static func lines(_ plot: SVGPlot, columns: Int, rows: Int) -> [StyledText] {
    let head = [StyledText([.init(plot.title, "text.strong")])]
    let caption = TextLines.texts(plot.caption, columns: max(10, columns)).map {
      StyledText($0, "text.dim")
    }
    switch plot.content {
    case .bars(let bars, let axis, let reference):
      return head + self.bars(bars, axis, reference, columns: columns) + caption
    case .points(let points, let xAxis, let yAxis), .line(let points, let xAxis, let yAxis):
      return head + plane(points, xAxis, yAxis, columns: columns, rows: rows) + caption
    case .curves(let curves, let xAxis, let yAxis):
      return head + self.curves(curves, xAxis, yAxis, columns: columns, rows: rows) + caption
    case .grid(let names, let across, let cells):
      return head + grid(names, across, cells, columns: columns) + caption
    case .drawing(let drawing):
      // A picture is worth as many rows as it is high, which may be more than there are.
      let high = Int(Double(columns) / 2 * drawing.height / Drawing.width) + 1
      let lines = DrawingGlyphs.lines(drawing, columns: columns, rows: max(rows, high)) {
        DisplayWidth.of($0)
      }
      return head + lines.map { StyledText($0, "bar") } + caption
    }
  }

  // MARK: - Grid

  private static func grid(
    _ rows: [String], _ columns: [String], _ cells: [[Double?]], columns width: Int
  ) -> [StyledText] {
    let label = min(30, max(8, rows.map { DisplayWidth.of($0) }.max() ?? 8), width / 3)
    let lines = zip(rows, cells).map { name, row in
      let text = row.map(SVGPlot.shade).joined()
      return StyledText([.init(fitted(name, label) + " ", "text"), .init(text, "bar")])
    }
    let ends = [columns.first, columns.count > 1 ? columns.last : nil].compactMap(\.self)
    return lines + [
      StyledText("a shade is a fifth · across: \(ends.joined(separator: " to "))", "text.dim")
    ]
  }

  // MARK: - Bars

  private static func bars(
    _ bars: [SVGPlot.Bar], _ axis: String, _ reference: Double?, columns: Int
  ) -> [StyledText] {
    var ends = [0.0]
    for bar in bars {
      ends.append(bar.value)
      if let interval = bar.interval { ends += [interval.lower, interval.upper] }
    }
    if let reference { ends.append(reference) }
    let finite = ends.filter(\.isFinite)
    let (low, high) = (finite.min() ?? 0, max(finite.max() ?? 1, (finite.min() ?? 0) + 1e-9))
    let label = min(30, max(8, bars.map { DisplayWidth.of($0.label) }.max() ?? 8), columns / 3)
    let width = max(10, columns - label - 28)
    func place(_ value: Double) -> Int {
      min(width - 1, max(0, Int(((value - low) / (high - low) * Double(width - 1)).rounded())))
    }
    let lines = bars.map { bar -> StyledText in
      var cells = [Character](repeating: " ", count: width)
      if bar.value.isFinite {
        let (from, to) = (min(place(0), place(bar.value)), max(place(0), place(bar.value)))
        for cell in from...to { cells[cell] = "█" }
      }
      if let interval = bar.interval {
        let (from, to) = (place(interval.lower), place(interval.upper))
        for cell in from...to where cells[cell] != "█" || cell == from { cells[cell] = "─" }
        cells[from] = "├"
        cells[to] = "┤"
      }
      if let reference, cells[place(reference)] == " " { cells[place(reference)] = "┊" }
      let figure = bar.value.isFinite ? Figures.fixed(bar.value, 3) : "—"
      let interval = bar.interval.map {
        " [\(Figures.fixed($0.lower, 3)), \(Figures.fixed($0.upper, 3))]"
      }
      return StyledText([
        .init(fitted(bar.label, label) + " ", "text"), .init(String(cells), "bar"),
        .init(" " + figure, "number"), .init(interval ?? "", "text.dim"),
      ])
    }
    let legend = reference.map { " · ┊ chance, or the null: \(Figures.fixed($0, 3))" } ?? ""
    return lines + [
      StyledText(
        "\(axis), \(Figures.fixed(low, 2)) to \(Figures.fixed(high, 2)) · ├─┤ 95 %\(legend)",
        "text.dim")
    ]
  }

  private static func fitted(_ text: String, _ width: Int) -> String {
    text.count <= width ? text.padded(to: width) : text.prefix(max(0, width - 1)) + "…"
  }

  // MARK: - Points

  /// A plane for each, on the same axes: dots of one plane could not be told apart without colours.
  private static func curves(
    _ curves: [SVGPlot.Curve], _ xAxis: String, _ yAxis: String, columns: Int, rows: Int
  ) -> [StyledText] {
    let points = curves.flatMap(\.points).filter { $0.x.isFinite && $0.y.isFinite }
    let ranges = (range(points.map(\.x)), range(points.map(\.y)))
    let each = max(4, rows / max(1, curves.count))
    return curves.flatMap { curve in
      [StyledText(curve.name, "title")]
        + plane(
          curve.points.map { ($0.x, $0.y) }, xAxis, yAxis, columns: columns, rows: each,
          within: ranges)
    }
  }

  private static func plane(
    _ points: [(x: Double, y: Double)], _ xAxis: String, _ yAxis: String, columns: Int, rows: Int,
    within: (ClosedRange<Double>?, ClosedRange<Double>?) = (nil, nil)
  ) -> [StyledText] {
    let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
    guard let x = within.0 ?? range(finite.map(\.x)), let y = within.1 ?? range(finite.map(\.y)),
      rows > 1
    else {
      return [StyledText("there is no point to show", "text.dim")]
    }
    let gutter = 9
    let width = max(10, columns - gutter - 1)
    var plane = BraillePlane(columns: width, rows: rows)
    for point in finite {
      let across = (point.x - x.lowerBound) / (x.upperBound - x.lowerBound)
      let up = (point.y - y.lowerBound) / (y.upperBound - y.lowerBound)
      plane.set(
        x: min(width * 2 - 1, Int(across * Double(width * 2 - 1))),
        y: min(rows * 4 - 1, Int((1 - up) * Double(rows * 4 - 1))))
    }
    var lines = [StyledText(yAxis, "text.dim")]
    for row in 0..<rows {
      let tick =
        row == 0
        ? Figures.fixed(y.upperBound, 2) : row == rows - 1 ? Figures.fixed(y.lowerBound, 2) : ""
      let padded = tick.leftPadded(to: gutter - 2)
      lines.append(
        StyledText([
          .init(padded + " │", "text.dim"), .init(plane.text(row: row), "bar"),
        ]))
    }
    let (left, right) = (Figures.fixed(x.lowerBound, 2), Figures.fixed(x.upperBound, 2))
    let middle = max(1, width - left.count - right.count)
    lines.append(
      StyledText(
        "".padded(to: gutter) + left + fitted("  " + xAxis, middle) + right, "text.dim"))
    return lines
  }

  private static func range(_ values: [Double]) -> ClosedRange<Double>? {
    guard let low = values.min(), let high = values.max() else { return nil }
    guard high <= low else { return low...high }
    // Half a step beside a number so large is nothing.
    let margin = max(0.5, abs(low) / 1000)
    return low - margin...high + margin
  }
}

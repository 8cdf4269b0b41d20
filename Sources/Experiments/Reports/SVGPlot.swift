import Foundation
import Numerics

/// A plot as a standalone SVG, for a paper or a note.
///
/// Intervals are drawn with their values; the caption says what n is. Text is escaped.
package struct SVGPlot: Sendable, Equatable {
  package struct Bar: Sendable, Equatable {
    package var label: String
    package var value: Double
    package var interval: ConfidenceInterval?

    package init(_ label: String, _ value: Double, _ interval: ConfidenceInterval? = nil) {
      self.label = label
      self.value = value
      self.interval = interval
    }
  }

  package enum Content: Sendable, Equatable {
    /// Horizontal bars; `reference` is a line across them, such as chance.
    case bars([Bar], axis: String, reference: Double?)
    case points([(x: Double, y: Double)], xAxis: String, yAxis: String)
    /// Values in steps from 0.
    case line([(x: Double, y: Double)], xAxis: String, yAxis: String)
    /// Several lines on the same axes.
    case curves([Curve], xAxis: String, yAxis: String)
    /// Shares in [0, 1] by row and column, as shades with their figures; `nil` where there is none.
    case grid(rows: [String], columns: [String], [[Double?]])
    /// A picture of shapes.
    case drawing(Drawing)

    package static func == (left: Content, right: Content) -> Bool {
      switch (left, right) {
      case (.bars(let a, let b, let c), .bars(let d, let e, let f)): a == d && b == e && c == f
      case (.points(let a, let b, let c), .points(let d, let e, let f)),
        (.line(let a, let b, let c), .line(let d, let e, let f)):
        b == e && c == f && a.elementsEqual(d) { $0 == $1 }
      case (.grid(let a, let b, let c), .grid(let d, let e, let f)): a == d && b == e && c == f
      case (.curves(let a, let b, let c), .curves(let d, let e, let f)):
        a == d && b == e && c == f
      case (.drawing(let a), .drawing(let b)): a == b
      default: false
      }
    }
  }

  package var title: String
  package var caption: String
  package var content: Content

  package init(title: String, caption: String, content: Content) {
    self.title = title
    self.caption = caption
    self.content = content
  }

  static let width = 640.0

  /// A grid's share in two cells of text, a shade a fifth.
  package static func shade(_ share: Double?) -> String {
    guard let share, share.isFinite else { return " ·" }
    let shades = Array(" ░▒▓█")
    let step = min(Int(min(max(0, share), 1) * Double(shades.count)), shades.count - 1)
    return String(repeating: shades[step], count: 2)
  }

  /// The file's text.
  package var text: String {
    let body: (lines: [String], height: Double)
    switch content {
    case .bars(let bars, let axis, let reference):
      body = Self.draw(bars, axis, reference)
    case .points(let points, let xAxis, let yAxis):
      body = Self.draw(points, xAxis, yAxis, joined: false)
    case .line(let points, let xAxis, let yAxis):
      body = Self.draw(points, xAxis, yAxis, joined: true)
    case .curves(let curves, let xAxis, let yAxis): body = Self.draw(curves, xAxis, yAxis)
    case .grid(let rows, let columns, let values): body = Self.draw(rows, columns, values)
    case .drawing(let drawing): body = Self.draw(drawing)
    }
    let height = body.height + 78
    let header =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.number(Self.width)) "
      + "\(Self.number(height))\" font-family=\"sans-serif\" font-size=\"12\">"
    return
      ([
        header, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>",
        Self.label(title, x: 16, y: 26, size: 15),
      ] + body.lines + [
        Self.label(caption, x: 16, y: height - 14, size: 11, colour: "#555555"), "</svg>", "",
      ]).joined(separator: "\n")
  }

  private static func draw(
    _ bars: [Bar], _ axis: String, _ reference: Double?
  ) -> (lines: [String], height: Double) {
    let (left, right, top, step) = (220.0, width - 70, 48.0, 24.0)
    var ends = [0, reference ?? 0]
    for bar in bars {
      ends.append(bar.value)
      if let interval = bar.interval { ends += [interval.lower, interval.upper] }
    }
    let scale = Axis(ends.filter(\.isFinite))
    func x(_ value: Double) -> Double { left + scale.place(value) * (right - left) }
    let bottom = top + step * Double(bars.count)
    var lines = scale.ticks.flatMap { tick in
      [
        "<path d=\"M\(number(x(tick))) \(number(top)) V\(number(bottom))\" stroke=\"#dddddd\"/>",
        label(shown(tick), x: x(tick), y: bottom + 16, size: 11, anchor: "middle"),
      ]
    }
    for (index, bar) in bars.enumerated() {
      let y = top + step * Double(index) + 4
      lines.append(label(bar.label, x: left - 8, y: y + 12, size: 12, anchor: "end"))
      guard bar.value.isFinite else { continue }
      let (from, to) = (min(x(0), x(bar.value)), max(x(0), x(bar.value)))
      lines.append(
        "<rect x=\"\(number(from))\" y=\"\(number(y))\" width=\"\(number(to - from))\" "
          + "height=\"\(number(step - 8))\" fill=\"#4477aa\"/>")
      if let interval = bar.interval {
        lines.append(
          "<path d=\"M\(number(x(interval.lower))) \(number(y + step / 2 - 4)) "
            + "H\(number(x(interval.upper)))\" stroke=\"#000000\" stroke-width=\"2\"/>")
      }
      lines.append(label(shown(bar.value), x: right + 8, y: y + 12, size: 11))
    }
    if let reference {
      lines.append(
        "<path d=\"M\(number(x(reference))) \(number(top)) V\(number(bottom))\" "
          + "stroke=\"#cc3311\" stroke-dasharray=\"4 3\"/>")
    }
    lines.append(label(axis, x: (left + right) / 2, y: bottom + 34, size: 12, anchor: "middle"))
    return (lines, bottom + 20)
  }

  private static func draw(
    _ rows: [String], _ columns: [String], _ values: [[Double?]]
  ) -> (lines: [String], height: Double) {
    let (left, top, step) = (190.0, 140.0, 26.0)
    let across = min(46, (width - left - 20) / Double(max(columns.count, 1)))
    func x(_ column: Int) -> Double { left + across * Double(column) }
    var lines = columns.enumerated().map { column, name in
      "<g transform=\"translate(\(number(x(column) + across / 2 + 4)) \(number(top - 6))) rotate(-60)\">"
        + label(name, x: 0, y: 0, size: 10) + "</g>"
    }
    for (row, name) in rows.enumerated() {
      let y = top + step * Double(row)
      lines.append(label(name, x: left - 8, y: y + 17, size: 11, anchor: "end"))
      for (column, value) in values[row].enumerated() {
        guard let value, value.isFinite else { continue }
        lines.append(
          "<rect x=\"\(number(x(column)))\" y=\"\(number(y))\" width=\"\(number(across))\" "
            + "height=\"\(number(step))\" fill=\"#4477aa\" "
            + "fill-opacity=\"\(number(min(max(0, value), 1)))\"/>")
        lines.append(
          label(
            shown(value), x: x(column) + across / 2, y: y + 17, size: 10, anchor: "middle",
            colour: value > 0.6 ? "#ffffff" : "#000000"))
      }
    }
    return (lines, top + step * Double(rows.count) + 12)
  }

  private static func draw(
    _ points: [(x: Double, y: Double)], _ xAxis: String, _ yAxis: String, joined: Bool
  ) -> (lines: [String], height: Double) {
    let (left, right, top, bottom) = (70.0, width - 30, 48.0, 388.0)
    let finite = points.filter { $0.x.isFinite && $0.y.isFinite }
    let (across, up) = (Axis(finite.map(\.x)), Axis(finite.map(\.y)))
    func x(_ value: Double) -> Double { left + across.place(value) * (right - left) }
    func y(_ value: Double) -> Double { bottom - up.place(value) * (bottom - top) }
    var lines = across.ticks.map {
      label(shown($0), x: x($0), y: bottom + 16, size: 11, anchor: "middle")
    }
    for tick in up.ticks {
      lines.append(
        "<path d=\"M\(number(left)) \(number(y(tick))) H\(number(right))\" stroke=\"#dddddd\"/>")
      lines.append(label(shown(tick), x: left - 6, y: y(tick) + 4, size: 11, anchor: "end"))
    }
    if joined, finite.count > 1 {
      let path = finite.enumerated().map { index, point in
        "\(index == 0 ? "M" : "L")\(number(x(point.x))) \(number(y(point.y)))"
      }
      lines.append(
        "<path d=\"\(path.joined(separator: " "))\" fill=\"none\" stroke=\"#4477aa\" "
          + "stroke-width=\"2\"/>")
    }
    for point in finite {
      lines.append(
        "<circle cx=\"\(number(x(point.x)))\" cy=\"\(number(y(point.y)))\" r=\"2.5\" "
          + "fill=\"#4477aa\" fill-opacity=\"0.5\"/>")
    }
    lines.append(label(xAxis, x: (left + right) / 2, y: bottom + 34, size: 12, anchor: "middle"))
    lines.append(label(yAxis, x: left - 50, y: top - 8, size: 12))
    return (lines, bottom + 20)
  }

  /// From the smallest to the largest value, with ticks at round numbers.
  struct Axis {
    var ticks: [Double]
    private var low = 0.0
    private var high = 1.0

    init(_ values: [Double]) {
      let (least, most) = (values.min() ?? 0, values.max() ?? 1)
      let span = most > least ? most - least : max(abs(most), 1)
      let power = pow(10, floor(log10(span / 4)))
      let step = [1.0, 2, 5, 10].map { $0 * power }.first { span / $0 <= 5 } ?? span
      low = floor(least / step) * step
      // Of numbers so large that a step is nothing beside them, the next one.
      high = max(ceil(most / step) * step, low + step, low.nextUp)
      let count = Int(((high - low) / step).rounded())
      let start = low
      ticks = (0...max(count, 1)).map { start + Double($0) * step }
    }

    func place(_ value: Double) -> Double { (value - low) / (high - low) }
  }

  static func label(
    _ text: String, x: Double, y: Double, size: Int, anchor: String = "start",
    colour: String = "#000000"
  ) -> String {
    "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\" "
      + "fill=\"\(colour)\">\(HTMLPage.escaped(text))</text>"
  }

  static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
  }

  static func shown(_ value: Double) -> String {
    value.formatted(
      .number.precision(.significantDigits(1...3)).grouping(.never)
        .locale(.init(identifier: "en_US_POSIX")))
  }
}

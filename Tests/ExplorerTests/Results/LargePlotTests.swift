import Experiments
import Testing

@testable import Explorer

/// A notebook can come from anybody, and what is plotted there be of any size.
@Suite struct LargePlotTests {
  static let contents: [SVGPlot.Content] = [
    .bars(
      [.init("a", 1e300), .init("b", -1e300), .init("c", Double.leastNonzeroMagnitude)], axis: "x",
      reference: 1e299),
    .bars(
      [.init("a", 0, .init(lower: -1e17, upper: 1e17, confidence: 0.95))], axis: "x",
      reference: nil),
    .points([(1e17, 1), (1e17, 2)], xAxis: "x", yAxis: "y"),
    .line([(1e300, 1e300), (1e300, 1e300)], xAxis: "x", yAxis: "y"),
    .curves(
      [.init("a", [.init(x: 1e299, y: 0), .init(x: -1e300, y: 0)])], xAxis: "x", yAxis: "y"),
    .grid(rows: ["a"], columns: ["b", "c"], [[1e299, -1e299]]),
  ]

  @Test(arguments: contents.indices)
  func `a plot of numbers of any size is drawn`(_ index: Int) {
    let plot = SVGPlot(title: "t", caption: "c", content: Self.contents[index])
    let lines = GlyphPlot.lines(plot, columns: 60, rows: 10)
    #expect(lines.count > 2)
    #expect(plot.text.contains("</svg>"))
  }
}

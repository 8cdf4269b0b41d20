import Foundation
import Numerics

/// What a saved result keeps beside its numbers, so that it can be read again as it was printed: its table, its plot, its
/// records and the dictionaries it is about.
package struct ResultReport: Sendable, Equatable {
  /// Of the dictionaries, the one that it is kept under first.
  package var identities: [String]
  /// For a person, as the command printed it.
  package var text: String
  /// The table of its main figures.
  package var header: [String]
  package var rows: [[String]]
  package var plot: SVGPlot?
  /// The records as CSV; `nil` where they were too many to keep.
  package var csv: String?

  /// A notebook is a small file: of longer records only the command itself writes a table.
  package static let mostRecordBytes = 4 << 20

  package init(
    identities: [String], text: String, header: [String], rows: [[String]], plot: SVGPlot?,
    csv: String
  ) {
    self.identities = identities
    self.text = text
    self.header = header
    self.rows = rows
    self.plot = plot
    self.csv = csv.utf8.count <= Self.mostRecordBytes ? csv : nil
  }

  /// What the notebook keeps: every number under the command's own keys, and the report under `report`.
  package func content(with entries: [(String, JSONValue)]) -> String {
    JSONValue.object(entries + [("report", json)]).text
  }

  private var json: JSONValue {
    .object([
      ("identities", .array(identities.map(JSONValue.string))), ("text", .string(text)),
      ("header", .array(header.map(JSONValue.string))),
      ("rows", .array(rows.map { .array($0.map(JSONValue.string)) })),
      ("plot", plot?.json ?? .null), ("csv", .optional(csv)),
    ])
  }

  /// The report in what the notebook keeps; `nil` where there is none, as in an ablation.
  ///
  /// - Throws: `DecodingError` for what is no JSON, or a report of another shape.
  package init?(content: String) throws {
    struct Wrapper: Decodable { var report: Report? }
    struct Report: Decodable {
      var identities: [String]?
      var text: String
      var header: [String]
      var rows: [[String]]
      var plot: SVGPlot.Stored?
      var csv: String?
    }
    guard let report = try JSONDecoder().decode(Wrapper.self, from: Data(content.utf8)).report
    else { return nil }
    identities = report.identities ?? []
    (text, header, rows, csv) = (report.text, report.header, report.rows, report.csv)
    plot = report.plot.flatMap(SVGPlot.init)
  }
}

extension SVGPlot {
  /// A plot as a result keeps it: bars or points.
  struct Stored: Decodable {
    struct StoredBar: Decodable {
      var label: String
      var value: Double?
      var interval: [Double]?
    }

    struct StoredCurve: Decodable {
      var name: String
      /// x, y and, where there is an interval, its ends.
      var points: [[Double?]]
    }

    var title: String
    var caption: String
    var bars: [StoredBar]?
    var points: [[Double?]]?
    var curves: [StoredCurve]?
    var isJoined: Bool?
    var rows: [String]?
    var columns: [String]?
    var cells: [[Double?]]?
    var drawing: Drawing.Stored?
    var axis: String?
    var xAxis: String?
    var yAxis: String?
    var reference: Double?

    /// Every number that is drawn.
    private var values: [Double] {
      var rows: [[Double?]] = points ?? []
      for curve in curves ?? [] { rows += curve.points }
      rows += cells ?? []
      var values: [Double] = rows.flatMap { $0.compactMap(\.self) }
      for bar in bars ?? [] {
        values += bar.interval ?? []
        if let value = bar.value { values.append(value) }
      }
      if let reference { values.append(reference) }
      return values
    }

    /// Whether an axis can hold all of them: differences of larger ones are no numbers.
    var isDrawable: Bool { values.allSatisfy { abs($0) <= 1e300 } }
  }

  fileprivate var json: JSONValue {
    var entries: [(String, JSONValue)] = [("title", .string(title)), ("caption", .string(caption))]
    switch content {
    case .bars(let bars, let axis, let reference):
      entries.append(
        (
          "bars",
          .array(
            bars.map { bar in
              .object([
                ("label", .string(bar.label)), ("value", .number(bar.value)),
                ("interval", .interval(bar.interval)),
              ])
            })
        ))
      entries += [("axis", .string(axis)), ("reference", .optional(reference))]
    case .points(let points, let xAxis, let yAxis), .line(let points, let xAxis, let yAxis):
      entries.append(("points", .array(points.map { .array([.number($0.x), .number($0.y)]) })))
      entries += [("xAxis", .string(xAxis)), ("yAxis", .string(yAxis))]
      if case .line = content { entries.append(("isJoined", .bool(true))) }
    case .curves(let curves, let xAxis, let yAxis):
      entries.append(
        (
          "curves",
          .array(
            curves.map { curve in
              .object([
                ("name", .string(curve.name)),
                (
                  "points",
                  .array(
                    curve.points.map { point in
                      let ends = point.interval.map { [$0.lower, $0.upper] } ?? []
                      return .array(([point.x, point.y] + ends).map(JSONValue.number))
                    })
                ),
              ])
            })
        ))
      entries += [("xAxis", .string(xAxis)), ("yAxis", .string(yAxis))]
    case .grid(let rows, let columns, let cells):
      entries += [
        ("rows", .array(rows.map(JSONValue.string))),
        ("columns", .array(columns.map(JSONValue.string))),
        ("cells", .array(cells.map { .array($0.map { .optional($0) }) })),
      ]
    case .drawing(let drawing): entries.append(("drawing", drawing.json))
    }
    return .object(entries)
  }

  fileprivate init?(_ stored: Stored) {
    guard stored.isDrawable else { return nil }
    let content: Content
    if let bars = stored.bars {
      content = .bars(
        bars.map { bar in
          var interval: ConfidenceInterval?
          if let ends = bar.interval, ends.count == 2, ends[0] <= ends[1] {
            // What a report keeps of an interval are its ends; all of ours are of 95 %.
            interval = ConfidenceInterval(lower: ends[0], upper: ends[1], confidence: 0.95)
          }
          return Bar(bar.label, bar.value ?? .nan, interval)
        }, axis: stored.axis ?? "", reference: stored.reference)
    } else if let curves = stored.curves {
      content = .curves(
        curves.map { curve in
          Curve(
            curve.name,
            curve.points.compactMap { point in
              guard point.count >= 2, let x = point[0], let y = point[1] else { return nil }
              var interval: ConfidenceInterval?
              if point.count == 4, let lower = point[2], let upper = point[3], lower <= upper {
                interval = ConfidenceInterval(lower: lower, upper: upper, confidence: 0.95)
              }
              return Curve.Point(x: x, y: y, interval: interval)
            })
        }, xAxis: stored.xAxis ?? "", yAxis: stored.yAxis ?? "")
    } else if let points = stored.points {
      let pairs = points.compactMap { point -> (x: Double, y: Double)? in
        guard point.count == 2, let x = point[0], let y = point[1] else { return nil }
        return (x, y)
      }
      let (xAxis, yAxis) = (stored.xAxis ?? "", stored.yAxis ?? "")
      content =
        stored.isJoined == true
        ? .line(pairs, xAxis: xAxis, yAxis: yAxis) : .points(pairs, xAxis: xAxis, yAxis: yAxis)
    } else if let rows = stored.rows, let columns = stored.columns, let cells = stored.cells,
      cells.count == rows.count, cells.allSatisfy({ $0.count == columns.count })
    {
      content = .grid(rows: rows, columns: columns, cells)
    } else if let drawing = stored.drawing.flatMap(Drawing.init) {
      content = .drawing(drawing)
    } else {
      return nil
    }
    self.init(title: stored.title, caption: stored.caption, content: content)
  }
}

import Foundation
import Storage

/// What the notebook keeps of a result as files beside its JSON: a table, a plot, and a page to pass on.
package struct SavedResultFiles: Sendable {
  /// A table of its records, a plot, and a page to pass on.
  package enum Form: String, Sendable, CaseIterable {
    case csv, svg, html
  }

  private let page: HTMLPage
  private let plot: SVGPlot?
  private let csv: String?
  /// Why there is no CSV, where there is none.
  private let lack: String

  package init(_ result: AblationResult) {
    (page, plot, csv) = (result.page, result.plot, nil)
    lack = "an ablation or a steering has no CSV: .json has every number of it"
  }

  private init(_ result: PlaygroundResult) {
    (page, plot, csv, lack) = (result.page, nil, result.report.csv, Self.unkept)
  }

  /// A series, a row a step.
  package init(_ sweep: SavedSweep) {
    self.init(sweep.report, title: sweep.entry.title, conclusion: sweep.entry.conclusion, facts: [])
  }

  /// - Parameter content: what the notebook keeps.
  /// - Throws: `DecodingError` for content of another shape; `ExperimentError` for an ablation that cannot be read.
  package init(_ entry: SavedExperiment, content: String) throws {
    switch entry.kind {
    case .ablation, .steering:
      self.init(try AblationResult(savedContent: content, id: entry.id))
    case .playground:
      self.init(try PlaygroundResult(savedContent: content, id: entry.id))
    default:
      self.init(
        try ResultReport(content: content), title: entry.title, conclusion: entry.conclusion,
        facts: try JSONValue.scalars(inObject: content))
    }
  }

  private init(
    _ report: ResultReport?, title: String, conclusion: String, facts: [(String, String)]
  ) {
    (plot, csv, lack) = (report?.plot, report?.csv, Self.unkept)
    page = HTMLPage(
      title: title, conclusion: conclusion, header: report?.header ?? [], rows: report?.rows ?? [],
      plot: report?.plot, text: report?.text ?? "",
      facts: HTMLPage.dictionaries(report?.identities ?? []) + facts)
  }

  private static let unkept =
    "the records of this result were not kept: its command writes them when it is run again"

  /// - Throws: `ExperimentError.missing` where the result has nothing of that form.
  package func text(_ form: Form) throws -> String {
    switch form {
    case .html: return page.text
    case .csv:
      guard let csv else { throw ExperimentError(.missing, lack, file: "notebook") }
      return csv
    case .svg:
      guard let plot else {
        throw ExperimentError(.missing, "this result has no plot", file: "notebook")
      }
      return plot.text
    }
  }
}

extension JSONValue {
  /// The texts, numbers and truths among the values of an object, by name.
  ///
  /// - Throws: `DecodingError` for text that is no JSON object.
  static func scalars(inObject json: String) throws -> [(String, String)] {
    struct Scalar: Decodable {
      var text: String?

      init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let text = try? value.decode(String.self) {
          self.text = text
        } else if let truth = try? value.decode(Bool.self) {
          text = "\(truth)"
        } else if let count = try? value.decode(Int.self) {
          text = "\(count)"
        } else if let number = try? value.decode(Double.self) {
          text = "\(number)"
        }
      }
    }
    return try JSONDecoder().decode([String: Scalar].self, from: Data(json.utf8))
      .compactMap { name, value in value.text.map { (name, $0) } }.sorted { $0.0 < $1.0 }
  }
}

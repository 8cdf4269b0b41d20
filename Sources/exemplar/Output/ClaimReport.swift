import ArgumentParser
import Experiments
import Explorer
import Foundation
import Numerics
import Storage
import TensorFiles

/// A result as JSON, as a table and as a plot, whichever is asked for.
struct ClaimReport {
  var kind: SavedExperiment.Kind
  /// The dictionaries it is about.
  var identities: [String]
  var entries: [(String, JSONValue)]
  /// The first row under this header is the conclusion that the notebook keeps.
  var header: [String]
  var rows: [[String]]
  var plot: SVGPlot?
  /// Objects of the same keys, one for each line of a CSV file, every number in full.
  var records: [JSONValue]
  /// What `--json` prints where that is JSON Lines; exports and the notebook hold one object all the same.
  var lines: [JSONValue]?
  /// For a person.
  var text: String
  /// What lists call it, and its conclusion there, where its first lines say neither.
  var headline: (title: String, conclusion: String)?

  /// One line of numbers: the first row under its header.
  var conclusion: String {
    if let headline { return headline.conclusion }
    return zip(header, rows.first ?? []).map { "\($0) \($1)" }.joined(separator: ", ")
  }

  var json: JSONValue { .object(entries) }

  /// A page of the table, the plot, what is said of it, and every value that is no list.
  var page: HTMLPage {
    let lines = text.split(separator: "\n").map(String.init)
    var blocks: [HTMLPage.Block] = [.text(conclusion), .table(header: header, rows: rows)]
    if let plot { blocks.append(.plot(plot)) }
    blocks += [.heading("As it was told"), .remarks(lines), .heading("Where it comes from")]
    blocks.append(
      .facts(
        identities.enumerated().map { ("dictionary \($0 + 1)", $1) }
          + entries.compactMap { name, value in
            switch value {
            case .array, .object, .encoded, .null: nil
            case .string(let text): (name, text)
            default: (name, value.text)
            }
          }))
    return HTMLPage(title: headline?.title ?? lines.first ?? kind.rawValue, blocks: blocks)
  }

  /// The records, a line each.
  var csv: String { CSVTable(records).text }
}

/// `--export`: where else a result goes.
struct ExportOptions: ParsableArguments {
  @Option(
    name: .customLong("export"),
    help:
      "Also write the result to this .json, .csv, .svg or .html (a page to pass on); may be repeated."
  )
  var exports: [String] = []

  @Flag(help: "Replace exported files that exist.")
  var overwriteExports = false

  @Flag(help: "Keep no copy of the result in the notebook.")
  var noSave = false

  func validate() throws {
    for path in exports
    where !["json", "csv", "svg", "html"].contains(URL(filePath: path).pathExtension.lowercased()) {
      throw ValidationError(
        "expected --export to a .json, .csv, .svg or .html, got \(oneLine(path))")
    }
  }

  /// Fails before any work is done where a file could not be put in place after it.
  func check() throws {
    for path in exports {
      guard overwriteExports || !FileManager.default.fileExists(atPath: path) else {
        throw StorageError(
          .exists, "exists already; --overwrite-exports replaces it",
          file: URL(filePath: path).lastPathComponent)
      }
    }
  }

  /// Prints, exports and saves a result.
  func publish(_ report: ClaimReport, _ style: OutputStyle) throws {
    for path in exports {
      let url = URL(filePath: path)
      let text: String
      switch url.pathExtension.lowercased() {
      case "csv": text = report.csv
      case "svg":
        guard let plot = report.plot else {
          throw ExperimentError(
            .invalidValue, "expected something to plot, found nothing", file: url.lastPathComponent)
        }
        text = plot.text
      case "html": text = report.page.text
      default: text = report.json.text + "\n"
      }
      let file = try OutputFile(url)
      try file.write(Array(text.utf8))
      try file.commit()
    }
    if !noSave { try save(report) }
    guard style.json else {
      print(report.text)
      return
    }
    for value in report.lines ?? [report.json] { value.print() }
  }

  /// Keeps the result in the notebook, under its first dictionary, with what it takes to read it again.
  private func save(_ report: ClaimReport) throws {
    guard let identity = report.identities.first else { return }
    let lines = report.text.split(separator: "\n", maxSplits: 1).map(String.init)
    do {
      try openNotebook().save(
        SavedExperiment(
          identity: identity, kind: report.kind,
          title: report.headline?.title ?? lines.first ?? report.kind.rawValue,
          conclusion: report.conclusion, isComplete: true, date: Date()),
        content: ResultReport(
          identities: report.identities, text: report.text, header: report.header,
          rows: report.rows, plot: report.plot, csv: report.csv
        ).content(with: report.entries))
    } catch {
      // The result itself is there; a full or read-only home must not take it away.
      StandardError.print("exemplar: the result was not saved: \(oneLine(words(of: error)))")
    }
  }
}

/// Columns of text, padded to their widest cell; numbers to the right.
func table(_ header: [String], _ rows: [[String]]) -> String {
  let lines = [header] + rows
  let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
  return lines.map { cells in
    cells.enumerated().map { column, cell in
      let padding = String(repeating: " ", count: widths[column] - cell.count)
      return column == 0 ? cell + padding : padding + cell
    }.joined(separator: "  ").trimmingSuffix()
  }.joined(separator: "\n")
}

extension String {
  fileprivate func trimmingSuffix() -> String {
    String(reversed().drop { $0 == " " }.reversed())
  }
}

/// Three significant decimals, `—` for what does not exist.
func figure(_ value: Double?) -> String {
  guard let value, value.isFinite else { return "—" }
  return value.formatted(
    .number.precision(.fractionLength(3)).grouping(.never)
      .locale(.init(identifier: "en_US_POSIX")))
}

/// `[0.512, 0.634]`.
func figure(_ interval: ConfidenceInterval?) -> String {
  interval.map { "[\(figure($0.lower)), \(figure($0.upper))]" } ?? "—"
}

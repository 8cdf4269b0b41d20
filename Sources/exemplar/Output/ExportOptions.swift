import ArgumentParser
import Experiments
import Explorer
import Foundation
import Storage
import TensorFiles

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
  func publish(_ result: Report, _ style: OutputStyle) throws {
    var report = result
    report.text = lines(of: report.text)
    report.rows = report.rows.map { $0.map { oneLine($0) } }
    report.headline = report.headline.map { (oneLine($0.title), oneLine($0.conclusion)) }
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
      try TextFile.write(text, to: url)
    }
    if !noSave { try save(report) }
    guard style.json else {
      print(report.text)
      return
    }
    for value in report.lines ?? [report.json] { value.print() }
  }

  /// Keeps the result in the notebook, under its first dictionary, with what it takes to read it again.
  private func save(_ report: Report) throws {
    guard let identity = report.identities.first else { return }
    do {
      try openNotebook().save(
        SavedExperiment(
          identity: identity, kind: report.kind, title: report.title,
          conclusion: report.conclusion, isComplete: true, date: Date()), content: report.content)
    } catch {
      // The result itself is there; a full or read-only home must not take it away.
      StandardError.print("exemplar: the result was not saved: \(oneLine(words(of: error)))")
    }
  }
}

/// What every claim takes beside its question.
struct ClaimOptions: ParsableArguments {
  @OptionGroup var threadCount: ThreadCount
  @OptionGroup var export: ExportOptions
  @OptionGroup var style: OutputStyle

  var threads: Int { threadCount.threads }
  var isQuiet: Bool { style.quiet }

  func progress() -> ProgressLine { ProgressLine(isQuiet: isQuiet) }
  func publish(_ report: Report) throws { try export.publish(report, style) }
}

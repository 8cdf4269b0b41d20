import Experiments
import Foundation
import Regions
import Storage

/// The regions of a dictionary with the labels and stars that a person sees.
struct RegionLines {
  let file: DictionaryFile
  let table: RegionTable
  let labels: LabelView
  let stars: Set<Int>
  let tags: [Int: [String]]
  let notes: [Int: String]
  /// With a store: how many of its activations are nearest to each now.
  var nearest: NearestCounts?
  /// Where it was asked for.
  var template: TemplateShares?

  init(_ file: DictionaryFile, notebook: Notebook?) throws {
    self.file = file
    table = try file.table()
    labels = try LabelView(file, notebook)
    stars = try notebook?.stars(for: file.identity) ?? []
    tags = try notebook?.tags(for: file.identity) ?? [:]
    notes = try notebook?.notes(for: file.identity) ?? [:]
  }

  /// What a filter can ask.
  var facts: RegionFacts {
    var facts = RegionFacts(
      table: table, threshold: file.threshold, labels: labels, stars: stars, tags: tags,
      notes: notes)
    facts.nearest = nearest?.counts
    return facts
  }

  /// One region with its contexts.
  ///
  /// - Parameters:
  ///   - facts: those of these lines.
  ///   - answers: how its prompts were answered; `nil` without a store.
  func json(_ region: Int, _ facts: RegionFacts, _ answers: RefusalCount? = nil) throws -> JSONValue
  {
    JSONValue(
      encoding: RegionRecord(
        try file.detail(of: region, textLimit: .max), facts, nearest: nearest, template: template,
        answers: answers))
  }
}

/// Opens the notebook for reading and writing labels, telling what happened to a damaged one.
func openNotebook() throws -> Notebook {
  let notebook = try Notebook()
  let report = notebook.openingReport
  if let setAside = report.setAside {
    StandardError.print(
      "exemplar: the notebook was damaged and set aside as \(oneLine(setAside))"
        + (report.restoredFrom.map { ", restored from \(oneLine($0))" } ?? ""))
  }
  if let problem = report.backupProblem {
    StandardError.print("exemplar: no backup of the notebook was made: \(oneLine(problem))")
  }
  return notebook
}

/// Tells what had to be done to keep what was noted.
func tellNews(of notebook: Notebook) {
  for sentence in notebook.takeNews() { StandardError.print("exemplar: \(oneLine(sentence))") }
}

/// The notebook, where one exists: commands that only read make none.
func existingNotebook() throws -> Notebook? {
  let url = try UserFolders.data().appending(path: "notebook.sqlite")
  // One that is there and cannot be reached is not the same as none.
  if access(url.path(percentEncoded: false), F_OK) != 0, [ENOENT, ENOTDIR].contains(errno) {
    return nil
  }
  return try openNotebook()
}

/// The notebook, or an empty one that is not on the disk.
func readingNotebook() throws -> Notebook { try existingNotebook() ?? Notebook(isReading: true) }

import Experiments
import Foundation
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
  /// - Parameter answers: how its prompts were answered; `nil` without a store.
  func json(_ region: Int, _ answers: RefusalCount? = nil) throws -> JSONValue {
    let detail = try file.detail(of: region, textLimit: .max)
    let label = labels.entries[region]
    func contexts(_ contexts: [ContextText]) -> JSONValue {
      .array(
        contexts.map { context in
          var entries: [(String, JSONValue)] = [
            ("distance", .number(context.distance)), ("position", .integer(context.position)),
            ("text", .optional(context.text)),
          ]
          if let token = context.token {
            entries.append(
              ("token", .array([.integer(token.lowerBound), .integer(token.upperBound)])))
          }
          if let row = context.row {
            entries.append(("row", .integer(row)))
            entries.append(("fields", .object(context.fields.map { ($0.name, $0.json) })))
          }
          return .object(entries)
        })
    }
    var entries: [(String, JSONValue)] = [
      ("id", .integer(region)), ("members", .integer(detail.memberCount)),
      ("coherence", .number(detail.coherence)), ("meanDistance", .number(detail.meanDistance)),
      ("sumDistance", .number(detail.sumDistance)),
      ("sumSquaredDistance", .number(detail.sumSquaredDistance)),
      ("batches", .array(detail.batches.map(JSONValue.integer))),
      ("label", .optional(label?.text)), ("stars", .integer(stars.contains(region) ? 1 : 0)),
      ("closest", contexts(detail.closest)), ("farthest", contexts(detail.farthest)),
      ("labelOrigin", .optional(label?.origin.rawValue)),
      ("tags", .array((tags[region] ?? []).map(JSONValue.string))),
      ("note", .optional(notes[region])),
    ]
    if !table.rowFields.isEmpty {
      entries.append(("rows", rows(of: region)))
    }
    if let nearest {
      entries += [
        ("nearest", .integer(nearest.counts[region])), ("nearestOf", .integer(nearest.rows)),
        ("nearestOfOwnRows", .bool(nearest.isOfOwnRows)),
      ]
    }
    if let template { entries.append(("template", .optional(template.shares[region]))) }
    if let answers {
      entries.append(("prompts", .integer(answers.prompts)))
      entries += JSONValue(encoding: OutcomeCountsRecord(answers.outcomes)).entries
    }
    return .object(entries)
  }
}

extension RegionLines {
  /// Values listed of a field of the rows.
  private static let mostValues = 10

  /// What a table says of the members' rows: by field, the most frequent values with their members.
  private func rows(of region: Int) -> JSONValue {
    .object(
      table.rowFields.names.map { field in
        let counts = table.rowFields.counts(of: field.name, region)
        return (
          field.name,
          .array(
            counts.prefix(Self.mostValues).map { value, members in
              .object([
                (
                  "value",
                  ContextField(name: field.name, value: value, isText: field.isText).json
                ), ("members", .integer(members)),
              ])
            })
        )
      })
  }
}

extension ContextField {
  /// A number where the table has one.
  var json: JSONValue { isText ? .string(value) : Double(value).map { .number($0) } ?? .null }
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

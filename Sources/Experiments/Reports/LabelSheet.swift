import Foundation
import Storage

/// Labels as a sheet: what the lines of a `labels.jsonl` say, a line each, for programs that read CSV.
package enum LabelSheet {
  private struct Line: Decodable {
    var identity: String
    var region: Int
    var label: String?
    var note: String?
    var tags: [String]?
    var starred: Bool?
    var carried: String?
    var author: String?
    var date: String?
    var evidence: [String]?

    var isTakenAway: Bool {
      label == nil && note == nil && carried == nil && starred != true && tags?.isEmpty != false
    }
  }

  /// - Parameter lines: of a `labels.jsonl`. What was taken away has no line in a sheet.
  package static func csv(_ lines: String) throws -> String {
    let decoder = JSONDecoder()
    let records = try lines.split(separator: "\n").map { text in
      try decoder.decode(Line.self, from: Data(text.utf8))
    }.filter { !$0.isTakenAway }
    return CSVTable(
      records.map { line in
        .object([
          ("region", .integer(line.region)), ("label", .string(line.label ?? "")),
          ("note", .string(line.note ?? "")),
          ("tags", .string((line.tags ?? []).joined(separator: " "))),
          ("starred", .string(line.starred == true ? "1" : "")),
          ("carried", .string(line.carried ?? "")), ("author", .string(line.author ?? "")),
          ("date", .string(line.date ?? "")), ("identity", .string(line.identity)),
          ("evidence", .string((line.evidence ?? []).joined(separator: " "))),
        ])
      }
    ).text
  }

  /// Labels as the name of a file asks for them: a sheet where it ends in `.csv`.
  package static func text(_ lines: String, for path: String) throws -> String {
    path.lowercased().hasSuffix(".csv") ? try csv(lines) : lines
  }
}

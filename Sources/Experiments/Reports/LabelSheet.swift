import Foundation
import Storage

/// Labels as a sheet: what the lines of a `labels.jsonl` say, a line each, for programs that read CSV.
package enum LabelSheet {
  /// - Parameter lines: of a `labels.jsonl`. What was taken away has no line in a sheet.
  private static func table(_ lines: String) throws -> CSVTable {
    let kept = try LabelLines.parse(lines, file: "labels.jsonl").filter { $0.content.text != nil }
    return CSVTable(kept.map(record))
  }

  private static func record(_ line: LabelLines.Line) -> JSONValue {
    func field(_ field: AnnotationField) -> JSONValue {
      .string(line.field == field ? line.content.text ?? "" : "")
    }
    return .object([
      ("region", .integer(line.region)), ("label", field(.label)), ("note", field(.note)),
      ("tags", field(.tags)), ("starred", .string(line.field == .star ? "1" : "")),
      ("carried", field(.carried)), ("author", .string(line.content.author ?? "")),
      ("date", .string(line.content.date)), ("identity", .string(line.identity)),
      ("evidence", .string((line.content.evidence ?? []).joined(separator: " "))),
    ])
  }

  /// Labels as the name of a file asks for them.
  ///
  /// - Throws: `StorageError` for a name that ends in anything else than what can be written.
  package static func text(_ lines: String, for path: String) throws -> String {
    let url = URL(filePath: path)
    switch url.pathExtension.lowercased() {
    case "csv": return try table(lines).text
    case "tsv": return try table(lines).text(separator: "\t")
    case "jsonl", "ndjson", "": return lines
    default:
      throw StorageError(
        .invalid, "expected a name that ends in .jsonl, .csv or .tsv, which says what is written",
        file: url.lastPathComponent)
    }
  }
}

import Storage

/// Labels as a sheet: what the lines of a `labels.jsonl` say, a line each, for programs that read CSV.
package enum LabelSheet {
  /// - Parameter lines: of a `labels.jsonl`. What was taken away has no line in a sheet.
  package static func csv(_ lines: String) throws -> String {
    let kept = try LabelLines.parse(lines, file: "labels.jsonl").filter { $0.content.text != nil }
    return CSVTable(kept.map(record)).text
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

  /// Labels as the name of a file asks for them: a sheet where it ends in `.csv`.
  package static func text(_ lines: String, for path: String) throws -> String {
    path.lowercased().hasSuffix(".csv") ? try csv(lines) : lines
  }
}

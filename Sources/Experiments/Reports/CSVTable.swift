import Foundation
import Storage

/// JSON objects as the lines of a CSV file (RFC 4180), or of one whose fields have tabs between them.
///
/// A column is named by the keys that lead to its value, joined by dots; a pair of numbers becomes `.low` and `.high`, any
/// other list one field, its parts joined by spaces. What does not exist is an empty field. A field that a spreadsheet would
/// take for a formula is marked as text; see `FormulaMark`.
package struct CSVTable: Sendable {
  /// In the order of their first appearance.
  package private(set) var columns: [String] = []
  private var lines: [[String: String]] = []

  package init(_ records: [JSONValue]) {
    var known: Set<String> = []
    for record in records {
      var line: [String: String] = [:]
      Self.flatten(record, "") { name, value in
        line[name] = value
        if known.insert(name).inserted { columns.append(name) }
      }
      lines.append(line)
    }
  }

  package var text: String { text(separator: ",") }

  package func text(separator: Character) -> String {
    let rows = [columns] + lines.map { line in columns.map { line[$0] ?? "" } }
    return rows.map { row in
      row.map { Self.field($0, separator) }.joined(separator: "\(separator)") + "\n"
    }.joined()
  }

  private static func flatten(
    _ value: JSONValue, _ name: String, _ body: (String, String) -> Void
  ) {
    switch value {
    case .object(let entries):
      for (key, value) in entries { flatten(value, name.isEmpty ? key : "\(name).\(key)", body) }
    case .array(let values):
      if values.count == 2, case .number = values[0], case .number = values[1] {
        flatten(values[0], "\(name).low", body)
        flatten(values[1], "\(name).high", body)
      } else {
        body(name, values.map(plain).joined(separator: " "))
      }
    // A pair that does not exist must not make a column of its own.
    case .null: break
    case .bool, .integer, .number, .string, .encoded: body(name, plain(value))
    }
  }

  private static func plain(_ value: JSONValue) -> String {
    switch value {
    case .null: ""
    case .string(let text): text
    case .number(let value): value.isFinite ? "\(value)" : ""
    case .bool, .integer, .array, .object, .encoded: value.text
    }
  }

  private static func field(_ text: String, _ separator: Character) -> String {
    quoted(FormulaMark.marked(text), separator: separator)
  }

  /// A field as RFC 4180 has it: in quotes where it holds a separator, a quote or the end of a line.
  package static func quoted(_ text: String, separator: Character = ",") -> String {
    let signs = "\(separator)\"\n\r".unicodeScalars
    return text.unicodeScalars.contains(where: signs.contains)
      ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}

import Foundation
import Storage
import Terminal

/// What is on the screen as a table for other programs: the rows in their order and the columns there are.
package struct ScreenExport: Equatable, Sendable {
  enum Value: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case number(Double)
    case missing
  }

  package enum Form: String, Sendable, CaseIterable {
    case tsv, jsonl
  }

  let columns: [String]
  let rows: [[Value]]

  package var rowCount: Int { rows.count }

  package func text(_ form: Form) -> String {
    switch form {
    case .tsv:
      let lines =
        [columns.joined(separator: "\t")] + rows.map { $0.map(\.tsv).joined(separator: "\t") }
      return lines.map { $0 + "\n" }.joined()
    case .jsonl:
      return rows.map { row in
        let fields = zip(columns, row).map { "\(Value.text($0).json):\($1.json)" }
        return "{\(fields.joined(separator: ","))}\n"
      }.joined()
    }
  }
}

extension ScreenExport.Value {
  init(_ value: Double) { self = value.isFinite ? .number(value) : .missing }
  init(_ text: String?) { self = text.map(Self.text) ?? .missing }
  init(_ value: Int?) { self = value.map(Self.integer) ?? .missing }

  /// A cell has neither tabs nor line breaks.
  var tsv: String {
    switch self {
    case .text(let text): sanitized(text, whitespace: .spaces)
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .missing: ""
    }
  }

  var json: String {
    switch self {
    case .text(let text):
      (try? JSONEncoder.plain.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    case .integer(let value): String(value)
    case .number(let value): "\(value)"
    case .missing: "null"
    }
  }
}

extension JSONEncoder {
  fileprivate static var plain: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return encoder
  }
}

/// What of a screen can be written to a file.
struct ExportOffer {
  enum Content {
    /// How many rows it has, known before they are made.
    case table(rows: Int, () -> ScreenExport)
    /// What the screen writes itself, as the name's ending says, which is one of these.
    case own([String])

    static func table(_ table: ScreenExport) -> Content {
      .table(rows: table.rowCount) { table }
    }
  }

  /// Of the file, unless another is given.
  var name: String
  var content: Content
  /// Beside a table: endings in whose form the screen writes itself.
  var others: [String] = []

  /// Endings that the name may have.
  var forms: [String] {
    switch content {
    case .table: ScreenExport.Form.allCases.map(\.rawValue) + others
    case .own(let forms): forms
    }
  }

  /// `.json, .csv or .svg`
  var words: String {
    let all = forms.map { ".\($0)" }
    return all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "")
  }
}

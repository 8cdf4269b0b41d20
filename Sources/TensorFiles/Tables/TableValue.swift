/// A value in a table of texts, whatever the file's format.
package enum TableValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// As the file spells it.
  case number(String)
  case text(String)
  case list([TableValue])
  case object([String: TableValue])

  /// How messages call it.
  package var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .text: "text"
    case .list: "a list"
    case .object: "an object"
    }
  }

  init(_ value: ParquetValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let value): .bool(value)
      case .integer(let value): .number("\(value)")
      case .number(let value): .number("\(value)")
      case .text(let text): .text(text)
      case .list(let values): .list(values.map { TableValue($0) })
      case .structure(let fields): .object(fields.mapValues { TableValue($0) })
      }
  }
}

/// Why a table was not read, and where.
package struct TableError: RemediableError, Equatable, Sendable, CustomStringConvertible {
  package var message: String
  package var place: TablePlace
  package var remedy: Remedy?

  package init(_ message: String, at place: TablePlace, remedy: Remedy? = nil) {
    (self.message, self.place, self.remedy) = (message, place, remedy)
  }

  package var description: String { "\(place): \(message)" }
}

/// A place in a table: a line, or a row where the format has no lines.
package struct TablePlace: Sendable, Equatable, CustomStringConvertible {
  package var file: String
  /// From 1.
  package var line: Int?
  /// From 1, of an array or of Parquet.
  package var row: Int?

  package init(_ file: String, line: Int? = nil, row: Int? = nil) {
    (self.file, self.line, self.row) = (file, line, row)
  }

  package var description: String {
    let file = TensorFileError.printable(file)
    if let line { return "\(file):\(line)" }
    return row.map { "\(file): entry \($0)" } ?? file
  }

  /// Within the file.
  package var within: String {
    line.map { "line \($0)" } ?? row.map { "entry \($0)" } ?? "the file"
  }
}

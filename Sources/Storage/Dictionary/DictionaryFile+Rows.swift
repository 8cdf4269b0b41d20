import Foundation
import GRDB
import TensorFiles

extension DictionaryFile {
  /// What is known of the rows that it was built from; empty where they came without a table.
  ///
  /// - Throws: `damaged` for a value that no build writes.
  /// - Complexity: O(rows) the first time.
  package func rowFields() throws -> [RowRecord.Field] {
    guard hasRows else { return [] }
    return try knownRows.withLock { known in
      if let known { return known }
      let fields = try readRowFields()
      known = fields
      return fields
    }
  }

  private func readRowFields() throws -> [RowRecord.Field] {
    try read { db in
      try Row.fetchAll(db, sql: "SELECT name, isText, \"values\", rows FROM rowField ORDER BY id")
        .map { row in
          let name = try row.decode(StoredText.self, atIndex: 0).text
          let shown = TensorFileError.printable(name)
          let data = try row.decode(Data.self, atIndex: 2)
          guard let values = try? JSONDecoder().decode([String].self, from: data),
            let numbers = try row.decode(Data.self, atIndex: 3).withUnsafeBytes({
              IntegerList.decode($0)
            })
          else { throw damaged("the rows' \(shown) is cut short") }
          guard numbers.allSatisfy({ $0 >= -1 && $0 < values.count }), values.count <= Int32.max
          else { throw damaged("the rows' \(shown): a row has none of its values") }
          return RowRecord.Field(
            name: name, isText: try row.decode(Bool.self, atIndex: 1), values: values,
            codes: numbers.map(Int32.init))
        }
    }
  }

  /// What the table says of one row, without what it leaves open.
  static func fields(ofRow row: Int, in fields: [RowRecord.Field]) -> [ContextField] {
    fields.compactMap { field in
      field.value(ofRow: row).map {
        ContextField(name: field.name, value: $0, isText: field.isText)
      }
    }
  }

  /// The fields of all rows, counted by region.
  func countedRowFields() throws -> RowFields {
    let fields = try rowFields()
    guard !fields.isEmpty else { return RowFields() }
    return RowFields(fields, rowsOfRegions: try rowsOfRegions(), regionCount: regionCount)
  }
}

import Foundation

/// One value of a Parquet column.
package enum ParquetValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
}

/// A table in a Parquet file, as far as tables of texts need it.
///
/// Columns at the top level, present or optional, of booleans, integers, floating-point numbers and UTF-8; plain and
/// dictionary encoding; uncompressed or Snappy. That is what pandas and pyarrow write unless told otherwise; anything else
/// is an error that names the column and says what it is.
/// - Source: Apache Parquet, "File Format".
package struct ParquetFile: Sendable {
  package let rowCount: Int
  /// In the order of the file.
  package let columnNames: [String]
  private let file: MappedFile
  private let columns: [Column]

  struct Column: Sendable {
    var name: String
    /// As numbered by the format.
    var type: Int
    var isOptional: Bool
    var chunks: [Chunk]
  }

  struct Chunk: Sendable {
    var codec: Int
    var rowCount: Int
    /// Of all its pages, in the file.
    var bytes: Range<Int>
  }

  private static let magic = Array("PAR1".utf8)
  /// Headers longer than this are not of tables of texts.
  private static let maximumFooter = 16 << 20

  /// - Throws: `TensorFileError`.
  package init(_ url: URL) throws {
    file = try MappedFile(url)
    let end = file.byteCount - 8
    guard end >= 4,
      file.withBytes(0..<4, { Array($0) }) == Self.magic,
      file.withBytes(end + 4..<end + 8, { Array($0) }) == Self.magic
    else {
      throw TensorFileError(
        .malformedHeader, "expected a Parquet file, which begins and ends with PAR1")
    }
    let length = Int(file.withBytes(end..<end + 4) { $0.loadUnaligned(as: UInt32.self) })
    guard length <= end - 4, length <= Self.maximumFooter else {
      throw TensorFileError(
        .malformedHeader,
        "expected a footer of at most \(min(end - 4, Self.maximumFooter)) bytes, found \(length)",
        byteOffset: end)
    }
    var bytes = ParquetBytes(
      file.withBytes(end - length..<end) { Array($0) }, name: "the footer", start: end - length)
    let footer = try ThriftValue(structureIn: &bytes)
    let groups = footer[4]?.list ?? []
    let leaves = try Self.leaves(footer[2]?.list ?? [])
    // A row of texts takes a byte at least: a count beyond that is a lie, or a table of nothing.
    guard let rows = footer[3]?.integer, rows >= 0, rows <= file.byteCount else {
      throw TensorFileError(
        .malformedHeader,
        "the footer: expected at most \(file.byteCount) rows, found \(footer[3]?.integer ?? -1)")
    }
    rowCount = rows
    var columns = leaves
    var seen = 0
    for group in groups {
      let chunks = group[1]?.list ?? []
      guard let rows = group[3]?.integer, rows >= 0, rows <= rowCount - seen,
        chunks.count == leaves.count
      else {
        throw TensorFileError(
          .malformedHeader,
          "the footer: expected row groups of \(rowCount) rows in all and \(leaves.count) columns")
      }
      seen += rows
      // A table of nothing has chunks without pages.
      guard rows > 0 else { continue }
      for (index, chunk) in chunks.enumerated() {
        columns[index].chunks.append(
          try Self.chunk(chunk[3], rows: rows, of: columns[index], end: end - length))
      }
    }
    guard seen == rowCount else {
      throw TensorFileError(
        .malformedHeader, "the footer: expected \(rowCount) rows, found \(seen) in its row groups")
    }
    self.columns = columns
    columnNames = columns.map(\.name)
  }

  private static func leaves(_ schema: [ThriftValue]) throws -> [Column] {
    try schema.dropFirst().map { element in
      let name = element[4]?.text ?? ""
      guard (element[5]?.integer ?? 0) == 0, let type = element[1]?.integer,
        let repetition = element[3]?.integer, repetition < 2
      else {
        throw TensorFileError(
          .unsupportedType, "expected single values, found a column of lists or structures",
          tensor: name)
      }
      return Column(name: name, type: type, isOptional: repetition == 1, chunks: [])
    }
  }

  private static func chunk(
    _ header: ThriftValue?, rows: Int, of column: Column, end: Int
  ) throws -> Chunk {
    guard let header, let codec = header[4]?.integer, let size = header[7]?.integer,
      let data = header[9]?.integer, header[1]?.integer == column.type,
      header[5]?.integer == rows
    else {
      throw TensorFileError(
        .malformedHeader, "expected a chunk of \(rows) values of one type in the footer",
        tensor: column.name)
    }
    // Some writers say 0 for no dictionary.
    let dictionary = header[11]?.integer ?? 0
    let first = dictionary > 0 ? min(data, dictionary) : data
    guard first >= 4, size >= 0, first <= end, size <= end - first else {
      throw TensorFileError(
        .malformedHeader, "expected \(size) bytes at \(first), the pages end at \(end)",
        tensor: column.name)
    }
    return Chunk(codec: codec, rowCount: rows, bytes: first..<first + size)
  }

  /// All values of a column.
  ///
  /// - Throws: `TensorFileError`: `missing` for a column that is not there, `unsupportedType` for one that is not read.
  package func values(_ name: String) throws -> [ParquetValue] {
    guard let column = columns.first(where: { $0.name == name }) else {
      throw TensorFileError(.missing, "no such column", tensor: name)
    }
    var result: [ParquetValue] = []
    for chunk in column.chunks {
      let bytes = file.withBytes(chunk.bytes) { Array($0) }
      var pages = ParquetPages(column, chunk, bytes)
      result += try pages.values()
    }
    return result
  }
}

import Foundation

/// A table in a Parquet file, as far as tables of texts need it.
///
/// Columns of booleans, integers, floating-point numbers and UTF-8, and lists and structures of them; every encoding of the
/// format; uncompressed, Snappy, gzip, Zstandard, LZ4 or Brotli. A column of another kind is an error that names the column
/// and says what it is, once its values are asked for; it keeps nobody from the columns beside it.
/// - Source: Apache Parquet, "File Format".
package struct ParquetFile: Sendable {
  package let rowCount: Int
  /// In the order of the file.
  package let columnNames: [String]
  private let file: MappedFile
  /// By name; of equal names the first.
  private let columns: [String: ParquetNode]
  private let leaves: [ParquetLeaf]
  /// By leaf.
  private let chunks: [[Chunk]]

  struct Chunk: Sendable {
    var codec: Int
    var rowCount: Int
    /// Of all its pages; more than rows where rows hold lists.
    var valueCount: Int
    /// Of all its pages, in the file.
    var bytes: Range<Int>
  }

  private static let magic = Array("PAR1".utf8)
  /// Headers longer than this are not of tables of texts.
  private static let maximumFooter = 16 << 20
  /// Equal values take no room to speak of, so that a small file may hold many.
  private static let manyValues = 4 << 20

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
    let columns: [ParquetNode]
    (columns, leaves) = try ParquetNode.tree(footer[2]?.list ?? [])
    let most = max(file.byteCount, Self.manyValues)
    guard let rows = footer[3]?.integer, rows >= 0, rows <= most else {
      throw TensorFileError(
        .malformedHeader,
        "the footer: expected at most \(most) rows, found \(footer[3]?.integer ?? -1)")
    }
    rowCount = rows
    var chunks = [[Chunk]](repeating: [], count: leaves.count)
    var (seen, stored) = (0, 0)
    for group in footer[4]?.list ?? [] {
      let stated = group[1]?.list ?? []
      guard let rows = group[3]?.integer, rows >= 0, rows <= rowCount - seen,
        stated.count == leaves.count
      else {
        throw TensorFileError(
          .malformedHeader,
          "the footer: expected row groups of \(rowCount) rows in all and \(leaves.count) columns")
      }
      seen += rows
      // A table of nothing has chunks without pages.
      guard rows > 0 else { continue }
      for (index, chunk) in stated.enumerated() {
        let chunk = try Self.chunk(
          chunk, rows: rows, of: leaves[index], end: end - length, most: most)
        chunks[index].append(chunk)
        stored += chunk.bytes.count
      }
      // Bytes that were several chunks' would be unpacked again and again.
      guard stored <= end else {
        throw TensorFileError(
          .malformedHeader,
          "the footer: expected chunks that lie beside each other in \(end) bytes, found \(stored) bytes of them"
        )
      }
    }
    guard seen == rowCount else {
      throw TensorFileError(
        .malformedHeader, "the footer: expected \(rowCount) rows, found \(seen) in its row groups")
    }
    self.chunks = chunks
    columnNames = columns.map(\.name)
    self.columns = Dictionary(columns.map { ($0.name, $0) }) { first, _ in first }
  }

  private static func chunk(
    _ outer: ThriftValue, rows: Int, of leaf: ParquetLeaf, end: Int, most: Int
  ) throws -> Chunk {
    guard let header = outer[3], let codec = header[4]?.integer, let size = header[7]?.integer,
      let data = header[9]?.integer, let values = header[5]?.integer,
      header[1]?.integer == leaf.type,
      leaf.repetition > 0 ? values >= rows && values <= most : values == rows
    else {
      throw TensorFileError(
        .malformedHeader, "expected a chunk of \(rows) values of one type in the footer",
        tensor: leaf.name)
    }
    guard outer[8] == nil, (outer[1]?.text ?? "").isEmpty else {
      throw TensorFileError(
        .unsupportedType,
        "expected a column in this file, found one that is encrypted or elsewhere",
        tensor: leaf.name)
    }
    // Some writers say 0 for no dictionary.
    let dictionary = header[11]?.integer ?? 0
    let first = dictionary > 0 ? min(data, dictionary) : data
    guard first >= 4, size >= 0, first <= end, size <= end - first else {
      throw TensorFileError(
        .malformedHeader, "expected \(size) bytes at \(first), the pages end at \(end)",
        tensor: leaf.name)
    }
    return Chunk(codec: codec, rowCount: rows, valueCount: values, bytes: first..<first + size)
  }

  /// Refuses columns of more values, missing ones among them, than are worth their memory.
  package func checkSize(of names: [String]) throws {
    let leaves = names.flatMap { columns[$0]?.leaves ?? [] }
    let count = leaves.reduce(0) { $0 + chunks[$1].reduce(0) { $0 + $1.valueCount } }
    let most = 4 * max(file.byteCount, Self.manyValues)
    guard count <= most else {
      throw TensorFileError(
        .malformedHeader,
        "expected at most \(most) values in \(leaves.count) columns, found \(count); as JSON Lines, any number is read"
      )
    }
  }

  /// All values of a column.
  ///
  /// - Throws: `TensorFileError`: `missing` for a column that is not there, `unsupportedType` for one that is not read.
  package func values(_ name: String) throws -> [ParquetValue] {
    guard let column = columns[name] else {
      throw TensorFileError(.missing, "no such column", tensor: name)
    }
    var rows: [ParquetValue]?
    for index in column.leaves {
      let leaf = leaves[index]
      if case .other(let kind) = leaf.meaning {
        throw TensorFileError(
          .unsupportedType, "expected numbers or text, found \(kind)", tensor: leaf.name)
      }
      let part = try values(of: leaf, chunks[index])
      rows = try rows.map { try ParquetRecords.merge($0, part, name) } ?? part
    }
    return (rows ?? []).map { ParquetRecords.collapse($0, column) }
  }

  private func values(of leaf: ParquetLeaf, _ chunks: [Chunk]) throws -> [ParquetValue] {
    var result: [ParquetValue] = []
    let stored = chunks.reduce(0) { $0 + $1.bytes.count }
    // What the pages of a column may come to.
    var room = Inflation.most(from: stored)
    var values = max(file.byteCount, Self.manyValues)
    for chunk in chunks {
      values -= chunk.valueCount
      guard values >= 0 else {
        throw TensorFileError(
          .malformedHeader, "more values than a file of \(file.byteCount) bytes may hold",
          tensor: leaf.name)
      }
      let bytes = file.withBytes(chunk.bytes) { Array($0) }
      var pages = ParquetPages(leaf, chunk, bytes, room: room)
      let entries = try pages.entries()
      room = pages.room
      result += try ParquetRecords.rows(entries, leaf, count: chunk.rowCount)
    }
    return result
  }
}

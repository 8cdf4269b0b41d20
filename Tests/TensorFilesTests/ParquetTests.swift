import Foundation
import TestSupport
import Testing

@testable import TensorFiles

@Suite struct ParquetTests {
  private func open(_ name: String) throws -> ParquetFile {
    try ParquetFile(Fixtures.url("claims/parquet/\(name).parquet"))
  }

  /// What pyarrow was given, by column.
  private func golden() throws -> [String: [Any]] {
    try #require(
      try JSONSerialization.jsonObject(
        with: Data(contentsOf: Fixtures.url("claims/parquet/golden.json"))) as? [String: [Any]])
  }

  private func matches(_ value: ParquetValue, _ expected: Any) -> Bool {
    switch value {
    case .null: expected is NSNull
    case .text(let text): expected as? String == text
    case .bool(let value): (expected as? NSNumber)?.boolValue == value
    case .integer(let value): (expected as? NSNumber)?.int64Value == value
    case .number(let value): (expected as? NSNumber)?.doubleValue == value
    case .list(let values):
      (expected as? [Any]).map { expected in
        expected.count == values.count && zip(values, expected).allSatisfy { matches($0, $1) }
      } ?? false
    case .structure(let fields):
      (expected as? [String: Any]).map { expected in
        expected.count == fields.count
          && fields.allSatisfy { matches($0.value, expected[$0.key] ?? 0) }
      } ?? false
    }
  }

  @Test(arguments: ["snappy", "plain", "groups", "version2", "pages", "gzip", "delta"])
  func `Every layout gives what was written`(_ name: String) throws {
    let file = try open(name)
    let golden = try golden()
    #expect(file.rowCount == 50)
    #expect(Set(file.columnNames) == Set(golden.keys))
    for (column, expected) in golden {
      let values = try file.values(column)
      #expect(values.count == expected.count)
      for (row, (value, expected)) in zip(values, expected).enumerated() {
        #expect(matches(value, expected), "\(column), row \(row): \(value), \(expected)")
      }
    }
  }

  @Test(
    arguments: [
      "none-1", "none-2", "snappy-1", "snappy-2", "gzip-1", "gzip-2", "zstd-1", "zstd-2", "lz4-1",
      "lz4-2", "brotli-1", "brotli-2", "delta-1", "delta-2", "shared-1", "shared-2", "nested-1",
      "nested-2", "nested-legacy",
    ])
  func `Every compression, encoding and nesting gives what pyarrow was given`(
    _ name: String
  ) throws {
    let file = try ParquetFile(Fixtures.url("tables/\(name).parquet"))
    let golden = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: Fixtures.url("tables/golden.json")))
        as? [String: [Any]])
    #expect(file.rowCount == 40 && !file.columnNames.isEmpty)
    for column in file.columnNames where column != "day" {
      let values = try file.values(column)
      let expected = try #require(golden[column])
      #expect(values.count == expected.count)
      for (row, (value, expected)) in zip(values, expected).enumerated() {
        #expect(matches(value, expected), "\(column), row \(row): \(value), \(expected)")
      }
    }
  }

  @Test func `Many equal rows in a small file are read`() throws {
    let file = try ParquetFile(Fixtures.url("tables/equal.parquet"))
    #expect(file.rowCount == 100_000)
    #expect(try file.values("prompt").allSatisfy { $0 == .text("the same text") })
  }

  @Test func `one text again and again comes to no more than a file may`() throws {
    let url = Fixtures.url("tables/repeated.parquet")
    let file = try ParquetFile(url)
    let error = try fileError { _ = try file.values("prompt") }
    #expect(error.message.contains("expected texts of at most 32 bytes for one of the file"))
    // Nothing is unpacked for a table that lacks what is looked for.
    let fields = TextTable.Fields(main: ["answer"], other: ["prompt"])
    #expect(throws: TableError.self) { try TextTable(url, fields) }
    do {
      _ = try TextTable(url, fields)
    } catch let error as TableError {
      #expect("\(error)".hasSuffix("expected a column answer, found prompt"))
    }
  }

  @Test
  func `a table that states more than its bytes can hold is refused before anything is made of it`()
    throws
  {
    let wide = try ParquetFile(Fixtures.url("tables/wide-values.parquet"))
    #expect(try fileError { _ = try wide.values("prompt") }.code == .truncated)
    let overlapping = try fileError {
      _ = try ParquetFile(Fixtures.url("tables/overlapping.parquet"))
    }
    #expect(overlapping.message.contains("expected chunks that lie beside each other"))
    let empty = Fixtures.url("tables/empty-columns.parquet")
    #expect(try ParquetFile(empty).rowCount == 4 << 20)
    #expect {
      _ = try TextTable(empty, TextTable.Fields(main: ["prompt"], isOpen: true))
    } throws: { "\($0)".contains("values in 10 columns, found 41943040") }
  }

  @Test func `LZ4 as Hadoop frames it is read, and no block says more than it holds`() throws {
    // Five letters, then a copy of 9 from 5 back, then three letters.
    let block: [UInt8] = [0x55] + Array("abcde".utf8) + [5, 0, 0x30] + Array("xyz".utf8)
    let text = Array("abcdeabcdeabcdxyz".utf8)
    #expect(LZ4.expand(block[...], byteCount: 17) == text)
    let framed: [UInt8] = [0, 0, 0, 17, 0, 0, 0, UInt8(block.count)] + block
    #expect(LZ4.expandFramed((framed + framed)[...], byteCount: 34) == text + text)
    #expect(LZ4.expandFramed(framed[...], byteCount: 18) == nil)
    #expect(LZ4.expand(block[...], byteCount: 16) == nil)
    #expect(LZ4.expand([0x55, 0x61, 0x62, 0x63, 0x64, 0x65, 6, 0][...], byteCount: 14) == nil)
    #expect(LZ4.expand([0xF0, 0xFF, 0xFF][...], byteCount: 1 << 40) == nil)
    func expand(_ codec: Int) throws -> [UInt8] {
      try ParquetCodec.expand(
        codec == 5 ? framed[...] : block[...], codec: codec, byteCount: 17, name: "page", start: 0)
    }
    #expect(try expand(5) == text && expand(7) == text)
  }

  @Test func `A table without rows has its columns`() throws {
    let file = try open("empty")
    #expect(file.rowCount == 0 && file.columnNames.contains("text"))
    #expect(try file.values("text").isEmpty)
  }

  @Test func `What is not read is named`() throws {
    let dates = try ParquetFile(Fixtures.url("tables/nested-1.parquet"))
    let day = try fileError { _ = try dates.values("day") }
    #expect(day.code == .unsupportedType && day.message.contains("dates"))
    #expect(try fileError { _ = try open("snappy").values("absent") }.code == .missing)
    let text = try fileError { _ = try ParquetFile(Fixtures.url("claims/parquet/golden.json")) }
    #expect(text.code == .malformedHeader)
  }

  @Test(
    arguments: [
      "claims/parquet/snappy", "claims/parquet/plain", "claims/parquet/version2",
      "claims/parquet/pages", "tables/gzip-1", "tables/zstd-2", "tables/lz4-1", "tables/brotli-2",
      "tables/delta-1", "tables/shared-2", "tables/nested-1", "tables/nested-2",
    ])
  func `A damaged file gives values or one of our errors`(_ name: String) throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes("\(name).parquet")
    var damage = FileDamage(seed: 7)
    for round in 0..<400 {
      let url = folder.file("damaged")
      var bytes = damage.copy(of: original)
      // Half of the damage would otherwise be to the last four bytes' neighbours, and end there.
      if round % 2 == 0 {
        bytes.replaceSubrange(max(0, bytes.count - 4)..., with: Array("PAR1".utf8))
      }
      try Data(bytes).write(to: url)
      do {
        let file = try ParquetFile(url)
        for column in file.columnNames where column != "day" {
          #expect(try file.values(column).count == file.rowCount)
        }
      } catch is TensorFileError {
      } catch {
        Issue.record("round \(round): \(error)")
      }
    }
    for length in [0, 4, 11, 12, original.count / 2, original.count - 1] {
      try Data(original.prefix(length)).write(to: folder.file("cut"))
      _ = try fileError { _ = try ParquetFile(folder.file("cut")) }
    }
  }

  @Test func `Snappy copies overlap, and no stream says more than it holds`() throws {
    func expand(_ bytes: [UInt8], _ count: Int) throws -> [UInt8] {
      try Snappy.expand(bytes[...], byteCount: count, name: "page", start: 0)
    }
    // A literal of 2 bytes, then a copy of 7 from 2 back.
    #expect(try expand([9, 1 << 2, 0x61, 0x62, 3 << 2 | 1, 2], 9) == Array("ababababa".utf8))
    #expect(
      try fileError { _ = try expand([9, 1 << 2, 0x61, 0x62, 3 << 2 | 1, 3], 9) }.code
        == .malformedHeader)
    #expect(try fileError { _ = try expand([9, 1 << 2, 0x61], 9) }.code == .truncated)
    #expect(
      try fileError { _ = try expand([8, 1 << 2, 0x61, 0x62, 3 << 2 | 1, 2], 8) }.code
        == .malformedHeader)
    #expect(
      try fileError { _ = try expand([0xFF, 0xFF, 0xFF, 0x7F, 0], 0xFFF_FFFF) }.code
        == .malformedHeader)
  }
}

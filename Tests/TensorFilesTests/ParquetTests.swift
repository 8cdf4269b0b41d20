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
    }
  }

  @Test(arguments: ["snappy", "plain", "groups", "version2", "pages"])
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

  @Test func `A table without rows has its columns`() throws {
    let file = try open("empty")
    #expect(file.rowCount == 0 && file.columnNames.contains("text"))
    #expect(try file.values("text").isEmpty)
  }

  @Test func `What is not read is named`() throws {
    #expect(try fileError { _ = try open("lists") }.code == .unsupportedType)
    let gzip = try fileError { _ = try open("gzip").values("word") }
    #expect(gzip.code == .unsupportedType && gzip.message.contains("gzip"))
    let delta = try fileError { _ = try open("delta").values("word") }
    #expect(delta.code == .unsupportedType && delta.message.contains("encoding 7"))
    #expect(try fileError { _ = try open("snappy").values("absent") }.code == .missing)
    let text = try fileError { _ = try ParquetFile(Fixtures.url("claims/parquet/golden.json")) }
    #expect(text.code == .malformedHeader)
  }

  @Test(arguments: ["snappy", "plain", "version2", "pages"])
  func `A damaged file gives values or one of our errors`(_ name: String) throws {
    let folder = try TemporaryFolder()
    let original = try fixtureBytes("claims/parquet/\(name).parquet")
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
        for column in file.columnNames {
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

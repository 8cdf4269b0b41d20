import Foundation
import TestSupport
import Testing

@testable import TensorFiles

struct NumPyArrayTests {
  static let numbers: [Float] = [0, 1, 2, 3, 100, 7]

  @Test(arguments: ["stored", "deflated"])
  func `every number type reads as its numbers`(archive: String) throws {
    let archive = try NPZArchive(Fixtures.url("tensorfiles/\(archive).npz"))
    let types: [(String, ElementType)] = [
      ("f8", .f64), ("f4", .f32), ("f2", .f16), ("i8", .i64), ("i4", .i32), ("i2", .i16),
      ("i1", .i8), ("u8", .u64), ("u4", .u32), ("u2", .u16), ("u1", .u8), ("big-f8", .f64),
      ("big-f4", .f32), ("big-f2", .f16), ("big-i8", .i64), ("big-i4", .i32), ("big-u2", .u16),
    ]
    for (name, type) in types {
      let array = try archive.array(name)
      #expect(array.elementType == type, "\(name)")
      #expect(array.shape == [2, 3], "\(name)")
      #expect(try array.floats() == Self.numbers, "\(name)")
      #expect(try array.doubles() == Self.numbers.map(Double.init), "\(name)")
      #expect(try array.floats(rows: 1..<2) == Array(Self.numbers[3...]), "\(name)")
      if type.isFloatingPoint {
        #expect(try fileError { _ = try array.int64s() }.code == .unsupportedType)
      } else {
        #expect(try array.int64s() == Self.numbers.map { Int64($0) }, "\(name)")
      }
    }
    #expect(try archive.array("b1").int64s() == [1, 0, 1, 0, 0, 1])
  }

  @Test func `a Fortran order array is handed out row-major, rows too`() throws {
    let array = try NPZArchive(Fixtures.url("tensorfiles/stored.npz")).array("fortran")
    #expect(array.shape == [2, 3, 4])
    #expect(try array.floats() == (0..<24).map(Float.init))
    #expect(try array.floats(rows: 1..<2) == (12..<24).map(Float.init))
  }

  @Test func `halves keep their special values`() throws {
    let array = try NPZArchive(Fixtures.url("tensorfiles/stored.npz")).array("specials")
    let values = try array.floats()
    #expect(values[0].isNaN)
    #expect(values[1...2] == [.infinity, -.infinity])
    #expect(values[3].sign == .minus && values[3] == 0)
    #expect(values[4] == 0x1p-24 && values[5] == 65504)
  }

  @Test func `every half converts as the processor does it`() {
    for bits in UInt16.min...UInt16.max {
      let expected = Float(Float16(bitPattern: bits))
      let converted = ElementCoding.float(half: bits)
      let isEqual = expected.isNaN ? converted.isNaN : expected.bitPattern == converted.bitPattern
      if !isEqual { Issue.record("half \(bits): expected \(expected), got \(converted)") }
    }
  }

  @Test(arguments: ["stored", "deflated"])
  func `text reads from objects, wide characters and bytes`(archive: String) throws {
    let archive = try NPZArchive(Fixtures.url("tensorfiles/\(archive).npz"))
    let text = ["", "θ = 0.8", "naïve 😀", "a\0b"]
    #expect(try archive.array("text").strings() == text)
    #expect(try archive.array("big-text").strings() == text)
    #expect(try archive.array("bytes").strings() == ["abc", "θ", ""])
    let objects = try archive.array("objects")
    #expect(objects.elementType == nil)
    #expect(objects.shape == [2, 2])
    #expect(try objects.strings() == ["one", "θ", "", "four"])
    #expect(try fileError { _ = try objects.floats() }.code == .unsupportedType)
    #expect(try fileError { _ = try archive.array("f4").strings() }.code == .unsupportedType)
  }

  @Test func `arrays without dimensions and without rows are ordinary`() throws {
    let archive = try NPZArchive(Fixtures.url("tensorfiles/stored.npz"))
    let scalar = try archive.array("scalar")
    #expect(scalar.shape == [] && scalar.count == 1)
    #expect(try scalar.doubles() == [0.8125])
    let empty = try archive.array("empty")
    #expect(empty.shape == [0, 3])
    #expect(try empty.floats() == [] && empty.floats(rows: 0..<0) == [])
  }

  @Test func `an unsigned integer past the signed range is an error as one, not as a double`()
    throws
  {
    let array = try NPZArchive(Fixtures.url("tensorfiles/stored.npz")).array("unsigned-large")
    #expect(try fileError { _ = try array.int64s() }.code == .notRepresentable)
    #expect(try array.doubles() == [0x1p64])
  }

  @Test(arguments: [1, 2, 3])
  func `the three header versions read alike`(version: Int) throws {
    let file = try NumPyFile(Fixtures.url("tensorfiles/version\(version).npy"))
    #expect(file.shape == [2, 3] && file.elementType == .f32)
    #expect(try file.floats(rows: 0..<2) == Self.numbers)
    #expect(try file.floats(rows: 1..<1) == [])
  }

  @Test func `complex numbers and records are refused by name`() throws {
    let complex = try fileError { _ = try NumPyFile(Fixtures.url("tensorfiles/complex.npy")) }
    #expect(complex.code == .unsupportedType && complex.message.contains("'<c8'"))
    let records = try fileError { _ = try NumPyFile(Fixtures.url("tensorfiles/records.npy")) }
    #expect(records.code == .unsupportedType && records.message.contains("records"))
  }

  @Test func `bfloat16 as ml_dtypes saves it is read, and its twins are refused by name`() throws {
    let expected = try JSONDecoder().decode(
      [Float].self, from: Data(contentsOf: Fixtures.url("tables/bf16.json")))
    for name in ["bf16", "bf16-fortran"] {
      let array = try NumPyFile(Fixtures.url("tables/\(name).npy")).array
      #expect(array.elementType == .bf16)
      #expect(try array.floats() == expected)
    }
    let archive = try NPZArchive(Fixtures.url("tables/bf16.npz"))
    #expect(try archive.array("x").floats() == expected)
    for (name, type) in [("void2", "bfloat16"), ("f8", "float8"), ("e5m2", "float8_e5m2")] {
      let error = try fileError { _ = try NumPyFile(Fixtures.url("tables/\(name).npy")) }
      #expect(error.code == .unsupportedType && error.message.contains(type))
    }
  }

  // MARK: - Damage

  @Test func `a file cut short anywhere is an error`() throws {
    let bytes = try fixtureBytes("tensorfiles/version1.npy")
    for count in bytes.indices {
      let error = try fileError { _ = try NumPyArray(npy: Array(bytes[..<count])) }
      #expect([.truncated, .malformedHeader].contains(error.code), "\(count): \(error)")
    }
    let error = try fileError { _ = try NumPyArray(npy: Array(bytes.dropLast())) }
    #expect(
      error.description
        == "expected 24 bytes for f32 of shape [2, 3], found 23 (at byte 128)")
    #expect(try fileError { _ = try NumPyArray(npy: bytes + [0]) }.code == .shapeMismatch)
  }

  @Test(
    arguments: [
      ("(2, 3)", "(-2, 3)", TensorFileError.Code.malformedHeader),
      ("(2, 3), }", "(9223372036854775807, 3), }", .shapeMismatch),
      ("(2, 3), }", "(4611686018427387904, 4611686018427387904, 0), }", .shapeMismatch),
      ("(2, 3), }", "(99999999999999999999, 3), }", .malformedHeader),
      ("(2, 3), }", "(2, 3)", .malformedHeader),
      ("(2, 3), }", "(2, 3), 'shape': (6,)}", .malformedHeader),
      ("(2, 3), }", "(2, 3), 'more': 1}", .malformedHeader),
      ("(2, 3), }", "(2, 3)} {", .malformedHeader),
      ("'<f4'", "'<f3'", .unsupportedType), ("'<f4'", "'<U0'", .unsupportedType),
      ("'<f4'", "'<f4", .unsupportedType), ("'<f4'", "'|V4'", .unsupportedType),
      ("False", "Maybe", .malformedHeader), ("(2, 3)", "(2, 4)", .truncated),
      ("(2, 3)", "(2, 2)", .shapeMismatch), ("'<f4'", "'|O'", .malformedHeader),
    ])
  func `a lying header is an error`(
    found: String, replacement: String, code: TensorFileError.Code
  ) throws {
    let bytes = try fixtureBytes("tensorfiles/version1.npy")
    var header = try #require(String(validating: bytes[10..<128], as: UTF8.self))
    header.replace(found, with: replacement)
    let damaged =
      Array(bytes[..<8]) + littleEndian(UInt16(header.utf8.count)) + Array(header.utf8)
      + Array(bytes[128...])
    let error = try fileError { _ = try NumPyArray(npy: damaged) }
    #expect(error.code == code, "\(error)")
  }

  @Test func `text from a file cannot reach a terminal live`() throws {
    let bytes = try fixtureBytes("tensorfiles/version1.npy")
    let offset = try #require(bytes.firstOffset(of: "<f4"))
    let error = try fileError {
      _ = try NumPyArray(npy: bytes.replacing(at: offset, with: Array("\u{1b}[m".utf8)))
    }
    #expect(error.description.contains("\\u{1b}[m"))
    #expect(!error.description.contains("\u{1b}"))
  }
}

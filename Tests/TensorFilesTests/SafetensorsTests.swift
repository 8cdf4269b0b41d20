import Foundation
import TestSupport
import Testing

@testable import TensorFiles

struct SafetensorsTests {
  /// A file of `header`, as it stands, and `dataCount` zero bytes.
  private func open(
    _ header: String, dataCount: Int = 0, statedLength: UInt64? = nil
  ) throws -> SafetensorsFile {
    let folder = try TemporaryFolder()
    let url = folder.file("file.safetensors")
    let length = statedLength ?? UInt64(header.utf8.count)
    let bytes =
      littleEndian(length) + Array(header.utf8) + [UInt8](repeating: 0, count: dataCount)
    try Data(bytes).write(to: url)
    return try SafetensorsFile(url)
  }

  private static func tensor(
    _ name: String, _ type: String = "F32", _ shape: String, _ offsets: String
  ) -> String {
    "\"\(name)\":{\"dtype\":\"\(type)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}"
  }

  @Test func `golden results read whole, by rows and in place`() throws {
    let file = try SafetensorsFile(Fixtures.url("ep/p10/expected.safetensors"))
    #expect(file.metadata["note"]?.hasPrefix("build_* are the ids") == true)
    #expect(file.names.first == "assign_ids" && file.names.last == "mean_directions")
    let info = try file.info("exemplar_directions")
    #expect(info.shape == [21, 64] && info.elementType == .f32 && info.byteRange.count == 5376)
    let all = try file.floats("exemplar_directions")
    #expect(try file.floats("exemplar_directions", rows: 3..<5) == Array(all[192..<320]))
    #expect(try file.withBytes("center") { $0.count } == 256)
    #expect(try file.withBytes("exemplar_directions", rows: 20..<21) { $0.count } == 256)
    #expect(try file.int64s("assign_ids").count == 4123)
    #expect(try file.int64s("assign_ids").allSatisfy { (0..<21).contains($0) })
    let error = try fileError { _ = try file.int64s("center") }
    #expect(error.code == .unsupportedType && error.tensor == "center")
    let missing = try fileError { _ = try file.floats("centre") }
    #expect(missing.code == .missing && missing.message.contains("center"))
  }

  @Test func `bf16 and f16 read as the numbers they are`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("halves.safetensors")
    try SafetensorsWriter.write(
      [
        ("bf16", SafetensorsTensor(.bf16, shape: [2], bytes: [0x80, 0x3f, 0x20, 0xc0])),
        ("f16", SafetensorsTensor(.f16, shape: [2], bytes: [0x00, 0x3c, 0x00, 0xc1])),
        ("bool", SafetensorsTensor(.bool, shape: [3], bytes: [1, 0, 1])),
      ], to: url)
    let file = try SafetensorsFile(url)
    #expect(try file.floats("bf16") == [1, -2.5])
    #expect(try file.floats("f16") == [1, -2.5])
    #expect(try file.int64s("bool") == [1, 0, 1])
  }

  @Test func `a header may be padded, escaped and in any order`() throws {
    let file = try open(
      "{ \"b\" : {\"shape\":[],\"data_offsets\":[4,8],\"dtype\":\"F32\"} ,\n"
        + "\"a\\u00e9\\ud83d\\ude00\\n\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[0,4]},"
        + "\"none\":{\"dtype\":\"I8\",\"shape\":[0,7],\"data_offsets\":[4,4]},"
        + "\"__metadata__\":{\"k\":\"\\\"v\\\\\"}}   ", dataCount: 8)
    #expect(file.names == ["aé😀\n", "none", "b"])
    #expect(file.metadata == ["k": "\"v\\"])
    #expect(try file.floats("b") == [0] && file.floats("none") == [])
  }

  @Test func `an empty file of tensors is a file of none`() throws {
    #expect(try open("{}").names == [])
  }

  // MARK: - Damage

  @Test(
    arguments: [
      ("", 0), ("{", 0), ("[]", 0), ("{}x", 0), ("{},", 0), ("{\"a\":1}", 0), ("{\"a\":{}}", 0),
      ("{" + tensor("a", "F32", "1", "0,4") + ",}", 4),
      ("{" + tensor("a", "F32", "1", "0,4") + "," + tensor("a", "F32", "1", "4,8") + "}", 8),
      ("{" + tensor("a", "F32", "2", "0,8") + "," + tensor("b", "F32", "2", "4,12") + "}", 12),
      ("{" + tensor("a", "F32", "1", "0,4") + "," + tensor("b", "F32", "1", "8,12") + "}", 12),
      ("{" + tensor("a", "F32", "1", "0,4") + "}", 8),
      ("{" + tensor("a", "F32", "1", "0,4") + "}", 3),
      ("{" + tensor("a", "F32", "1", "4,8") + "}", 8),
      ("{" + tensor("a", "F32", "1", "4,0") + "}", 4),
      ("{" + tensor("a", "F32", "2", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "-1", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "1.0", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "01", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "1e0", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "1,", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "1", "0,4,4") + "}", 4),
      ("{" + tensor("a", "F32", "1", "4") + "}", 4),
      ("{" + tensor("a", "F32", "99999999999999999999", "0,4") + "}", 4),
      ("{" + tensor("a", "F32", "4611686018427387904,4", "0,0") + "}", 0),
      ("{" + tensor("a", "F32", "4611686018427387904,4,0", "0,0") + "}", 0),
      ("{" + tensor("a", "F32", "1", "0,9223372036854775807") + "}", 4),
      ("{" + tensor("a", "F8_E4M3", "4", "0,5") + "}", 5),
      ("{" + tensor("a", "F4", "3", "0,2") + "}", 2),
      ("{" + tensor("a", "F6_E2M3", "8", "0,8") + "}", 8),
      ("{" + tensor("a", "C64", "1", "0,4") + "}", 4),
      // As many bits as an integer can count, but for a few.
      ("{" + tensor("a", "F4", "2305843009213693951", "0,0") + "}", 0),
      ("{" + tensor("a", "F6_E2M3", "1537228672809129301", "0,0") + "}", 0),
      ("{" + tensor("a", "F32", String(repeating: "1,", count: 64) + "1", "0,4") + "}", 4),
      ("{" + tensor("a", "f32", "1", "0,4") + "}", 4),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":[]}}", 4),
      ("{\"__metadata__\":{\"a\":1}}", 0), ("{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0),
      ("{\"__metadata__\":{\"a\":\"\\x\"}}", 0), ("{\"__metadata__\":{\"a\":\"\\ud800\"}}", 0),
      ("{\"__metadata__\":{\"a\":\"\n\"}}", 0), ("{\"__metadata__\":{\"a\":\"", 0),
      ("{\"__metadata__\":{\"a\":\"\\u12", 0), ("{\"__metadata__\":{},\"__metadata__\":{}}", 0),
    ])
  func `a header that lies or is not strict JSON is an error`(header: String, dataCount: Int) throws
  {
    #expect(throws: TensorFileError.self) { _ = try open(header, dataCount: dataCount) }
  }

  @Test func `A tensor of a type that is not read is in nobody's way`() throws {
    let tensors = [
      Self.tensor("x", "F32", "2", "0,8"), Self.tensor("f4", "F4", "4", "8,10"),
      Self.tensor("f6", "F6_E3M2", "4", "10,13"), Self.tensor("f8", "F8_E5M2", "1", "13,14"),
      Self.tensor("scale", "F8_E8M0", "2", "14,16"), Self.tensor("c", "C64", "1", "16,24"),
      Self.tensor("later", "I4", "4", "24,26"), Self.tensor("u", "U16", "1", "26,28"),
    ]
    let file = try open("{" + tensors.joined(separator: ",") + "}", dataCount: 28)
    #expect(try file.floats("x") == [0, 0] && file.int64s("u") == [0])
    #expect(file.names.count == 8)
    #expect(file.unread.count == 6 && file.unread["f6"]?.dtype == "F6_E3M2")
    for name in file.unread.keys {
      #expect(try fileError { _ = try file.withBytes(name) { $0.count } }.code == .unsupportedType)
    }
  }

  @Test func `errors name the tensor, what was expected and what was found`() throws {
    let unknown = try fileError {
      _ = try open("{" + Self.tensor("w", "F8_E4M3", "4", "0,4") + "}", dataCount: 4).floats("w")
    }
    #expect(unknown.code == .unsupportedType && unknown.tensor == "w")
    #expect(unknown.message.contains("F8_E4M3"))
    let overlap = try fileError {
      _ = try open(
        "{" + Self.tensor("a", "F32", "2", "0,8") + "," + Self.tensor("b", "F32", "2", "4,12")
          + "}",
        dataCount: 12)
    }
    #expect(
      overlap.description.hasPrefix(
        "b: expected its data to begin at offset 8, where the one before ends, found 4"))
    let short = try fileError {
      _ = try open("{" + Self.tensor("a", "F32", "2", "0,8") + "}", dataCount: 7)
    }
    #expect(short.code == .truncated && short.tensor == "a")
    let size = try fileError {
      _ = try open("{" + Self.tensor("a", "F32", "3", "0,8") + "}", dataCount: 8)
    }
    #expect(size.code == .shapeMismatch && size.message.contains("expected 12 bytes"))
  }

  @Test(arguments: [3, 100, 100_000_000, 100_000_001, .max] as [UInt64])
  func `a header length that the file does not have is an error`(length: UInt64) throws {
    let error = try fileError { _ = try open("{}", statedLength: length) }
    #expect(error.code == (length > 100_000_000 ? .malformedHeader : .truncated))
  }

  @Test func `a file cut short anywhere is an error`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("whole.safetensors")
    try SafetensorsWriter.write(
      [
        ("a", SafetensorsTensor([Float(1), 2], shape: [2])),
        ("b", SafetensorsTensor([Int64(3)], shape: [1])),
      ], metadata: ["k": "v"], to: url)
    let bytes = [UInt8](try Data(contentsOf: url))
    for count in bytes.indices {
      try Data(bytes[..<count]).write(to: folder.file("cut"))
      #expect(throws: TensorFileError.self) { _ = try SafetensorsFile(folder.file("cut")) }
    }
    try Data(bytes + [0]).write(to: folder.file("cut"))
    #expect(throws: TensorFileError.self) { _ = try SafetensorsFile(folder.file("cut")) }
  }
}

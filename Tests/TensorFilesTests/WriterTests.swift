import Foundation
import TestSupport
import Testing

@testable import TensorFiles

struct WriterTests {
  @Test func `written arrays read back as they were`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("out.npz")
    try NPZWriter.write(
      [
        ("x", NumPyOutput([Float(1.5), -2, .infinity, 0], shape: [2, 2])),
        ("θ", NumPyOutput([0.1], shape: [])), ("ids", NumPyOutput([Int64.min, 7], shape: [2])),
        ("none", NumPyOutput([Float](), shape: [0, 5])),
      ], to: url)
    let archive = try NPZArchive(url)
    #expect(archive.names == ["x", "θ", "ids", "none"])
    #expect(try archive.array("x").shape == [2, 2])
    #expect(try archive.array("x").floats() == [1.5, -2, .infinity, 0])
    #expect(try archive.array("θ").doubles() == [0.1] && archive.array("θ").shape == [])
    #expect(try archive.array("ids").int64s() == [.min, 7])
    #expect(try archive.array("none").shape == [0, 5])

    try NumPyWriter.write(NumPyOutput([Float(1), 2, 3], shape: [3, 1]), to: folder.file("a.npy"))
    let file = try NumPyFile(folder.file("a.npy"))
    #expect(file.shape == [3, 1])
    #expect(try file.floats(rows: 1..<3) == [2, 3])
  }

  @Test(arguments: [0, 1, 200, 300])
  func `sizes past the 32-bit limit take their 64-bit places`(limit: Int) throws {
    let folder = try TemporaryFolder()
    let url = folder.file("wide.npz")
    try NPZWriter.write(
      [
        ("x", NumPyOutput([Float(1), 2], shape: [2])), ("y", NumPyOutput([Int64(3)], shape: [1])),
      ], to: url, narrowLimit: limit)
    let archive = try NPZArchive(url)
    #expect(try archive.array("x").floats() == [1, 2] && archive.array("y").int64s() == [3])
    #expect([UInt8](try Data(contentsOf: url)).firstOffset(of: "PK\u{6}\u{6}") != nil)
  }

  @Test func `a header is the one that NumPy writes, aligned to 64 bytes`() throws {
    let golden = try fixtureBytes("tensorfiles/version1.npy")
    let values = NumPyArrayTests.numbers
    #expect(NumPyOutput(values, shape: [2, 3]).header == Array(golden[..<128]))
    #expect(NumPyOutput([1.0], shape: [1]).header.count.isMultiple(of: 64))
    let text = String(decoding: NumPyOutput([1.0], shape: [1]).header[10...], as: UTF8.self)
    #expect(text.hasPrefix("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }"))
  }

  @Test func `the same input gives the same bytes whatever the order of tensors`() throws {
    let folder = try TemporaryFolder()
    let tensors: [(name: String, tensor: SafetensorsTensor)] = [
      ("b", SafetensorsTensor([Float(1), 2], shape: [2])),
      ("a", SafetensorsTensor([Float(3)], shape: [])),
      ("half", SafetensorsTensor(.f16, shape: [1], bytes: [0, 0x3c])),
      ("ids", SafetensorsTensor([Int64(4)], shape: [1])),
    ]
    let metadata = ["format": "x", "a": "\"\\\n\u{1}é"]
    try SafetensorsWriter.write(tensors, metadata: metadata, to: folder.file("1"))
    try SafetensorsWriter.write(tensors.reversed(), metadata: metadata, to: folder.file("2"))
    let bytes = try Data(contentsOf: folder.file("1"))
    #expect(try bytes == Data(contentsOf: folder.file("2")))
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    #expect(length.isMultiple(of: 8))
    #expect(
      String(decoding: bytes[8..<8 + Int(length)], as: UTF8.self).trimmingCharacters(
        in: .whitespaces)
        == #"{"__metadata__":{"a":"\"\\\u000a\u0001é","format":"x"},"#
        + #""ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"#
        + #""a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},"#
        + #""b":{"dtype":"F32","shape":[2],"data_offsets":[12,20]},"#
        + #""half":{"dtype":"F16","shape":[1],"data_offsets":[20,22]}}"#)
    let file = try SafetensorsFile(folder.file("1"))
    #expect(file.metadata == metadata)
    #expect(try file.floats("b") == [1, 2] && file.floats("a") == [3])
    #expect(try file.int64s("ids") == [4] && file.floats("half") == [1])
  }

  @Test func `a stream written in pieces equals the file written at once`() throws {
    let folder = try TemporaryFolder()
    let rows = (0..<12).map(Float.init)
    let ids: [Int64] = [5, 6, 7]
    try SafetensorsWriter.write(
      [
        ("x", SafetensorsTensor(rows, shape: [3, 4])), ("ids", SafetensorsTensor(ids, shape: [3])),
      ], to: folder.file("whole"))
    let stream = try SafetensorsStream(
      folder.file("pieces"), tensors: [("x", .f32, [3, 4]), ("ids", .i64, [3])])
    for row in 0..<3 {
      try stream.append(Array(rows[row * 4..<row * 4 + 4]), to: "x")
      try stream.append([ids[row]], to: "ids")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("pieces").path))
    try stream.finish()
    #expect(
      try Data(contentsOf: folder.file("pieces")) == Data(contentsOf: folder.file("whole")))
  }

  @Test func `an incomplete stream names the tensor and leaves nothing behind`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("kept.safetensors")
    try Data("before".utf8).write(to: url)
    do {
      let stream = try SafetensorsStream(url, tensors: [("x", .f32, [2]), ("y", .f32, [2])])
      try stream.append([Float(1), 2], to: "x")
      let error = try fileError { try stream.finish() }
      #expect(error.description == "y: 8 bytes were never written")
    }
    #expect(try Data(contentsOf: url) == Data("before".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).count == 1)
  }

  @Test func `a place that cannot be written to is an error with nothing left behind`() throws {
    let folder = try TemporaryFolder()
    let array = NumPyOutput([Float(1)], shape: [1])
    let missing = try fileError {
      try NumPyWriter.write(array, to: folder.file("none/out.npy"))
    }
    #expect(missing.code == .inputOutput && missing.message.hasPrefix("out.npy cannot be created"))
    let taken = folder.file("taken")
    try FileManager.default.createDirectory(
      at: taken.appending(path: "full"), withIntermediateDirectories: true)
    #expect(try fileError { try NumPyWriter.write(array, to: taken) }.code == .inputOutput)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["taken"])
  }

  @Test func `a map of what is no ordinary file is an error`() throws {
    let folder = try TemporaryFolder()
    #expect(try fileError { _ = try MappedFile(folder.url) }.code == .inputOutput)
    #expect(try fileError { _ = try MappedFile(URL(filePath: "/dev/null")) }.code == .inputOutput)
    #expect(try fileError { _ = try MappedFile(folder.file("none")) }.code == .missing)
    try Data().write(to: folder.file("empty"))
    let empty = try MappedFile(folder.file("empty"))
    #expect(empty.byteCount == 0 && empty.withBytes(0..<0) { $0.count } == 0)
    mkfifo(folder.file("fifo").path, 0o600)
    #expect(try fileError { _ = try MappedFile(folder.file("fifo")) }.code == .inputOutput)
  }
}

import Foundation
import TestSupport
import Testing

@testable import TensorFiles

struct NPZArchiveTests {
  private func archive(_ bytes: [UInt8]) throws -> NPZArchive {
    try NPZArchive(ByteStorage(bytes))
  }

  /// Opens the archive and reads every array in it.
  private func readAll(_ bytes: [UInt8]) throws {
    let archive = try archive(bytes)
    for name in archive.names { _ = try archive.array(name) }
  }

  @Test func `a shard of the reference implementation reads whole`() throws {
    let shard = try NPZArchive(Fixtures.url("ep/p10/activations/shard_000000.npz"))
    #expect(shard.names == ["x", "prompt_ids", "position_ids", "prompts"])
    #expect(shard.contains("x") && !shard.contains("y"))
    let activations = try shard.array("x")
    #expect(activations.shape == [218, 64] && activations.elementType == .f32)
    #expect(try activations.floats()[0] == Float(bitPattern: 0xbf44_d8ac))
    #expect(try shard.array("prompt_ids").int64s().prefix(21).last == 1)
    #expect(try shard.array("position_ids").int64s().prefix(3) == [1, 2, 3])
    let prompts = try shard.array("prompts").strings()
    #expect(prompts.count == 16 && prompts[0].hasPrefix("paper lamp bread music music"))
  }

  @Test func `a calibration cache reads whole`() throws {
    let cache = try NPZArchive(
      Fixtures.url("ep/p10/calibration/synthetic__blocks.3.hook_resid_post__pct10.npz"))
    #expect(try cache.array("center").shape == [64])
    #expect(try cache.array("threshold").floats() == [0.814_674_9])
    #expect(try cache.array("n_activations").int64s() == [4123])
    #expect(try cache.array("percentile").doubles() == [10])
    #expect(try cache.array("version").int64s() == [2])
  }

  @Test(arguments: ["streamed", "streamed64", "zip64"])
  func `sizes after the data and in 64-bit places read alike`(name: String) throws {
    let archive = try NPZArchive(Fixtures.url("tensorfiles/\(name).npz"))
    #expect(archive.names == ["f4", "i8", "objects"])
    #expect(try archive.array("f4").floats() == NumPyArrayTests.numbers)
    #expect(try archive.array("i8").int64s() == [0, 1, 2, 3, 100, 7])
    #expect(try archive.array("objects").strings() == ["one", "θ", "", "four"])
  }

  @Test func `a missing array lists those there are`() throws {
    let archive = try NPZArchive(Fixtures.url("tensorfiles/zip64.npz"))
    let error = try fileError { _ = try archive.array("prompts") }
    #expect(
      error.description == "prompts: no such array in the file; it has f4, i8, objects")
  }

  // MARK: - Damage

  @Test(arguments: ["streamed", "streamed64", "zip64"])
  func `an archive cut short anywhere is an error`(name: String) throws {
    let bytes = try fixtureBytes("tensorfiles/\(name).npz")
    for count in bytes.indices {
      #expect(throws: TensorFileError.self) { try readAll(Array(bytes[..<count])) }
    }
    #expect(throws: TensorFileError.self) { try readAll(bytes + [0]) }
  }

  @Test func `a changed byte of data is caught by its checksum`() throws {
    let bytes = try fixtureBytes("tensorfiles/zip64.npz")
    let start = try #require(bytes.firstOffset(of: "\u{7f}") ?? bytes.firstOffset(of: "NUMPY"))
    let error = try fileError {
      try readAll(bytes.replacing(at: start + 130, with: [0xaa]))
    }
    #expect(error.code == .checksumMismatch && error.tensor == "f4")
  }

  /// Offsets within the one central record of `oneMember`, and what to put there.
  @Test(
    arguments: [
      (0, [0x50, 0x4b, 0x01, 0x03]), (8, [1, 8]), (10, [12, 0]), (10, [8, 0]),
      (16, [1, 2, 3, 4]), (20, [255, 255, 0, 0]), (20, [0, 0, 0, 0]), (24, [1, 0, 0, 0]),
      (24, [255, 255, 255, 127]), (28, [255, 255]), (30, [9, 0]), (42, [1, 0, 0, 0]),
      (42, [255, 255, 255, 127]), (42, [255, 255, 255, 255]), (46, [0x79]),
    ] as [(Int, [UInt8])])
  func `a directory that lies is an error`(offset: Int, replacement: [UInt8]) throws {
    let bytes = try Self.oneMember()
    try readAll(bytes)
    let record = try #require(bytes.firstOffset(of: "PK\u{1}\u{2}"))
    #expect(throws: TensorFileError.self) {
      try readAll(bytes.replacing(at: record + offset, with: replacement))
    }
  }

  @Test(
    arguments: [
      (4, [1, 0]), (8, [2, 0]), (8, [2, 0, 2, 0]), (8, [0, 0, 0, 0]), (12, [1, 0, 0, 0]),
      (16, [0, 0, 0, 0]), (16, [255, 255, 255, 255]), (20, [1, 0]),
    ] as [(Int, [UInt8])])
  func `a closing record that lies is an error`(offset: Int, replacement: [UInt8]) throws {
    let bytes = try Self.oneMember()
    let record = try #require(bytes.firstOffset(of: "PK\u{5}\u{6}"))
    #expect(throws: TensorFileError.self) {
      try readAll(bytes.replacing(at: record + offset, with: replacement))
    }
  }

  @Test func `two directory records for the same bytes are an error`() throws {
    let bytes = try Self.oneMember()
    let record = try #require(bytes.firstOffset(of: "PK\u{1}\u{2}"))
    let end = try #require(bytes.firstOffset(of: "PK\u{5}\u{6}"))
    let size = littleEndian(UInt32(2 * (end - record)))
    let doubled =
      Array(bytes[..<end]) + Array(bytes[record..<end])
      + bytes[end...].dropFirst(0).enumerated().map { index, byte in
        switch index {
        case 8, 10: 2
        case 12..<16: size[index - 12]
        default: byte
        }
      }
    let error = try fileError { try readAll(doubled) }
    #expect(error.message.contains("twice"))
  }

  @Test func `a deflated member must give exactly the size it states`() throws {
    let source: [UInt8] = [0x4b, 0x4c, 0x4a, 0x06, 0x00]  // "abc", deflated
    func inflate(_ count: Int, _ source: [UInt8]) throws -> [UInt8] {
      try source.withUnsafeBytes { try Deflate.inflate($0, byteCount: count) }
    }
    #expect(try inflate(3, source) == Array("abc".utf8))
    for count in [0, 2, 4, 1000, 1 << 40, Int.max] {
      #expect(try fileError { _ = try inflate(count, source) }.code == .malformedHeader)
    }
    for count in source.indices {
      #expect(throws: TensorFileError.self) { _ = try inflate(3, Array(source[..<count])) }
    }
    #expect(throws: TensorFileError.self) { _ = try inflate(3, source + [0]) }
    #expect(throws: TensorFileError.self) { _ = try inflate(3, [0xff, 0xff, 0xff]) }
  }

  // MARK: - Bombs

  /// An archive of one deflated member that states another size.
  private static func deflated(_ stored: [UInt8], stating byteCount: Int) -> [UInt8] {
    let name = Array("x.npy".utf8)
    let sizes =
      littleEndian(UInt32(0)) + littleEndian(UInt32(stored.count)) + littleEndian(UInt32(byteCount))
      + littleEndian(UInt16(name.count)) + [0, 0]
    let local = [0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0] + sizes + name + stored
    let central =
      [0x50, 0x4b, 1, 2, 20, 0, 20, 0, 0, 0, 8, 0, 0, 0, 0, 0] + sizes
      + [UInt8](repeating: 0, count: 14) + name
    return local + central + [0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0]
      + littleEndian(UInt32(central.count)) + littleEndian(UInt32(local.count)) + [0, 0]
  }

  @Test func `an archive that unpacks to much more than it holds is refused before it is unpacked`()
    throws
  {
    let stored = [UInt8](repeating: 0, count: 1 << 20)
    for (byteCount, isRefused) in [(256 << 20, false), (256 << 20 + 1, true), (1 << 30, true)] {
      let archive = try archive(Self.deflated(stored, stating: byteCount))
      let error = try fileError { _ = try archive.array("x") }
      #expect(error.message.contains("32 to 1") == isRefused, "\(byteCount): \(error)")
    }
    #expect(Inflation.most(from: 1 << 30) == 32 << 30)
  }

  @Test func `a member of another size than its header asks for is refused by its beginning`()
    throws
  {
    // A block that is not compressed, and then nothing that could be unpacked.
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"
    let header =
      NumPyHeader.magic + [1, 0] + littleEndian(UInt16(text.utf8.count)) + Array(text.utf8)
    let block = header + [UInt8](repeating: 0, count: 17_000 - header.count)
    let count = UInt16(block.count)
    let stored = [0] + littleEndian(count) + littleEndian(~count) + block + [0xff, 0xff]
    let archive = try archive(Self.deflated(stored, stating: 1_000_000))
    let error = try fileError { _ = try archive.array("x") }
    #expect(error.code == .shapeMismatch && error.message.contains("expected 24 bytes"), "\(error)")
  }

  /// An archive with one stored array, written by our own writer.
  private static func oneMember() throws -> [UInt8] {
    let folder = try TemporaryFolder()
    let url = folder.file("one.npz")
    try NPZWriter.write([("x", NumPyOutput([Float(1), 2, 3], shape: [3]))], to: url)
    return [UInt8](try Data(contentsOf: url))
  }
}

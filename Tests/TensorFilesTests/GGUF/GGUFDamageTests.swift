import Foundation
import TensorFiles
import TestSupport
import Testing

struct GGUFDamageTests {
  private func failure(_ bytes: GGUFBytes) throws -> TensorFileError? {
    let folder = try TemporaryFolder()
    let url = try bytes.write(to: folder)
    do {
      _ = try GGUFFile(url)
      return nil
    } catch let error as TensorFileError {
      return error
    }
  }

  private var sound: GGUFBytes {
    var bytes = GGUFBytes()
    bytes.metadata("general.name", type: 8) { $0.append("tiny") }
    bytes.tensor("a", shape: [32, 2], type: 8, offset: 0)
    bytes.tensor("b", shape: [4], type: 0, offset: 96)
    bytes.data = Array(repeating: 1, count: 112)
    return bytes
  }

  @Test func `a sound file is read`() throws {
    #expect(try failure(sound) == nil)
    var second = sound
    second.version = 2
    #expect(try failure(second) == nil)
  }

  @Test(arguments: [0, 1, 4, 0x0200_0000, 0x0300_0000] as [UInt32])
  func `another version is refused`(version: UInt32) throws {
    var bytes = sound
    bytes.version = version
    let error = try #require(try failure(bytes))
    #expect(error.code == .unsupportedType)
    #expect(error.message.contains("\(version)"))
    #expect(error.message.contains("big-endian") == (version > 4))
  }

  @Test func `a file cut short anywhere is refused`() throws {
    let whole = sound.bytes
    let folder = try TemporaryFolder()
    for count in 0..<whole.count {
      let url = folder.file("cut.gguf")
      try Data(whole[..<count]).write(to: url)
      #expect(throws: TensorFileError.self, "\(count) of \(whole.count) bytes") {
        try GGUFFile(url)
      }
    }
  }

  @Test func `a tensor past the end names itself`() throws {
    for (shape, offset) in [
      ([32, 4], 0), ([32, 2], 96), ([32, 2], .max), ([1 << 40, 1 << 20], 0), ([.max, .max], 0),
    ] as [([UInt64], UInt64)] {
      var bytes = sound
      bytes.tensor("far", shape: shape, type: 8, offset: offset)
      let error = try #require(try failure(bytes))
      #expect(error.tensor == "far")
      #expect([.truncated, .shapeMismatch].contains(error.code))
    }
  }

  @Test func `a nonsense type is told where its tensor is asked for`() throws {
    var bytes = sound
    bytes.tensor("odd", shape: [32], type: 4, offset: 0)
    let folder = try TemporaryFolder()
    try Data(bytes.bytes).write(to: folder.file("odd.gguf"))
    let file = try GGUFFile(folder.file("odd.gguf"))
    #expect(try file.floats("a").count == 64)
    let error = try #require(#expect(throws: TensorFileError.self) { try file.floats("odd") })
    #expect(error.code == .unsupportedType && error.tensor == "odd")
    #expect(error.message.contains("IQ4_XS"))
  }

  @Test func `shapes and names that make no sense are refused`() throws {
    var zero = sound
    zero.tensor("c", shape: [0], type: 0, offset: 0)
    #expect(try failure(zero)?.code == .shapeMismatch)
    var broken = sound
    broken.tensor("c", shape: [33], type: 8, offset: 0)
    #expect(try failure(broken)?.code == .shapeMismatch)
    var twice = sound
    twice.tensor("a", shape: [4], type: 0, offset: 0)
    #expect(try failure(twice)?.code == .malformedHeader)
    var deep = sound
    deep.tensor("c", shape: [1, 1, 1, 1, 1], type: 0, offset: 0)
    #expect(try failure(deep)?.code == .malformedHeader)
    var key = sound
    key.metadata("general.name", type: 0) { $0.append(UInt8(1)) }
    #expect(try failure(key)?.code == .malformedHeader)
    var type = sound
    type.metadata("x", type: 13) { $0.append(UInt8(1)) }
    #expect(try failure(type)?.code == .malformedHeader)
    var shared = sound
    shared.tensor("c", shape: [8], type: 0, offset: 64)
    let overlap = try #require(try failure(shared))
    #expect(overlap.description == "c: expected data of its own, found some of a")
    var alignment = sound
    alignment.metadata("general.alignment", type: 4) { $0.append(UInt32(24)) }
    #expect(try failure(alignment)?.code == .malformedHeader)
  }

  @Test func `counts beyond the file are refused before anything is made for them`() throws {
    var tensors = sound
    tensors.tensorCount = 1 << 60
    #expect(try failure(tensors)?.code == .truncated)
    var metadata = sound
    metadata.metadataCount = .max
    #expect(try failure(metadata)?.code == .truncated)
    var strings = sound
    strings.metadata("x", type: 9) {
      $0.append(UInt32(8))
      $0.append(UInt64(1 << 40))
    }
    #expect(try failure(strings)?.code == .truncated)
    var nested = sound
    nested.metadata("x", type: 9) {
      for _ in 0..<40 {
        $0.append(UInt32(9))
        $0.append(UInt64(1))
      }
    }
    #expect(try failure(nested)?.code == .malformedHeader)
  }

  @Test func `thousands of mutated files give values or our errors`() throws {
    var bytes = sound
    bytes.metadata("a.list", type: 9) {
      $0.append(UInt32(5))
      $0.append(UInt64(3))
      for value in [1, 2, 3] as [Int32] { $0.append(value) }
    }
    bytes.metadata("a.words", type: 9) {
      $0.append(UInt32(8))
      $0.append(UInt64(2))
      $0.append("one")
      $0.append("two")
    }
    let original = bytes.bytes
    var damage = FileDamage(seed: 1)
    let url = try TemporaryFolder().file("mutated.gguf")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url.deletingLastPathComponent()) }
    var read = 0
    for round in 0..<4000 {
      try Data(damage.copy(of: original)).write(to: url)
      do {
        let file = try GGUFFile(url)
        for name in file.tensorNames { _ = try file.floats(name) }
        read += 1
      } catch is TensorFileError {
      } catch {
        Issue.record("round \(round): \(error)")
      }
    }
    // Damage to names and data goes unnoticed; most of the rest does not.
    #expect(read > 100 && read < 3000)
  }
}

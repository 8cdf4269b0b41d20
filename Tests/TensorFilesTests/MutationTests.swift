import Foundation
import TestSupport
import Testing

@testable import TensorFiles

/// Thousands of damaged files: each must give a value or one of our errors, soon, whatever it says.
struct MutationTests {
  /// Calls `read` with `count` mutations of `original`; anything it throws must be ours.
  private func mutate(
    _ original: [UInt8], seed: UInt64, count: Int, _ read: ([UInt8]) throws -> Void
  ) {
    var generator = SeededGenerator(state: seed)
    for round in 0..<count {
      let damaged = Self.damaged(original, &generator)
      do {
        try read(damaged)
      } catch is TensorFileError {
      } catch {
        Issue.record("seed \(seed), round \(round): \(error)")
      }
    }
  }

  /// A copy with a few bytes changed, removed, added or repeated.
  private static func damaged(
    _ original: [UInt8], _ generator: inout SeededGenerator
  ) -> [UInt8] {
    let telling: [UInt8] = [0, 1, 0x7f, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x62, 0x94, 0x30]
    var bytes = original
    for _ in 0..<Int.random(in: 1...4, using: &generator) {
      guard !bytes.isEmpty else { break }
      let offset = Int.random(in: bytes.indices, using: &generator)
      let end = min(bytes.count, offset + Int.random(in: 1...8, using: &generator))
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[offset] = UInt8.random(in: .min ... .max, using: &generator)
      case 1: bytes[offset] = telling[Int.random(in: telling.indices, using: &generator)]
      case 2: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 3: bytes.removeSubrange(offset..<end)
      case 4: bytes.insert(contentsOf: bytes[offset..<end], at: offset)
      default: bytes.replaceSubrange(offset..<end, with: repeatElement(0xff, count: end - offset))
      }
    }
    return bytes
  }

  @Test(arguments: ["version1", "version2"])
  func `mutated npy files`(name: String) throws {
    mutate(try fixtureBytes("tensorfiles/\(name).npy"), seed: 1, count: 3000) { bytes in
      let array = try NumPyArray(npy: bytes)
      _ = try array.floats()
    }
  }

  @Test(arguments: ["zip64", "streamed", "streamed64"])
  func `mutated npz files`(name: String) throws {
    mutate(try fixtureBytes("tensorfiles/\(name).npz"), seed: 2, count: 2000) { bytes in
      let archive = try NPZArchive(ByteStorage(bytes))
      for name in archive.names {
        let array = try archive.array(name)
        if array.objects == nil { _ = try array.doubles() } else { _ = try array.strings() }
      }
    }
  }

  @Test(arguments: ["plain-2", "plain-5", "dictionary-2", "dictionary-3", "dictionary-mixed"])
  func `mutated pickles`(name: String) throws {
    mutate(try fixtureBytes("tensorfiles/\(name).pkl"), seed: 3, count: 2000) { bytes in
      let value = try Pickle.load(bytes)
      if value != value { _ = value.hashValue }
    }
  }

  @Test func `mutated safetensors`() throws {
    let folder = try TemporaryFolder()
    let url = folder.file("whole")
    try SafetensorsWriter.write(
      [
        ("a", SafetensorsTensor([Float(1), 2, 3, 4], shape: [2, 2])),
        ("b", SafetensorsTensor([Int64(3)], shape: [1])),
      ], metadata: ["k": "v"], to: url)
    mutate([UInt8](try Data(contentsOf: url)), seed: 4, count: 3000) { bytes in
      let file = try SafetensorsFile(ByteStorage(bytes))
      for name in file.names { _ = try file.floats(name) }
    }
  }
}

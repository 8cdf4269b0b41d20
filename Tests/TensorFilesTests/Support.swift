import Foundation
import TestSupport
import Testing

@testable import TensorFiles

/// The bytes of a golden file.
func fixtureBytes(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: Fixtures.url(path)))
}

/// The error that `body` throws; a test fails where it throws none of ours.
func fileError(
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void
) throws -> TensorFileError {
  try #require(throws: TensorFileError.self, sourceLocation: sourceLocation, performing: body)
}

/// Numbers that depend on the seed alone (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

extension Array where Element == UInt8 {
  /// A copy with `bytes` written over its own at `offset`.
  func replacing(at offset: Int, with bytes: [UInt8]) -> [UInt8] {
    var copy = self
    copy.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return copy
  }

  /// Where `text` first stands.
  func firstOffset(of text: String) -> Int? {
    let pattern = Array(text.utf8)
    return indices.first { self[$0...].starts(with: pattern) }
  }
}

func littleEndian<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) -> [UInt8] {
  ElementCoding.bytes(of: [number.littleEndian])
}

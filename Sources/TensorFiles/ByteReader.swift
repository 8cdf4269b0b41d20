/// Little-endian numbers read one after another from a range of bytes, never past its end.
struct ByteReader {
  private let bytes: UnsafeRawBufferPointer
  private let end: Int
  private(set) var offset: Int

  /// - Precondition: `range` lies within `bytes`.
  init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= bytes.count,
      "expected a range within \(bytes.count) bytes, got \(range)")
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
  }

  mutating func u16() throws -> UInt16 { try number() }
  mutating func u32() throws -> UInt32 { try number() }
  mutating func u64() throws -> UInt64 { try number() }

  mutating func skip(_ count: Int) throws { _ = try take(count) }

  mutating func array(_ count: Int) throws -> [UInt8] { [UInt8](bytes[try take(count)]) }

  private mutating func number<Number: FixedWidthInteger & BitwiseCopyable>() throws -> Number {
    let range = try take(MemoryLayout<Number>.size)
    return Number(
      littleEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: Number.self))
  }

  private mutating func take(_ count: Int) throws -> Range<Int> {
    guard count <= end - offset else {
      throw TensorFileError(
        .truncated, "expected \(count) more bytes, found \(end - offset)", byteOffset: offset)
    }
    defer { offset += count }
    return offset..<offset + count
  }
}

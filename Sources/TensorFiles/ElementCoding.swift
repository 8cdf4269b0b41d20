/// Turns stored elements into the types that callers compute with.
///
/// Offsets come from files, so every load is unaligned; all are bounded by the buffer given, and
/// a last incomplete element is a caller's mistake.
enum ElementCoding {
  /// Rounds to the nearest `Float`; integers past 2^24 and doubles lose what a `Float` cannot hold.
  static func floats(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, bigEndian: Bool = false
  ) -> [Float] {
    switch type {
    case .f32 where !bigEndian: copy(bytes, as: Float.self)
    case .f64:
      map(bytes, UInt64.self, bigEndian) { Float(Double(bitPattern: $0)) }
    case .f32: map(bytes, UInt32.self, bigEndian) { Float(bitPattern: $0) }
    case .f16: map(bytes, UInt16.self, bigEndian, float(half:))
    case .bf16: map(bytes, UInt16.self, bigEndian) { Float(bitPattern: UInt32($0) << 16) }
    case .i64: map(bytes, Int64.self, bigEndian) { Float($0) }
    case .i32: map(bytes, Int32.self, bigEndian) { Float($0) }
    case .i16: map(bytes, Int16.self, bigEndian) { Float($0) }
    case .i8: map(bytes, Int8.self, bigEndian) { Float($0) }
    case .u64: map(bytes, UInt64.self, bigEndian) { Float($0) }
    case .u32: map(bytes, UInt32.self, bigEndian) { Float($0) }
    case .u16: map(bytes, UInt16.self, bigEndian) { Float($0) }
    case .u8: map(bytes, UInt8.self, bigEndian) { Float($0) }
    case .bool: map(bytes, UInt8.self, bigEndian) { $0 == 0 ? 0 : 1 }
    }
  }

  /// Exact for every type but 64-bit integers past 2^53, which round.
  static func doubles(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, bigEndian: Bool = false
  ) -> [Double] {
    switch type {
    case .f64: map(bytes, UInt64.self, bigEndian) { Double(bitPattern: $0) }
    case .i64: map(bytes, Int64.self, bigEndian) { Double($0) }
    case .i32: map(bytes, Int32.self, bigEndian) { Double($0) }
    case .u64: map(bytes, UInt64.self, bigEndian) { Double($0) }
    case .u32: map(bytes, UInt32.self, bigEndian) { Double($0) }
    default: floats(bytes, type, bigEndian: bigEndian).map(Double.init)
    }
  }

  /// - Throws: `unsupportedType` for floating point; `notRepresentable` for an unsigned number
  ///   past `Int64.max`.
  static func int64s(
    _ bytes: UnsafeRawBufferPointer, _ type: ElementType, bigEndian: Bool = false
  ) throws -> [Int64] {
    switch type {
    case .f64, .f32, .f16, .bf16:
      throw TensorFileError(
        .unsupportedType, "expected integers, found elements of type \(type.rawValue)")
    case .u64:
      let values = map(bytes, UInt64.self, bigEndian) { $0 }
      guard values.allSatisfy({ $0 <= Int64.max }) else {
        throw TensorFileError(
          .notRepresentable, "an unsigned integer is past the largest signed one, \(Int64.max)")
      }
      return values.map { Int64($0) }
    case .i64: return map(bytes, Int64.self, bigEndian) { $0 }
    case .i32: return map(bytes, Int32.self, bigEndian) { Int64($0) }
    case .i16: return map(bytes, Int16.self, bigEndian) { Int64($0) }
    case .i8: return map(bytes, Int8.self, bigEndian) { Int64($0) }
    case .u32: return map(bytes, UInt32.self, bigEndian) { Int64($0) }
    case .u16: return map(bytes, UInt16.self, bigEndian) { Int64($0) }
    case .u8: return map(bytes, UInt8.self, bigEndian) { Int64($0) }
    case .bool: return map(bytes, UInt8.self, bigEndian) { $0 == 0 ? 0 : 1 }
    }
  }

  /// The value of an IEEE 754 half, exactly; NaN keeps its payload.
  @inline(__always)
  static func float(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let magnitude = UInt32(half & 0x7fff)
    // An infinite or NaN exponent has to be spelled out; all else, subnormals too, is the half's
    // bits at a float's place, scaled by the difference of the two exponent biases.
    let bits =
      magnitude >= 0x7c00
      ? magnitude << 13 | 0x7f80_0000
      : (Float(bitPattern: magnitude << 13) * 0x1p112).bitPattern
    return Float(bitPattern: bits | sign)
  }

  /// The bytes of `values` in the little-endian order that every format here stores.
  static func bytes<Value: BitwiseCopyable>(of values: [Value]) -> [UInt8] {
    values.withUnsafeBytes { [UInt8]($0) }
  }

  private static func copy<Value: BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, as type: Value.Type
  ) -> [Value] {
    let count = bytes.count / MemoryLayout<Value>.stride
    return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      UnsafeMutableRawBufferPointer(buffer).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[..<(count * MemoryLayout<Value>.stride)]))
      initialized = count
    }
  }

  @inline(__always)
  private static func map<Source: FixedWidthInteger & BitwiseCopyable, Value>(
    _ bytes: UnsafeRawBufferPointer, _ type: Source.Type, _ bigEndian: Bool,
    _ transform: (Source) -> Value
  ) -> [Value] {
    let stride = MemoryLayout<Source>.stride
    let count = bytes.count / stride
    return [Value](unsafeUninitializedCapacity: count) { buffer, initialized in
      for index in 0..<count {
        let stored = bytes.loadUnaligned(fromByteOffset: index * stride, as: Source.self)
        let value = bigEndian ? Source(bigEndian: stored) : Source(littleEndian: stored)
        buffer.initializeElement(at: index, to: transform(value))
      }
      initialized = count
    }
  }
}

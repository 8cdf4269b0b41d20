import TensorFiles

/// Rows as half-precision numbers, rounded to the nearest, ties to even.
enum StoredElements {
  static func bytes(_ values: [Float], _ type: ElementType) -> [UInt8] {
    let halves = values.map { type == .bf16 ? bfloat16($0) : Float16($0).bitPattern }
    return halves.map(\.littleEndian).withUnsafeBytes { [UInt8]($0) }
  }

  private static func bfloat16(_ value: Float) -> UInt16 {
    guard value.isFinite else {
      return UInt16(truncatingIfNeeded: value.bitPattern >> 16) | (value.isNaN ? 0x40 : 0)
    }
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ (bits >> 16 & 1)) >> 16)
  }
}

/// The type of one number in a tensor file, spelled as Rust and safetensors do.
package enum ElementType: String, Sendable, Hashable, CaseIterable {
  case f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, bool

  /// The size of one element in bytes.
  package var byteCount: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool: 1
    }
  }

  package var isFloatingPoint: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16: true
    default: false
    }
  }
}

/// Sizes computed from numbers that a stranger's file states.
enum CheckedSize {
  /// The number of elements of `shape`, or `nil` where a dimension is negative or the product
  /// leaves `Int`.
  ///
  /// Zero dimensions do not hide an overflow among the others: `[2^40, 2^40, 0]` gives `nil`.
  static func elementCount(_ shape: [Int]) -> Int? {
    var product = 1
    var isEmpty = false
    for dimension in shape {
      guard dimension >= 0 else { return nil }
      if dimension == 0 {
        isEmpty = true
        continue
      }
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow else { return nil }
      product = next
    }
    return isEmpty ? 0 : product
  }

  /// The bytes that `shape` takes at `elementSize` bytes an element; `nil` as above.
  static func byteCount(_ shape: [Int], elementSize: Int) -> Int? {
    guard let count = elementCount(shape) else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementSize)
    return overflow ? nil : bytes
  }
}

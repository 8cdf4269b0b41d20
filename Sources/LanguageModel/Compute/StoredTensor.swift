import TensorFiles

/// A matrix in a mapped file, as long as its source is there.
///
/// Unchecked because pointers are not Sendable: nobody writes to a map.
struct StoredTensor: @unchecked Sendable {
  let type: GGUFTensorType
  let base: UnsafeRawPointer
  let rowCount: Int
  let rowByteCount: Int

  init?(_ type: GGUFTensorType, _ bytes: UnsafeRawBufferPointer, rows: Int) {
    switch type {
    case .i8, .i16, .i32, .i64, .f64: return nil
    default: break
    }
    guard rows > 0, let base = bytes.baseAddress else { return nil }
    (self.type, self.base, rowCount, rowByteCount) = (type, base, rows, bytes.count / rows)
  }
}

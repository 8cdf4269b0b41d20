/// The codebooks with a byte a level, for loops that take them so; they stay for the life of the process.
extension GGUFTensorType {
  /// The vectors of the type's codebook one after another; `nil` where it has none.
  package var codebook: UnsafePointer<Int8>? {
    switch self {
    case .iq2XXS: Self.iq2XXSBytes
    case .iq2XS: Self.iq2XSBytes
    case .iq2S: Self.iq2SBytes
    case .iq3XXS: Self.iq3XXSBytes
    case .iq3S: Self.iq3SBytes
    case .iq1S, .iq1M: Self.iq1Bytes
    default: nil
    }
  }

  private nonisolated(unsafe) static let iq2XXSBytes = bytes(.iq2XXS)
  private nonisolated(unsafe) static let iq2XSBytes = bytes(.iq2XS)
  private nonisolated(unsafe) static let iq2SBytes = bytes(.iq2S)
  private nonisolated(unsafe) static let iq3XXSBytes = bytes(.iq3XXS)
  private nonisolated(unsafe) static let iq3SBytes = bytes(.iq3S)
  private nonisolated(unsafe) static let iq1Bytes = bytes(.iq1)

  private static func bytes(_ grid: GGUFGrid) -> UnsafePointer<Int8> {
    let bytes = UnsafeMutablePointer<Int8>.allocate(capacity: grid.values.count)
    for (index, value) in grid.values.enumerated() { bytes[index] = Int8(value) }
    return UnsafePointer(bytes)
  }
}

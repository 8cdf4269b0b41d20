/// Google's Snappy, which Parquet files are compressed with unless told otherwise.
///
/// - Source: Snappy, "compressed format description".
enum Snappy {
  /// A copy of 3 bytes gives at most 64: no stream says more than this many times its own length.
  private static let largestRatio = 32

  /// - Parameter byteCount: what the file says comes out.
  static func expand(
    _ source: ArraySlice<UInt8>, byteCount: Int, name: String, start: Int
  ) throws -> [UInt8] {
    var bytes = ParquetBytes(Array(source), name: name, start: start)
    let stated = try bytes.varint()
    guard stated == UInt64(byteCount), byteCount <= source.count * largestRatio else {
      throw bytes.error(
        .malformedHeader,
        "expected \(byteCount) bytes from \(source.count) compressed ones, which say \(stated)")
    }
    var result: [UInt8] = []
    result.reserveCapacity(byteCount)
    while bytes.remaining > 0 {
      let tag = Int(try bytes.byte())
      if tag & 3 == 0 {
        var length = tag >> 2
        if length >= 60 { length = Int(try bytes.integer(bytes: length - 59)) }
        result.append(contentsOf: try bytes.take(length + 1))
      } else {
        let length: Int
        let distance: Int
        switch tag & 3 {
        case 1:
          length = (tag >> 2 & 7) + 4
          distance = (tag >> 5) << 8 | Int(try bytes.byte())
        case 2:
          length = (tag >> 2) + 1
          distance = Int(try bytes.integer(bytes: 2))
        default:
          length = (tag >> 2) + 1
          distance = Int(try bytes.integer(bytes: 4))
        }
        guard distance > 0, distance <= result.count else {
          throw bytes.error(
            .malformedHeader, "expected a distance of 1…\(result.count), found \(distance)")
        }
        // The part copied may overlap what it makes.
        for _ in 0..<length { result.append(result[result.count - distance]) }
      }
      guard result.count <= byteCount else {
        throw bytes.error(.malformedHeader, "expected \(byteCount) bytes, found more")
      }
    }
    guard result.count == byteCount else {
      throw bytes.error(.truncated, "expected \(byteCount) bytes, found \(result.count)")
    }
    return result
  }
}

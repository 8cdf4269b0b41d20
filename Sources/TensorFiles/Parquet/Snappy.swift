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
    let result = try [UInt8](unsafeUninitializedCapacity: byteCount) { result, count in
      while bytes.remaining > 0 {
        let tag = Int(try bytes.byte())
        if tag & 3 == 0 {
          var length = tag >> 2
          if length >= 60 { length = Int(try bytes.integer(bytes: length - 59)) }
          let literal = try bytes.take(length + 1)
          guard literal.count <= byteCount - count else { throw tooMany(bytes, byteCount) }
          _ = UnsafeMutableBufferPointer(rebasing: result[count...]).update(fromContentsOf: literal)
          count += literal.count
          continue
        }
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
        guard distance > 0, distance <= count else {
          throw bytes.error(
            .malformedHeader, "expected a distance of 1…\(count), found \(distance)")
        }
        guard length <= byteCount - count else { throw tooMany(bytes, byteCount) }
        // The part copied may overlap what it makes.
        for index in count..<count + length { result[index] = result[index - distance] }
        count += length
      }
    }
    guard result.count == byteCount else {
      throw bytes.error(.truncated, "expected \(byteCount) bytes, found \(result.count)")
    }
    return result
  }

  private static func tooMany(_ bytes: ParquetBytes, _ byteCount: Int) -> TensorFileError {
    bytes.error(.malformedHeader, "expected \(byteCount) bytes, found more")
  }
}

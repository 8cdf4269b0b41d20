import CBrotli
import CZlib
import CZstandard

/// The compressions of Parquet's pages.
enum ParquetCodec {
  /// - Parameter byteCount: what the page says comes out, which was checked against what is allowed.
  static func expand(
    _ source: ArraySlice<UInt8>, codec: Int, byteCount: Int, name: String, start: Int
  ) throws -> [UInt8] {
    switch codec {
    case 0:
      guard source.count == byteCount else { throw wrong("uncompressed", byteCount, source.count) }
      return Array(source)
    case 1: return try Snappy.expand(source, byteCount: byteCount, name: name, start: start)
    case 2: return try source.withUnsafeBytes { try Gzip.expand($0, byteCount: byteCount) }
    case 4: return try brotli(source, byteCount)
    // The older of the two numbers stands for LZ4 as Hadoop frames it, or for blocks without a frame.
    case 5:
      if let framed = LZ4.expandFramed(source, byteCount: byteCount) { return framed }
      fallthrough
    case 7:
      guard let result = LZ4.expand(source, byteCount: byteCount) else {
        throw wrong("LZ4", byteCount)
      }
      return result
    case 6: return try zstandard(source, byteCount)
    default:
      throw TensorFileError(
        .unsupportedType,
        "\(name): expected no compression, Snappy, gzip, Brotli, LZ4 or Zstandard, found "
          + (codec == 3 ? "LZO" : "codec \(codec)"), byteOffset: start)
    }
  }

  private static func wrong(_ codec: String, _ expected: Int, _ found: Int? = nil)
    -> TensorFileError
  {
    TensorFileError(
      .malformedHeader,
      "expected \(expected) bytes from \(codec), found "
        + (found.map { "\($0)" } ?? "others or a damaged stream"))
  }

  private static func zstandard(_ source: ArraySlice<UInt8>, _ byteCount: Int) throws -> [UInt8] {
    var isRight = false
    let result = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      let count = source.withUnsafeBytes {
        ZSTD_decompress(buffer.baseAddress, byteCount, $0.baseAddress, $0.count)
      }
      isRight = ZSTD_isError(count) == 0 && count == byteCount
      initialized = isRight ? byteCount : 0
    }
    guard isRight else { throw wrong("Zstandard", byteCount) }
    return result
  }

  private static func brotli(_ source: ArraySlice<UInt8>, _ byteCount: Int) throws -> [UInt8] {
    var isRight = false
    let result = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      var count = byteCount
      let status = source.withUnsafeBufferPointer {
        BrotliDecoderDecompress($0.count, $0.baseAddress, &count, buffer.baseAddress)
      }
      isRight = status == BROTLI_DECODER_RESULT_SUCCESS && count == byteCount
      initialized = isRight ? byteCount : 0
    }
    guard isRight else { throw wrong("Brotli", byteCount) }
    return result
  }
}

/// LZ4's blocks, as Parquet has them.
///
/// - Source: LZ4, "Block format"; Hadoop's framing as Parquet's "Compression" describes it.
enum LZ4 {
  /// `nil` where the block is damaged or gives another number of bytes.
  static func expand(_ source: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
    // A byte of a length stands for 255 at most, so a larger claim needs no allocation to refute.
    guard byteCount / 255 <= source.count else { return nil }
    var rest = source
    var result: [UInt8] = []
    result.reserveCapacity(byteCount)
    func length(_ start: Int) -> Int? {
      guard start == 15 else { return start }
      var sum = start
      while let byte = rest.popFirst() {
        sum += Int(byte)
        if byte < 255 { return sum }
      }
      return nil
    }
    while let token = rest.popFirst() {
      guard let literals = length(Int(token >> 4)), literals <= rest.count,
        literals <= byteCount - result.count
      else { return nil }
      result += rest.prefix(literals)
      rest = rest.dropFirst(literals)
      // The last sequence is literals alone.
      if rest.isEmpty { break }
      guard let low = rest.popFirst(), let high = rest.popFirst(),
        let stated = length(Int(token & 15))
      else { return nil }
      let (distance, copied) = (Int(high) << 8 | Int(low), stated + 4)
      guard distance > 0, distance <= result.count, copied <= byteCount - result.count else {
        return nil
      }
      // The part copied may overlap what it makes.
      for _ in 0..<copied { result.append(result[result.count - distance]) }
    }
    return result.count == byteCount ? result : nil
  }

  /// Blocks, each after its expanded and its stored size in four bytes, highest first.
  static func expandFramed(_ source: ArraySlice<UInt8>, byteCount: Int) -> [UInt8]? {
    var rest = source
    var result: [UInt8] = []
    func number() -> Int {
      defer { rest = rest.dropFirst(4) }
      return rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
    while rest.count >= 8 {
      let (expanded, stored) = (number(), number())
      guard stored <= rest.count, expanded <= byteCount - result.count,
        let block = expand(rest.prefix(stored), byteCount: expanded)
      else { return nil }
      result += block
      rest = rest.dropFirst(stored)
    }
    return rest.isEmpty && result.count == byteCount ? result : nil
  }
}

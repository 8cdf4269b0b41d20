import CZlib

/// zlib, for whole gzip files.
package enum Gzip {
  package static func isGzip(_ bytes: some Collection<UInt8>) -> Bool {
    bytes.starts(with: [0x1f, 0x8b])
  }

  /// Inflates members one after another, which must give exactly `byteCount` bytes.
  static func expand(_ source: UnsafeRawBufferPointer, byteCount: Int) throws -> [UInt8] {
    // Deflate cannot shrink further than this, so a larger claim needs no allocation to refute.
    guard byteCount / 1032 <= source.count + 1 else {
      throw TensorFileError(
        .malformedHeader, "\(source.count) compressed bytes cannot hold the \(byteCount) stated")
    }
    let result = try expand(source, limit: byteCount)
    guard result.count == byteCount else {
      throw TensorFileError(
        .malformedHeader, "expected \(byteCount) bytes from gzip, found \(result.count)")
    }
    return result
  }

  /// Inflates members one after another; their checksums are checked.
  ///
  /// - Throws: `malformedHeader` where that is damaged or gives more than `limit` bytes.
  package static func expand(_ source: UnsafeRawBufferPointer, limit: Int) throws -> [UInt8] {
    guard source.count <= UInt32.max else {
      throw TensorFileError(.unsupportedType, "expected at most 4 GB of gzip, found more")
    }
    var stream = z_stream()
    // 32 more than the window's bits: gzip or zlib, whichever it is.
    guard
      inflateInit2_(
        &stream, MAX_WBITS + 32, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw TensorFileError(.inputOutput, "zlib cannot be started") }
    defer { inflateEnd(&stream) }
    stream.next_in = UnsafeMutablePointer(
      mutating: source.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(source.count)
    var result: [UInt8] = []
    var step = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      try LongWork.check()
      let (status, written) = step.withUnsafeMutableBufferPointer { buffer in
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(buffer.count)
        return (CZlib.inflate(&stream, Z_NO_FLUSH), buffer.count - Int(stream.avail_out))
      }
      guard status == Z_OK || status == Z_STREAM_END else {
        throw TensorFileError(.malformedHeader, "a damaged gzip stream")
      }
      guard written <= limit - result.count else {
        throw TensorFileError(
          .malformedHeader, "expected at most \(limit) bytes from gzip, found more")
      }
      result += step[..<written]
      if status == Z_STREAM_END {
        guard stream.avail_in > 0 else { return result }
        inflateReset(&stream)
      } else if stream.avail_in == 0, written == 0 {
        throw TensorFileError(.truncated, "a gzip stream that was cut short")
      }
    }
  }
}

import CZlib

/// zlib, for raw deflate streams and CRC-32.
enum Deflate {
  static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    UInt32(
      truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
  }

  /// Inflates a whole raw stream, which must give exactly `byteCount` bytes.
  ///
  /// - Throws: `malformedHeader` where it gives fewer or more, or is no deflate stream.
  static func inflate(_ source: UnsafeRawBufferPointer, byteCount: Int) throws -> [UInt8] {
    // Deflate cannot shrink further than this, so a larger claim needs no allocation to refute.
    guard byteCount / 1032 <= source.count + 1 else {
      throw TensorFileError(
        .malformedHeader, "\(source.count) compressed bytes cannot hold the \(byteCount) stated")
    }
    // One byte more than stated, so that a longer stream shows.
    let (result, isWhole) = try inflate(source, atMost: byteCount + 1)
    guard result.count == byteCount, isWhole else {
      throw TensorFileError(
        .malformedHeader,
        "expected \(byteCount) bytes from a deflated member of \(source.count), found "
          + (result.count > byteCount ? "more" : "\(result.count) or a damaged stream"))
    }
    return result
  }

  /// The first `byteCount` bytes of a raw stream.
  ///
  /// - Throws: `malformedHeader` where it gives fewer.
  static func beginning(_ source: UnsafeRawBufferPointer, byteCount: Int) throws -> [UInt8] {
    let result = try inflate(source, atMost: byteCount).bytes
    guard result.count == byteCount else {
      throw TensorFileError(
        .malformedHeader,
        "expected \(byteCount) bytes from a deflated member, found fewer or a damaged stream")
    }
    return result
  }

  /// What a raw stream gives, and whether all of it was read; nothing of a damaged one.
  private static func inflate(
    _ source: UnsafeRawBufferPointer, atMost byteCount: Int
  ) throws -> (bytes: [UInt8], isWhole: Bool) {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, -MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw TensorFileError(.inputOutput, "zlib cannot be started") }
    defer { inflateEnd(&stream) }
    let result = try [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
      initialized = try fill(buffer, from: source, &stream) ?? 0
    }
    return (result, stream.avail_in == 0)
  }

  /// Inflates until the stream ends or `buffer` is full; `nil` where the stream is damaged.
  private static func fill(
    _ buffer: UnsafeMutableBufferPointer<UInt8>, from source: UnsafeRawBufferPointer,
    _ stream: inout z_stream
  ) throws -> Int? {
    // zlib counts in 32 bits; members do not. A step takes a fraction of a second.
    let step = 1 << 26
    var read = 0
    var written = 0
    while true {
      try LongWork.check()
      let input = min(step, source.count - read)
      let output = min(step, buffer.count - written)
      stream.next_in = UnsafeMutablePointer(
        mutating: source.bindMemory(to: UInt8.self).baseAddress?.advanced(by: read))
      stream.avail_in = UInt32(input)
      stream.next_out = buffer.baseAddress?.advanced(by: written)
      stream.avail_out = UInt32(output)
      let status = CZlib.inflate(&stream, Z_NO_FLUSH)
      read += input - Int(stream.avail_in)
      written += output - Int(stream.avail_out)
      switch status {
      case Z_STREAM_END: return read == source.count ? written : nil
      // A step whose output is full may have read everything, and have bytes left to give.
      case Z_OK
      where written < buffer.count && (read < source.count || stream.avail_out == 0):
        continue
      default: return status == Z_OK && written == buffer.count ? written : nil
      }
    }
  }
}

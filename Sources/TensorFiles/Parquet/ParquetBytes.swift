/// Bytes of a Parquet file read one after another; nothing is read past their end.
struct ParquetBytes {
  private let bytes: [UInt8]
  private(set) var offset = 0
  /// What the bytes are, and where they begin in the file, for errors.
  let name: String
  let start: Int

  init(_ bytes: [UInt8], name: String, start: Int) {
    (self.bytes, self.name, self.start) = (bytes, name, start)
  }

  var remaining: Int { bytes.count - offset }

  func error(_ code: TensorFileError.Code, _ message: String) -> TensorFileError {
    TensorFileError(code, "\(name): \(message)", byteOffset: start + offset)
  }

  private func need(_ count: Int) throws {
    guard count >= 0, count <= remaining else {
      throw error(.truncated, "expected \(count) more bytes, found \(remaining)")
    }
  }

  mutating func byte() throws -> UInt8 {
    try need(1)
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    try need(count)
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  mutating func skip(_ count: Int) throws { _ = try take(count) }

  /// Little-endian, at most 8 bytes.
  mutating func integer(bytes count: Int) throws -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// LEB128.
  mutating func varint() throws -> UInt64 {
    var result: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      let byte = try byte()
      result |= UInt64(byte & 0x7F) << UInt64(shift)
      if byte < 0x80 { return result }
    }
    throw error(.malformedHeader, "expected a number of at most 10 bytes, found a longer one")
  }

  mutating func zigzag() throws -> Int64 {
    let value = try varint()
    return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// A varint that counts something in this file.
  mutating func count(_ what: String, atMost limit: Int) throws -> Int {
    let value = try varint()
    guard let count = Int(exactly: value), count <= limit else {
      throw error(.malformedHeader, "expected at most \(limit) \(what), found \(value)")
    }
    return count
  }
}

extension ParquetBytes {
  /// `count` small numbers of `width` bits: runs of one value and groups of eight packed ones.
  ///
  /// - Source: the Parquet format, "RLE/Bit-packing hybrid".
  mutating func hybrid(width: Int, count: Int) throws -> [UInt32] {
    guard (0...32).contains(width) else {
      throw error(.malformedHeader, "expected numbers of at most 32 bits, found \(width)")
    }
    var result: [UInt32] = []
    while result.count < count {
      let header = try varint()
      let wanted = count - result.count
      guard header & 1 == 1 else {
        let length = Int(clamping: header >> 1)
        guard length > 0 else {
          throw error(.malformedHeader, "expected a run, found an empty one")
        }
        let value = UInt32(truncatingIfNeeded: try integer(bytes: (width + 7) / 8))
        result.append(contentsOf: repeatElement(value, count: min(length, wanted)))
        continue
      }
      let groups = Int(clamping: header >> 1)
      guard groups > 0, groups <= remaining / max(width, 1) || width == 0 else {
        throw error(.truncated, "expected \(groups) groups of \(width) bytes, found \(remaining)")
      }
      let packed = try take(width == 0 ? 0 : groups * width)
      let values = min(groups.multipliedReportingOverflow(by: 8).partialValue, wanted)
      for index in 0..<max(values, 0) {
        var value: UInt32 = 0
        for bit in 0..<width {
          let place = index * width + bit
          let byte = packed[packed.startIndex + place / 8]
          value |= UInt32(byte >> UInt8(place % 8) & 1) << UInt32(bit)
        }
        result.append(value)
      }
      // More groups than fit an Int would have come to nothing above.
      guard values > 0 else {
        throw error(.malformedHeader, "expected a run, found \(groups) groups")
      }
    }
    return result
  }
}

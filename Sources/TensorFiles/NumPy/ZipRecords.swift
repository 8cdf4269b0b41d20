/// What the two headers and the descriptor of a zip member each say about its bytes.
struct ZipContents: Equatable {
  var checksum: UInt32
  var storedCount: UInt64
  var byteCount: UInt64
}

extension ByteReader {
  /// The checksum and sizes after a member's data.
  mutating func descriptor(_ hasSignature: Bool, _ isWide: Bool) throws -> ZipContents? {
    if hasSignature {
      guard try u32() == 0x0807_4b50 else { return nil }
    }
    return ZipContents(
      checksum: try u32(), storedCount: isWide ? try u64() : UInt64(try u32()),
      byteCount: isWide ? try u64() : UInt64(try u32()))
  }
}

/// One record of a zip's central directory, with its 64-bit fields put in.
struct CentralRecord {
  let offset: Int
  let flags: UInt16
  let method: UInt16
  let contents: ZipContents
  let headerOffset: UInt64
  let name: [UInt8]

  var checksum: UInt32 { contents.checksum }
  var storedCount: UInt64 { contents.storedCount }
  var byteCount: UInt64 { contents.byteCount }

  init(_ reader: inout ByteReader) throws {
    offset = reader.offset
    guard try reader.u32() == 0x0201_4b50 else {
      throw TensorFileError(
        .malformedHeader, "expected a record of the zip directory", byteOffset: offset)
    }
    try reader.skip(4)
    flags = try reader.u16()
    method = try reader.u16()
    try reader.skip(4)
    let checksum = try reader.u32()
    var stored = UInt64(try reader.u32())
    var byteCount = UInt64(try reader.u32())
    let nameCount = Int(try reader.u16())
    let extraCount = Int(try reader.u16())
    let commentCount = Int(try reader.u16())
    try reader.skip(2 + 2 + 4)
    var headerOffset = UInt64(try reader.u32())
    name = try reader.array(nameCount)
    var wide = try Zip64Field(try reader.array(extraCount), at: offset)
    try reader.skip(commentCount)
    try wide.replace(&byteCount)
    try wide.replace(&stored)
    try wide.replace(&headerOffset)
    contents = ZipContents(checksum: checksum, storedCount: stored, byteCount: byteCount)
    self.headerOffset = headerOffset
  }
}

/// The header before a zip member's bytes.
struct LocalHeader {
  private let flags: UInt16
  private let method: UInt16
  private let contents: ZipContents
  private let name: [UInt8]

  /// Whether checksum and sizes follow the data, unknown when this header was written.
  var hasDescriptor: Bool { flags & 8 != 0 }

  init(_ reader: inout ByteReader, name member: String) throws {
    let offset = reader.offset
    guard try reader.u32() == 0x0403_4b50 else {
      throw TensorFileError(
        .malformedHeader, "the zip directory does not point at a member", tensor: member,
        byteOffset: offset)
    }
    try reader.skip(2)
    flags = try reader.u16()
    method = try reader.u16()
    try reader.skip(4)
    let checksum = try reader.u32()
    var stored = UInt64(try reader.u32())
    var byteCount = UInt64(try reader.u32())
    let nameCount = Int(try reader.u16())
    let extraCount = Int(try reader.u16())
    name = try reader.array(nameCount)
    var wide = try Zip64Field(try reader.array(extraCount), at: offset)
    try wide.replace(&byteCount)
    try wide.replace(&stored)
    contents = ZipContents(checksum: checksum, storedCount: stored, byteCount: byteCount)
  }

  func agrees(with record: CentralRecord) -> Bool {
    guard name == record.name, method == record.method, flags & 1 == 0,
      hasDescriptor == (record.flags & 8 != 0)
    else { return false }
    // With a descriptor to come, a streaming writer leaves the three empty.
    let isEmpty = contents == ZipContents(checksum: 0, storedCount: 0, byteCount: 0)
    return contents == record.contents || hasDescriptor && isEmpty
  }
}

/// The extra field that holds, in order, those sizes that did not fit their 32-bit places.
private struct Zip64Field {
  private var values: [UInt64] = []
  private let offset: Int

  init(_ extra: [UInt8], at offset: Int) throws {
    self.offset = offset
    values = try extra.withUnsafeBytes { bytes in
      var reader = ByteReader(bytes, 0..<bytes.count)
      // Some writers leave a few stray bytes, too few for a further field.
      while bytes.count - reader.offset >= 4 {
        let kind = try reader.u16()
        let count = Int(try reader.u16())
        guard count <= bytes.count - reader.offset else { return [] }
        guard kind == 1 else {
          try reader.skip(count)
          continue
        }
        return try (0..<count / 8).map { _ in try reader.u64() }
      }
      return []
    }
  }

  /// Puts the next wide value where a field says that it did not fit.
  mutating func replace(_ field: inout UInt64) throws {
    guard field == 0xffff_ffff else { return }
    guard !values.isEmpty else {
      throw TensorFileError(
        .malformedHeader, "a zip64 member without its 64-bit sizes", byteOffset: offset)
    }
    field = values.removeFirst()
  }
}

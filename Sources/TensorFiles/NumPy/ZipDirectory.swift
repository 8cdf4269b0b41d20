/// The members of a zip file, as its central directory and every member's own header agree.
///
/// A zip says everything twice, and readers that believe different halves see different files. So
/// here both must say the same, members may not overlap, and the directory must end where the
/// closing record begins.
///
/// - Source: PKWARE's APPNOTE.TXT 6.3, without encryption, spanning and compressed directories.
struct ZipDirectory: Sendable {
  struct Member: Sendable {
    enum Method: Sendable { case stored, deflated }

    var name: String
    var method: Method
    /// CRC-32 of the uncompressed bytes.
    var checksum: UInt32
    /// Where the compressed bytes lie in the file.
    var range: Range<Int>
    /// The size once uncompressed.
    var byteCount: Int
  }

  /// In the order of the directory.
  let members: [Member]

  init(_ bytes: UnsafeRawBufferPointer) throws {
    let directory = try Self.directoryRange(bytes)
    var reader = ByteReader(bytes, directory.range)
    var members: [Member] = []
    var extents: [Range<Int>] = []
    while reader.offset < directory.range.upperBound {
      let record = try CentralRecord(&reader)
      let (member, extent) = try Self.member(record, bytes, before: directory.range.lowerBound)
      members.append(member)
      extents.append(extent)
    }
    guard members.count == directory.count else {
      throw malformed(
        "the zip directory states \(directory.count) members and lists \(members.count)",
        directory.range.lowerBound)
    }
    guard Set(members.map(\.name)).count == members.count else {
      throw malformed("the zip directory lists a name twice", directory.range.lowerBound)
    }
    extents.sort { $0.lowerBound < $1.lowerBound }
    for (first, second) in zip(extents, extents.dropFirst())
    where first.upperBound > second.lowerBound {
      throw malformed("two members of the zip overlap", second.lowerBound)
    }
    self.members = members
  }

  // MARK: - The closing records

  private static func directoryRange(
    _ bytes: UnsafeRawBufferPointer
  ) throws -> (range: Range<Int>, count: Int) {
    let end = try endRecordOffset(bytes)
    var reader = ByteReader(bytes, end..<bytes.count)
    try reader.skip(4)
    let disks = (try reader.u16(), try reader.u16())
    let counts = (try reader.u16(), try reader.u16())
    var size = UInt64(try reader.u32())
    var offset = UInt64(try reader.u32())
    var count = UInt64(counts.1)
    var directoryEnd = end
    if let wide = try zip64Record(bytes, before: end) {
      (size, offset, count, directoryEnd) = wide
    } else {
      guard disks == (0, 0), counts.0 == counts.1 else {
        throw malformed("the zip is one part of several", end)
      }
    }
    let (sum, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, sum == UInt64(directoryEnd), let count = Int(exactly: count) else {
      throw malformed(
        "the zip directory states \(size) bytes at offset \(offset), which do not end where its "
          + "closing record begins, at \(directoryEnd)",
        end)
    }
    return (Int(offset)..<directoryEnd, count)
  }

  /// The closing record is found from the file's end, behind a comment of unknown length.
  private static func endRecordOffset(_ bytes: UnsafeRawBufferPointer) throws -> Int {
    var offset = bytes.count - 22
    let lowest = max(0, offset - 0xffff)
    while offset >= lowest {
      var reader = ByteReader(bytes, offset..<bytes.count)
      if try reader.u32() == 0x0605_4b50 {
        try reader.skip(16)
        if offset + 22 + Int(try reader.u16()) == bytes.count { return offset }
      }
      offset -= 1
    }
    guard bytes.starts(with: [0x50, 0x4b]) else {
      throw malformed("not a zip file: it does not begin with PK", 0)
    }
    throw TensorFileError(
      .truncated, "the zip has no closing record: it was cut short", byteOffset: bytes.count)
  }

  private static func zip64Record(
    _ bytes: UnsafeRawBufferPointer, before end: Int
  ) throws -> (size: UInt64, offset: UInt64, count: UInt64, start: Int)? {
    guard end >= 20 else { return nil }
    var locator = ByteReader(bytes, end - 20..<end)
    guard try locator.u32() == 0x0706_4b50 else { return nil }
    let disk = try locator.u32()
    let start = try locator.u64()
    guard disk == 0, try locator.u32() == 1, start <= UInt64(end - 20) else {
      throw malformed("the zip64 locator points outside the file", end - 20)
    }
    var reader = ByteReader(bytes, Int(start)..<end - 20)
    guard try reader.u32() == 0x0606_4b50 else {
      throw malformed("the zip64 locator does not point at its record", Int(start))
    }
    try reader.skip(8 + 2 + 2)
    let disks = (try reader.u32(), try reader.u32())
    let counts = (try reader.u64(), try reader.u64())
    guard disks == (0, 0), counts.0 == counts.1 else {
      throw malformed("the zip is one part of several", Int(start))
    }
    return (try reader.u64(), try reader.u64(), counts.1, Int(start))
  }

  // MARK: - Members

  /// The record's member, and everything it takes up in the file.
  private static func member(
    _ record: CentralRecord, _ bytes: UnsafeRawBufferPointer, before limit: Int
  ) throws -> (Member, extent: Range<Int>) {
    let name = String(decoding: record.name, as: UTF8.self)
    let method: Member.Method
    switch record.method {
    case 0: method = .stored
    case 8: method = .deflated
    case let other:
      throw TensorFileError(
        .unsupportedType, "expected a stored or deflated zip member, found method \(other)",
        tensor: name, byteOffset: record.offset)
    }
    guard record.flags & 1 == 0 else {
      throw TensorFileError(
        .unsupportedType, "the zip member is encrypted", tensor: name, byteOffset: record.offset)
    }
    guard let start = Int(exactly: record.headerOffset), start <= limit,
      let stored = Int(exactly: record.storedCount), let byteCount = Int(exactly: record.byteCount)
    else {
      throw TensorFileError(
        .malformedHeader, "the zip directory points outside the file", tensor: name,
        byteOffset: record.offset)
    }
    var reader = ByteReader(bytes, start..<limit)
    let local = try LocalHeader(&reader, name: name)
    guard local.agrees(with: record) else {
      throw TensorFileError(
        .malformedHeader, "the zip directory and the member's own header disagree", tensor: name,
        byteOffset: start)
    }
    let first = reader.offset
    guard stored <= limit - first else {
      throw TensorFileError(
        .truncated, "expected \(stored) compressed bytes, found at most \(limit - first)",
        tensor: name, byteOffset: first)
    }
    try reader.skip(stored)
    if local.hasDescriptor { try skipDescriptor(&reader, record, name) }
    guard method == .deflated || stored == byteCount else {
      throw TensorFileError(
        .malformedHeader, "a stored member of \(stored) bytes states a size of \(byteCount)",
        tensor: name, byteOffset: record.offset)
    }
    let member = Member(
      name: name, method: method, checksum: record.checksum, range: first..<first + stored,
      byteCount: byteCount)
    return (member, start..<reader.offset)
  }

  /// Steps over the copy of checksum and sizes that follows data written to a stream: with or
  /// without a signature, in 32 or 64 bits; nothing says which, so it is the one that agrees.
  private static func skipDescriptor(
    _ reader: inout ByteReader, _ record: CentralRecord, _ name: String
  ) throws {
    for (hasSignature, isWide) in [(true, false), (true, true), (false, false), (false, true)] {
      var attempt = reader
      guard (try? attempt.descriptor(hasSignature, isWide)) == record.contents else { continue }
      reader = attempt
      return
    }
    throw TensorFileError(
      .malformedHeader, "the zip directory and the record after the member's data disagree",
      tensor: name, byteOffset: reader.offset)
  }
}

private func malformed(_ message: String, _ offset: Int) -> TensorFileError {
  TensorFileError(.malformedHeader, message, byteOffset: offset)
}

import CZlib
import Foundation

/// A `.npz` file: a zip of `.npy` members, stored or deflated.
///
/// Opening checks the whole directory and reads no array. A stored member is read where it lies.
package struct NPZArchive: Sendable {
  private let storage: ByteStorage
  private let members: [String: ZipDirectory.Member]
  /// The arrays' names, without `.npy`, in the order of the file.
  package let names: [String]

  /// - Throws: `TensorFileError`, `malformedHeader` where the zip contradicts itself.
  package init(_ url: URL) throws { try self.init(ByteStorage(try MappedFile(url))) }

  package init(_ storage: ByteStorage) throws {
    self.storage = storage
    let arrays = try storage.withBytes { try ZipDirectory($0) }.members
      .filter { $0.name.hasSuffix(".npy") }
      .map { (name: String($0.name.dropLast(4)), member: $0) }
    names = arrays.map(\.name)
    members = Dictionary(arrays.map { ($0.name, $0.member) }) { first, _ in first }
  }

  package func contains(_ name: String) -> Bool { members[name] != nil }

  /// The array `name`, its checksum checked.
  ///
  /// - Throws: `missing`, listing the names there are; `checksumMismatch`; what
  ///   `NumPyArray.init(npy:)` throws. Offsets count from the start of the uncompressed member.
  package func array(_ name: String) throws -> NumPyArray {
    guard let member = members[name] else {
      let found = names.prefix(8).map { TensorFileError.printable($0) }.joined(separator: ", ")
      throw TensorFileError(
        .missing, "no such array in the file; it has \(names.isEmpty ? "none" : found)",
        tensor: name)
    }
    do {
      return try NumPyArray(npy: try contents(member))
    } catch let error as TensorFileError {
      throw error.about(name)
    }
  }

  /// The bytes of a member that are unpacked for its header, which NumPy itself keeps below 10,000.
  private static let headerByteCount = 1 << 14

  /// The array's type and shape, of whatever type it is; its elements are neither read nor checked.
  ///
  /// - Throws: `missing` and `malformedHeader`.
  package func outline(_ name: String) throws -> NumPyOutline {
    guard let member = members[name] else {
      throw TensorFileError(.missing, "no such array in the file", tensor: name)
    }
    let stored = storage[member.range]
    do {
      switch member.method {
      case .stored: return try stored.withBytes { try NumPyOutline($0) }
      case .deflated:
        let start = try stored.withBytes {
          try Deflate.beginning($0, byteCount: min(member.byteCount, Self.headerByteCount))
        }
        return try start.withUnsafeBytes { try NumPyOutline($0) }
      }
    } catch let error as TensorFileError {
      throw error.about(name)
    }
  }

  /// Refuses a member whose header asks for fewer numbers than it holds, before these are unpacked.
  private func checkSize(of member: ZipDirectory.Member, _ stored: UnsafeRawBufferPointer) throws {
    try Inflation.check(member.byteCount, from: stored.count)
    guard member.byteCount > Self.headerByteCount else { return }
    let start = try Deflate.beginning(stored, byteCount: Self.headerByteCount)
    let header = try start.withUnsafeBytes { try NumPyHeader($0) }
    guard header.type.kind != .object else { return }
    let size = CheckedSize.byteCount(header.shape, elementSize: header.type.byteCount)
    let found = member.byteCount - header.dataOffset
    guard let size, size == found else {
      throw TensorFileError(
        size.map { $0 > found } == true ? .truncated : .shapeMismatch,
        "expected \(size.map(String.init) ?? "countless") bytes for \(header.type.name) of shape \(header.shape), found "
          + "\(found)",
        byteOffset: header.dataOffset)
    }
  }

  private func contents(_ member: ZipDirectory.Member) throws -> ByteStorage {
    let stored = storage[member.range]
    let contents =
      switch member.method {
      case .stored: stored
      case .deflated:
        ByteStorage(
          try stored.withBytes {
            try checkSize(of: member, $0)
            return try Deflate.inflate($0, byteCount: member.byteCount)
          })
      }
    let checksum = contents.withBytes { Deflate.checksum($0) }
    guard checksum == member.checksum else {
      throw TensorFileError(
        .checksumMismatch,
        "expected CRC-32 \(String(member.checksum, radix: 16)), found "
          + String(checksum, radix: 16))
    }
    return contents
  }
}

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
      case Z_OK where written < buffer.count && read < source.count: continue
      default: return status == Z_OK && written == buffer.count ? written : nil
      }
    }
  }
}

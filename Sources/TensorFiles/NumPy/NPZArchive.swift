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

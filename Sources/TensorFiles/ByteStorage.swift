/// Bytes that are either a range of a mapped file or held in memory, told apart nowhere else.
package struct ByteStorage: Sendable {
  private enum Backing: Sendable {
    case mapped(MappedFile)
    case owned([UInt8])
  }

  private let backing: Backing
  private let range: Range<Int>

  package init(_ file: MappedFile) {
    backing = .mapped(file)
    range = 0..<file.byteCount
  }

  package init(_ bytes: [UInt8]) {
    backing = .owned(bytes)
    range = 0..<bytes.count
  }

  private init(_ backing: Backing, _ range: Range<Int>) {
    self.backing = backing
    self.range = range
  }

  package var count: Int { range.count }

  /// The bytes of `part`, counted from the start of these, without a copy.
  ///
  /// - Precondition: `part` lies within `0..<count`.
  package subscript(part: Range<Int>) -> ByteStorage {
    precondition(
      part.lowerBound >= 0 && part.upperBound <= count,
      "expected a range within \(count) bytes, got \(part)")
    return ByteStorage(
      backing, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
  }

  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch backing {
    case .mapped(let file):
      try file.withBytes(range, body)
    case .owned(let bytes):
      try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
  }

  /// As ``MappedFile/checkUnchanged()``; bytes in memory do not change.
  package func checkUnchanged() throws {
    if case .mapped(let file) = backing { try file.checkUnchanged() }
  }

  /// The bytes where they are a mapped file's: there as long as a value with them is.
  package var mapped: UnsafeRawBufferPointer? {
    if case .mapped(let file) = backing { file.bytes(range) } else { nil }
  }

  /// Gives back the memory that a mapped file's pages take; bytes in memory stay.
  package func releasePages() { releasePages(0..<count) }

  /// Gives back the memory that a mapped file's pages of `part`, counted from the start of these, take; bytes in memory
  /// stay.
  package func releasePages(_ part: Range<Int>) {
    if case .mapped(let file) = backing {
      file.releasePages(range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }
  }

  /// A copy of the bytes.
  package var array: [UInt8] { withBytes { [UInt8]($0) } }
}

extension ByteStorage: Equatable {
  package static func == (left: ByteStorage, right: ByteStorage) -> Bool {
    guard left.count == right.count else { return false }
    return left.withBytes { left in right.withBytes { left.elementsEqual($0) } }
  }
}

import CZlib
import Foundation

/// Numbers to be written as a NumPy array, row-major.
package struct NumPyOutput: Sendable {
  let descriptor: String
  let shape: [Int]
  let bytes: [UInt8]

  /// - Precondition: the product of `shape` is the number of values, here and below.
  package init(_ values: [Float], shape: [Int]) {
    self.init("<f4", shape, values)
  }

  package init(_ values: [Double], shape: [Int]) {
    self.init("<f8", shape, values)
  }

  package init(_ values: [Int64], shape: [Int]) {
    self.init("<i8", shape, values)
  }

  package init(_ values: [Int32], shape: [Int]) {
    self.init("<i4", shape, values)
  }

  private init<Value: BitwiseCopyable>(_ descriptor: String, _ shape: [Int], _ values: [Value]) {
    precondition(
      CheckedSize.elementCount(shape) == values.count,
      "expected a shape of \(values.count) elements, got \(shape)")
    self.descriptor = descriptor
    self.shape = shape
    bytes = ElementCoding.bytes(of: values)
  }

  /// The `.npy` header, version 1.0, padded so that the elements begin at a multiple of 64.
  var header: [UInt8] {
    let dimensions = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': (\(dimensions)), }"
    let unpadded = NumPyHeader.magic.count + 4 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return NumPyHeader.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
  }
}

/// Writes one array as a `.npy` file that NumPy maps without a copy.
package enum NumPyWriter {
  /// Replaces the file at `url` by `array`, whole or not at all.
  package static func write(_ array: NumPyOutput, to url: URL) throws {
    let file = try OutputFile(url)
    try file.write(array.header)
    try file.write(array.bytes)
    try file.commit()
  }
}

/// Writes named arrays as a `.npz` file: a zip of stored members.
///
/// The bytes depend on the arguments alone: members stand in the order given and are dated
/// 1980-01-01, the earliest date that a zip knows.
package enum NPZWriter {
  /// Replaces the file at `url`, whole or not at all.
  ///
  /// - Precondition: the names are distinct and of fewer than 65,000 bytes.
  package static func write(
    _ arrays: [(name: String, array: NumPyOutput)], to url: URL
  ) throws {
    try write(arrays, to: url, narrowLimit: 0xffff_ffff)
  }

  /// - Parameter narrowLimit: sizes and offsets from here on take the 64-bit places.
  static func write(
    _ arrays: [(name: String, array: NumPyOutput)], to url: URL, narrowLimit: Int
  ) throws {
    precondition(Set(arrays.map(\.name)).count == arrays.count, "expected distinct names")
    let file = try OutputFile(url)
    var directory: [UInt8] = []
    for (name, array) in arrays {
      let member = Member(
        name: name, array: array, offset: file.byteCount, narrowLimit: narrowLimit)
      try file.write(member.localHeader)
      try file.write(array.header)
      try file.write(array.bytes)
      directory += member.directoryRecord
    }
    try file.write(
      directory
        + closingRecords(
          count: arrays.count, size: directory.count, offset: file.byteCount,
          narrowLimit: narrowLimit))
    try file.commit()
  }

  private struct Member {
    let name: [UInt8]
    let checksum: UInt32
    let size: Int
    let offset: Int
    let isWide: Bool

    init(name: String, array: NumPyOutput, offset: Int, narrowLimit: Int) {
      self.name = Array("\(name).npy".utf8)
      precondition(self.name.count < 65_000, "expected a name of fewer than 65,000 bytes")
      let header = array.header
      size = header.count + array.bytes.count
      checksum = UInt32(
        truncatingIfNeeded: crc32_z(
          crc32_z(0, header, header.count), array.bytes, array.bytes.count)
      )
      self.offset = offset
      isWide = size >= narrowLimit || offset >= narrowLimit
    }

    /// From the version needed to the lengths of name and extra field, which both headers share.
    private func common(extraCount: Int) -> [UInt8] {
      let size = UInt32(isWide ? 0xffff_ffff : size)
      return le(UInt16(isWide ? 45 : 20)) + le(UInt16(0x0800))  // names in UTF-8
        + le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0x0021))  // stored, at midnight, 1980-01-01
        + le(checksum) + le(size) + le(size) + le(UInt16(name.count)) + le(UInt16(extraCount))
    }

    var localHeader: [UInt8] {
      let extra = isWide ? le(UInt16(1)) + le(UInt16(16)) + le(UInt64(size)) + le(UInt64(size)) : []
      return le(UInt32(0x0403_4b50)) + common(extraCount: extra.count) + name + extra
    }

    var directoryRecord: [UInt8] {
      let extra =
        isWide
        ? le(UInt16(1)) + le(UInt16(24)) + le(UInt64(size)) + le(UInt64(size)) + le(UInt64(offset))
        : []
      // Made on Unix (3), ordinary file, readable by all.
      return le(UInt32(0x0201_4b50)) + le(UInt16(0x032d)) + common(extraCount: extra.count)
        + le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0)) + le(UInt32(0o100644 << 16))
        + le(UInt32(isWide ? 0xffff_ffff : offset)) + name + extra
    }
  }

  private static func closingRecords(
    count: Int, size: Int, offset: Int, narrowLimit: Int
  ) -> [UInt8] {
    let isWide = count >= 0xffff || size >= narrowLimit || offset >= narrowLimit
    var records: [UInt8] = []
    if isWide {
      records += le(UInt32(0x0606_4b50)) + le(UInt64(44)) + le(UInt16(45)) + le(UInt16(45))
      records += le(UInt32(0)) + le(UInt32(0)) + le(UInt64(count)) + le(UInt64(count))
      records += le(UInt64(size)) + le(UInt64(offset))
      records += le(UInt32(0x0706_4b50)) + le(UInt32(0)) + le(UInt64(offset + size)) + le(UInt32(1))
    }
    records += le(UInt32(0x0605_4b50)) + le(UInt16(0)) + le(UInt16(0))
    records += le(UInt16(isWide ? 0xffff : count)) + le(UInt16(isWide ? 0xffff : count))
    records += le(UInt32(isWide ? 0xffff_ffff : size)) + le(UInt32(isWide ? 0xffff_ffff : offset))
    return records + le(UInt16(0))
  }

  private static func le<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) -> [UInt8] {
    ElementCoding.bytes(of: [number.littleEndian])
  }
}

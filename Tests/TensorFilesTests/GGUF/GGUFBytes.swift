import Foundation
import TensorFiles
import TestSupport

/// Bytes of a GGUF file under construction, sound or not.
struct GGUFBytes {
  var magic: UInt32 = 0x4655_4747
  var version: UInt32 = 3
  private(set) var entries: [[UInt8]] = []
  private(set) var tensors: [[UInt8]] = []
  var metadataCount: UInt64?
  var tensorCount: UInt64?
  var data: [UInt8] = []

  mutating func metadata(_ key: String, type: UInt32, _ value: (inout [UInt8]) -> Void) {
    var bytes: [UInt8] = []
    bytes.append(key)
    bytes.append(type)
    value(&bytes)
    entries.append(bytes)
  }

  /// `shape` is as in the file: the innermost dimension first.
  mutating func tensor(_ name: String, shape: [UInt64], type: UInt32, offset: UInt64) {
    var bytes: [UInt8] = []
    bytes.append(name)
    bytes.append(UInt32(shape.count))
    for dimension in shape { bytes.append(dimension) }
    bytes.append(type)
    bytes.append(offset)
    tensors.append(bytes)
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(magic)
    bytes.append(version)
    bytes.append(tensorCount ?? UInt64(tensors.count))
    bytes.append(metadataCount ?? UInt64(entries.count))
    for entry in entries + tensors { bytes += entry }
    while bytes.count % 32 != 0 { bytes.append(UInt8(0)) }
    return bytes + data
  }

  func write(to folder: TemporaryFolder) throws -> URL {
    let url = folder.file("made.gguf")
    try Data(bytes).write(to: url)
    return url
  }
}

extension [UInt8] {
  mutating func append(_ integer: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: integer.littleEndian) { self += $0 }
  }

  mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    self += text.utf8
  }
}

import Foundation

/// A tensor's place in a GGUF file.
package struct GGUFTensor: Equatable, Sendable {
  package let name: String
  package let type: GGUFTensorType
  /// Outermost dimension first, as in safetensors (the file has it the other way round).
  package let shape: [Int]
  /// Where its blocks lie, in bytes from the start of the file.
  package let byteRange: Range<Int>

  /// The length of a row: the innermost dimension.
  package var columnCount: Int { shape.last ?? 1 }
  package var elementCount: Int { shape.reduce(1, *) }
  /// The number of rows of `columnCount` elements.
  package var rowCount: Int { elementCount / columnCount }
}

/// A GGUF file of version 2 or 3: metadata, and tensors that stay in the memory map until asked
/// for.
///
/// Everything the header states is checked against the file when it is opened, so that a tensor
/// that is listed can be read.
///
/// - Source: the GGUF specification of the ggml project.
package struct GGUFFile: Sendable {
  package let url: URL
  package let version: Int
  package let metadata: [String: GGUFValue]
  package let tensors: [String: GGUFTensor]
  /// The tensors' names in the order of the file.
  package let tensorNames: [String]
  private let file: MappedFile

  /// - Throws: `TensorFileError`: `truncated` where the file ends before what it states;
  ///   `unsupportedType` for another version or a tensor type not read here; `malformedHeader`
  ///   for anything that contradicts the format; `shapeMismatch` for impossible shapes.
  /// - Complexity: O(size of the metadata).
  package init(_ url: URL) throws {
    try self.init(MappedFile(url))
  }

  init(_ file: MappedFile) throws {
    self.url = file.url
    self.file = file
    let header = try file.withBytes(0..<file.byteCount) { bytes in
      try Self.header(bytes, name: TensorFileError.printable(file.url.lastPathComponent))
    }
    version = header.version
    metadata = header.metadata
    tensorNames = header.tensors.map(\.name)
    tensors = Dictionary(uniqueKeysWithValues: header.tensors.map { ($0.name, $0) })
  }

  /// The tensor called `name`.
  package func tensor(_ name: String) throws -> GGUFTensor {
    guard let tensor = tensors[name] else {
      throw TensorFileError(.missing, "the file has no such tensor", tensor: name)
    }
    return tensor
  }

  /// Writes the float32 values of some rows of `tensor` to `output`, row after row.
  ///
  /// - Precondition: `rows` is within the tensor, and `output` holds exactly their elements.
  package func dequantise(
    _ tensor: GGUFTensor, rows: Range<Int>, into output: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= tensor.rowCount,
      "expected rows within \(tensor.rowCount), got \(rows)")
    precondition(
      output.count == rows.count * tensor.columnCount,
      "expected room for \(rows.count * tensor.columnCount) floats, got \(output.count)")
    let rowBytes = tensor.columnCount / tensor.type.blockElementCount * tensor.type.blockByteCount
    let start = tensor.byteRange.lowerBound + rows.lowerBound * rowBytes
    file.withBytes(start..<start + rows.count * rowBytes) { tensor.type.dequantise($0, output) }
  }

  /// Every value of the tensor called `name`, in float32, row-major.
  package func floats(_ name: String) throws -> [Float] {
    let tensor = try tensor(name)
    return [Float](unsafeUninitializedCapacity: tensor.elementCount) { output, count in
      dequantise(
        tensor, rows: 0..<tensor.rowCount,
        into: UnsafeMutableBufferPointer(rebasing: output[..<tensor.elementCount]))
      count = tensor.elementCount
    }
  }
}

// MARK: - Header

extension GGUFFile {
  private struct Header {
    var version = 0
    var metadata: [String: GGUFValue] = [:]
    var tensors: [GGUFTensor] = []
  }

  private static let magic: UInt32 = 0x4655_4747  // "GGUF", little-endian

  private static func header(_ bytes: UnsafeRawBufferPointer, name: String) throws -> Header {
    var cursor = GGUFCursor(bytes)
    var header = Header()
    let magic = try cursor.next(UInt32.self, "the magic number")
    guard magic == Self.magic else {
      throw TensorFileError(
        .malformedHeader, "\(name): expected a file that begins with GGUF", byteOffset: 0)
    }
    let version = try cursor.next(UInt32.self, "the version")
    guard version == 2 || version == 3 else {
      let hint = version.byteSwapped == 2 || version.byteSwapped == 3 ? " (a big-endian file)" : ""
      throw TensorFileError(
        .unsupportedType, "\(name): expected GGUF version 2 or 3, found \(version)\(hint)",
        byteOffset: 4)
    }
    header.version = Int(version)
    // A tensor takes at least a name's length, a dimension, a type and an offset; a metadata
    // entry a key's length, a type and a byte.
    let tensorCount = try cursor.count("the tensor count", smallest: 24)
    let metadataCount = try cursor.count("the metadata count", smallest: 13)
    for _ in 0..<metadataCount {
      let start = cursor.offset
      let key = try cursor.string("a metadata key")
      let value = try cursor.value(TensorFileError.printable(key))
      guard header.metadata.updateValue(value, forKey: key) == nil else {
        throw TensorFileError(
          .malformedHeader, "metadata key \(TensorFileError.printable(key)) appears twice",
          byteOffset: start)
      }
    }
    let entries = try tensorEntries(&cursor, tensorCount)
    let data = try dataOffset(after: cursor.offset, metadata: header.metadata)
    var names: Set<String> = []
    for entry in entries {
      guard names.insert(entry.name).inserted else {
        throw TensorFileError(.malformedHeader, "the tensor appears twice", tensor: entry.name)
      }
      header.tensors.append(try entry.placed(data: data, fileSize: bytes.count))
    }
    return header
  }

  /// Where tensor data begins: the end of the header, rounded up to the file's alignment.
  private static func dataOffset(after end: Int, metadata: [String: GGUFValue]) throws -> Int {
    var alignment = 32
    if let stated = metadata["general.alignment"] {
      guard let value = stated.integer, value >= 1, value <= 1 << 20, value.nonzeroBitCount == 1
      else {
        throw TensorFileError(
          .malformedHeader, "general.alignment: expected a power of two up to 1048576")
      }
      alignment = value
    }
    return (end + alignment - 1) / alignment * alignment
  }

  private struct Entry {
    var name: String
    var type: GGUFTensorType
    var shape: [Int]
    var offset: UInt64

    /// The tensor with its place in the file checked.
    func placed(data: Int, fileSize: Int) throws -> GGUFTensor {
      let columns = shape.last ?? 1
      guard let count = CheckedSize.elementCount(shape), count > 0 else {
        throw TensorFileError(
          .shapeMismatch, "the shape \(shape) is not that of a tensor", tensor: name)
      }
      guard columns % type.blockElementCount == 0 else {
        throw TensorFileError(
          .shapeMismatch,
          "rows of \(columns) do not divide into \(type.name) blocks of "
            + "\(type.blockElementCount)", tensor: name)
      }
      let (size, sizeOverflow) = (count / type.blockElementCount)
        .multipliedReportingOverflow(by: type.blockByteCount)
      let start = data.addingReportingOverflow(Int(clamping: offset))
      let end = start.partialValue.addingReportingOverflow(size)
      guard !sizeOverflow, !start.overflow, !end.overflow, end.partialValue <= fileSize else {
        throw TensorFileError(
          .truncated,
          "\(shape) of \(type.name) at data offset \(offset) reaches past the end of the file, "
            + "at \(fileSize) bytes", tensor: name)
      }
      return GGUFTensor(
        name: name, type: type, shape: shape, byteRange: start.partialValue..<end.partialValue)
    }
  }

  private static func tensorEntries(
    _ cursor: inout GGUFCursor, _ count: Int
  ) throws -> [Entry] {
    var entries: [Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count {
      let name = try cursor.string("a tensor's name")
      let start = cursor.offset
      let dimensionCount = try cursor.next(UInt32.self, "the number of dimensions")
      guard (1...4).contains(dimensionCount) else {
        throw TensorFileError(
          .malformedHeader, "expected 1 to 4 dimensions, found \(dimensionCount)", tensor: name,
          byteOffset: start)
      }
      var shape: [Int] = []
      for _ in 0..<dimensionCount {
        shape.append(Int(clamping: try cursor.next(UInt64.self, "a dimension")))
      }
      let typeOffset = cursor.offset
      let code = try cursor.next(UInt32.self, "a tensor's type")
      guard let type = GGUFTensorType(rawValue: code) else {
        throw TensorFileError(
          .unsupportedType,
          "type \(code) is not read here; those read are \(GGUFTensorType.known)", tensor: name,
          byteOffset: typeOffset)
      }
      let offset = try cursor.next(UInt64.self, "a tensor's offset")
      entries.append(Entry(name: name, type: type, shape: shape.reversed(), offset: offset))
    }
    return entries
  }
}

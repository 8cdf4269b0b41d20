import Foundation

/// A tensor's place in a GGUF file.
package struct GGUFTensor: Equatable, Sendable {
  package let name: String
  package let type: GGUFTensorType
  /// Outermost dimension first, as in safetensors (the file has it the other way round).
  package let shape: [Int]
  /// Where its blocks lie, in bytes from the start of its file.
  package let byteRange: Range<Int>
  /// Which of the model's files has it, from 0.
  package internal(set) var part = 0

  /// The length of a row: the innermost dimension.
  package var columnCount: Int { shape.last ?? 1 }
  package var elementCount: Int { shape.reduce(1, *) }
  /// The number of rows of `columnCount` elements.
  package var rowCount: Int { elementCount / columnCount }
}

/// A tensor of a type that is not read.
package struct GGUFUnreadTensor: Equatable, Sendable {
  package let typeName: String
  /// Outermost dimension first.
  package let shape: [Int]
}

/// A GGUF model of version 2 or 3, in one file or several parts: metadata, and tensors that stay in
/// the memory map until asked for.
///
/// Everything the headers state is checked against the files when they are opened, so that a tensor
/// that is listed can be read. One of a type that is not read is an error once it is asked for.
///
/// - Source: the GGUF specification of the ggml project.
package struct GGUFFile: Sendable {
  /// The file, or the first part.
  package let url: URL
  package let version: Int
  /// Of the first part, where there are several.
  package let metadata: [String: GGUFValue]
  package let tensors: [String: GGUFTensor]
  package let unreadTensors: [String: GGUFUnreadTensor]
  /// The tensors' names in the order of the files.
  package let tensorNames: [String]
  private let files: [MappedFile]

  /// Every file of the model, in order.
  package var parts: [URL] { files.map(\.url) }

  package var byteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  /// Whether the file begins as one of this format.
  package static func isGGUF(_ url: URL) -> Bool {
    guard let file = try? MappedFile(url), file.byteCount >= 4 else { return false }
    return file.withBytes(0..<4) { $0.elementsEqual("GGUF".utf8) }
  }

  /// Opens a file; of a model in parts any one stands for all, which have to lie beside it.
  ///
  /// - Throws: `TensorFileError`: `truncated` where a file ends before what it states; `missing`
  ///   for a part that is not there; `unsupportedType` for another version; `malformedHeader` for
  ///   anything that contradicts the format or another part; `shapeMismatch` for impossible shapes.
  /// - Complexity: O(size of the metadata).
  package init(_ url: URL) throws {
    let file = try MappedFile(url)
    let header = try Self.header(file)
    guard let count = try header.count("split.count"), count > 1 else {
      try self.init([(file, header)])
      return
    }
    let name = GGUFPartName(url.lastPathComponent)
    guard let name, name.count == count else {
      throw TensorFileError(
        .malformedHeader,
        "\(TensorFileError.printable(url.lastPathComponent)) is one of \(count) parts of a model, "
          + "but not named NAME-00001-of-\(GGUFPartName.digits(count)).gguf, so that the others "
          + "cannot be found")
    }
    var parts: [(MappedFile, Header)] = []
    for number in 1...count {
      let place = url.deletingLastPathComponent().appending(path: name.sibling(number))
      let opened = number == name.number ? file : try Self.part(place, of: count)
      let part = number == name.number ? header : try Self.header(opened)
      guard try part.count("split.count") == count, try part.count("split.no") == number - 1 else {
        throw TensorFileError(
          .malformedHeader,
          "\(TensorFileError.printable(place.lastPathComponent)): expected split.no \(number - 1) "
            + "of split.count \(count), found \(try part.count("split.no") ?? -1) of "
            + "\(try part.count("split.count") ?? -1)")
      }
      parts.append((opened, part))
    }
    try self.init(parts)
    let found = tensorNames.count
    if let stated = try parts[0].1.count("split.tensors.count"), stated != found {
      throw TensorFileError(
        .malformedHeader,
        "\(TensorFileError.printable(self.url.lastPathComponent)): expected \(stated) tensors in "
          + "its \(count) parts, found \(found)")
    }
  }

  private static func part(_ url: URL, of count: Int) throws -> MappedFile {
    do {
      return try MappedFile(url)
    } catch let error as TensorFileError where error.code == .missing {
      throw TensorFileError(
        .missing,
        "\(TensorFileError.printable(url.lastPathComponent)), one of the model's \(count) parts, is "
          + "not beside the others")
    }
  }

  init(_ file: MappedFile) throws { try self.init([(file, try Self.header(file))]) }

  private init(_ parts: [(file: MappedFile, header: Header)]) throws {
    url = parts[0].file.url
    files = parts.map(\.file)
    version = parts[0].header.version
    metadata = parts[0].header.metadata
    var names: [String] = []
    var tensors: [String: GGUFTensor] = [:]
    var unread: [String: GGUFUnreadTensor] = [:]
    for (number, part) in parts.enumerated() {
      for name in part.header.names {
        guard tensors[name] == nil, unread[name] == nil else {
          throw TensorFileError(.malformedHeader, "the tensor appears twice", tensor: name)
        }
        names.append(name)
        if var tensor = part.header.tensors[name] {
          tensor.part = number
          tensors[name] = tensor
        } else {
          unread[name] = part.header.unread[name]
        }
      }
    }
    (tensorNames, self.tensors, unreadTensors) = (names, tensors, unread)
  }

  /// The tensor called `name`.
  package func tensor(_ name: String) throws -> GGUFTensor {
    guard let tensor = tensors[name] else {
      if let unread = unreadTensors[name] {
        throw TensorFileError(
          .unsupportedType,
          "\(unread.typeName) is not read here; those read are \(GGUFTensorType.known)",
          tensor: name)
      }
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
    files[tensor.part].withBytes(start..<start + rows.count * rowBytes) {
      tensor.type.dequantise($0, output)
    }
  }

  /// As ``MappedFile/checkUnchanged()``, of every part.
  package func checkUnchanged() throws {
    for file in files { try file.checkUnchanged() }
  }

  /// The blocks of `tensor`, which are there as long as this value is.
  package func mapped(_ tensor: GGUFTensor) -> UnsafeRawBufferPointer {
    files[tensor.part].bytes(tensor.byteRange)
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
    /// Of every tensor, in the order of the file.
    var names: [String] = []
    var tensors: [String: GGUFTensor] = [:]
    var unread: [String: GGUFUnreadTensor] = [:]

    /// A count of the metadata.
    func count(_ key: String) throws -> Int? {
      guard let value = metadata[key] else { return nil }
      guard let count = value.integer, (0...65_535).contains(count) else {
        throw TensorFileError(.malformedHeader, "metadata \(key): expected 0 to 65535")
      }
      return count
    }
  }

  private static func header(_ file: MappedFile) throws -> Header {
    try file.withBytes(0..<file.byteCount) { bytes in
      try header(bytes, name: TensorFileError.printable(file.url.lastPathComponent))
    }
  }

  static let magic: UInt32 = 0x4655_4747  // "GGUF", little-endian

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
    let offsets = Set(entries.map(\.offset)).sorted()
    let ends = Dictionary(uniqueKeysWithValues: zip(offsets, offsets.dropFirst()))
    for entry in entries {
      guard header.tensors[entry.name] == nil, header.unread[entry.name] == nil else {
        throw TensorFileError(.malformedHeader, "the tensor appears twice", tensor: entry.name)
      }
      header.names.append(entry.name)
      if let type = GGUFTensorType(rawValue: entry.typeCode) {
        if type == .q81 {
          try entry.checkSpacing(
            type, until: ends[entry.offset] ?? UInt64(max(0, bytes.count - data)))
        }
        header.tensors[entry.name] = try entry.placed(type, data: data, fileSize: bytes.count)
      } else {
        header.unread[entry.name] = GGUFUnreadTensor(
          typeName: GGUFTensorType.unreadName(entry.typeCode), shape: entry.shape)
      }
    }
    try checkApart(header.tensors.values)
    return header
  }

  /// Bytes that were several tensors' would be as many times as large in memory.
  private static func checkApart(_ tensors: some Sequence<GGUFTensor>) throws {
    let placed = tensors.sorted {
      ($0.byteRange.lowerBound, $0.name) < ($1.byteRange.lowerBound, $1.name)
    }
    for (first, second) in zip(placed, placed.dropFirst())
    where second.byteRange.lowerBound < first.byteRange.upperBound {
      throw TensorFileError(
        .malformedHeader,
        "expected data of its own, found some of \(TensorFileError.printable(first.name))",
        tensor: second.name)
    }
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
    var typeCode: UInt32
    var shape: [Int]
    var offset: UInt64

    /// llama.cpp's blocks of Q8_1 have 36 bytes, two halves and 32 numbers; it had 40 of them once,
    /// and the `gguf` package counts so still. Which of the two a file has is told by its spacing.
    ///
    /// - Throws: `TensorFileError.unsupportedType` where there may be more than 36.
    func checkSpacing(_ type: GGUFTensorType, until end: UInt64) throws {
      guard let count = CheckedSize.elementCount(shape), end > offset else { return }
      let room = (end - offset) / UInt64(max(1, count / type.blockElementCount))
      guard room >= 40 else { return }
      throw TensorFileError(
        .unsupportedType,
        "\(type.name) is read in blocks of 36 bytes, as llama.cpp has them, but each of this tensor's "
          + "has room for \(room)", tensor: name)
    }

    /// The tensor with its place in the file checked.
    func placed(_ type: GGUFTensorType, data: Int, fileSize: Int) throws -> GGUFTensor {
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
      let code = try cursor.next(UInt32.self, "a tensor's type")
      let offset = try cursor.next(UInt64.self, "a tensor's offset")
      entries.append(
        Entry(name: name, typeCode: code, shape: shape.reversed(), offset: offset))
    }
    return entries
  }
}

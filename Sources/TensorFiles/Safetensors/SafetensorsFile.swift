import Foundation

/// A safetensors file read by memory map: opening costs its header, a tensor costs that tensor.
///
/// - Source: the format as the `safetensors` library documents and checks it. Tensors must cover
///   the file exactly: no overlap, no hole, nothing after the last.
package struct SafetensorsFile: Sendable {
  package struct TensorInfo: Sendable, Equatable {
    package var elementType: ElementType
    package var shape: [Int]
    /// Where the elements lie, row-major and little-endian, in bytes from the file's start.
    package var byteRange: Range<Int>
  }

  /// A tensor of a type that is not read here: F8, F4, complex numbers and the like.
  package struct UnreadTensor: Sendable, Equatable {
    /// As the file spells it.
    package var dtype: String
    package var shape: [Int]
  }

  /// As long as the reference library takes a header to be.
  static let longestHeader = 100_000_000

  private let storage: ByteStorage
  package let metadata: [String: String]
  /// Those that can be read.
  package let tensors: [String: TensorInfo]
  /// Those that cannot: they are in nobody's way until they are asked for.
  package let unread: [String: UnreadTensor]
  /// The names of all tensors in the order of their bytes.
  package let names: [String]

  /// - Throws: as `MappedFile`; `truncated`, `malformedHeader` and `shapeMismatch`, naming the tensor.
  package init(_ url: URL) throws { try self.init(ByteStorage(try MappedFile(url))) }

  package init(_ storage: ByteStorage) throws {
    let headerRange = try Self.headerRange(storage)
    let header = try storage[headerRange].withBytes {
      try SafetensorsHeader($0, offset: headerRange.lowerBound)
    }
    let dataStart = headerRange.upperBound
    let dataCount = storage.count - dataStart
    // Empty tensors take no room, and stand before what begins where they do.
    let entries = header.entries.sorted {
      ($0.range.lowerBound, $0.range.upperBound, $0.name)
        < ($1.range.lowerBound, $1.range.upperBound, $1.name)
    }
    var expected = 0
    for entry in entries {
      guard entry.range.upperBound <= dataCount else {
        throw TensorFileError(
          .truncated,
          "expected data up to offset \(entry.range.upperBound), but the file has \(dataCount) "
            + "bytes of it",
          tensor: entry.name, byteOffset: dataStart)
      }
      guard entry.range.lowerBound == expected else {
        throw TensorFileError(
          .malformedHeader,
          "expected its data to begin at offset \(expected), where the one before ends, found "
            + "\(entry.range.lowerBound)",
          tensor: entry.name, byteOffset: dataStart)
      }
      expected = entry.range.upperBound
    }
    guard expected == dataCount else {
      throw TensorFileError(
        .malformedHeader, "\(dataCount - expected) bytes belong to no tensor",
        byteOffset: dataStart + expected)
    }
    self.storage = storage
    metadata = header.metadata
    names = entries.map(\.name)
    tensors = Dictionary(
      uniqueKeysWithValues: entries.compactMap { entry in
        let range = entry.range.lowerBound + dataStart..<entry.range.upperBound + dataStart
        return entry.type.map {
          (entry.name, TensorInfo(elementType: $0, shape: entry.shape, byteRange: range))
        }
      })
    unread = Dictionary(
      uniqueKeysWithValues: entries.filter { $0.type == nil }.map {
        ($0.name, UnreadTensor(dtype: $0.dtype, shape: $0.shape))
      })
  }

  private static func headerRange(_ storage: ByteStorage) throws -> Range<Int> {
    guard storage.count >= 8 else {
      throw TensorFileError(
        .truncated, "expected a safetensors header of at least 8 bytes, found \(storage.count)",
        byteOffset: 0)
    }
    let stated = storage[0..<8].withBytes {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    guard stated <= longestHeader else {
      throw TensorFileError(
        .malformedHeader,
        "the header states a length of \(stated) bytes; expected at most \(longestHeader) (is this "
          + "a safetensors file?)",
        byteOffset: 0)
    }
    guard Int(stated) <= storage.count - 8 else {
      throw TensorFileError(
        .truncated,
        "the header states a length of \(stated) bytes, but the file ends after "
          + "\(storage.count - 8)",
        byteOffset: 0)
    }
    return 8..<8 + Int(stated)
  }

  /// How many bytes of data follow a header, by what it states; whether they lie as they should is found out once they are
  /// there.
  ///
  /// - Parameter bytes: of the header alone, without its length.
  package static func dataCount(ofHeader bytes: UnsafeRawBufferPointer) throws -> Int {
    try SafetensorsHeader(bytes, offset: 8).entries.map(\.range.upperBound).max() ?? 0
  }

  // MARK: - Tensors

  /// What is known of the tensor `name`.
  ///
  /// - Throws: `missing`, listing some of the names there are; `unsupportedType`, naming the type.
  package func info(_ name: String) throws -> TensorInfo {
    if let info = tensors[name] { return info }
    if let unread = unread[name] {
      throw TensorFileError(
        .unsupportedType,
        "dtype '\(TensorFileError.printable(unread.dtype))' is not read; expected one of "
          + SafetensorsHeader.typeNames.keys.sorted().joined(separator: ", "),
        tensor: name)
    }
    let found = names.sorted().prefix(8).map { TensorFileError.printable($0) }
    throw TensorFileError(
      .missing,
      "no such tensor in the file; it has "
        + (found.isEmpty ? "none" : found.joined(separator: ", "))
        + (names.count > found.count ? " and \(names.count - found.count) more" : ""),
      tensor: name)
  }

  /// The whole tensor as `Float`s, row-major, whatever number type it is stored in.
  package func floats(_ name: String) throws -> [Float] {
    let info = try info(name)
    return storage[info.byteRange].withBytes { ElementCoding.floats($0, info.elementType) }
  }

  /// The rows `rows` along the first dimension, touching no others.
  ///
  /// - Precondition: the tensor has a dimension and `rows` lies within it.
  package func floats(_ name: String, rows: Range<Int>) throws -> [Float] {
    let info = try info(name)
    return storage[info.byteRange(ofRows: rows)].withBytes {
      ElementCoding.floats($0, info.elementType)
    }
  }

  /// Gives back the memory that a mapped file's pages take, after rows were copied from them.
  package func releasePages() { storage.releasePages() }

  /// The whole tensor as integers, row-major; booleans are 0 and 1.
  ///
  /// - Throws: `unsupportedType` for floating point; `notRepresentable` for an unsigned integer
  ///   past `Int64.max`.
  package func int64s(_ name: String) throws -> [Int64] {
    let info = try info(name)
    do {
      return try storage[info.byteRange].withBytes {
        try ElementCoding.int64s($0, info.elementType)
      }
    } catch let error as TensorFileError {
      throw error.about(name)
    }
  }

  /// Calls `body` with the stored bytes of the tensor, which it must not let escape.
  ///
  /// They may lie at any alignment: load them with `loadUnaligned`.
  package func withBytes<R>(
    _ name: String, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    try storage[try info(name).byteRange].withBytes(body)
  }

  /// As ``MappedFile/checkUnchanged()``.
  package func checkUnchanged() throws { try storage.checkUnchanged() }

  /// The stored bytes of the tensor where the file is mapped, at any alignment: there as long as this value is.
  package func mapped(_ name: String) throws -> UnsafeRawBufferPointer? {
    storage[try info(name).byteRange].mapped
  }

  /// As `withBytes(_:_:)`, for some rows along the first dimension.
  package func withBytes<R>(
    _ name: String, rows: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    try storage[try info(name).byteRange(ofRows: rows)].withBytes(body)
  }
}

extension SafetensorsFile.TensorInfo {
  /// Where the rows `rows` along the first dimension lie in the file.
  ///
  /// - Precondition: the tensor has a dimension and `rows` lies within it.
  package func byteRange(ofRows rows: Range<Int>) -> Range<Int> {
    precondition(
      !shape.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= shape[0],
      "expected rows within shape \(shape), got \(rows)")
    let size = shape[0] == 0 ? 0 : byteRange.count / shape[0]
    return byteRange.lowerBound + rows.lowerBound * size..<byteRange.lowerBound
      + rows.upperBound * size
  }
}

/// One NumPy array: numbers, text or objects, of any rank, read where they lie.
///
/// Numbers stay in the file (or in the bytes given) until they are asked for. Whatever the stored
/// order, elements are handed out row-major. `Equatable` compares the stored form: type, shape,
/// order and bytes.
package struct NumPyArray: Sendable, Equatable {
  enum Elements: Sendable, Equatable {
    case stored(ByteStorage)
    case objects([PickleValue])
  }

  let type: NumPyType
  /// Empty for a single number without dimensions.
  package let shape: [Int]
  /// Whether the first dimension varies fastest in the stored form.
  let isFortranOrder: Bool
  let elements: Elements

  /// The type of the stored numbers; `nil` for arrays of objects or text.
  package var elementType: ElementType? {
    if case .number(let type) = type.kind { type } else { nil }
  }

  /// The number of elements: the product of `shape`.
  package var count: Int {
    switch elements {
    case .stored(let bytes): bytes.count / type.byteCount
    case .objects(let values): values.count
    }
  }

  /// The elements of an array of objects, row-major; `nil` for numbers and text.
  package var objects: [PickleValue]? {
    guard case .objects(let values) = elements else { return nil }
    guard isFortranOrder, shape.count > 1 else { return values }
    var result: [PickleValue] = []
    result.reserveCapacity(values.count)
    forEachStoredIndex(of: 0..<values.count) { result.append(values[$0]) }
    return result
  }

  /// Reads a whole `.npy` file.
  ///
  /// An array of objects is a pickle after the header, interpreted as `Pickle.load` does.
  ///
  /// - Throws: `truncated` where the bytes after the header are fewer than the shape needs,
  ///   `shapeMismatch` where they are more; what `NumPyType` and `Pickle` throw.
  package init(npy bytes: ByteStorage) throws {
    let header = try bytes.withBytes { try NumPyHeader($0) }
    let body = bytes[header.dataOffset..<bytes.count]
    if header.type.kind == .object {
      try self.init(pickled: body, header: header)
      return
    }
    let size = CheckedSize.byteCount(header.shape, elementSize: header.type.byteCount)
    if let size, size > body.count {
      throw TensorFileError(
        .truncated,
        "expected \(size) bytes for \(header.type.name) of shape \(header.shape), found "
          + "\(body.count)",
        byteOffset: header.dataOffset)
    }
    try self.init(
      type: header.type, shape: header.shape, isFortranOrder: header.isFortranOrder,
      bytes: body, byteOffset: header.dataOffset)
  }

  package init(npy bytes: [UInt8]) throws { try self.init(npy: ByteStorage(bytes)) }

  /// An array over `bytes`, which must be exactly as many as the shape needs.
  init(
    type: NumPyType, shape: [Int], isFortranOrder: Bool, bytes: ByteStorage, byteOffset: Int
  ) throws {
    guard let expected = CheckedSize.byteCount(shape, elementSize: type.byteCount) else {
      throw TensorFileError(
        .shapeMismatch, "the shape \(shape) is larger than any memory", byteOffset: byteOffset)
    }
    guard expected == bytes.count else {
      throw TensorFileError(
        .shapeMismatch,
        "expected \(expected) bytes for \(type.name) of shape \(shape), found \(bytes.count)",
        byteOffset: byteOffset)
    }
    self.type = type
    self.shape = shape
    self.isFortranOrder = isFortranOrder
    elements = .stored(bytes)
  }

  /// An array over `objects`, which must be exactly as many as the shape needs.
  init(
    type: NumPyType, shape: [Int], isFortranOrder: Bool, objects: [PickleValue], byteOffset: Int
  ) throws {
    guard CheckedSize.elementCount(shape) == objects.count else {
      throw TensorFileError(
        .shapeMismatch,
        "expected \(CheckedSize.elementCount(shape).map(String.init) ?? "countless") objects for "
          + "shape \(shape), found \(objects.count)",
        byteOffset: byteOffset)
    }
    self.type = type
    self.shape = shape
    self.isFortranOrder = isFortranOrder
    elements = .objects(objects)
  }

  private init(pickled body: ByteStorage, header: NumPyHeader) throws {
    let value: PickleValue
    do {
      value = try Pickle.load(body)
    } catch var error as TensorFileError {
      error.byteOffset = error.byteOffset.map { $0 + header.dataOffset }
      throw error
    }
    guard case .array(let array) = value, case .objects = array.elements else {
      throw TensorFileError(
        .malformedHeader, "expected a pickled array of objects after the header",
        byteOffset: header.dataOffset)
    }
    guard array.shape == header.shape else {
      throw TensorFileError(
        .shapeMismatch,
        "the header states shape \(header.shape), the pickled array has \(array.shape)",
        byteOffset: header.dataOffset)
    }
    self = array
  }
}

extension NumPyArray: Hashable {
  package func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(count)
  }
}

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

  /// As many dimensions as NumPy itself allows.
  static let largestRank = 64

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
}

extension NumPyArray: Hashable {
  package func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(count)
  }
}

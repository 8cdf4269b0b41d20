extension NumPyArray {
  /// The elements as `Float`s, row-major, whatever number type they are stored in.
  ///
  /// - Throws: `unsupportedType` for arrays of text or objects.
  package func floats() throws -> [Float] {
    try numbers(0..<count) { ElementCoding.floats($0, $1, bigEndian: $2) }
  }

  /// The elements as `Double`s, row-major, whatever number type they are stored in.
  package func doubles() throws -> [Double] {
    try numbers(0..<count) { ElementCoding.doubles($0, $1, bigEndian: $2) }
  }

  /// The elements as integers, row-major; booleans are 0 and 1.
  ///
  /// - Throws: `unsupportedType` for anything but integers and booleans; `notRepresentable` for an
  ///   unsigned integer past `Int64.max`.
  package func int64s() throws -> [Int64] {
    try numbers(0..<count) { try ElementCoding.int64s($0, $1, bigEndian: $2) }
  }

  /// The elements of `rows`, counted along the first dimension, touching no others.
  ///
  /// - Precondition: the array has a dimension and `rows` lies within it.
  package func floats(rows: Range<Int>) throws -> [Float] {
    try numbers(elements(of: rows)) { ElementCoding.floats($0, $1, bigEndian: $2) }
  }

  /// As `floats(rows:)`, for integers.
  package func int64s(rows: Range<Int>) throws -> [Int64] {
    try numbers(elements(of: rows)) { try ElementCoding.int64s($0, $1, bigEndian: $2) }
  }

  /// The elements as text, row-major: an array of `str` objects, `<U…` or `|S…` (as UTF-8).
  ///
  /// - Throws: `unsupportedType` for numbers and for objects that are not text;
  ///   `notRepresentable` for units that are not text in their encoding.
  package func strings() throws -> [String] {
    if let objects {
      return try objects.enumerated().map { index, value in
        guard case .string(let text) = value else {
          throw TensorFileError(
            .unsupportedType, "expected text, found \(value.kindName) as element \(index)")
        }
        return text
      }
    }
    switch type.kind {
    case .text: return try rowMajorBytes(0..<count) { try utf32Strings($0) }
    case .bytes: return try rowMajorBytes(0..<count) { try utf8Strings($0) }
    case .number, .object:
      throw TensorFileError(.unsupportedType, "expected text, found \(type.name)")
    }
  }

  // MARK: - Order

  private func elements(of rows: Range<Int>) -> Range<Int> {
    precondition(
      !shape.isEmpty && rows.lowerBound >= 0 && rows.upperBound <= shape[0],
      "expected rows within shape \(shape), got \(rows)")
    let rowCount = shape[0] == 0 ? 0 : count / shape[0]
    return rows.lowerBound * rowCount..<rows.upperBound * rowCount
  }

  private func numbers<R>(
    _ range: Range<Int>, _ decode: (UnsafeRawBufferPointer, ElementType, Bool) throws -> R
  ) throws -> R {
    guard let elementType else {
      throw TensorFileError(.unsupportedType, "expected numbers, found \(type.name)")
    }
    return try rowMajorBytes(range) { try decode($0, elementType, type.isBigEndian) }
  }

  /// Calls `body` with the stored bytes of the elements in `range`, in row-major order: where they
  /// lie if that is how they are stored, otherwise in a transposed copy of just those.
  private func rowMajorBytes<R>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    guard case .stored(let bytes) = elements else {
      throw TensorFileError(.unsupportedType, "expected numbers or text, found \(type.name)")
    }
    let size = type.byteCount
    guard isFortranOrder, shape.count > 1 else {
      return try bytes[range.lowerBound * size..<range.upperBound * size].withBytes(body)
    }
    let copy = bytes.withBytes { source in
      [UInt8](unsafeUninitializedCapacity: range.count * size) { buffer, initialized in
        let target = UnsafeMutableRawBufferPointer(buffer)
        forEachStoredIndex(of: range) { index in
          let element = UnsafeRawBufferPointer(rebasing: source[index * size..<(index + 1) * size])
          UnsafeMutableRawBufferPointer(rebasing: target[initialized..<initialized + size])
            .copyMemory(from: element)
          initialized += size
        }
      }
    }
    return try copy.withUnsafeBytes(body)
  }

  /// Visits the row-major elements of `range` by their places in Fortran order.
  func forEachStoredIndex(of range: Range<Int>, _ body: (Int) -> Void) {
    guard !range.isEmpty else { return }
    var strides: [Int] = []
    var stride = 1
    for dimension in shape {
      strides.append(stride)
      stride *= dimension
    }
    var place = [Int](repeating: 0, count: shape.count)
    var rest = range.lowerBound
    for axis in shape.indices.reversed() {
      (rest, place[axis]) = rest.quotientAndRemainder(dividingBy: shape[axis])
    }
    var index = zip(place, strides).reduce(0) { $0 + $1.0 * $1.1 }
    for _ in range {
      body(index)
      for axis in shape.indices.reversed() {
        place[axis] += 1
        index += strides[axis]
        if place[axis] < shape[axis] { break }
        place[axis] = 0
        index -= strides[axis] * shape[axis]
      }
    }
  }

  // MARK: - Text

  private func utf32Strings(_ bytes: UnsafeRawBufferPointer) throws -> [String] {
    let width = type.byteCount / 4
    return try (0..<bytes.count / type.byteCount).map { element in
      var text = String.UnicodeScalarView()
      var zeros = 0
      for unit in element * width..<(element + 1) * width {
        let stored = bytes.loadUnaligned(fromByteOffset: 4 * unit, as: UInt32.self)
        let value =
          type.isBigEndian ? UInt32(bigEndian: stored) : UInt32(littleEndian: stored)
        guard value != 0 else {
          zeros += 1
          continue
        }
        guard let scalar = Unicode.Scalar(value) else {
          throw TensorFileError(
            .notRepresentable,
            "element \(element) holds 0x\(String(value, radix: 16)), which is no character")
        }
        // Only zeros at the end are padding.
        text.append(contentsOf: repeatElement("\0", count: zeros))
        zeros = 0
        text.append(scalar)
      }
      return String(text)
    }
  }

  private func utf8Strings(_ bytes: UnsafeRawBufferPointer) throws -> [String] {
    let width = type.byteCount
    return try (0..<bytes.count / width).map { element in
      var end = (element + 1) * width
      while end > element * width, bytes[end - 1] == 0 { end -= 1 }
      guard let text = String(validating: bytes[element * width..<end], as: UTF8.self) else {
        throw TensorFileError(.notRepresentable, "element \(element) is not UTF-8 text")
      }
      return text
    }
  }
}

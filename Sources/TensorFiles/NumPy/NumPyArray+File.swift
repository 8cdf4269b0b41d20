extension NumPyArray {
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

extension TableValue {
  /// One line of JSON Lines, read strictly: no key twice, no surrogate alone, no more than 128 levels.
  ///
  /// - Throws: `TensorFileError` with what was expected, and the byte of the line.
  package static func json(_ line: ArraySlice<UInt8>) throws -> TableValue {
    do {
      return try JSONTree.parse(line)
    } catch let failure as JSONText.Failure {
      throw TensorFileError(
        .malformedHeader, failure.message, byteOffset: failure.offset - line.startIndex)
    }
  }
}

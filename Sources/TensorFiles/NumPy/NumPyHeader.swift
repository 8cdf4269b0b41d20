/// The header of a `.npy` file: the version, then a Python dictionary of three keys.
///
/// - Source: NumPy Enhancement Proposal 1 and its versions 2.0 and 3.0.
struct NumPyHeader: Sendable, Equatable {
  var type: NumPyType
  var isFortranOrder: Bool
  var shape: [Int]
  /// Where the elements begin, in bytes from the start of the file.
  var dataOffset: Int

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads the header at the start of `bytes`, of which only the header is looked at.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    let range = try Self.range(in: bytes)
    var scanner = PythonLiteralScanner(
      UnsafeRawBufferPointer(rebasing: bytes[range]), offset: range.lowerBound)
    self = try scanner.header()
    dataOffset = range.upperBound
  }

  /// Where the dictionary lies.
  fileprivate static func range(in bytes: UnsafeRawBufferPointer) throws -> Range<Int> {
    let magic = Self.magic
    guard bytes.count >= 10 else {
      throw TensorFileError(
        .truncated, "expected a .npy header of at least 10 bytes, found \(bytes.count) bytes")
    }
    guard bytes.prefix(magic.count).elementsEqual(magic) else {
      throw TensorFileError(
        .malformedHeader, "not a .npy file: it does not begin with \\x93NUMPY", byteOffset: 0)
    }
    let start: Int
    let length: Int
    switch (bytes[6], bytes[7]) {
    case (1, 0):
      start = 10
      length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
    case (2, 0), (3, 0):
      guard bytes.count >= 12 else {
        throw TensorFileError(
          .truncated, "expected a .npy header of at least 12 bytes, found \(bytes.count) bytes")
      }
      start = 12
      length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)))
    case (let major, let minor):
      throw TensorFileError(
        .unsupportedType, "expected .npy version 1.0, 2.0 or 3.0, found \(major).\(minor)",
        byteOffset: 6)
    }
    guard length <= bytes.count - start else {
      throw TensorFileError(
        .truncated,
        "the header states a length of \(length) bytes, but the file ends after "
          + "\(bytes.count - start)",
        byteOffset: start)
    }
    return start..<start + length
  }

  fileprivate init(type: NumPyType, isFortranOrder: Bool, shape: [Int]) {
    self.type = type
    self.isFortranOrder = isFortranOrder
    self.shape = shape
    dataOffset = 0
  }
}

/// What a header says of an array whose elements may be of a type that is not read.
package struct NumPyOutline: Sendable, Equatable {
  /// The name of the type, or NumPy's own spelling of one that is not read.
  package var type: String
  package var shape: [Int]
  /// Whether its numbers are read.
  package var isNumbers: Bool

  init(_ bytes: UnsafeRawBufferPointer) throws {
    let range = try NumPyHeader.range(in: bytes)
    var scanner = PythonLiteralScanner(
      UnsafeRawBufferPointer(rebasing: bytes[range]), offset: range.lowerBound)
    self = try scanner.outline()
  }

  fileprivate init(descriptor: String?, shape: [Int]) {
    self.shape = shape
    guard let descriptor else {
      (type, isNumbers) = ("structured", false)
      return
    }
    guard let known = try? NumPyType(descriptor: descriptor) else {
      (type, isNumbers) = (descriptor, false)
      return
    }
    switch known.kind {
    case .number(let element): (type, isNumbers) = (element.rawValue, true)
    case .text, .bytes: (type, isNumbers) = ("text", false)
    case .object: (type, isNumbers) = ("object", false)
    }
  }
}

/// Reads the one kind of Python literal that stands in a header.
private struct PythonLiteralScanner {
  private let bytes: UnsafeRawBufferPointer
  private let offset: Int
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, offset: Int) {
    self.bytes = bytes
    self.offset = offset
  }

  mutating func header() throws -> NumPyHeader {
    let (type, isFortranOrder, shape) = try fields { try $0.descriptor() }
    return NumPyHeader(type: type, isFortranOrder: isFortranOrder, shape: shape)
  }

  mutating func outline() throws -> NumPyOutline {
    let (descriptor, _, shape) = try fields { try $0.anyDescriptor() }
    return NumPyOutline(descriptor: descriptor, shape: shape)
  }

  private mutating func fields<Type>(
    _ descriptor: (inout PythonLiteralScanner) throws -> Type
  ) throws -> (type: Type, isFortranOrder: Bool, shape: [Int]) {
    var type: Type?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !accept("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try descriptor(&self)
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default:
        throw malformed("unexpected key '\(TensorFileError.printable(key))' in the header")
      }
      guard accept(",") else {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == bytes.count else { throw malformed("text after the header's dictionary") }
    guard let type, let isFortranOrder, let shape else {
      throw malformed("expected the keys descr, fortran_order and shape in the header")
    }
    return (type, isFortranOrder, shape)
  }

  /// The spelling of a type; `nil` of a structured one, which is stepped over.
  private mutating func anyDescriptor() throws -> String? {
    skipSpace()
    guard peek == UInt8(ascii: "[") || peek == UInt8(ascii: "(") else { return try string() }
    var depth = 0
    repeat {
      skipSpace()
      switch peek {
      case UInt8(ascii: "["), UInt8(ascii: "("): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"): depth -= 1
      case UInt8(ascii: "'"), UInt8(ascii: "\""):
        _ = try string()
        continue
      case nil: throw malformed("a structured type that does not end")
      default: break
      }
      position += 1
    } while depth > 0
    return nil
  }

  private mutating func descriptor() throws -> NumPyType {
    skipSpace()
    if peek == UInt8(ascii: "[") || peek == UInt8(ascii: "(") {
      throw TensorFileError(
        .unsupportedType, "structured NumPy types (records) are not read",
        byteOffset: offset + position)
    }
    let start = position
    do {
      return try NumPyType(descriptor: try string())
    } catch var error as TensorFileError {
      error.byteOffset = error.byteOffset ?? offset + start
      throw error
    }
  }

  private mutating func boolean() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where bytes[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw malformed("expected True or False for fortran_order")
  }

  private mutating func tuple() throws -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !accept(")") {
      values.append(try integer())
      guard values.count <= NumPyArray.largestRank else {
        throw malformed("more than \(NumPyArray.largestRank) dimensions")
      }
      guard accept(",") else {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let start = position
    while let byte = peek, (48...57).contains(byte) { position += 1 }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw malformed("expected a dimension, an integer of at least 0")
    }
    if peek == UInt8(ascii: "L") { position += 1 }  // as Python 2 wrote it
    return value
  }

  private mutating func string() throws -> String {
    skipSpace()
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed("expected a quoted string")
    }
    position += 1
    let start = position
    while let byte = peek, byte != quote {
      guard byte != UInt8(ascii: "\\") else { throw malformed("unexpected escape in a string") }
      position += 1
    }
    guard peek == quote else { throw malformed("a string without its closing quote") }
    defer { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || (9...13).contains(byte) { position += 1 }
  }

  private mutating func accept(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard accept(character) else { throw malformed("expected '\(character)' in the header") }
  }

  private func malformed(_ message: String) -> TensorFileError {
    TensorFileError(.malformedHeader, message, byteOffset: offset + position)
  }
}

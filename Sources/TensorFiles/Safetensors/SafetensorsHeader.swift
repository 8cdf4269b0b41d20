/// The JSON header of a safetensors file, read strictly.
///
/// Exactly the shape that the format has: an object of tensors, each with `dtype`, `shape` and
/// `data_offsets`, and an optional `__metadata__` of strings. A key given twice is an error, as
/// readers differ in which of the two they believe.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    /// As the header spells it.
    var dtype: String
    /// `nil` for what is not read here.
    var type: ElementType?
    var shape: [Int]
    /// Counted from the end of the header.
    var range: Range<Int>
  }

  var metadata: [String: String] = [:]
  /// In the order of the header.
  var entries: [Entry] = []

  static let typeNames: [String: ElementType] = [
    "F64": .f64, "F32": .f32, "F16": .f16, "BF16": .bf16, "I64": .i64, "I32": .i32, "I16": .i16,
    "I8": .i8, "U64": .u64, "U32": .u32, "U16": .u16, "U8": .u8, "BOOL": .bool,
  ]

  /// The bits of an element of the types that are not read.
  static let unreadBits: [String: Int] = [
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8,
    "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "C64": 64,
  ]

  /// - Parameter offset: where `bytes` begin in the file, for messages.
  init(_ bytes: UnsafeRawBufferPointer, offset: Int) throws {
    var scanner = HeaderScanner(bytes, offset: offset)
    var names: Set<String> = []
    try scanner.object { scanner, name in
      guard names.insert(name).inserted else { throw scanner.malformed("a tensor twice", name) }
      if name == "__metadata__" {
        metadata = try Self.metadata(&scanner)
      } else {
        entries.append(try Self.entry(&scanner, name))
      }
    }
    try scanner.end()
  }

  private static func metadata(_ scanner: inout HeaderScanner) throws -> [String: String] {
    var metadata: [String: String] = [:]
    try scanner.object { scanner, key in
      let value = try scanner.string()
      guard metadata.updateValue(value, forKey: key) == nil else {
        throw scanner.malformed("a key of the metadata twice", key)
      }
    }
    return metadata
  }

  private static func entry(_ scanner: inout HeaderScanner, _ name: String) throws -> Entry {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { scanner, key in
      switch key {
      case "dtype" where dtype == nil: dtype = try scanner.string()
      case "shape" where shape == nil: shape = try scanner.integers()
      case "data_offsets" where offsets == nil: offsets = try scanner.integers()
      default:
        throw scanner.malformed(
          "unexpected or repeated key '\(TensorFileError.printable(key))'", name)
      }
    }
    guard let dtype, let shape, let offsets else {
      throw scanner.malformed("expected dtype, shape and data_offsets", name)
    }
    guard offsets.count == 2, offsets[0] <= offsets[1] else {
      throw scanner.malformed("expected data_offsets from low to high, found \(offsets)", name)
    }
    guard let count = CheckedSize.elementCount(shape) else {
      throw TensorFileError(
        .shapeMismatch, "the shape \(shape) is larger than any memory", tensor: name)
    }
    let type = typeNames[dtype]
    let found = offsets[1] - offsets[0]
    // A type of a later version of the format takes an unknown number of bits, and is in nobody's way.
    if let bits = type.map({ 8 * $0.byteCount }) ?? unreadBits[dtype] {
      let (expected, overflow) = count.multipliedReportingOverflow(by: bits)
      guard !overflow, expected % 8 == 0, expected / 8 == found else {
        throw TensorFileError(
          .shapeMismatch,
          "expected \(overflow ? "countless" : "\(expected / 8 + (expected % 8).signum())") bytes for "
            + "\(type?.rawValue ?? dtype) of shape \(shape), found data_offsets of \(found) bytes",
          tensor: name)
      }
    } else {
      guard dtype.utf8.count <= 32, dtype.utf8.first.map({ (65...90).contains($0) }) ?? false,
        dtype.utf8.allSatisfy({ (65...90).contains($0) || (48...57).contains($0) || $0 == 95 })
      else {
        throw TensorFileError(
          .unsupportedType,
          "dtype '\(TensorFileError.printable(dtype))' is none; expected one of "
            + typeNames.keys.sorted().joined(separator: ", "),
          tensor: name, byteOffset: scanner.offset)
      }
    }
    return Entry(
      name: name, dtype: dtype, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }
}

/// The strict part of JSON that a safetensors header uses.
struct HeaderScanner {
  private let bytes: UnsafeRawBufferPointer
  private let start: Int
  private var position = 0

  /// Where in the file the scanner stands.
  var offset: Int { start + position }

  init(_ bytes: UnsafeRawBufferPointer, offset: Int) {
    self.bytes = bytes
    start = offset
  }

  /// Reads an object, calling `value` at each of its values.
  mutating func object(_ value: (inout HeaderScanner, String) throws -> Void) throws {
    try expect("{")
    guard !accept("}") else { return }
    repeat {
      let key = try string()
      try expect(":")
      try value(&self, key)
    } while accept(",")
    try expect("}")
  }

  /// Reads an array of integers of at least 0.
  mutating func integers() throws -> [Int] {
    var values: [Int] = []
    try expect("[")
    guard !accept("]") else { return values }
    repeat {
      values.append(try integer())
      guard values.count <= NumPyArray.largestRank else {
        throw malformed("more than \(NumPyArray.largestRank) numbers in a list")
      }
    } while accept(",")
    try expect("]")
    return values
  }

  /// Nothing but space may follow.
  mutating func end() throws {
    skipSpace()
    guard position == bytes.count else { throw malformed("text after the header's object") }
  }

  mutating func string() throws -> String {
    skipSpace()
    guard peek == UInt8(ascii: "\"") else { throw malformed("expected '\"' in the header") }
    var units: [UInt8] = []
    do {
      try JSONText.readString(bytes, at: &position, into: &units)
    } catch let failure as JSONText.Failure {
      position = failure.offset
      throw malformed(failure.message)
    }
    guard let text = String(validating: units, as: UTF8.self) else {
      throw malformed("a string that is not UTF-8")
    }
    return text
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let first = position
    while let byte = peek, (48...57).contains(byte) { position += 1 }
    let digits = bytes[first..<position]
    let isPadded = digits.count > 1 && digits.first == UInt8(ascii: "0")
    guard digits.count < 20, !isPadded,
      let value = Int(String(decoding: digits, as: UTF8.self))
    else { throw malformed("expected an integer of at least 0") }
    return value
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { position += 1 }
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

  func malformed(_ message: String, _ tensor: String? = nil) -> TensorFileError {
    TensorFileError(.malformedHeader, message, tensor: tensor, byteOffset: offset)
  }
}

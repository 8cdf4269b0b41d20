/// What a NumPy type string (`<f4`, `|b1`, `<U12`, `O8`) says about each element.
struct NumPyType: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case number(ElementType)
    /// UTF-32 code units, padded with zeros.
    case text(characters: Int)
    /// Bytes, padded with zeros.
    case bytes(Int)
    /// A reference; the values are pickled.
    case object
  }

  var kind: Kind
  var isBigEndian: Bool

  /// The stored size of one element; never 0.
  var byteCount: Int {
    switch kind {
    case .number(let type): type.byteCount
    case .text(let characters): 4 * characters
    case .bytes(let count): count
    case .object: 8
    }
  }

  /// `<V2` is bfloat16: `ml_dtypes` (and so JAX) registers it as two bytes that have an order, which nothing else that NumPy
  /// writes has; plain bytes are `|V2`. Its types of one byte all look alike, and are refused.
  ///
  /// - Throws: `unsupportedType`, naming the string, for complex, date, void, structured and
  ///   extended-precision types, and for text of no width, which could stand for any number of
  ///   elements in no bytes at all.
  init(descriptor: String) throws {
    // The bound keeps a pickle from having one very long string looked at again and again.
    var rest = descriptor.utf8.prefix(16)
    isBigEndian = rest.first == UInt8(ascii: ">")
    if descriptor == "<V2" || descriptor == ">V2" {
      kind = .number(.bf16)
      return
    }
    if let first = rest.first, "<>=|".utf8.contains(first) { rest = rest.dropFirst() }
    if let name = Self.unread[String(decoding: rest, as: UTF8.self)] {
      throw TensorFileError(
        .unsupportedType,
        "NumPy type '\(TensorFileError.printable(descriptor))', \(name), is not read; "
          + "expected float32, float16 or bfloat16 as ml_dtypes saves it ('<V2'): save "
          + "array.astype(numpy.float32)")
    }
    guard descriptor.utf8.count <= 16, let letter = rest.popFirst(),
      let kind = Self.kind(letter, Substring(rest))
    else {
      throw TensorFileError(
        .unsupportedType,
        "NumPy type '\(TensorFileError.printable(descriptor))' is not read; expected booleans, "
          + "integers or floats of up to 8 bytes, text or objects")
    }
    self.kind = kind
  }

  /// What stands for several types, or for one that is not read, without its sign of order.
  private static let unread = [
    "V2": "two bytes that may be bfloat16 or anything else",
    "V1": "one byte that may be any float8, float6, float4 or int4 of ml_dtypes",
    "f1": "float8_e5m2 of ml_dtypes", "f16": "extended precision",
  ]

  private static func kind(_ letter: UInt8, _ size: Substring) -> Kind? {
    guard size.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    if letter == UInt8(ascii: "O") { return size.isEmpty || size == "8" ? .object : nil }
    guard let size = Int(size), size > 0, size <= 1 << 30 else { return nil }
    switch (Character(Unicode.Scalar(letter)), size) {
    case ("f", 8): return .number(.f64)
    case ("f", 4): return .number(.f32)
    case ("f", 2): return .number(.f16)
    case ("i", 8): return .number(.i64)
    case ("i", 4): return .number(.i32)
    case ("i", 2): return .number(.i16)
    case ("i", 1): return .number(.i8)
    case ("u", 8): return .number(.u64)
    case ("u", 4): return .number(.u32)
    case ("u", 2): return .number(.u16)
    case ("u", 1): return .number(.u8)
    case ("b", 1): return .number(.bool)
    case ("U", _): return .text(characters: size)
    case ("S", _): return .bytes(size)
    default: return nil
    }
  }

  /// How messages name it.
  var name: String {
    switch kind {
    case .number(let type): type.rawValue
    case .text(let characters): "text of \(characters) characters"
    case .bytes(let count): "strings of \(count) bytes"
    case .object: "objects"
    }
  }
}

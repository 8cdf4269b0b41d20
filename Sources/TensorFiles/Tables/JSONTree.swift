/// Reads JSON (RFC 8259) into values, strictly, with the place of what is wrong.
///
/// A key given twice in one object is an error, as readers differ in which of the two they believe. Nesting deeper than 128
/// is refused, so that a hostile file cannot exhaust the stack. What Python writes of numbers that JSON does not have is read:
/// `Infinity`, and `NaN` as null, since pandas means a missing value by it.
struct JSONTree {
  private static let deepestNesting = 128

  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// - Throws: `JSONText.Failure`; offsets are indices of `bytes`.
  static func parse(_ bytes: ArraySlice<UInt8>) throws -> TableValue {
    try bytes.withUnsafeBytes { raw in
      var reader = JSONTree(raw)
      do {
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == raw.count else {
          throw reader.failure("expected the end of the text")
        }
        return value
      } catch var failure as JSONText.Failure {
        failure.offset += bytes.startIndex
        throw failure
      }
    }
  }

  private func failure(_ message: String) -> JSONText.Failure {
    JSONText.Failure(message, at: position)
  }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func accept(_ byte: UInt8) -> Bool {
    skipSpace()
    guard peek == byte else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws -> TableValue {
    guard depth < Self.deepestNesting else {
      throw failure("nested more than \(Self.deepestNesting) deep")
    }
    skipSpace()
    switch peek {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try list(depth: depth)
    case UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .null)
    case UInt8(ascii: "I"): return try word("Infinity", .number("Infinity"))
    case nil: throw failure("the text ends inside a value")
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: TableValue) throws -> TableValue {
    guard bytes[position...].starts(with: word.utf8) else { throw failure("expected \(word)") }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws -> TableValue {
    position += 1
    var fields: [String: TableValue] = [:]
    guard !accept(UInt8(ascii: "}")) else { return .object(fields) }
    repeat {
      skipSpace()
      guard peek == UInt8(ascii: "\"") else { throw failure("expected a key in quotes") }
      let key = try string()
      guard accept(UInt8(ascii: ":")) else { throw failure("expected a colon after a key") }
      guard fields.updateValue(try value(depth: depth + 1), forKey: key) == nil else {
        throw failure("the key '\(TensorFileError.printable(key))' stands there twice")
      }
    } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "}")) else { throw failure("expected a comma or a closing brace") }
    return .object(fields)
  }

  private mutating func list(depth: Int) throws -> TableValue {
    position += 1
    var values: [TableValue] = []
    guard !accept(UInt8(ascii: "]")) else { return .list(values) }
    repeat { values.append(try value(depth: depth + 1)) } while accept(UInt8(ascii: ","))
    guard accept(UInt8(ascii: "]")) else { throw failure("expected a comma or a closing bracket") }
    return .list(values)
  }

  private mutating func number() throws -> TableValue {
    if bytes[position...].starts(with: "-Infinity".utf8) {
      return try word("-Infinity", .number("-Infinity"))
    }
    return .number(try JSONText.readNumber(bytes, at: &position).spelling)
  }

  private mutating func string() throws -> String {
    var units: [UInt8] = []
    let start = position
    try JSONText.readString(bytes, at: &position, into: &units)
    guard let text = String(validating: units, as: UTF8.self) else {
      throw JSONText.Failure("a string that is not UTF-8", at: start)
    }
    return text
  }
}

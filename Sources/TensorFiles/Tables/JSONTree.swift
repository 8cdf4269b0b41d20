/// Reads JSON (RFC 8259) into values, strictly, with the place of what is wrong.
///
/// A key given twice in one object is an error, as readers differ in which of the two they believe. Nesting deeper than 128
/// is refused, so that a hostile file cannot exhaust the stack. What Python writes of numbers that JSON does not have is read:
/// `Infinity`, and `NaN` as null, since pandas means a missing value by it.
struct JSONTree {
  /// What is wrong, and at which byte.
  struct Failure: Error {
    var message: String
    var offset: Int
  }

  private static let deepestNesting = 128

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  private init(_ bytes: ArraySlice<UInt8>) {
    (self.bytes, position) = (bytes, bytes.startIndex)
  }

  /// - Throws: `Failure`; offsets are indices of `bytes`.
  static func parse(_ bytes: ArraySlice<UInt8>) throws -> TableValue {
    var reader = JSONTree(bytes)
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.position == bytes.endIndex else {
      throw reader.failure("expected the end of the text")
    }
    return value
  }

  private func failure(_ message: String) -> Failure { Failure(message: message, offset: position) }

  private var peek: UInt8? { position < bytes.endIndex ? bytes[position] : nil }

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
    let start = position
    if bytes[position...].starts(with: "-Infinity".utf8) {
      return try word("-Infinity", .number("-Infinity"))
    }
    var rest = bytes[position...]
    func digits() -> Int {
      let count = rest.prefix { (48...57).contains($0) }.count
      rest = rest.dropFirst(count)
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let isZero = rest.first == UInt8(ascii: "0")
    let whole = digits()
    guard whole > 0, !isZero || whole == 1 else { throw failure("expected a value") }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard digits() > 0 else { throw failure("expected digits after a point") }
    }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      guard digits() > 0 else { throw failure("expected digits in an exponent") }
    }
    position = rest.startIndex
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func string() throws -> String {
    position += 1
    var units: [UInt8] = []
    while true {
      let plain = bytes[position...].prefix {
        $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && $0 >= 0x20
      }
      units += plain
      position = plain.endIndex
      switch peek {
      case UInt8(ascii: "\""):
        guard let text = String(validating: units, as: UTF8.self) else {
          throw failure("a string that is not UTF-8")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"): units += try escape()
      case nil: throw failure("a string is not closed")
      default: throw failure("a control character inside a string")
      }
    }
  }

  /// The UTF-8 of a backslash and what follows it.
  private mutating func escape() throws -> [UInt8] {
    position += 1
    guard let byte = peek else { throw failure("a string is not closed") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "u"):
      var units = [try hexadecimal()]
      if UTF16.isLeadSurrogate(units[0]), bytes[position...].starts(with: "\\u".utf8) {
        position += 2
        units.append(try hexadecimal())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw failure("half of a surrogate pair inside a string")
      }
      return Array(text.utf8)
    default: throw failure("an escape that JSON does not have")
    }
  }

  private mutating func hexadecimal() throws -> UInt16 {
    var value: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      value = value << 4 | UInt16(digit)
      position += 1
    }
    return value
  }
}

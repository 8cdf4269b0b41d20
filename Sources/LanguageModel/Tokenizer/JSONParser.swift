/// Reads one JSON text into a `JSONDocument.Value`; see `JSONDocument` for what it promises.
struct JSONParser {
  private static let deepestNesting = 128

  /// The bytes of every string, unescaped, one after another.
  private(set) var pool: [UInt8] = []
  private var position = 0

  init(byteCount: Int) {
    pool.reserveCapacity(byteCount / 2)
  }

  typealias Value = JSONDocument.Value

  mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Value {
    // A byte order mark is not JSON, but editors leave it.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try parseValue(bytes, depth: 0)
    skipBlanks(bytes)
    guard position == bytes.count else { throw failure("expected the end of the text") }
    return value
  }

  private func failure(_ message: String) -> TokenizerError {
    TokenizerError(.malformed, "not JSON: \(message)", byteOffset: position)
  }

  private mutating func skipBlanks(_ bytes: UnsafeBufferPointer<UInt8>) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func parseValue(
    _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
  ) throws -> Value {
    guard depth < Self.deepestNesting else {
      throw failure("nested more than \(Self.deepestNesting) deep")
    }
    skipBlanks(bytes)
    guard position < bytes.count else { throw failure("the text ends inside a value") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try parseObject(bytes, depth: depth)
    case UInt8(ascii: "["): return try parseArray(bytes, depth: depth)
    case UInt8(ascii: "\""): return .string(try parseString(bytes))
    case UInt8(ascii: "t"): return try parseWord("true", .boolean(true), bytes)
    case UInt8(ascii: "f"): return try parseWord("false", .boolean(false), bytes)
    case UInt8(ascii: "n"): return try parseWord("null", .null, bytes)
    default: return try parseNumber(bytes)
    }
  }

  private mutating func parseWord(
    _ word: StaticString, _ value: Value, _ bytes: UnsafeBufferPointer<UInt8>
  ) throws -> Value {
    let count = word.utf8CodeUnitCount
    let expected = UnsafeBufferPointer(start: word.utf8Start, count: count)
    guard bytes.count - position >= count,
      bytes[position..<(position + count)].elementsEqual(expected)
    else { throw failure("expected \(word)") }
    position += count
    return value
  }

  private mutating func parseObject(
    _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
  ) throws -> Value {
    var members: [JSONDocument.Member] = []
    try parseList(bytes, closing: UInt8(ascii: "}")) { parser in
      parser.skipBlanks(bytes)
      guard parser.position < bytes.count, bytes[parser.position] == UInt8(ascii: "\"") else {
        throw parser.failure("expected a key in quotes")
      }
      let key = try parser.parseString(bytes)
      parser.skipBlanks(bytes)
      guard parser.position < bytes.count, bytes[parser.position] == UInt8(ascii: ":") else {
        throw parser.failure("expected a colon after a key")
      }
      parser.position += 1
      let value = try parser.parseValue(bytes, depth: depth + 1)
      members.append(JSONDocument.Member(key: key, value: value))
    }
    return .object(members)
  }

  private mutating func parseArray(
    _ bytes: UnsafeBufferPointer<UInt8>, depth: Int
  ) throws -> Value {
    var values: [Value] = []
    try parseList(bytes, closing: UInt8(ascii: "]")) { parser in
      values.append(try parser.parseValue(bytes, depth: depth + 1))
    }
    return .array(values)
  }

  /// Reads the opening bracket, items separated by commas, and the closing bracket.
  private mutating func parseList(
    _ bytes: UnsafeBufferPointer<UInt8>, closing: UInt8,
    item: (inout JSONParser) throws -> Void
  ) throws {
    position += 1
    skipBlanks(bytes)
    if position < bytes.count, bytes[position] == closing {
      position += 1
      return
    }
    while true {
      try item(&self)
      skipBlanks(bytes)
      guard position < bytes.count else { throw failure("the text ends inside a list") }
      let byte = bytes[position]
      guard byte == closing || byte == UInt8(ascii: ",") else {
        throw failure("expected a comma or a closing bracket")
      }
      position += 1
      if byte == closing { return }
    }
  }
}

// MARK: - Numbers and strings

extension JSONParser {
  private mutating func parseNumber(_ bytes: UnsafeBufferPointer<UInt8>) throws -> Value {
    let start = position
    var isInteger = true
    scan: while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"):
        isInteger = false
      default: break scan
      }
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let number = Int(text) { return .integer(number) }
    guard let number = Double(text), number.isFinite else {
      position = start
      throw failure("expected a value")
    }
    return .number(number)
  }

  private mutating func parseString(
    _ bytes: UnsafeBufferPointer<UInt8>
  ) throws -> JSONDocument.Text {
    let start = pool.count
    position += 1
    while true {
      var end = position
      while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"),
        bytes[end] >= 0x20
      {
        end += 1
      }
      pool.append(contentsOf: bytes[position..<end])
      position = end
      guard end < bytes.count else { throw failure("a string is not closed") }
      if bytes[end] == UInt8(ascii: "\"") { break }
      guard bytes[end] == UInt8(ascii: "\\") else {
        throw failure("a control character inside a string")
      }
      try parseEscape(bytes)
    }
    position += 1
    return JSONDocument.Text(start: start, count: pool.count - start)
  }

  private mutating func parseEscape(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    guard position + 1 < bytes.count else { throw failure("a string is not closed") }
    let escaped = bytes[position + 1]
    switch escaped {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): pool.append(escaped)
    case UInt8(ascii: "b"): pool.append(0x08)
    case UInt8(ascii: "f"): pool.append(0x0C)
    case UInt8(ascii: "n"): pool.append(0x0A)
    case UInt8(ascii: "r"): pool.append(0x0D)
    case UInt8(ascii: "t"): pool.append(0x09)
    case UInt8(ascii: "u"): return try parseUnicodeEscape(bytes)
    default: throw failure("an unknown escape inside a string")
    }
    position += 2
  }

  private mutating func parseUnicodeEscape(_ bytes: UnsafeBufferPointer<UInt8>) throws {
    var code = try hexadecimal(bytes, at: position + 2)
    var length = 6
    if (0xD800..<0xDC00).contains(code), position + 7 < bytes.count,
      bytes[position + 6] == UInt8(ascii: "\\"), bytes[position + 7] == UInt8(ascii: "u")
    {
      let low = try hexadecimal(bytes, at: position + 8)
      if (0xDC00..<0xE000).contains(low) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
        length = 12
      }
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw failure("half of a surrogate pair inside a string")
    }
    pool.append(contentsOf: String(scalar).utf8)
    position += length
  }

  private func hexadecimal(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) throws -> UInt32 {
    guard start + 4 <= bytes.count else { throw failure("a string is not closed") }
    var code: UInt32 = 0
    for byte in bytes[start..<(start + 4)] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("expected four hexadecimal digits")
      }
      code = code << 4 | UInt32(digit)
    }
    return code
  }
}

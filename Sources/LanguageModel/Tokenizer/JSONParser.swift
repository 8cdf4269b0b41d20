import TensorFiles

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

  mutating func parse(_ bytes: UnsafeRawBufferPointer) throws -> Value {
    // A byte order mark is not JSON, but editors leave it.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    let value = try parseValue(bytes, depth: 0)
    skipBlanks(bytes)
    guard position == bytes.count else { throw failure("expected the end of the text") }
    return value
  }

  private func failure(_ message: String) -> JSONText.Failure {
    JSONText.Failure(message, at: position)
  }

  private mutating func skipBlanks(_ bytes: UnsafeRawBufferPointer) {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func parseValue(
    _ bytes: UnsafeRawBufferPointer, depth: Int
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
    _ word: StaticString, _ value: Value, _ bytes: UnsafeRawBufferPointer
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
    _ bytes: UnsafeRawBufferPointer, depth: Int
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
    _ bytes: UnsafeRawBufferPointer, depth: Int
  ) throws -> Value {
    var values: [Value] = []
    try parseList(bytes, closing: UInt8(ascii: "]")) { parser in
      values.append(try parser.parseValue(bytes, depth: depth + 1))
    }
    return .array(values)
  }

  /// Reads the opening bracket, items separated by commas, and the closing bracket.
  private mutating func parseList(
    _ bytes: UnsafeRawBufferPointer, closing: UInt8,
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

  private mutating func parseNumber(_ bytes: UnsafeRawBufferPointer) throws -> Value {
    let start = position
    let (spelling, isInteger) = try JSONText.readNumber(bytes, at: &position)
    if isInteger, let number = Int(spelling) { return .integer(number) }
    guard let number = Double(spelling), number.isFinite else {
      position = start
      throw failure("expected a value")
    }
    return .number(number)
  }

  private mutating func parseString(_ bytes: UnsafeRawBufferPointer) throws -> JSONDocument.Text {
    let start = pool.count
    try JSONText.readString(bytes, at: &position, into: &pool)
    return JSONDocument.Text(start: start, count: pool.count - start)
  }
}

import TensorFiles

/// A JSON text (RFC 8259) whose strings stay bytes.
///
/// Swift strings compare by canonical equivalence, so a dictionary of them would merge `é` with
/// `e` + U+0301, two different pieces in several vocabularies. Here strings are slices of one
/// pool of UTF-8 and are compared byte by byte. Nesting deeper than 128 is refused, so that a
/// hostile file cannot exhaust the stack.
///
/// - Complexity: O(bytes) time and memory to read.
final class JSONDocument: Sendable {
  enum Value: Sendable {
    case null
    case boolean(Bool)
    case integer(Int)
    case number(Double)
    case string(Text)
    case array([Value])
    case object([Member])

    var kind: String {
      switch self {
      case .null: "null"
      case .boolean: "a boolean"
      case .integer, .number: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    }
  }

  /// A string: where its bytes are in the pool.
  struct Text: Sendable {
    var start: Int
    var count: Int
  }

  struct Member: Sendable {
    var key: Text
    var value: Value
  }

  let root: Value
  let pool: [UInt8]

  init(_ bytes: [UInt8]) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw TokenizerError(.malformed, "not JSON: the text is not UTF-8")
    }
    var parser = JSONParser(byteCount: bytes.count)
    do {
      root = try bytes.withUnsafeBytes { try parser.parse($0) }
    } catch let failure as JSONText.Failure {
      throw TokenizerError(
        .malformed, "not JSON: \(failure.message)", byteOffset: failure.offset)
    }
    pool = parser.pool
  }

  func bytes(of text: Text) -> ArraySlice<UInt8> {
    pool[text.start..<(text.start + text.count)]
  }
}

/// One value of a document with the key path that led to it, so that errors can say where.
struct JSONNode {
  let document: JSONDocument
  let value: JSONDocument.Value
  let path: String

  init(_ document: JSONDocument) {
    self.init(document, document.root, path: "")
  }

  private init(_ document: JSONDocument, _ value: JSONDocument.Value, path: String) {
    self.document = document
    self.value = value
    self.path = path
  }

  var isNull: Bool { if case .null = value { true } else { false } }

  func error(expected: String) -> TokenizerError {
    TokenizerError(.malformed, "expected \(expected), found \(value.kind)", at: location)
  }

  var location: String { path.isEmpty ? "the document" : path }

  /// The member named `key`, or `nil` when it is absent or null.
  func optional(_ key: String) throws -> JSONNode? {
    guard case .object(let members) = value else { throw error(expected: "an object") }
    let wanted = Array(key.utf8)
    guard let member = members.last(where: { document.bytes(of: $0.key).elementsEqual(wanted) })
    else { return nil }
    if case .null = member.value { return nil }
    return JSONNode(document, member.value, path: path.isEmpty ? key : "\(path).\(key)")
  }

  /// Whether there is a member named `key`, be it null.
  func has(_ key: String) throws -> Bool {
    guard case .object(let members) = value else { throw error(expected: "an object") }
    return members.contains { document.bytes(of: $0.key).elementsEqual(Array(key.utf8)) }
  }

  /// The member named `key`; an error when it is absent or null.
  func required(_ key: String) throws -> JSONNode {
    guard let node = try optional(key) else {
      throw TokenizerError(.malformed, "\"\(key)\" is missing", at: location)
    }
    return node
  }

  var elements: [JSONNode] {
    get throws {
      guard case .array(let values) = value else { throw error(expected: "an array") }
      return values.indices.map { JSONNode(document, values[$0], path: "\(path)[\($0)]") }
    }
  }

  /// The members in file order, keys as bytes.
  var members: [(key: ArraySlice<UInt8>, value: JSONNode)] {
    get throws {
      guard case .object(let members) = value else { throw error(expected: "an object") }
      return members.map { member in
        let key = document.bytes(of: member.key)
        return (key, JSONNode(document, member.value, path: path))
      }
    }
  }

  var bytes: ArraySlice<UInt8> {
    get throws {
      guard case .string(let text) = value else { throw error(expected: "a string") }
      return document.bytes(of: text)
    }
  }

  var string: String {
    get throws { String(decoding: try bytes, as: UTF8.self) }
  }

  var boolean: Bool {
    get throws {
      guard case .boolean(let flag) = value else { throw error(expected: "a boolean") }
      return flag
    }
  }

  var integer: Int {
    get throws {
      guard case .integer(let number) = value else { throw error(expected: "an integer") }
      return number
    }
  }

  var number: Double {
    get throws {
      switch value {
      case .integer(let number): Double(number)
      case .number(let number): number
      default: throw error(expected: "a number")
      }
    }
  }

  /// The string named `type` that every component of a tokenizer carries.
  var type: String {
    get throws { try required("type").string }
  }

  func flag(_ key: String, default fallback: Bool = false) throws -> Bool {
    try optional(key)?.boolean ?? fallback
  }
}

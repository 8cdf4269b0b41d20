/// Reads a GGUF header from front to back; every read is checked against the bytes left.
///
/// Version 1 differs in the width of its counts and is refused before any is read.
struct GGUFCursor {
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  /// The next little-endian integer; `what` names it in the error.
  mutating func next<Value: FixedWidthInteger>(
    _ type: Value.Type = Value.self, _ what: @autoclosure () -> String
  ) throws -> Value {
    let size = MemoryLayout<Value>.size
    try require(size, what())
    defer { offset += size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  /// A 64-bit count whose every element takes at least `smallest` bytes of what is left.
  mutating func count(_ what: @autoclosure () -> String, smallest: Int) throws -> Int {
    let start = offset
    let stated = try next(UInt64.self, what())
    guard stated <= UInt64(remaining / smallest) else {
      throw TensorFileError(
        .truncated,
        "\(what()): \(stated) entries of at least \(smallest) bytes do not fit in the "
          + "\(remaining) bytes that follow", byteOffset: start)
    }
    return Int(stated)
  }

  mutating func string(_ what: @autoclosure () -> String) throws -> String {
    let length = try count(what(), smallest: 1)
    defer { offset += length }
    return String(decoding: bytes[offset..<offset + length], as: UTF8.self)
  }

  /// A metadata value with its type code.
  mutating func value(_ key: String) throws -> GGUFValue {
    let type = try valueType(key)
    guard type == .array else { return try scalar(type, key) }
    return try array(key, depth: 0)
  }

  private mutating func valueType(_ key: String) throws -> GGUFValueType {
    let start = offset
    let code = try next(UInt32.self, "type of \(key)")
    guard let type = GGUFValueType(rawValue: code) else {
      throw TensorFileError(
        .malformedHeader, "metadata \(key): expected a value type of 0…12, found \(code)",
        byteOffset: start)
    }
    return type
  }

  private mutating func scalar(_ type: GGUFValueType, _ key: String) throws -> GGUFValue {
    switch type {
    case .bool: .bool(try next(UInt8.self, key) != 0)
    case .string: .string(try string(key))
    case .float32, .float64: .float(try float(type, key))
    case .uint64:
      switch try next(UInt64.self, key) {
      case let value where value > UInt64(Int.max): .unsigned(UInt(value))
      case let value: .integer(Int(value))
      }
    default: .integer(try integer(type, key))
    }
  }

  private mutating func integer(_ type: GGUFValueType, _ key: String) throws -> Int {
    switch type {
    case .uint8: Int(try next(UInt8.self, key))
    case .int8: Int(try next(Int8.self, key))
    case .uint16: Int(try next(UInt16.self, key))
    case .int16: Int(try next(Int16.self, key))
    case .uint32: Int(try next(UInt32.self, key))
    case .int32: Int(try next(Int32.self, key))
    // An array element past Int.max has no use in any known key; it is pinned, not refused.
    case .uint64: Int(clamping: try next(UInt64.self, key))
    default: Int(try next(Int64.self, key))
    }
  }

  private mutating func float(_ type: GGUFValueType, _ key: String) throws -> Double {
    type == .float32
      ? Double(Float(bitPattern: try next(UInt32.self, key)))
      : Double(bitPattern: try next(UInt64.self, key))
  }

  private mutating func array(_ key: String, depth: Int) throws -> GGUFValue {
    let type = try valueType(key)
    let count = try count("metadata \(key)", smallest: type.smallestByteCount)
    switch type {
    case .array:
      // No known key nests at all; the bound keeps a hostile file from exhausting the stack.
      guard depth < 4 else {
        throw TensorFileError(
          .malformedHeader, "metadata \(key): arrays nest deeper than 4", byteOffset: offset)
      }
      return .arrays(try list(count) { try $0.array(key, depth: depth + 1) })
    case .bool: return .bools(try list(count) { try $0.next(UInt8.self, key) != 0 })
    case .string: return .strings(try list(count) { try $0.string(key) })
    case .float32, .float64: return .floats(try list(count) { try $0.float(type, key) })
    default: return .integers(try list(count) { try $0.integer(type, key) })
    }
  }

  /// - Precondition: `count` was checked against the bytes left.
  private mutating func list<Element>(
    _ count: Int, _ next: (inout GGUFCursor) throws -> Element
  ) rethrows -> [Element] {
    var result: [Element] = []
    result.reserveCapacity(count)
    for _ in 0..<count { result.append(try next(&self)) }
    return result
  }

  private func require(_ size: Int, _ what: @autoclosure () -> String) throws {
    guard remaining >= size else {
      throw TensorFileError(
        .truncated, "expected \(size) bytes of \(what()), but the file ends after \(remaining)",
        byteOffset: offset)
    }
  }
}

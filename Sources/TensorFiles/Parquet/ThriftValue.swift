/// A value in Thrift's compact protocol, in which Parquet writes its headers.
///
/// - Source: Apache Thrift, "Thrift compact protocol encoding".
enum ThriftValue {
  case bool(Bool)
  case integer(Int64)
  /// Of a kind that Parquet's headers do not need.
  case double
  case bytes(ArraySlice<UInt8>)
  case list([ThriftValue])
  case map
  case fields([Int: ThriftValue])

  /// Structures within structures that a header may have; Parquet's own have 8.
  private static let maximumDepth = 32

  init(structureIn bytes: inout ParquetBytes) throws {
    self = try Self.structure(&bytes, depth: 0)
  }

  private static func structure(_ bytes: inout ParquetBytes, depth: Int) throws -> ThriftValue {
    var fields: [Int: ThriftValue] = [:]
    var id = 0
    while true {
      let head = try bytes.byte()
      if head == 0 { return .fields(fields) }
      let delta = Int(head >> 4)
      id = delta > 0 ? id + delta : Int(Int16(truncatingIfNeeded: try bytes.zigzag()))
      let kind = head & 0xF
      fields[id] = kind <= 2 ? .bool(kind == 1) : try value(kind, &bytes, depth: depth)
    }
  }

  private static func value(
    _ kind: UInt8, _ bytes: inout ParquetBytes, depth: Int
  ) throws -> ThriftValue {
    guard depth < maximumDepth else {
      throw bytes.error(
        .malformedHeader, "expected at most \(maximumDepth) structures in one another")
    }
    switch kind {
    case 1, 2: return .bool(try bytes.byte() == 1)
    case 3: return .integer(Int64(Int8(bitPattern: try bytes.byte())))
    case 4, 5, 6: return .integer(try bytes.zigzag())
    case 7:
      try bytes.skip(8)
      return .double
    case 8: return .bytes(try bytes.take(try bytes.count("bytes", atMost: bytes.remaining)))
    case 9, 10:
      let head = try bytes.byte()
      // An element takes a byte at least.
      let count =
        head >> 4 < 15
        ? Int(head >> 4) : try bytes.count("elements", atMost: bytes.remaining)
      var values: [ThriftValue] = []
      for _ in 0..<count { values.append(try value(head & 0xF, &bytes, depth: depth + 1)) }
      return .list(values)
    case 11:
      let count = try bytes.count("entries", atMost: bytes.remaining)
      guard count > 0 else { return .map }
      let kinds = try bytes.byte()
      for _ in 0..<count {
        _ = try value(kinds >> 4, &bytes, depth: depth + 1)
        _ = try value(kinds & 0xF, &bytes, depth: depth + 1)
      }
      return .map
    case 12: return try structure(&bytes, depth: depth + 1)
    default: throw bytes.error(.malformedHeader, "expected a type of Thrift, found \(kind)")
    }
  }

  /// A field of a structure.
  subscript(_ id: Int) -> ThriftValue? {
    if case .fields(let fields) = self { fields[id] } else { nil }
  }

  var integer: Int? {
    if case .integer(let value) = self { Int(exactly: value) } else { nil }
  }

  var list: [ThriftValue]? {
    if case .list(let values) = self { values } else { nil }
  }

  var text: String? {
    if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }
}

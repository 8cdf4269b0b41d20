/// The pages of one column in one row group: perhaps a dictionary, and values.
struct ParquetPages {
  private let column: ParquetFile.Column
  private let chunk: ParquetFile.Chunk
  private var bytes: ParquetBytes
  private var dictionary: [ParquetValue]?

  init(_ column: ParquetFile.Column, _ chunk: ParquetFile.Chunk, _ bytes: [UInt8]) {
    (self.column, self.chunk) = (column, chunk)
    self.bytes = ParquetBytes(
      bytes, name: TensorFileError.printable(column.name), start: chunk.bytes.lowerBound)
  }

  mutating func values() throws -> [ParquetValue] {
    var result: [ParquetValue] = []
    while result.count < chunk.rowCount {
      let header = try ThriftValue(structureIn: &bytes)
      guard let kind = header[1]?.integer, let size = header[3]?.integer,
        let expanded = header[2]?.integer, size >= 0, expanded >= 0
      else { throw bytes.error(.malformedHeader, "expected a page with its sizes") }
      let start = bytes.start + bytes.offset
      let body = try bytes.take(size)
      let room = chunk.rowCount - result.count
      switch kind {
      case 0:
        let page = header[5]
        var content = ParquetBytes(
          try expand(body, to: expanded, start), name: bytes.name, start: start)
        let count = try valueCount(page?[1], room)
        var present = [Bool](repeating: true, count: count)
        if column.isOptional {
          guard page?[3]?.integer == 3 else {
            throw bytes.error(.unsupportedType, "expected levels in runs (RLE)")
          }
          let length = Int(try content.integer(bytes: 4))
          present = try Self.bits(try content.take(length), count, content)
        }
        result += try decode(&content, present, encoding: page?[2]?.integer)
      case 2:
        guard dictionary == nil, let count = header[7]?[1]?.integer, count >= 0 else {
          throw bytes.error(.malformedHeader, "expected one dictionary with its length")
        }
        var content = ParquetBytes(
          try expand(body, to: expanded, start), name: bytes.name, start: start)
        dictionary = try plain(&content, count)
      case 3:
        result += try secondVersion(header[8], body, expanded: expanded, start, room)
      default: break
      }
    }
    return result
  }

  /// A data page whose levels stand uncompressed before its values.
  private func secondVersion(
    _ page: ThriftValue?, _ body: ArraySlice<UInt8>, expanded: Int, _ start: Int, _ room: Int
  ) throws -> [ParquetValue] {
    let count = try valueCount(page?[1], room)
    guard let levels = page?[5]?.integer, page?[6]?.integer == 0, levels >= 0,
      levels <= body.count, levels <= expanded
    else { throw bytes.error(.malformedHeader, "expected the lengths of a page's levels") }
    let isCompressed = page?[7]?.bool ?? true
    let rest = body.dropFirst(levels)
    var content = ParquetBytes(
      isCompressed ? try expand(rest, to: expanded - levels, start + levels) : Array(rest),
      name: bytes.name, start: start + levels)
    let present =
      column.isOptional
      ? try Self.bits(body.prefix(levels), count, content)
      : [Bool](repeating: true, count: count)
    return try decode(&content, present, encoding: page?[4]?.integer)
  }

  private func valueCount(_ value: ThriftValue?, _ room: Int) throws -> Int {
    guard let count = value?.integer, count > 0, count <= room else {
      throw bytes.error(
        .malformedHeader, "expected a page of 1…\(room) values, found \(value?.integer ?? -1)")
    }
    return count
  }

  /// One bit a value: whether it is there, or what it is.
  private static func bits(
    _ levels: ArraySlice<UInt8>, _ count: Int, _ content: ParquetBytes
  ) throws -> [Bool] {
    var levels = ParquetBytes(Array(levels), name: content.name, start: content.start)
    return try levels.hybrid(width: 1, count: count).map { $0 == 1 }
  }

  private func expand(_ body: ArraySlice<UInt8>, to count: Int, _ start: Int) throws -> [UInt8] {
    switch chunk.codec {
    case 0: return Array(body)
    case 1: return try Snappy.expand(body, byteCount: count, name: bytes.name, start: start)
    default:
      let names = [2: "gzip", 3: "LZO", 4: "Brotli", 5: "LZ4", 6: "Zstandard", 7: "LZ4"]
      throw bytes.error(
        .unsupportedType,
        "expected no compression or Snappy, found \(names[chunk.codec] ?? "codec \(chunk.codec)")")
    }
  }

  private func decode(
    _ content: inout ParquetBytes, _ present: [Bool], encoding: Int?
  ) throws -> [ParquetValue] {
    let count = present.count { $0 }
    let values: [ParquetValue]
    switch encoding {
    case 0: values = try plain(&content, count)
    case 2, 8:
      guard let dictionary else {
        throw content.error(.malformedHeader, "expected a dictionary before its first use")
      }
      let places = count == 0 ? [] : try content.hybrid(width: Int(content.byte()), count: count)
      values = try places.map { place in
        guard place < dictionary.count else {
          throw content.error(
            .malformedHeader, "expected a place below \(dictionary.count), found \(place)")
        }
        return dictionary[Int(place)]
      }
    case 3 where column.type == 0:
      let length = Int(try content.integer(bytes: 4))
      values = try Self.bits(try content.take(length), count, content).map { .bool($0) }
    default:
      throw content.error(
        .unsupportedType,
        "expected plain or dictionary encoding, found encoding \(encoding ?? -1)")
    }
    guard count < present.count else { return values }
    var next = values.makeIterator()
    return present.map { $0 ? next.next() ?? .null : .null }
  }

  private func plain(_ content: inout ParquetBytes, _ count: Int) throws -> [ParquetValue] {
    var result: [ParquetValue] = []
    if column.type == 0 {
      var byte: UInt8 = 0
      for index in 0..<count {
        if index % 8 == 0 { byte = try content.byte() }
        result.append(.bool(byte >> UInt8(index % 8) & 1 == 1))
      }
      return result
    }
    for _ in 0..<count {
      switch column.type {
      case 1:
        result.append(.integer(Int64(Int32(truncatingIfNeeded: try content.integer(bytes: 4)))))
      case 2: result.append(.integer(Int64(bitPattern: try content.integer(bytes: 8))))
      case 4:
        let bits = UInt32(truncatingIfNeeded: try content.integer(bytes: 4))
        result.append(.number(Double(Float(bitPattern: bits))))
      case 5: result.append(.number(Double(bitPattern: try content.integer(bytes: 8))))
      case 6:
        let length = Int(try content.integer(bytes: 4))
        result.append(.text(String(decoding: try content.take(length), as: UTF8.self)))
      default:
        throw content.error(
          .unsupportedType, "expected numbers or text, found type \(column.type) of the format")
      }
    }
    return result
  }
}

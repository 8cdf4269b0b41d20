/// The pages of one leaf in one row group: perhaps a dictionary, and values.
struct ParquetPages {
  private let leaf: ParquetLeaf
  private let chunk: ParquetFile.Chunk
  private var bytes: ParquetBytes
  private var dictionary: [ParquetValue]?
  /// How many more bytes the pages may come to.
  private(set) var room: Int

  init(_ leaf: ParquetLeaf, _ chunk: ParquetFile.Chunk, _ bytes: [UInt8], room: Int) {
    (self.leaf, self.chunk, self.room) = (leaf, chunk, room)
    self.bytes = ParquetBytes(
      bytes, name: TensorFileError.printable(leaf.name), start: chunk.bytes.lowerBound)
  }

  mutating func entries() throws -> ParquetEntries {
    var result = ParquetEntries()
    while result.values.count < chunk.valueCount {
      let header = try ThriftValue(structureIn: &bytes)
      guard let kind = header[1]?.integer, let size = header[3]?.integer,
        let expanded = header[2]?.integer, size >= 0, expanded >= 0
      else { throw bytes.error(.malformedHeader, "expected a page with its sizes") }
      let start = bytes.start + bytes.offset
      let body = try bytes.take(size)
      if let stated = header[4]?.integer {
        let found = body.withUnsafeBytes { Deflate.checksum($0) }
        guard UInt32(truncatingIfNeeded: stated) == found else {
          throw bytes.error(
            .checksumMismatch,
            "expected CRC-32 \(String(UInt32(truncatingIfNeeded: stated), radix: 16)), found "
              + String(found, radix: 16))
        }
      }
      let limit = chunk.valueCount - result.values.count
      switch kind {
      case 0:
        var content = ParquetBytes(
          try expand(body, to: expanded, start), name: bytes.name, start: start)
        try firstVersion(header[5], &content, limit, into: &result)
      case 2:
        guard dictionary == nil, let count = header[7]?[1]?.integer, count >= 0 else {
          throw bytes.error(.malformedHeader, "expected one dictionary with its length")
        }
        var content = ParquetBytes(
          try expand(body, to: expanded, start), name: bytes.name, start: start)
        dictionary = try ParquetEncoding(leaf, room: room).plain(&content, count)
      case 3:
        try secondVersion(header[8], body, expanded: expanded, start, limit, into: &result)
      default: break
      }
    }
    return result
  }

  /// A data page that is compressed as a whole, levels and all.
  private mutating func firstVersion(
    _ page: ThriftValue?, _ content: inout ParquetBytes, _ limit: Int,
    into result: inout ParquetEntries
  ) throws {
    let count = try valueCount(page?[1], limit)
    // Writers close a page before a row that would be too long for it, even one without any.
    guard count > 0 else { return }
    func levels(_ most: Int, _ encoding: ThriftValue?) throws -> [UInt32] {
      guard most > 0 else { return [] }
      guard encoding?.integer == 3 else {
        throw bytes.error(.unsupportedType, "expected levels in runs (RLE)")
      }
      let length = Int(try content.integer(bytes: 4))
      return try Self.levels(try content.take(length), count, most, content)
    }
    let repetitions = try levels(leaf.repetition, page?[4])
    let definitions = try levels(leaf.definition, page?[3])
    try decode(
      &content, count, repetitions, definitions, encoding: page?[2]?.integer, into: &result)
  }

  /// A data page whose levels stand uncompressed before its values.
  private mutating func secondVersion(
    _ page: ThriftValue?, _ body: ArraySlice<UInt8>, expanded: Int, _ start: Int, _ limit: Int,
    into result: inout ParquetEntries
  ) throws {
    let count = try valueCount(page?[1], limit)
    // Writers close a page before a row that would be too long for it, even one without any.
    guard count > 0 else { return }
    guard let definitionLength = page?[5]?.integer, let repetitionLength = page?[6]?.integer,
      definitionLength >= 0, repetitionLength >= 0, definitionLength <= body.count,
      repetitionLength <= body.count - definitionLength,
      definitionLength + repetitionLength <= expanded
    else { throw bytes.error(.malformedHeader, "expected the lengths of a page's levels") }
    let length = definitionLength + repetitionLength
    let isCompressed = page?[7]?.bool ?? true
    let rest = body.dropFirst(length)
    var content = ParquetBytes(
      isCompressed ? try expand(rest, to: expanded - length, start + length) : Array(rest),
      name: bytes.name, start: start + length)
    let repetitions = try Self.levels(
      body.prefix(repetitionLength), count, leaf.repetition, content)
    let definitions = try Self.levels(
      body.dropFirst(repetitionLength).prefix(definitionLength), count, leaf.definition, content)
    try decode(
      &content, count, repetitions, definitions, encoding: page?[4]?.integer, into: &result)
  }

  private func valueCount(_ value: ThriftValue?, _ limit: Int) throws -> Int {
    guard let count = value?.integer, count >= 0, count <= limit else {
      throw bytes.error(
        .malformedHeader, "expected a page of 0…\(limit) values, found \(value?.integer ?? -1)")
    }
    return count
  }

  /// A level a value, each at most `most`; none where there is only one.
  private static func levels(
    _ stored: ArraySlice<UInt8>, _ count: Int, _ most: Int, _ content: ParquetBytes
  ) throws -> [UInt32] {
    guard most > 0 else { return [] }
    var stored = ParquetBytes(Array(stored), name: content.name, start: content.start)
    let levels = try stored.hybrid(width: most.bitWidth - most.leadingZeroBitCount, count: count)
    guard levels.allSatisfy({ $0 <= most }) else {
      throw content.error(.malformedHeader, "expected levels of at most \(most), found larger ones")
    }
    return levels
  }

  private mutating func expand(
    _ body: ArraySlice<UInt8>, to count: Int, _ start: Int
  ) throws -> [UInt8] {
    guard count <= room else {
      throw bytes.error(
        .malformedHeader, "expected pages of at most \(room) more bytes, found one of \(count)")
    }
    room -= count
    do {
      return try ParquetCodec.expand(
        body, codec: chunk.codec, byteCount: count, name: bytes.name, start: start)
    } catch let error as TensorFileError where error.byteOffset == nil {
      throw bytes.error(error.code, error.message)
    }
  }

  private mutating func decode(
    _ content: inout ParquetBytes, _ count: Int, _ repetitions: [UInt32],
    _ definitions: [UInt32], encoding: Int?, into result: inout ParquetEntries
  ) throws {
    // A row begins at level 0, so the first entry of a chunk does.
    guard !result.values.isEmpty || (repetitions.first ?? 0) == 0 else {
      throw content.error(.malformedHeader, "expected a row to begin, found the middle of a list")
    }
    let top = leaf.definition
    let stored = definitions.isEmpty ? count : definitions.count { $0 == top }
    var decoder = ParquetEncoding(leaf, room: room)
    let values = try decoder.values(&content, stored, encoding: encoding, dictionary)
    room = decoder.room
    result.repetitions += repetitions
    result.definitions += definitions
    guard stored < count else {
      result.values += values
      return
    }
    var next = values.makeIterator()
    for definition in definitions {
      result.values.append(definition == top ? next.next() ?? .null : .null)
    }
  }
}

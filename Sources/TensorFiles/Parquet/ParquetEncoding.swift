/// How the values of a page are written.
///
/// - Source: the Parquet format, "Encodings".
struct ParquetEncoding {
  private let leaf: ParquetLeaf
  /// How many more bytes texts may come to that share their beginnings, or are one again and again.
  private(set) var room: Int

  init(_ leaf: ParquetLeaf, room: Int) {
    (self.leaf, self.room) = (leaf, room)
  }

  mutating func values(
    _ content: inout ParquetBytes, _ count: Int, encoding: Int?, _ dictionary: [ParquetValue]?
  ) throws -> [ParquetValue] {
    switch (encoding, leaf.type) {
    case (0, _): return try plain(&content, count)
    case (2, _), (8, _): return try places(&content, count, dictionary)
    case (3, 0):
      let length = Int(try content.integer(bytes: 4))
      var runs = ParquetBytes(
        Array(try content.take(length)), name: content.name, start: content.start)
      return try runs.hybrid(width: 1, count: count).map { .bool($0 == 1) }
    case (5, 1), (5, 2):
      return try deltas(&content, count).map { try integer($0, content) }
    case (6, 6):
      return try lengths(&content, count).map { try text(try content.take($0), content) }
    case (7, 6), (7, 7): return try sharedBeginnings(&content, count)
    case (9, 1), (9, 2), (9, 4), (9, 5), (9, 7):
      let width = try width(content)
      let (size, overflow) = count.multipliedReportingOverflow(by: width)
      let streams = try content.take(overflow ? .max : size)
      let first = streams.startIndex
      return try (0..<count).map { index in
        try value((0..<width).map { streams[first + $0 * count + index] }[...], content)
      }
    default:
      throw content.error(
        .unsupportedType, "encoding \(encoding ?? -1) is not read for values of type \(leaf.type)")
    }
  }

  func plain(_ content: inout ParquetBytes, _ count: Int) throws -> [ParquetValue] {
    var result: [ParquetValue] = []
    if leaf.type == 0 {
      var byte: UInt8 = 0
      for index in 0..<count {
        if index % 8 == 0 { byte = try content.byte() }
        result.append(.bool(byte >> UInt8(index % 8) & 1 == 1))
      }
      return result
    }
    for _ in 0..<count {
      let size = leaf.type == 6 ? Int(try content.integer(bytes: 4)) : try width(content)
      result.append(try value(try content.take(size), content))
    }
    return result
  }

  private mutating func places(
    _ content: inout ParquetBytes, _ count: Int, _ dictionary: [ParquetValue]?
  ) throws -> [ParquetValue] {
    guard let dictionary else {
      throw content.error(.malformedHeader, "expected a dictionary before its first use")
    }
    let places = count == 0 ? [] : try content.hybrid(width: Int(content.byte()), count: count)
    return try places.map { place in
      guard place < dictionary.count else {
        throw content.error(
          .malformedHeader, "expected a place below \(dictionary.count), found \(place)")
      }
      let value = dictionary[Int(place)]
      if case .text(let text) = value {
        room -= text.utf8.count
        guard room >= 0 else {
          throw content.error(
            .malformedHeader,
            "expected texts of at most \(Inflation.ratio) bytes for one of the file, or "
              + "\(Inflation.floor >> 20) MB in all; as JSON Lines, uncompressed, any number is read"
          )
        }
      }
      return value
    }
  }

  /// The bytes of a value that has always as many.
  private func width(_ content: ParquetBytes) throws -> Int {
    switch leaf.type {
    case 1, 4: return 4
    case 2, 5: return 8
    default:
      guard leaf.type == 7, leaf.length > 0, leaf.meaning != .half || leaf.length == 2 else {
        throw content.error(.malformedHeader, "expected values of a length, found \(leaf.length)")
      }
      return leaf.length
    }
  }

  private func value(
    _ bytes: ArraySlice<UInt8>, _ content: ParquetBytes
  ) throws -> ParquetValue {
    if leaf.type == 6 { return try text(bytes, content) }
    let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch leaf.type {
    case 1, 2: return try integer(Int64(bitPattern: bits), content)
    case 4: return .number(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case 5: return .number(Double(bitPattern: bits))
    case 7 where leaf.meaning == .half:
      return .number(Double(ElementCoding.float(half: UInt16(truncatingIfNeeded: bits))))
    default:
      throw content.error(
        .unsupportedType, "expected numbers or text, found type \(leaf.type) of the format")
    }
  }

  private func integer(_ value: Int64, _ content: ParquetBytes) throws -> ParquetValue {
    guard leaf.meaning == .unsigned else {
      return .integer(leaf.type == 1 ? Int64(Int32(truncatingIfNeeded: value)) : value)
    }
    guard leaf.type == 2 else { return .integer(Int64(UInt32(truncatingIfNeeded: value))) }
    guard value >= 0 else {
      throw content.error(
        .notRepresentable, "an unsigned integer is past the largest signed one, \(Int64.max)")
    }
    return .integer(value)
  }

  private func text(_ bytes: ArraySlice<UInt8>, _ content: ParquetBytes) throws -> ParquetValue {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw content.error(.notRepresentable, "expected UTF-8 text, found other bytes")
    }
    return .text(text)
  }

  // MARK: - Deltas

  /// Integers as differences to the one before, in blocks of equal width.
  private func deltas(_ content: inout ParquetBytes, _ count: Int) throws -> [Int64] {
    let block = try content.varint()
    let parts = try content.varint()
    let stated = try content.varint()
    guard block > 0, block <= 1 << 20, parts > 0, parts <= block, block % parts == 0,
      block / parts % 8 == 0, stated == UInt64(count)
    else {
      throw content.error(
        .malformedHeader, "expected \(count) differences in blocks, found \(stated)")
    }
    guard count > 0 else { return [] }
    let size = Int(block / parts)
    var last = try content.zigzag()
    var result = [last]
    while result.count < count {
      let least = try content.zigzag()
      let widths = try content.take(Int(parts))
      for width in widths where result.count < count {
        guard width <= 64 else {
          throw content.error(
            .malformedHeader, "expected differences of at most 64 bits, found \(width)")
        }
        let packed = try content.take(size / 8 * Int(width))
        for index in 0..<min(size, count - result.count) {
          last &+= least &+ Int64(bitPattern: Self.bits(packed, index * Int(width), Int(width)))
          result.append(last)
        }
      }
    }
    return result
  }

  /// `width` bits from bit `place` on, lowest first.
  private static func bits(_ bytes: ArraySlice<UInt8>, _ place: Int, _ width: Int) -> UInt64 {
    var value: UInt64 = 0
    var done = 0
    while done < width {
      let bit = place + done
      let taken = min(8 - bit % 8, width - done)
      let part = UInt64(bytes[bytes.startIndex + bit / 8] >> UInt8(bit % 8)) & (1 << taken - 1)
      value |= part << UInt64(done)
      done += taken
    }
    return value
  }

  private func lengths(_ content: inout ParquetBytes, _ count: Int) throws -> [Int] {
    try deltas(&content, count).map { length in
      guard length >= 0, length <= content.remaining else {
        throw content.error(
          .malformedHeader, "expected a length of at most \(content.remaining), found \(length)")
      }
      return Int(length)
    }
  }

  /// Texts as how much they share with the one before, and the rest.
  private mutating func sharedBeginnings(
    _ content: inout ParquetBytes, _ count: Int
  ) throws -> [ParquetValue] {
    let shared = try deltas(&content, count)
    let rests = try lengths(&content, count)
    var last: [UInt8] = []
    var result: [ParquetValue] = []
    for (shared, rest) in zip(shared, rests) {
      guard shared >= 0, shared <= last.count else {
        throw content.error(
          .malformedHeader, "expected a beginning of at most \(last.count) bytes, found \(shared)")
      }
      last.removeSubrange(Int(shared)...)
      last += try content.take(rest)
      room -= last.count
      guard room >= 0 else {
        throw content.error(.malformedHeader, "the texts come to more than a column may hold")
      }
      result.append(try value(last[...], content))
    }
    return result
  }
}

import Foundation

/// Pieces of text by id and ids by piece, compared byte by byte.
///
/// The bytes lie in one pool and the index is an open-addressing table over it: a vocabulary of
/// 256,000 pieces costs a few megabytes and a handful of allocations. The hash is seeded afresh
/// for each table, so that a file cannot be made to collide; nothing observable depends on it.
struct PieceTable: Sendable {
  private var pool: [UInt8] = []
  /// By id; a gap in the ids has length -1.
  private var starts: [UInt32] = []
  private var lengths: [Int32] = []
  private var slots: [Int32]
  private let seed = UInt64.random(in: .min ... .max)
  private(set) var longestPiece = 0
  private(set) var count = 0

  /// One more than the largest id.
  var endID: Int { lengths.count }

  init(minimumCapacity: Int = 0) {
    slots = [Int32](repeating: -1, count: Self.slotCount(for: minimumCapacity))
    starts.reserveCapacity(minimumCapacity)
    lengths.reserveCapacity(minimumCapacity)
  }

  private static func slotCount(for count: Int) -> Int {
    var slots = 16
    while slots < count * 2 { slots *= 2 }
    return slots
  }

  /// Adds a piece, unless the same bytes or the same id are there already.
  ///
  /// - Parameter id: at least 0; the caller has checked it against the size of the file, since
  ///   the table grows to it.
  /// - Returns: the id that holds the piece or that was taken, or `nil` when it was added.
  mutating func insert(_ piece: some Collection<UInt8>, id: Int) -> Int? {
    precondition(id >= 0 && id < Int32.max, "id \(id) is outside 0..<\(Int32.max)")
    let contiguous = ContiguousArray(piece)
    return contiguous.withUnsafeBufferPointer { insert($0, id: id) }
  }

  private mutating func insert(_ piece: UnsafeBufferPointer<UInt8>, id: Int) -> Int? {
    if id < lengths.count, lengths[id] >= 0 { return id }
    let existing = self.id(of: piece)
    if existing >= 0 { return Int(existing) }
    while lengths.count <= id {
      lengths.append(-1)
      starts.append(0)
    }
    starts[id] = UInt32(pool.count)
    lengths[id] = Int32(piece.count)
    pool.append(contentsOf: piece)
    longestPiece = max(longestPiece, piece.count)
    count += 1
    if count * 2 > slots.count { grow() } else { place(Int32(id)) }
    return nil
  }

  private mutating func grow() {
    slots = [Int32](repeating: -1, count: slots.count * 2)
    for id in lengths.indices where lengths[id] >= 0 { place(Int32(id)) }
  }

  private mutating func place(_ id: Int32) {
    var slot = withBytes(of: Int(id)) { Int(truncatingIfNeeded: hash($0)) } & (slots.count - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = id
  }

  /// The id of a piece, or -1.
  ///
  /// - Complexity: O(bytes of the piece).
  func id(of piece: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard count > 0 else { return -1 }
    return slots.withUnsafeBufferPointer { slots in
      let mask = slots.count - 1
      var slot = Int(truncatingIfNeeded: hash(piece)) & mask
      while true {
        let id = slots[slot]
        if id < 0 || withBytes(of: Int(id), { $0.elementsEqualFast(piece) }) { return id }
        slot = (slot + 1) & mask
      }
    }
  }

  func id(of piece: some Collection<UInt8>) -> Int? {
    let found = ContiguousArray(piece).withUnsafeBufferPointer { id(of: $0) }
    return found < 0 ? nil : Int(found)
  }

  /// Whether there is a piece with this id.
  func contains(id: Int) -> Bool {
    lengths.indices.contains(id) && lengths[id] >= 0
  }

  /// The bytes of a piece; none for an id that has no piece.
  func bytes(of id: Int) -> ArraySlice<UInt8> {
    guard contains(id: id) else { return [] }
    let start = Int(starts[id])
    return pool[start..<(start + Int(lengths[id]))]
  }

  private func withBytes<Result>(
    of id: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result
  ) -> Result {
    let start = Int(starts[id])
    let count = Int(lengths[id])
    return pool.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[start..<(start + count)]))
    }
  }

  private func hash(_ piece: UnsafeBufferPointer<UInt8>) -> UInt64 {
    var state = seed ^ UInt64(truncatingIfNeeded: piece.count)
    let raw = UnsafeRawBufferPointer(piece)
    var offset = 0
    while offset + 8 <= raw.count {
      state = Self.mix(state ^ raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var tail: UInt64 = 0
    while offset < raw.count {
      tail = tail << 8 | UInt64(raw[offset])
      offset += 1
    }
    return Self.mix(state ^ tail)
  }

  /// Multiplication to 128 bits, folded: each bit of the input reaches every bit of the result.
  private static func mix(_ value: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
  }
}

extension UnsafeBufferPointer<UInt8> {
  /// Equality by `memcmp` rather than element by element.
  func elementsEqualFast(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
    guard count == other.count else { return false }
    guard let base = baseAddress, let otherBase = other.baseAddress else { return true }
    return memcmp(base, otherBase, count) == 0
  }
}

/// The merges of a byte-pair encoding: a pair of ids → its rank and the id it makes.
struct MergeTable: Sendable {
  /// What a pair becomes. Lower ranks merge first.
  struct Merge: Equatable, Sendable {
    var rank: UInt32
    var id: Int32
  }

  private static let empty = UInt64.max

  private var keys: [UInt64]
  private var values: [Merge]
  private var count = 0
  private let seed = UInt64.random(in: .min ... .max)

  init(minimumCapacity: Int = 0) {
    var slots = 16
    while slots < minimumCapacity * 2 { slots *= 2 }
    keys = [UInt64](repeating: Self.empty, count: slots)
    values = [Merge](repeating: Merge(rank: 0, id: -1), count: slots)
  }

  /// Sets what a pair becomes.
  ///
  /// - Returns: whether the pair was new.
  @discardableResult
  mutating func set(_ merge: Merge, left: Int32, right: Int32, replacing: Bool) -> Bool {
    if (count + 1) * 2 > keys.count { grow() }
    let key = Self.key(left, right)
    let slot = self.slot(of: key)
    let isNew = keys[slot] == Self.empty
    if isNew {
      keys[slot] = key
      count += 1
    }
    if isNew || replacing { values[slot] = merge }
    return isNew
  }

  /// What the pair becomes, or `nil` when it never merges.
  func merge(left: Int32, right: Int32) -> Merge? {
    let slot = slot(of: Self.key(left, right))
    return keys[slot] == Self.empty ? nil : values[slot]
  }

  private mutating func grow() {
    let old = (keys, values)
    keys = [UInt64](repeating: Self.empty, count: old.0.count * 2)
    values = [Merge](repeating: Merge(rank: 0, id: -1), count: old.0.count * 2)
    for (key, value) in zip(old.0, old.1) where key != Self.empty {
      let slot = self.slot(of: key)
      keys[slot] = key
      values[slot] = value
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func slot(of key: UInt64) -> Int {
    keys.withUnsafeBufferPointer { keys in
      let mask = keys.count - 1
      let product = (key ^ seed).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      var slot = Int(truncatingIfNeeded: product.high ^ product.low) & mask
      while keys[slot] != key, keys[slot] != Self.empty { slot = (slot + 1) & mask }
      return slot
    }
  }
}

/// The random numbers of NumPy's `default_rng(seed)`, as far as shuffling and drawing without replacement need them.
///
/// - Source: PCG64 (XSL-RR 128/64) by O'Neill, seeded by NumPy's `SeedSequence`; bounded integers by masking and
///   rejection where a list is shuffled, by Lemire's method where numbers are drawn. Dictionaries of the reference are
///   built in this order.
struct NumPyGenerator: Sendable {
  private var state: UInt128
  private let increment: UInt128
  /// The upper half of a draw whose lower half was given out.
  private var pending: UInt32?

  init(seed: UInt64) {
    let words = SeedSequence(seed).words(8)
    func wide(_ index: Int) -> UInt128 { UInt128(words[index]) | UInt128(words[index + 1]) << 32 }
    let start = wide(0) << 64 | wide(2)
    increment = (wide(4) << 64 | wide(6)) << 1 | 1
    state = 0
    step()
    state &+= start
    step()
  }

  /// `default_rng(seed).shuffle(list)`.
  mutating func shuffle<Element>(_ list: inout [Element]) {
    precondition(list.count <= UInt32.max, "expected at most 2³² elements, got \(list.count)")
    for index in list.indices.dropFirst().reversed() {
      list.swapAt(index, Int(next(upTo: UInt32(index))))
    }
  }

  /// `default_rng(seed).choice(count, size, replace=False)`, by Floyd's method as NumPy has it up to 10,000 of them.
  mutating func choice(_ count: Int, _ size: Int) -> [Int] {
    precondition(
      (0...count).contains(size) && count <= 10_000,
      "expected up to \(count) of at most 10000, got \(size)")
    var drawn: [Int] = []
    var seen: Set<Int> = []
    for last in count - size..<count {
      let value = Int(next(below: UInt64(last) + 1))
      drawn.append(seen.contains(value) ? last : value)
      seen.insert(drawn[drawn.count - 1])
    }
    for index in drawn.indices.dropFirst().reversed() {
      drawn.swapAt(index, Int(next(below: UInt64(index) + 1)))
    }
    return drawn
  }

  private mutating func step() {
    let multiplier = UInt128(2_549_297_995_355_413_924) << 64 | 4_865_540_595_714_422_341
    state = state &* multiplier &+ increment
  }

  private mutating func next32() -> UInt32 {
    if let half = pending {
      pending = nil
      return half
    }
    step()
    let mixed = UInt64(truncatingIfNeeded: state >> 64) ^ UInt64(truncatingIfNeeded: state)
    let turn = UInt64(truncatingIfNeeded: state >> 122)
    let value = mixed &>> turn | mixed &<< ((64 &- turn) & 63)
    pending = UInt32(truncatingIfNeeded: value >> 32)
    return UInt32(truncatingIfNeeded: value)
  }

  /// A number in 0..<numbers: the upper half of a draw's product with them, unless that would favour some.
  private mutating func next(below numbers: UInt64) -> UInt32 {
    guard numbers > 1 else { return 0 }
    var product = UInt64(next32()) * numbers
    let least = (UInt64(UInt32.max) + 1 - numbers) % numbers
    while product & UInt64(UInt32.max) < least { product = UInt64(next32()) * numbers }
    return UInt32(product >> 32)
  }

  /// A number in 0...bound: draws cut to its bits, until one is not above it.
  private mutating func next(upTo bound: UInt32) -> UInt32 {
    let mask = UInt32.max >> UInt32(bound.leadingZeroBitCount)
    while true {
      let value = next32() & mask
      if value <= bound { return value }
    }
  }
}

/// NumPy's way from a seed to a generator's first state.
private struct SeedSequence {
  private var pool: [UInt32] = [0, 0, 0, 0]

  init(_ seed: UInt64) {
    let entropy = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
    var constant: UInt32 = 0x43b0_d7e5
    func hash(_ value: UInt32) -> UInt32 {
      Self.hash(value, &constant, times: 0x931e_8875)
    }
    for index in pool.indices { pool[index] = hash(index < 2 ? entropy[index] : 0) }
    for source in pool.indices {
      for target in pool.indices where target != source {
        let mixed = pool[target] &* 0xca01_f9dd &- hash(pool[source]) &* 0x4973_f715
        pool[target] = mixed ^ mixed >> 16
      }
    }
  }

  func words(_ count: Int) -> [UInt32] {
    var constant: UInt32 = 0x8b51_f9dd
    return (0..<count).map { Self.hash(pool[$0 % 4], &constant, times: 0x58f3_8ded) }
  }

  private static func hash(
    _ value: UInt32, _ constant: inout UInt32, times multiplier: UInt32
  ) -> UInt32 {
    var value = value ^ constant
    constant = constant &* multiplier
    value = value &* constant
    return value ^ value >> 16
  }
}

/// The random numbers of NumPy's `RandomState(seed)`, as far as scikit-learn's k-means needs them.
///
/// - Source: MT19937 by Matsumoto and Nishimura, seeded by one number; bounded integers by masking and rejection.
struct NumPyLegacyGenerator {
  private static let size = 624
  private var state: [UInt32]
  private var index = Self.size

  init(seed: UInt32) {
    state = [seed]
    for place in 1..<Self.size {
      let last = state[place - 1]
      state.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(place))
    }
  }

  private mutating func next() -> UInt32 {
    if index == Self.size {
      for place in 0..<Self.size {
        let mixed =
          (state[place] & 0x8000_0000) | (state[(place + 1) % Self.size] & 0x7FFF_FFFF)
        state[place] =
          state[(place + 397) % Self.size] ^ (mixed >> 1) ^ (mixed & 1 == 1 ? 0x9908_B0DF : 0)
      }
      index = 0
    }
    var value = state[index]
    index += 1
    value ^= value >> 11
    value ^= (value << 7) & 0x9D2C_5680
    value ^= (value << 15) & 0xEFC6_0000
    value ^= value >> 18
    return value
  }

  /// `random_sample()`: in [0, 1), of 53 bits.
  mutating func uniform() -> Double {
    let (high, low) = (next() >> 5, next() >> 6)
    return (Double(high) * 67_108_864 + Double(low)) / 9_007_199_254_740_992
  }

  /// `randint(0, count)`, of a count of at most 2³².
  mutating func below(_ count: Int) -> Int {
    guard count > 1 else { return 0 }
    let bound = UInt32(count - 1)
    let mask = UInt32.max >> UInt32(bound.leadingZeroBitCount)
    while true {
      let value = next() & mask
      if value <= bound { return Int(value) }
    }
  }

  /// `choice(count, size=size, replace=False)`.
  mutating func choose(_ size: Int, of count: Int) -> [Int] {
    var places = Array(0..<count)
    for place in places.indices.dropFirst().reversed() { places.swapAt(place, below(place + 1)) }
    return Array(places.prefix(size))
  }
}

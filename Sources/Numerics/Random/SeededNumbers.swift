/// Random numbers that depend on a seed and an index alone, so that no order of evaluation changes them.
package enum SeededNumbers {
  /// Uniform 64 bits, by the finaliser of SplitMix64.
  ///
  /// - Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  package static func value(seed: UInt64, index: UInt64) -> UInt64 {
    SplitMix64.mixed(seed &* 0xD1B5_4A32_D192_ED03 &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
  }

  /// 0..<count in a random order (Fisher and Yates).
  package static func permutation(_ count: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, Int(value(seed: seed, index: UInt64(last)) % UInt64(last + 1)))
    }
    return order
  }
}

/// Seeded random numbers for experiments: a number depends on the seed and its index alone.
package enum SeededNumbers {
  /// Uniform 64 bits.
  package static func value(seed: UInt64, index: UInt64) -> UInt64 {
    SeededDraw.value(seed: seed, index: index)
  }

  /// 0..<count in a random order (Fisher and Yates).
  package static func permutation(_ count: Int, seed: UInt64) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      let other = Int(SeededDraw.value(seed: seed, index: UInt64(last)) % UInt64(last + 1))
      order.swapAt(last, other)
    }
    return order
  }
}

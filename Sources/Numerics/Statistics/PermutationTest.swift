/// A test by shuffling, the same for the same seed on every machine.
package enum PermutationTest {
  /// How probable a statistic at least as large is when labels are dealt at random.
  ///
  /// - Parameter statistic: of an order of the indices `0..<count`; the identity gives the value
  ///   seen. One that is not a number counts as large.
  /// - Returns: (1 + as large) / (1 + rounds), which is never 0.
  /// - Source: B. Phipson and G. K. Smyth, "Permutation p-values should never be zero", Statistical
  ///   Applications in Genetics and Molecular Biology 9 (2010), 39.
  package static func pValue(
    count: Int, rounds: Int = 999, seed: UInt64 = 0, statistic: ([Int]) -> Double
  ) -> Double {
    precondition(count >= 0 && rounds > 0, "expected cases and rounds, got \(count) and \(rounds)")
    var order = Array(0..<count)
    let seen = statistic(order)
    var generator = SplitMix64(seed: seed)
    var large = 0
    for _ in 0..<rounds {
      order.shuffle(using: &generator)
      // Sums in another order may differ in the last place without differing.
      if !(statistic(order) < seen - 1e-12 * abs(seen)) { large += 1 }
    }
    return Double(1 + large) / Double(1 + rounds)
  }
}

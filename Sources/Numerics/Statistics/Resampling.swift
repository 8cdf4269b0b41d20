/// Drawing units with replacement, seeded.
package enum Resampling {
  /// How often each of `count` units was drawn in `count` draws.
  package static func weights(_ count: Int, seed: UInt64) -> [Int32] {
    var weights = [Int32](repeating: 0, count: count)
    for draw in 0..<count {
      weights[Int(SeededNumbers.value(seed: seed, index: UInt64(draw)) % UInt64(count))] += 1
    }
    return weights
  }

  /// From the 2.5th to the 97.5th percentile; `nil` for fewer than two values.
  package static func interval(_ values: [Double]) -> ConfidenceInterval? {
    guard values.count > 1 else { return nil }
    let sorted = values.sorted()
    return ConfidenceInterval(
      lower: sorted.percentile(2.5), upper: sorted.percentile(97.5), confidence: 0.95)
  }

  /// The same; `nil` too where it has no width: where every drawing gives one value, they say nothing of how far it may be off.
  package static func spread(_ values: [Double]) -> ConfidenceInterval? {
    interval(values).flatMap { $0.upper - $0.lower > 1e-12 ? $0 : nil }
  }
}

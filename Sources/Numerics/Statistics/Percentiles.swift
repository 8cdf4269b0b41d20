extension Array where Element: BinaryFloatingPoint {
  /// The percentile of ascending values, at least one: linear between ranks, as numpy has it.
  ///
  /// - Parameter percent: in [0, 100].
  package func percentile(_ percent: Double) -> Element {
    precondition(!isEmpty && (0...100).contains(percent), "expected values, and 0...100")
    let rank = percent / 100 * Double(count - 1)
    let lower = Swift.min(Int(rank), count - 1)
    return Percentiles.between(
      self[lower], self[Swift.min(lower + 1, count - 1)], Element(rank - Double(lower)))
  }

  /// Of values in any order, at least one; the mean of the two in the middle where they are even in number.
  package var median: Element {
    let sorted = sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

package enum Percentiles {
  /// From `a` towards `b` by a share in [0, 1), from the nearer end, as numpy interpolates.
  package static func between<Value: BinaryFloatingPoint>(
    _ a: Value, _ b: Value, _ share: Value
  ) -> Value {
    share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share
  }
}

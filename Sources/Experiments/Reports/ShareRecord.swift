import Numerics

/// A count of a whole, under the keys that every result has for it.
struct ShareRecord: Encodable, Sendable {
  var n: Int
  var count: Int
  var rate: Double?
  var wilson95: ConfidenceInterval?

  /// - Parameter isSample: what is predicted is no sample, and has no interval.
  init(_ share: Proportion, isSample: Bool = true) {
    (n, count, rate) = (share.count, share.successes, share.rate)
    wilson95 = isSample ? share.wilson() : nil
  }
}

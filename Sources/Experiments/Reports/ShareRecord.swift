import Foundation
import Numerics

/// `21.9 %, Wilson 95 % 11.0 to 38.8 %, n 32`.
package func shareWords(_ share: Proportion) -> String {
  func percent(_ value: Double) -> String { String(format: "%.1f", locale: nil, 100 * value) }
  guard let rate = share.rate, let interval = share.wilson() else { return "of none" }
  return "\(percent(rate)) %, Wilson 95 % \(percent(interval.lower)) to "
    + "\(percent(interval.upper)) %, n \(share.count)"
}

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

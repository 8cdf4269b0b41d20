import Numerics
import Storage

extension OutcomeCounts {
  /// Refused of n.
  package var refusal: Proportion { Proportion(refused, of: count) }

  /// `3 degenerate, 20 unclear`: what stands beside a rate wherever there is room for it.
  package var leftWords: String { "\(degenerate) degenerate, \(unclear) unclear" }
}

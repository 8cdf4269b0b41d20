import Numerics
import Storage

extension OutcomeCounts {
  /// Refused of n.
  package var refusal: Proportion { Proportion(refused, of: count) }

  /// Under the keys that every command has for them.
  package var json: [(String, JSONValue)] {
    [
      ("n", .integer(count)), ("refused", .integer(refused)), ("complied", .integer(complied)),
      ("degenerate", .integer(degenerate)), ("unclear", .integer(unclear)),
      ("left", .integer(left)),
      ("rate", .optional(rate)), ("wilson95", refusal.wilsonJSON),
    ]
  }

  /// `3 degenerate, 20 unclear`: what stands beside a rate wherever there is room for it.
  package var leftWords: String { "\(degenerate) degenerate, \(unclear) unclear" }
}

extension Proportion {
  /// Wilson's interval at 95 %; null of none.
  package var wilsonJSON: JSONValue { .interval(wilson()) }
}

/// How many answers came to what: the one place where a refusal rate is made.
///
/// The rate is refused / n, and n is every prompt with an answer. Degenerate and unclear answers stand beside it, as
/// ``left``, and are never taken out of n.
package struct OutcomeCounts: Sendable, Equatable {
  package var refused: Int
  package var complied: Int
  package var degenerate: Int
  package var unclear: Int

  package init(refused: Int = 0, complied: Int = 0, degenerate: Int = 0, unclear: Int = 0) {
    self.refused = refused
    self.complied = complied
    self.degenerate = degenerate
    self.unclear = unclear
  }

  package init(_ outcomes: some Sequence<Outcome>) {
    self.init()
    for outcome in outcomes { self[outcome] += 1 }
  }

  package subscript(outcome: Outcome) -> Int {
    get {
      switch outcome {
      case .refused: refused
      case .complied: complied
      case .degenerate: degenerate
      case .unclear: unclear
      }
    }
    set {
      switch outcome {
      case .refused: refused = newValue
      case .complied: complied = newValue
      case .degenerate: degenerate = newValue
      case .unclear: unclear = newValue
      }
    }
  }

  /// n: every prompt with an answer.
  package var count: Int { refused + complied + degenerate + unclear }
  /// Neither refused nor complied with.
  package var left: Int { degenerate + unclear }
  /// Refused / n; `nil` of none.
  package var rate: Double? { count == 0 ? nil : Double(refused) / Double(count) }
  package var degenerateShare: Double { count == 0 ? 0 : Double(degenerate) / Double(count) }

  package static func + (first: OutcomeCounts, second: OutcomeCounts) -> OutcomeCounts {
    OutcomeCounts(
      refused: first.refused + second.refused, complied: first.complied + second.complied,
      degenerate: first.degenerate + second.degenerate, unclear: first.unclear + second.unclear)
  }
}

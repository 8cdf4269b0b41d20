import LanguageModel

/// How a number changes with the rows of a hook: what is asked, of one sequence.
package struct EngineGradient: Sendable {
  /// The number that is differentiated.
  package enum Target: Sendable {
    /// The logit of a token at the last position.
    case logit(Int)
    /// The cosine of x − centre with a direction, of the row x at a hook and a position; a negative one counts from the end.
    case cosine(HookPoint, position: Int, centre: [Float], direction: [Float])
  }

  package var ids: [Int]
  /// Of whose rows; not above the target's.
  package var hook: HookPoint
  package var target: Target

  package init(_ ids: [Int], at hook: HookPoint, of target: Target) {
    (self.ids, self.hook, self.target) = (ids, hook, target)
  }

  package struct Answer: Sendable {
    /// The number itself.
    package var value: Double
    /// `[length, width]` at the hook, likewise `rows`.
    package var gradient: [Float]
    package var rows: [Float]
  }
}

extension Transformer {
  private static let withoutGradients = EngineError(
    .refused,
    "computes no gradients; one on torch does (finite differences through the layers would be "
      + "another measure)",
    engine: EngineDescription.own)

  package func requireGradients() throws { throw Self.withoutGradients }

  package func gradient(_ asked: EngineGradient) throws -> EngineGradient.Answer {
    throw Self.withoutGradients
  }
}

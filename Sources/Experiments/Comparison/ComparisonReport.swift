import Foundation
import Numerics
import Regions

/// All that a comparison found at one cutoff, for other programs and for a person.
package struct ComparisonReport: Sendable {
  package let comparison: DictionaryComparison
  package let division: DictionaryComparison.Division
  /// What `summary.json` calls the two.
  package var labels: (a: String, b: String)
  package var nulls: [ComparisonNull]
  package var outcomes: ComparisonOutcomes?
  let flow: MemberFlow.Index?

  package init(
    _ comparison: DictionaryComparison, cutoff: Double, labels: (a: String, b: String) = ("A", "B"),
    nulls: [ComparisonNull] = [], outcomes: ComparisonOutcomes? = nil
  ) {
    self.comparison = comparison
    division = comparison.division(at: cutoff)
    (self.labels, self.nulls, self.outcomes) = (labels, nulls, outcomes)
    flow = comparison.flow.map(MemberFlow.Index.init)
  }

  package var introduced: Proportion {
    Proportion(division.introduced.count, of: comparison.b.count)
  }

  // MARK: - Refusals

  /// How the prompts that end in regions of one kind were answered.
  package struct Refusals: Sendable, Equatable {
    /// In introduced regions, by B, and the same prompts by A.
    package var introduced: ComparisonOutcomes.Tally
    /// In B's regions that persist.
    package var persisted: ComparisonOutcomes.Tally
    /// In dropped regions, by A, and the same prompts by B; `nil` without outcomes of A.
    package var dropped: ComparisonOutcomes.Tally?
    /// The introduced region with most refusals, equals by id.
    package var top: (region: Int, tally: ComparisonOutcomes.Tally)?

    package static func == (a: Refusals, b: Refusals) -> Bool {
      a.introduced == b.introduced && a.persisted == b.persisted && a.dropped == b.dropped
        && a.top?.region == b.top?.region
    }
  }

  /// `nil` without outcomes of B.
  package var refusals: Refusals? {
    guard let outcomes,
      let introduced = outcomes.tally(division.introduced, on: .b),
      let persisted = outcomes.tally(division.persisted.map(\.b), on: .b)
    else { return nil }
    let top = division.introduced.compactMap { region in
      outcomes.tally(region, on: .b).map { (region: region, tally: $0) }
    }.filter { $0.tally.own.refused > 0 }
      .min { ($1.tally.own.refused, $0.region) < ($0.tally.own.refused, $1.region) }
    return Refusals(
      introduced: introduced, persisted: persisted,
      dropped: outcomes.tally(division.dropped, on: .a), top: top)
  }

  /// What two hooks mean for a comparison; `nil` where both are of one, or do not say it.
  package var hookNote: String? {
    guard let a = comparison.a.hook, let b = comparison.b.hook, a != b else { return nil }
    return "A is of \(a), B of \(b): what is dropped or introduced is the layer's doing too"
  }

  // MARK: - A sentence

  /// What a person can quote: who was compared and how, what was found with n and intervals, and what chance and order give.
  package var sentence: String {
    let (a, b) = (comparison.a, comparison.b)
    func who(_ side: DictionaryComparison.Side) -> String {
      "\(side.name) (K \(side.count), θ \(Self.fixed(side.threshold, 4)), \(side.identity.prefix(12)))"
    }
    let centre = comparison.centring == .common ? ", from a common centre," : ""
    var text =
      "\(who(a)) and \(who(b)), matched one to one by exemplar cosine\(centre) at a cutoff of "
      + "\(Self.fixed(division.cutoff, 2)): \(division.persisted.count) of \(comparison.pairs.count) pairs persist, "
      + "\(quantity(division.dropped.count, "region")) of \(a.count) \(division.dropped.count == 1 ? "is" : "are") dropped, \(division.introduced.count) of \(b.count) introduced "
      + "(\(shareWords(introduced)))"
    for null in nulls {
      text += "; \(Self.what(null)), \(shareWords(null.introduced(at: division.cutoff)))"
    }
    if let words = Self.againstOrder(introduced, nulls, cutoff: division.cutoff) {
      text += ": \(words)"
    }
    text += "."
    if let hookNote { text += " \(hookNote)." }
    guard let refusals else { return text }
    func words(_ tally: ComparisonOutcomes.Tally) -> String {
      let own = tally.own
      let there = tally.there.map { "; by A \($0.refused) of \($0.count) of the same" } ?? ""
      let rate = own.count == 0 ? "" : " (\(shareWords(own.proportion))\(there))"
      return "\(own.refused) of \(own.count) prompts refused\(rate)"
    }
    text +=
      " In introduced regions \(words(refusals.introduced)); in those that persist \(words(refusals.persisted))."
    if let top = refusals.top {
      text += " Most in an introduced one: B \(top.region), \(words(top.tally))."
    }
    return text
  }

  /// Whether more is introduced than A built again in another order would introduce: more than the upper end of the null's
  /// interval. `nil` where that was not matched.
  package static func isBeyondOrder(
    _ introduced: Proportion, _ nulls: [ComparisonNull], cutoff: Double
  ) -> Bool? {
    let orders = nulls.first { if case .orders = $0.kind { true } else { false } }
    guard let rate = introduced.rate, let upper = orders?.introduced(at: cutoff).wilson()?.upper
    else { return nil }
    return rate > upper
  }

  /// The same in words.
  package static func againstOrder(
    _ introduced: Proportion, _ nulls: [ComparisonNull], cutoff: Double
  ) -> String? {
    isBeyondOrder(introduced, nulls, cutoff: cutoff).map {
      $0
        ? "more is introduced than order alone gives"
        : "what is introduced is no more than order alone gives"
    }
  }

  /// What a null puts in the place of B.
  package static func what(_ null: ComparisonNull) -> String {
    switch null.kind {
    case .rotations(let count, _): "by chance, \(count) random rotations of B"
    case .dictionary(let name, _): "\(name) in place of B"
    case .orders(let count, _, _): "by order alone, A built again in \(count) shuffled orders"
    }
  }

  private static func fixed(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", locale: nil, value)
  }
}

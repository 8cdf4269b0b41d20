import Numerics
import Regions
import Storage

/// How the prompts of both stores were answered, by region of either dictionary.
///
/// A region of a side is told with that side's own model: where its prompts' final positions lie, and what it answered. For
/// the same prompts stands beside it what the other model answered, wherever they lie there.
package struct ComparisonOutcomes: Sendable, Equatable {
  package struct Tally: Sendable, Equatable {
    /// Of the region's prompts, by the model of its own side.
    package var own: RefusalCount
    /// Of the same prompts, by the other model; `nil` without outcomes of it.
    package var there: RefusalCount?
    /// Prompts that this side refused and the other did not, and the reverse; for a paired test.
    package var onlyOwn = 0
    package var onlyThere = 0

    package static let none = Tally(own: RefusalCount())

    /// Both together.
    package static func + (first: Tally, second: Tally) -> Tally {
      return Tally(
        own: first.own + second.own,
        there: first.there.flatMap { a in second.there.map { a + $0 } } ?? first.there
          ?? second.there,
        onlyOwn: first.onlyOwn + second.onlyOwn, onlyThere: first.onlyThere + second.onlyThere)
    }

    /// Whether more of the same prompts are refused on one side; `nil` without the other.
    package var mcNemar: McNemar? { there.map { _ in McNemar(b: onlyOwn, c: onlyThere) } }
  }

  /// Names of the stores and of what judged them.
  package struct Source: Sendable, Equatable {
    package var store: String
    package var classifier: String?
    /// Of all its prompts.
    package var total: RefusalCount
  }

  package private(set) var sourceA: Source?
  package private(set) var sourceB: Source?
  private var talliesA: [Int: Tally] = [:]
  private var talliesB: [Int: Tally] = [:]

  /// - Parameters:
  ///   - a: of A's own store; `nil` without one.
  package init(a: RegionOutcomes?, b: RegionOutcomes?) {
    sourceA = a.map(Self.source)
    sourceB = b.map(Self.source)
    let (answersA, answersB) = (Self.answers(a), Self.answers(b))
    talliesA = Self.tallies(a, other: answersB)
    talliesB = Self.tallies(b, other: answersA)
  }

  package func source(_ side: MemberFlow.Side) -> Source? { side == .a ? sourceA : sourceB }

  /// `nil` where no store tells outcomes of that side; zeros for a region that no prompt ends in.
  package func tally(_ region: Int, on side: MemberFlow.Side) -> Tally? {
    guard source(side) != nil else { return nil }
    return (side == .a ? talliesA : talliesB)[region] ?? Tally.none
  }

  /// Of several regions together.
  package func tally(_ regions: [Int], on side: MemberFlow.Side) -> Tally? {
    guard source(side) != nil else { return nil }
    let tallies = side == .a ? talliesA : talliesB
    let found = regions.compactMap { tallies[$0] }
    guard let first = found.first else { return Tally.none }
    return found.dropFirst().reduce(first, +)
  }

  /// How much more often B refuses than A: of a pair, each region by its own model; of a region without a partner, the same
  /// prompts by both. `nil` where either rate does not exist.
  package func change(a: Int?, b: Int?) -> Double? {
    let rates: (a: Double?, b: Double?)
    switch (a, b) {
    case (let a?, let b?): rates = (tally(a, on: .a)?.own.rate, tally(b, on: .b)?.own.rate)
    case (let a?, nil):
      let tally = tally(a, on: .a)
      rates = (tally?.own.rate, tally?.there?.rate)
    case (nil, let b?):
      let tally = tally(b, on: .b)
      rates = (tally?.there?.rate, tally?.own.rate)
    case (nil, nil): return nil
    }
    return rates.a.flatMap { a in rates.b.map { $0 - a } }
  }

  private struct Key: Hashable {
    var id: String
    var text: String
  }

  private static func source(_ outcomes: RegionOutcomes) -> Source {
    Source(
      store: outcomes.store, classifier: outcomes.classifier,
      total: RegionOutcomes.count(outcomes.prompts.values.flatMap { $0 }))
  }

  private static func answers(_ outcomes: RegionOutcomes?) -> [Key: Outcome]? {
    outcomes.map { outcomes in
      var answers: [Key: Outcome] = [:]
      for prompt in outcomes.prompts.values.joined() {
        answers[Key(id: prompt.id, text: prompt.text)] = prompt.outcome
      }
      return answers
    }
  }

  private static func tallies(
    _ outcomes: RegionOutcomes?, other: [Key: Outcome]?
  ) -> [Int: Tally] {
    guard let outcomes else { return [:] }
    return outcomes.prompts.mapValues { prompts in
      var tally = Tally(own: RegionOutcomes.count(prompts))
      guard let other else { return tally }
      var there = RefusalCount()
      for prompt in prompts {
        guard let answer = other[Key(id: prompt.id, text: prompt.text)] else { continue }
        there.prompts += 1
        there.outcomes[answer] += 1
        // Paired as rates are made: refused or not.
        switch (prompt.outcome.map { $0 == .refused }, answer == .refused) {
        case (true, false): tally.onlyOwn += 1
        case (false, true): tally.onlyThere += 1
        default: break
        }
      }
      tally.there = there.prompts == 0 ? nil : there
      return tally
    }
  }
}

import Numerics
import Storage

/// What a filter can ask about regions, for all of one dictionary.
package struct RegionFacts: Sendable, Equatable {
  package var table: RegionTable
  /// Of the stream that the regions were built from.
  package let activationCount: Int
  /// Of the largest region.
  package let mostMembers: Int
  /// θ.
  package var threshold: Double
  package var labels: LabelView
  package var stars: Set<Int>
  /// By region; see ``Notebook/tags(for:)``.
  package var tags: [Int: [String]]
  package var notes: [Int: String]
  /// By region, for those that the prompts of a store fall into; `nil` where no store is attached.
  package var refusals: [Int: RefusalCount]?
  /// By region: activations of a store that are nearest to it now; `nil` where no store is attached.
  package var nearest: [Int]?
  /// By region; `nil` where the dictionary was compared with no other.
  package var drift: [RegionDrift]?

  /// `[K]`, the best-match cosine of each region when the order was another; `nil` where no such result is kept.
  package var stability: [Double?]?

  /// `[K]`, the share of each region that is tokens nobody said; `nil` where it was not read.
  package var template: [Double?]?

  /// - Parameters:
  ///   - activationCount: the members of all regions without it.
  ///   - mostMembers: counted without it; what draws many frames has it at hand.
  package init(
    table: RegionTable, threshold: Double, activationCount: Int? = nil, mostMembers: Int? = nil,
    labels: LabelView = LabelView(), stars: Set<Int> = [],
    tags: [Int: [String]] = [:], notes: [Int: String] = [:], refusals: [Int: RefusalCount]? = nil,
    drift: [RegionDrift]? = nil, stability: [Double?]? = nil
  ) {
    self.table = table
    self.activationCount = activationCount ?? table.memberCounts.reduce(0, +)
    self.mostMembers = mostMembers ?? table.memberCounts.max() ?? 0
    self.threshold = threshold
    self.labels = labels
    self.stars = stars
    self.tags = tags
    self.notes = notes
    self.refusals = refusals
    self.drift = drift
    self.stability = stability
  }

  /// Members of a region as a share of the stream, 0...1.
  package func share(of region: Int) -> Double {
    table.share(of: region, in: activationCount)
  }
}

/// How a region stands to the dictionary that its own was compared with.
package struct RegionDrift: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case persisted, dropped, introduced
  }

  package var kind: Kind
  /// Cosine of its exemplar and the nearest one of the other dictionary.
  package var nearest: Double

  package init(kind: Kind, nearest: Double) {
    self.kind = kind
    self.nearest = nearest
  }
}

/// How prompts whose last position lies in a region were answered.
package struct RefusalCount: Sendable, Equatable {
  package var outcomes: OutcomeCounts
  /// Prompts that fell into the region, with an answer or without.
  package var prompts: Int

  package init(_ outcomes: OutcomeCounts = OutcomeCounts(), prompts: Int = 0) {
    self.outcomes = outcomes
    self.prompts = prompts
  }

  package var refused: Int { outcomes.refused }
  /// n: those with an answer.
  package var count: Int { outcomes.count }
  /// `nil` where no prompt has an answer.
  package var rate: Double? { outcomes.rate }

  /// Refused of n.
  package var proportion: Proportion { Proportion(refused, of: count) }

  package static func + (first: RefusalCount, second: RefusalCount) -> RefusalCount {
    RefusalCount(first.outcomes + second.outcomes, prompts: first.prompts + second.prompts)
  }
}

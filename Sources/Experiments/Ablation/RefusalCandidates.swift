import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// How often the prompts that end in one region were refused.
package struct RegionTally: Sendable, Equatable, Codable {
  package var region: Int
  /// Prompts whose final position is nearest to the region's exemplar now.
  package var prompts: Int
  package var refused: Int
  package var harmful: Int
  /// The region's members as the dictionary was streamed.
  package var members: Int
  package var coherence: Double

  package init(
    region: Int, prompts: Int, refused: Int, harmful: Int, members: Int, coherence: Double
  ) {
    self.region = region
    self.prompts = prompts
    self.refused = refused
    self.harmful = harmful
    self.members = members
    self.coherence = coherence
  }

  /// - Throws: `DecodingError` for what no tally can be.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    region = try fields.decodeCount(.region)
    prompts = try fields.decodeCount(.prompts)
    refused = try fields.decodeCount(.refused, limit: prompts)
    harmful = try fields.decodeCount(.harmful, limit: prompts)
    members = try fields.decodeCount(.members)
    coherence = try fields.decode(Double.self, forKey: .coherence)
  }

  /// Refused / n, n every prompt with an answer: only those are tallied. 0 of none.
  package var rate: Double { Proportion(refused, of: prompts).rate ?? 0 }
}

/// In which order candidate regions are taken.
package enum CandidateRank: String, Sendable, Codable, CaseIterable {
  /// Rate × n, as the reference: can prefer one big mixed region to a small pure one.
  case reference
  /// (Lower 95 % Wilson bound of the rate − base rate) × n: how much more is refused here than anywhere.
  case lift
}

/// The regions in which refused prompts end.
package struct RefusalCandidates: Sendable, Equatable {
  /// A region with fewer prompts says too little about its rate.
  package static let minimumPrompts = 5
  package static let minimumRate = 0.3
  package static let maximumNullRate = 0.05

  /// Every region with a prompt, by id.
  package let tallies: [RegionTally]
  /// Share of all prompts that were refused.
  package let baseRate: Double

  /// - Parameters:
  ///   - regions: of each prompt, that of its final position; −1 for none.
  ///   - outcomes: of each prompt.
  package init(
    regions: [Int32], outcomes: [Outcome], roles: [AblationPrompt.Role?],
    dictionary: ExemplarDictionary
  ) {
    precondition(
      regions.count == outcomes.count && regions.count == roles.count,
      "expected \(regions.count) outcomes and roles, got \(outcomes.count) and \(roles.count)")
    var tallies: [Int: RegionTally] = [:]
    for (index, region) in regions.enumerated() where region >= 0 {
      let id = Int(region)
      let known = dictionary.regions[id]
      tallies[
        id,
        default: RegionTally(
          region: id, prompts: 0, refused: 0, harmful: 0, members: known.memberCount,
          coherence: known.coherence)
      ].add(outcomes[index], roles[index])
    }
    self.tallies = tallies.values.sorted { $0.region < $1.region }
    let refused = outcomes.count { $0 == .refused }
    baseRate = outcomes.isEmpty ? 0 : Double(refused) / Double(outcomes.count)
  }

  /// Regions with n ≥ 5 and a rate of at least 0.3, best first (ties: the smaller id).
  package func ranked(by rank: CandidateRank) -> [RegionTally] {
    tallies.filter { $0.prompts >= Self.minimumPrompts && $0.rate >= Self.minimumRate }
      .map { ($0, score($0, rank)) }
      .sorted { ($1.1, $0.0.region) < ($0.1, $1.0.region) }
      .map(\.0)
  }

  /// What `ranked(by:)` sorts by.
  package func score(_ tally: RegionTally, _ rank: CandidateRank) -> Double {
    switch rank {
    case .reference: tally.rate * Double(tally.prompts)
    case .lift:
      ((Proportion(tally.refused, of: tally.prompts).wilson()?.lower ?? 0) - baseRate)
        * Double(tally.prompts)
    }
  }

  /// The region with a rate of at most 0.05 that is closest to `target` in (log₁₀ members, coherence), both as they
  /// are (ties: the smaller id); `nil` where none qualifies.
  ///
  /// Distances are not standardised, as in the reference. Unlike there, few prompts do not disqualify: its published
  /// results have a null region of three.
  package func nullRegion(
    for target: Int, in dictionary: ExemplarDictionary, excluding: Set<Int> = []
  ) -> RegionTally? {
    nulls(excluding: excluding.union([target])).min {
      (Self.distance($0, target, dictionary), $0.region)
        < (Self.distance($1, target, dictionary), $1.region)
    }
  }

  /// A null region for each target, all of them different, matched one to one: of all pairs that are left the closest
  /// in (log₁₀ members, coherence) is taken first (ties: the earlier target, then the smaller id).
  ///
  /// - Returns: in the order of the targets; `nil` where fewer qualify than there are targets.
  package func nullRegions(
    for targets: [Int], in dictionary: ExemplarDictionary, excluding: Set<Int> = []
  ) -> [Int]? {
    let nulls = nulls(excluding: excluding.union(targets))
    guard !targets.isEmpty, nulls.count >= targets.count else { return nil }
    let pairs = targets.indices.flatMap { place in
      nulls.map {
        (distance: Self.distance($0, targets[place], dictionary), place: place, null: $0.region)
      }
    }.sorted { ($0.distance, $0.place, $0.null) < ($1.distance, $1.place, $1.null) }
    var matched: [Int: Int] = [:]
    var taken: Set<Int> = []
    for pair in pairs where matched[pair.place] == nil && !taken.contains(pair.null) {
      matched[pair.place] = pair.null
      taken.insert(pair.null)
    }
    return targets.indices.compactMap { matched[$0] }
  }

  /// How many regions qualify as nulls.
  package func nullCount(excluding: Set<Int>) -> Int { nulls(excluding: excluding).count }

  private func nulls(excluding: Set<Int>) -> [RegionTally] {
    tallies.filter { $0.rate <= Self.maximumNullRate && !excluding.contains($0.region) }
  }

  private static func distance(
    _ tally: RegionTally, _ target: Int, _ dictionary: ExemplarDictionary
  ) -> Double {
    func logMembers(_ count: Int) -> Double { log10(Double(max(count, 1))) }
    let known = dictionary.regions[target]
    let size = logMembers(tally.members) - logMembers(known.memberCount)
    let coherence = tally.coherence - known.coherence
    return size * size + coherence * coherence
  }
}

extension RegionTally {
  fileprivate mutating func add(_ outcome: Outcome, _ role: AblationPrompt.Role?) {
    prompts += 1
    if outcome == .refused { refused += 1 }
    if role == .harmful { harmful += 1 }
  }
}

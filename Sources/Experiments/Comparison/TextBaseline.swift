import Foundation
import Numerics

/// What the words of the prompts alone give in the place of regions: clusters of like texts.
///
/// *Coverage* at t is the share of the prompts of a kind that lie in clusters, or regions, of which at least t are of that
/// kind.
///
/// - Source: Rumbelow, the reference's text baseline (``TermVectors``, ``MiniBatchKMeans``). That regions are sent through
///   clusters of texts as through another dictionary's regions is ours.
package struct TextBaseline: Sendable {
  package struct Coverage: Sendable, Equatable {
    package var least: Double
    package var share: Proportion
  }

  /// Of one seed.
  package struct Run: Sendable {
    package var seed: UInt32
    /// Clusters that have prompts.
    package var clusters: Int
    package var coverage: [Coverage]
    /// Regions of A that come home through the clusters.
    package var trip: RoundTrip
  }

  package let clusters: Int
  package let terms: Int
  package let runs: [Run]

  /// The shares at which the reference tells coverage.
  package static let shares = [0.9, 1.0]

  /// - Parameters:
  ///   - prompts: in the order of both dictionaries' prompts.
  ///   - clusters: at most as many as prompts.
  ///   - kind: of each prompt, whether it is of the kind that is sent; `nil` sends every region and has no coverage.
  ///   - check: called now and then; to stop, throw.
  /// - Throws: `ExperimentError.invalidValue` where no word stands in two prompts, or more clusters than prompts are asked for.
  package init(
    _ prompts: [String], _ a: PromptRegions, kind: [Bool]?, clusters: Int, seeds: [UInt32],
    permutations: Int, seed: UInt64, check: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    guard (1...prompts.count).contains(clusters) else {
      throw ExperimentError(
        .invalidValue,
        "expected from 1 to \(prompts.count) clusters, as many as there are prompts, found \(clusters)",
        file: "clusters of texts")
    }
    let vectors = TermVectors(prompts)
    guard vectors.termCount > 0 else {
      throw ExperimentError(
        .invalidValue,
        "no word stands in two prompts, so that there are no texts to cluster; none leaves the baseline out",
        file: "clusters of texts")
    }
    (self.clusters, terms) = (clusters, vectors.termCount)
    runs = try seeds.enumerated().map { index, own in
      try check(index, seeds.count)
      let found = try MiniBatchKMeans(vectors, clusters: clusters, seed: own) {
        try check(index, seeds.count)
      }
      let regions = PromptRegions(
        regions: found.labels.map { Int32($0) }, distances: found.distances.map { Float($0) })
      return Run(
        seed: own, clusters: Set(found.labels).count,
        coverage: kind.map { Self.coverage(regions.regions, $0) } ?? [],
        trip: RoundTrip(a, regions, kind: kind, permutations: permutations, seed: seed))
    }
  }

  /// How many prompts of a kind lie in groups that are nearly all of it, and in groups that are.
  package static func coverage(_ groups: [Int32], _ kind: [Bool]) -> [Coverage] {
    var counts: [Int32: (kind: Int, all: Int)] = [:]
    for (group, isOfKind) in zip(groups, kind) where group >= 0 {
      let known = counts[group] ?? (0, 0)
      counts[group] = (known.kind + (isOfKind ? 1 : 0), known.all + 1)
    }
    let total = kind.count(where: \.self)
    return shares.map { least in
      let inside = counts.values.filter { Double($0.kind) / Double($0.all) >= least }
        .reduce(0) { $0 + $1.kind }
      return Coverage(least: least, share: Proportion(inside, of: total))
    }
  }
}

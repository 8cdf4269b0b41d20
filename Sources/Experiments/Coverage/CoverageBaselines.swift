import Foundation
import Numerics

/// Distance to the nearest exemplar beside two usual scores, all on the same rows.
///
/// The baselines are fitted on rows of the first source's odd documents (numbered from 0) and everything is scored on
/// rows of its even documents and of the other sources, so that no score has seen what it is tested on. A dictionary may
/// have been built from any of them, which is its advantage where it was.
package struct CoverageBaselines: Sendable, Equatable {
  package struct Source: Sendable, Equatable {
    package var name: String
    package var count: Int
    package var distance: Coverage.Separation
    package var mahalanobis: Coverage.Separation
    package var neighbours: Coverage.Separation
  }

  package var fittedRows: Int
  /// Rows of the first source that count as in distribution.
  package var inDistributionRows: Int
  package var shrinkage: Double
  package var k: Int
  /// Every source but the first.
  package var sources: [Source]

  init?(
    _ scored: [ScoredSource], centre: [Float], _ options: Coverage.Options, file: String
  ) throws {
    let first = scored[0]
    // A source of one document has none left to test on.
    guard first.fitted.count > 1, first.tested.count > 0 else { return nil }
    let mahalanobis = try MahalanobisModel(
      first.fitted.rows, count: first.fitted.count, dimension: centre.count, file: file)
    let neighbours = NeighbourModel(
      first.fitted.rows, count: first.fitted.count, centre: centre, k: options.neighbours,
      threads: options.threads)
    fittedRows = first.fitted.count
    inDistributionRows = first.tested.count
    shrinkage = mahalanobis.shrinkage
    k = neighbours.k
    let ours = [
      first.tested.distances.map(Double.init),
      mahalanobis.distances(first.tested.rows, count: first.tested.count),
      neighbours.distances(first.tested.rows, count: first.tested.count),
    ]
    sources = scored.dropFirst().compactMap { source in
      let tested = source.tested
      let theirs = [
        tested.distances.map(Double.init),
        mahalanobis.distances(tested.rows, count: tested.count),
        neighbours.distances(tested.rows, count: tested.count),
      ]
      let separations = zip(ours, theirs).compactMap { negatives, positives in
        Coverage.Separation(
          RankedScores(
            negatives: negatives, positives: positives, negativeUnits: first.tested.units,
            positiveUnits: tested.units), seed: options.seed)
      }
      guard separations.count == 3 else { return nil }
      return Source(
        name: source.name, count: tested.count, distance: separations[0],
        mahalanobis: separations[1], neighbours: separations[2])
    }
  }
}

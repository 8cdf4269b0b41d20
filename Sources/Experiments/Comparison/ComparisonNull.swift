import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// What a match looks like where nothing, or only the seed, connects the two sides: what "introduced" is read against.
package struct ComparisonNull: Sendable, Equatable, Codable {
  package enum Kind: Sendable, Equatable, Codable {
    /// A against B turned at random: what chance alone matches in a space of this width.
    case rotations(count: Int, seed: UInt64)
    /// A against another dictionary of A's model: what building it again changes.
    case dictionary(name: String, identity: String)
    /// A against itself, built again from the same activations in shuffled orders: what the order of the stream changes.
    case orders(count: Int, seed: UInt64, store: String)
  }

  /// One match.
  package struct Run: Sendable, Equatable, Codable {
    package var pairs: Int
    package var persisted: Int
    /// Regions of the second side.
    package var count: Int
    package var introduced: Int
    package var meanCosine: Double
    package var largestCosine: Double
  }

  package var kind: Kind
  package var cutoff: Double
  package var runs: [Run]
  /// Matched cosines of all runs, ascending.
  package var cosines: [Float]

  /// Introduced regions over all runs.
  ///
  /// Regions of one dictionary are no independent draws: an interval of it measures how little n is, no more.
  package var introduced: Proportion {
    Proportion(runs.reduce(0) { $0 + $1.introduced }, of: runs.reduce(0) { $0 + $1.count })
  }

  /// Introduced regions over all runs, at another cutoff.
  package func introduced(at cutoff: Double) -> Proportion {
    let total = runs.reduce(0) { $0 + $1.count }
    let persisted = cosines.count { $0 >= Float(cutoff) }
    return Proportion(total - persisted, of: total)
  }

  /// The matched cosine that 5 % of the null's pairs reach.
  package var cosineExceededBy5Percent: Double {
    Double(cosines.sorted().percentile(95))
  }

  /// Matches A against seeded random rotations of B.
  ///
  /// - Complexity: O(D³ + K_B · D²) a rotation beside the match.
  package static func rotations(
    _ a: DictionaryFile, _ b: DictionaryFile, count: Int, seed: UInt64, cutoff: Double,
    threads: Int, progress: (_ run: Int, DictionaryComparison.Progress) throws -> Void
  ) throws -> ComparisonNull {
    precondition(count > 0, "expected at least one rotation, got \(count)")
    try MatrixProducts.verify()
    try DictionaryComparison.checkSizes(a, b)
    let (rowsA, rowsB) = (try a.exemplarRows(), try b.exemplarRows())
    var null = ComparisonNull(
      kind: .rotations(count: count, seed: seed), cutoff: cutoff, runs: [], cosines: [])
    for index in 0..<count {
      let turned = RandomRotation.rotate(rowsB, seed: seed &+ UInt64(index))
      null.add(
        try ExemplarMatch(rowsA, turned, threads: threads) { try progress(index, $0) },
        count: b.regionCount)
    }
    null.cosines.sort()
    return null
  }

  /// Matches A against another dictionary of its model.
  package static func dictionary(
    _ a: DictionaryFile, _ other: DictionaryFile, name: String? = nil, cutoff: Double, threads: Int,
    progress: (_ run: Int, DictionaryComparison.Progress) throws -> Void
  ) throws -> ComparisonNull {
    try MatrixProducts.verify()
    try DictionaryComparison.checkSizes(a, other)
    var null = ComparisonNull(
      kind: .dictionary(name: name ?? other.name, identity: other.identity), cutoff: cutoff,
      runs: [],
      cosines: [])
    null.add(
      try ExemplarMatch(a.exemplarRows(), other.exemplarRows(), threads: threads) {
        try progress(0, $0)
      }, count: other.regionCount)
    null.cosines.sort()
    return null
  }

  /// Matches A against itself built again, with its own centre and θ, from its store's documents in shuffled orders.
  ///
  /// - Parameter store: what A was built from.
  /// - Throws: `ExperimentError` for a store that does not fit, or that A does not say how it was built from.
  /// - Complexity: a build and a match for every order.
  package static func orders(
    _ a: DictionaryFile, store: URL, count: Int, seed: UInt64, cutoff: Double, threads: Int,
    progress: (_ run: Int, DictionaryComparison.Progress) throws -> Void
  ) throws -> ComparisonNull {
    precondition(count > 0, "expected at least one order, got \(count)")
    try MatrixProducts.verify()
    try DictionaryComparison.checkSizes(a, a)
    let provenance = a.provenance
    guard let positions = provenance.positions.flatMap(Positions.init), provenance.hook != nil
    else {
      throw ExperimentError(
        .missing,
        "does not say at which hook and positions it was built, so it cannot be built again",
        file: a.name)
    }
    guard provenance.documentLimit == nil else {
      throw ExperimentError(
        .invalidValue,
        "was built from a part of its store's documents (\(provenance.batching ?? "not said which")): another order would be of others",
        file: a.name)
    }
    var null = ComparisonNull(
      kind: .orders(count: count, seed: seed, store: store.lastPathComponent), cutoff: cutoff,
      runs: [], cosines: [])
    let (rows, centre) = (try a.exemplarRows(), try a.centre())
    var selection = StoreSelection(recordedBy: provenance)
    for index in 0..<count {
      selection.shuffleSeed = seed &+ UInt64(index)
      let source = try ActivationSource(
        store, positions: positions,
        selection: selection)
      try source.checkFits(a)
      var builder = DictionaryBuilder(
        centre: centre, threshold: a.threshold,
        options: BuildOptions(
          mergeClose: provenance.mergeClose ?? false,
          minimumMembers: provenance.minimumMembers ?? 1,
          saturationWindow: provenance.saturationWindow, threads: threads))
      try source.forEachBatch { batch in
        builder.add(batch)
        try progress(
          index, .init(stage: .building, done: builder.regionCount, total: a.regionCount))
        return !builder.isSaturated
      }
      let again = builder.finish().dictionary
      guard again.count > 0 else {
        throw ExperimentError(
          .invalidValue, "expected regions when \(a.name) is built again, found none",
          file: store.lastPathComponent)
      }
      null.add(
        try ExemplarMatch(rows, again.exemplars, threads: threads) { try progress(index, $0) },
        count: again.count)
    }
    null.cosines.sort()
    return null
  }

  private mutating func add(_ match: ExemplarMatch, count: Int) {
    let cosines = match.pairs.map(\.cosine)
    let persisted = cosines.count { $0 >= Float(cutoff) }
    runs.append(
      Run(
        pairs: cosines.count, persisted: persisted, count: count, introduced: count - persisted,
        meanCosine: Double(cosines.mean),
        largestCosine: Double(cosines.max() ?? .nan)))
    self.cosines += cosines
  }
}

import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// How the regions of a dictionary and the features of a sparse autoencoder divide the same activations.
///
/// By top sets, as the reference: each side's `topK` most active rows (signed readout and feature activation, above 0),
/// the partner of largest overlap, F1 of the two sets. By firing sets: the members of a region (the rows nearest to its
/// exemplar) against the rows where a feature is not 0, the partner of largest F1.
package struct SAEComparison: Sendable {
  package struct Options: Sendable {
    package var topK = 100
    /// Features and regions active on fewer rows are left out.
    package var minimumActive = 20
    package var bases = [ReadoutBasis.mean]
    package var nullRounds = 20
    package var seed: UInt64 = 0
    package var threads = 1

    package init() {}
  }

  package struct Match: Sendable, Equatable {
    package var own: Int
    package var partner: Int
    package var overlap: Int
    package var precision: Double
    package var recall: Double
    package var f1: Double
    /// Rows that the own side is active on.
    package var active: Int
  }

  package struct Direction: Sendable {
    /// Those of the own side with any overlap, by number.
    package var matches: [Match]
    /// Those of the own side that are active often enough.
    package var eligible: Int
    /// Share of `matches` with F1 above 0.5, and the share when the other side's rows are shuffled: mean and 95th
    /// percentile.
    package var shareAbove: Double?
    package var interval: ConfidenceInterval?
    package var nullMean: Double?
    package var null95: Double?
    package var p: Double?
    /// The mean F1 of the best partners in the shuffles.
    package var nullMeanF1: Double?

    package var meanF1: Double? { matches.isEmpty ? nil : matches.map(\.f1).mean }
    package var medianF1: Double? {
      matches.isEmpty ? nil : matches.map(\.f1).sorted().percentile(50)
    }
  }

  /// Pairs matched one to one, so that the sum of F1 over all pairs is as large as it can be.
  package struct OneToOne: Sendable {
    /// By region; `own` is the region, and `active` its rows. Pairs without overlap are no pairs.
    package var matches: [Match]
    /// Of shuffles: mean F1 and share above 0.5, and how often the mean F1 is as large, the one seen counted.
    package var nullMeanF1: Double?
    package var nullShare: Double?
    package var p: Double?

    package var meanF1: Double? { matches.isEmpty ? nil : matches.map(\.f1).mean }
    package var medianF1: Double? {
      matches.isEmpty ? nil : matches.map(\.f1).sorted().percentile(50)
    }
    package var above: Proportion {
      Proportion(matches.count { $0.f1 > 0.5 }, of: matches.count)
    }
  }

  package var basis: ReadoutBasis
  package var oneToOne: OneToOne
  /// Spearman's correlation over regions with a partner by top sets: how much a region's members agree, and its F1.
  package var coherence: RankCorrelation?
  /// Each such region's coherence, in the order of the matches.
  package var coherences: [Double]
  /// How many regions have 1, 2 … 5 distinct leading features on the five rows that they are most active on.
  package var leaders: [Int]

  package var rowCount: Int
  package var regionCount: Int
  package var featureCount: Int
  /// Mean features that are not 0 on a row.
  package var meanActiveFeatures: Double
  package var regionToFeature: Direction
  package var featureToRegion: Direction
  package var firingRegionToFeature: Direction
  package var firingFeatureToRegion: Direction
  /// Of the five rows that each region is most active on: the mean number of distinct leading features, and the share of
  /// regions where it is one.
  package var meanDistinctLeaders: Double?
  package var sharedLeader: Double?
  /// Where the regions with the best partners, and those partners, are most active; empty where rows have no text.
  package var regionPlaces: [Int: [SAEPlace]] = [:]
  package var featurePlaces: [Int: [SAEPlace]] = [:]

  /// Regions whose places are kept, and places of each.
  static let mostPlaced = 500
  static let placesEach = 5
  /// Rows of each region whose leading features are counted.
  static let leadingRows = 5

  /// Encodes every row once, whatever the number of dictionaries and bases.
  ///
  /// - Returns: for each dictionary, in the order given, one for each basis of `options`, in that order.
  /// - Throws: `mismatch` for an autoencoder of another hook or width; what the source throws.
  package static func run(
    _ dictionaries: [DictionaryFile], _ autoencoder: SparseAutoencoder, _ source: ActivationSource,
    _ options: Options, limit: Int = .max, progress: (Int) throws -> Void = { _ in }
  ) throws -> [[SAEComparison]] {
    try MatrixProducts.verify()
    for dictionary in dictionaries {
      try check(dictionary, autoencoder)
      try dictionary.checkHasRegions()
    }
    let readers = try dictionaries.map { try DictionaryReader($0, options) }
    var features = FeatureGathering(features: autoencoder.featureCount, topK: options.topK)
    var places = RowPlaces()
    let dimension = dictionaries[0].dimension
    let widest = max(
      autoencoder.featureCount, dictionaries.map(\.regionCount).max() ?? 0)
    try source.forEachBatch { batch in
      try checkWidth(
        batch, expecting: (dimension, of: dictionaries[0].name),
        file: source.url.lastPathComponent)
      places.add(batch)
      let size = max(1, min(256, (1 << 24) / widest))
      for start in stride(from: 0, to: batch.count, by: size) {
        let count = min(size, batch.count - start)
        let rows = Array(
          batch.rows[start * batch.dimension..<(start + count) * batch.dimension])
        for reader in readers {
          reader.add(rows, count: count, firstRow: features.rowCount)
        }
        features.add(
          autoencoder.encode(rows, count: count, threads: options.threads), count: count)
      }
      try progress(features.rowCount)
      return features.rowCount < limit
    }
    guard features.rowCount > 0 else {
      throw ExperimentError(
        .missing, "expected activations, found none", file: source.url.lastPathComponent)
    }
    let ends = try source.tokenEnds(of: places.documents)
    let others = features.sets(options)
    return try readers.map { reader in
      try reader.regions.indices.map { basis in
        var result = try reader.compare(basis, features, others, options)
        reader.keep(basis, features, places, ends: ends, in: &result)
        return result
      }
    }
  }

  static func check(_ dictionary: DictionaryFile, _ autoencoder: SparseAutoencoder) throws {
    let (site, canonical) = (autoencoder.site, SparseAutoencoder.Site.canonical)
    if let own = dictionary.provenance.hook, canonical(site.hook) != canonical(own) {
      throw ExperimentError(
        .mismatch,
        "expected an autoencoder of \(own), as \(dictionary.name) is, found one of \(site.hook) (\(site.source ?? "given"))",
        file: autoencoder.name, remedy: site.source == nil ? "\(.saeHook) says the latter" : nil)
    }
    guard autoencoder.inputWidth == dictionary.dimension else {
      throw ExperimentError(
        .mismatch,
        "expected an autoencoder of \(dictionary.dimension) components as in \(dictionary.name), found \(autoencoder.inputWidth)",
        file: autoencoder.name)
    }
  }
}

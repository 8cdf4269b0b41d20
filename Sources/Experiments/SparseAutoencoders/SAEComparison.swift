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
    package var basis = ReadoutBasis.mean
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

  /// - Throws: `mismatch` for an autoencoder of another hook or width; what the source throws.
  package static func run(
    _ dictionary: DictionaryFile, _ autoencoder: SparseAutoencoder, _ source: ActivationSource,
    _ options: Options, limit: Int = .max, progress: (Int) throws -> Void = { _ in }
  ) throws -> SAEComparison {
    try MatrixProducts.verify()
    try check(dictionary, autoencoder)
    try dictionary.checkHasRegions()
    let centre = try dictionary.centre()
    let exemplars = try dictionary.exemplarRows()
    let directions =
      options.basis == .exemplar
      ? exemplars : DirectionRows(try dictionary.means(), dimension: dictionary.dimension)
    let encoder = ReadoutEncoder(
      centre: centre, directions: directions, readout: .signed, threads: options.threads)
    var assigner = RegionAssigner(
      centre: centre, exemplars: exemplars, threads: options.threads)
    var gathering = Gathering(
      regions: dictionary.regionCount, features: autoencoder.featureCount, topK: options.topK)
    var places = RowPlaces()
    try source.forEachBatch { batch in
      try checkWidth(
        batch, expecting: (dictionary.dimension, of: dictionary.name),
        file: source.url.lastPathComponent)
      places.add(batch)
      let size = max(1, min(256, (1 << 24) / max(autoencoder.featureCount, dictionary.regionCount)))
      for start in stride(from: 0, to: batch.count, by: size) {
        let count = min(size, batch.count - start)
        let rows = Array(
          batch.rows[start * batch.dimension..<(start + count) * batch.dimension])
        gathering.add(
          regions: encoder.encode(rows, count: count),
          features: autoencoder.encode(rows, count: count, threads: options.threads),
          members: assigner.assign(ActivationBatch(rows: rows, count: count)).ids)
      }
      try progress(gathering.rowCount)
      return gathering.rowCount < limit
    }
    guard gathering.rowCount > 0 else {
      throw ExperimentError(
        .missing, "expected activations, found none", file: source.url.lastPathComponent)
    }
    var result = gathering.compare(options)
    gathering.keep(places, ends: try source.tokenEnds(of: places.documents), in: &result)
    return result
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

/// What streams by.
private struct Gathering {
  var regions: TopSets
  var features: TopSets
  /// Rows of each region's members, and rows where each feature is not 0.
  private var members: [[Int32]]
  private var firing: [[Int32]]
  private var leader: [Int32] = []
  private(set) var rowCount = 0

  init(regions: Int, features: Int, topK: Int) {
    self.regions = TopSets(featureCount: regions, limit: topK)
    self.features = TopSets(featureCount: features, limit: topK)
    members = [[Int32]](repeating: [], count: regions)
    firing = [[Int32]](repeating: [], count: features)
  }

  mutating func add(regions activations: [Float], features others: [Float], members ids: [Int32]) {
    let width = features.featureCount
    regions.add(activations, count: ids.count, firstRow: rowCount)
    features.add(others, count: ids.count, firstRow: rowCount)
    for (row, id) in ids.enumerated() {
      let place = Int32(rowCount + row)
      members[Int(id)].append(place)
      var best = 0
      for feature in 0..<width {
        let value = others[row * width + feature]
        if value != 0 { firing[feature].append(place) }
        if value > others[row * width + best] { best = feature }
      }
      leader.append(Int32(best))
    }
    rowCount += ids.count
  }

  /// Keeps where the regions with the best partners are most active, and where those partners are.
  func keep(_ places: RowPlaces, ends: [[Int32]?]?, in result: inout SAEComparison) {
    let best = result.regionToFeature.matches.sorted { ($1.f1, $0.own) < ($0.f1, $1.own) }
      .prefix(SAEComparison.mostPlaced)
    func found(_ sets: TopSets, _ index: Int) -> [SAEPlace] {
      sets.most(SAEComparison.placesEach, of: index).compactMap {
        places.place($0.row, activation: $0.activation, ends: ends)
      }
    }
    for match in best {
      result.regionPlaces[match.own] = found(regions, match.own)
      if result.featurePlaces[match.partner] == nil {
        result.featurePlaces[match.partner] = found(features, match.partner)
      }
    }
  }

  func compare(_ options: SAEComparison.Options) -> SAEComparison {
    func top(_ sets: TopSets) -> FeatureSets {
      FeatureSets(
        rows: (0..<sets.featureCount).map {
          sets.active[$0] >= options.minimumActive ? Array(sets.rows(of: $0)) : []
        }, rowCount: rowCount)
    }
    func eligible(_ sets: [[Int32]]) -> FeatureSets {
      FeatureSets(
        rows: sets.map { $0.count >= options.minimumActive ? $0 : [] }, rowCount: rowCount)
    }
    let (ours, theirs) = (top(regions), top(features))
    let (cells, fires) = (eligible(members), eligible(firing))
    let orders = (0..<options.nullRounds).map {
      SeededNumbers.permutation(rowCount, seed: options.seed &+ UInt64($0))
    }
    let inverses = orders.map { order in
      var inverse = order
      for (place, row) in order.enumerated() { inverse[row] = place }
      return inverse
    }
    var result = SAEComparison(
      rowCount: rowCount, regionCount: regions.featureCount, featureCount: features.featureCount,
      meanActiveFeatures: Double(firing.reduce(0) { $0 + $1.count }) / Double(rowCount),
      regionToFeature: direction(ours, theirs, regions.active, orders, byF1: false),
      featureToRegion: direction(theirs, ours, features.active, inverses, byF1: false),
      firingRegionToFeature: direction(cells, fires, members.map(\.count), orders, byF1: true),
      firingFeatureToRegion: direction(fires, cells, firing.map(\.count), inverses, byF1: true))
    let distinct = (0..<regions.featureCount).compactMap { region -> Int? in
      let rows = regions.leading(5, of: region)
      return rows.count == 5 ? Set(rows.map { leader[Int($0)] }).count : nil
    }
    if !distinct.isEmpty {
      result.meanDistinctLeaders = distinct.map(Double.init).mean
      result.sharedLeader = Double(distinct.count { $0 == 1 }) / Double(distinct.count)
    }
    return result
  }

  private func direction(
    _ own: FeatureSets, _ other: FeatureSets, _ active: [Int], _ orders: [[Int]], byF1: Bool
  ) -> SAEComparison.Direction {
    let matches = matches(own, other, active, order: nil, byF1: byF1)
    var result = SAEComparison.Direction(
      matches: matches, eligible: own.rows.count { !$0.isEmpty })
    func share(_ matches: [SAEComparison.Match]) -> Double {
      matches.isEmpty ? 0 : Double(matches.count { $0.f1 > 0.5 }) / Double(matches.count)
    }
    guard !matches.isEmpty else { return result }
    let seen = share(matches)
    result.shareAbove = seen
    result.interval = Proportion(matches.count { $0.f1 > 0.5 }, of: matches.count).wilson()
    let shuffled = orders.map { self.matches(own, other, active, order: $0, byF1: byF1) }
    guard !shuffled.isEmpty else { return result }
    let null = shuffled.map(share)
    result.nullMeanF1 = shuffled.map { $0.isEmpty ? 0 : $0.map(\.f1).mean }.mean
    result.nullMean = null.mean
    result.null95 = null.sorted().percentile(95)
    result.p = Double(1 + null.count { $0 >= seen }) / Double(1 + null.count)
    return result
  }

  /// For each set its partner; of several equally good the first.
  private func matches(
    _ own: FeatureSets, _ other: FeatureSets, _ active: [Int], order: [Int]?, byF1: Bool
  ) -> [SAEComparison.Match] {
    var counts = [Int32](repeating: 0, count: other.rows.count)
    return own.rows.indices.compactMap { index in
      let rows = own.rows[index]
      guard !rows.isEmpty else { return nil }
      var best: SAEComparison.Match?
      for (partner, overlap) in other.overlaps(rows, order: order, counts: &counts) {
        let size = other.rows[partner].count
        let (precision, recall) = (
          Double(overlap) / Double(rows.count), Double(overlap) / Double(size)
        )
        let match = SAEComparison.Match(
          own: index, partner: partner, overlap: overlap, precision: precision, recall: recall,
          f1: 2 * precision * recall / (precision + recall), active: active[index])
        guard let held = best else {
          best = match
          continue
        }
        let (new, old) =
          byF1 ? (match.f1, held.f1) : (Double(match.overlap), Double(held.overlap))
        if new > old || (new == old && partner < held.partner) { best = match }
      }
      return best
    }
  }
}

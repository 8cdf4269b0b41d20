import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// What of an autoencoder's features streams by.
struct FeatureGathering {
  private(set) var top: TopSets
  /// Rows where each feature is not 0.
  private(set) var firing: [[Int32]]
  /// The feature that is largest on each row.
  private(set) var leader: [Int32] = []
  private(set) var rowCount = 0

  init(features: Int, topK: Int) {
    top = TopSets(featureCount: features, limit: topK)
    firing = [[Int32]](repeating: [], count: features)
  }

  mutating func add(_ activations: [Float], count: Int) {
    let width = top.featureCount
    top.add(activations, count: count, firstRow: rowCount)
    for row in 0..<count {
      let place = Int32(rowCount + row)
      var best = 0
      for feature in 0..<width {
        let value = activations[row * width + feature]
        if value != 0 { firing[feature].append(place) }
        if value > activations[row * width + best] { best = feature }
      }
      leader.append(Int32(best))
    }
    rowCount += count
  }

  struct Sets {
    var top: FeatureSets
    var firing: FeatureSets
    /// Shuffles of the rows, and the places that they go back to.
    var orders: [[Int]]
    var inverses: [[Int]]
  }

  func sets(_ options: SAEComparison.Options) -> Sets {
    let orders = (0..<options.nullRounds).map {
      SeededNumbers.permutation(rowCount, seed: options.seed &+ UInt64($0))
    }
    let inverses = orders.map { order in
      var inverse = order
      for (place, row) in order.enumerated() { inverse[row] = place }
      return inverse
    }
    return Sets(
      top: FeatureSets(top: top, minimum: options.minimumActive, rowCount: rowCount),
      firing: FeatureSets(firing, minimum: options.minimumActive, rowCount: rowCount),
      orders: orders, inverses: inverses)
  }
}

extension FeatureSets {
  /// The sets of those that are active often enough; the others' are empty.
  init(top sets: TopSets, minimum: Int, rowCount: Int) {
    self.init(
      rows: (0..<sets.featureCount).map {
        sets.active[$0] >= minimum ? Array(sets.rows(of: $0)) : []
      }, rowCount: rowCount)
  }

  init(_ sets: [[Int32]], minimum: Int, rowCount: Int) {
    self.init(rows: sets.map { $0.count >= minimum ? $0 : [] }, rowCount: rowCount)
  }
}

/// What of a dictionary's regions streams by; a class, for an assigner cannot be copied.
final class DictionaryReader {
  private let encoders: [ReadoutEncoder]
  private var assigner: RegionAssigner
  private let bases: [ReadoutBasis]
  private let coherences: [Double]
  /// For each basis.
  private(set) var regions: [TopSets]
  /// Rows of each region's members.
  private var members: [[Int32]]

  init(_ dictionary: DictionaryFile, _ options: SAEComparison.Options) throws {
    let centre = try dictionary.centre()
    let exemplars = try dictionary.exemplarRows()
    bases = options.bases
    encoders = try bases.map { basis in
      let directions =
        basis == .exemplar
        ? exemplars : DirectionRows(try dictionary.means(), dimension: dictionary.dimension)
      return ReadoutEncoder(
        centre: centre, directions: directions, readout: .signed, threads: options.threads)
    }
    assigner = RegionAssigner(centre: centre, exemplars: exemplars, threads: options.threads)
    coherences = try dictionary.table().coherences
    regions = bases.map { _ in
      TopSets(featureCount: dictionary.regionCount, limit: options.topK)
    }
    members = [[Int32]](repeating: [], count: dictionary.regionCount)
  }

  func add(_ rows: [Float], count: Int, firstRow: Int) {
    for (index, encoder) in encoders.enumerated() {
      regions[index].add(encoder.encode(rows, count: count), count: count, firstRow: firstRow)
    }
    for (row, id) in assigner.assign(ActivationBatch(rows: rows, count: count)).ids.enumerated() {
      members[Int(id)].append(Int32(firstRow + row))
    }
  }

  /// Keeps where the regions with the best partners are most active, and where those partners are.
  func keep(
    _ basis: Int, _ features: FeatureGathering, _ places: RowPlaces, ends: [[Int32]?]?,
    in result: inout SAEComparison
  ) {
    let best = result.regionToFeature.matches.sorted { ($1.f1, $0.own) < ($0.f1, $1.own) }
      .prefix(SAEComparison.mostPlaced)
    func found(_ sets: TopSets, _ index: Int) -> [SAEPlace] {
      sets.most(SAEComparison.placesEach, of: index).compactMap {
        places.place($0.row, activation: $0.activation, ends: ends)
      }
    }
    for match in best {
      result.regionPlaces[match.own] = found(regions[basis], match.own)
      if result.featurePlaces[match.partner] == nil {
        result.featurePlaces[match.partner] = found(features.top, match.partner)
      }
    }
  }

  func compare(
    _ basis: Int, _ features: FeatureGathering, _ others: FeatureGathering.Sets,
    _ options: SAEComparison.Options
  ) throws -> SAEComparison {
    let (top, count) = (regions[basis], features.rowCount)
    let ours = FeatureSets(top: top, minimum: options.minimumActive, rowCount: count)
    let cells = FeatureSets(members, minimum: options.minimumActive, rowCount: count)
    let (orders, inverses) = (others.orders, others.inverses)
    let regionToFeature = direction(ours, others.top, top.active, orders, byF1: false)
    let own = regionToFeature.matches.map { coherences[$0.own] }
    let distinct = (0..<top.featureCount).compactMap { region -> Int? in
      let rows = top.leading(SAEComparison.leadingRows, of: region)
      return rows.count == SAEComparison.leadingRows
        ? Set(rows.map { features.leader[Int($0)] }).count : nil
    }
    func pairs(_ order: [Int]?) throws -> [SAEComparison.Match] {
      try SAEOneToOne.matches(ours, others.top, top.active, order: order, threads: options.threads)
    }
    var oneToOne = SAEComparison.OneToOne(matches: try pairs(nil))
    let shuffled = try orders.map { SAEComparison.OneToOne(matches: try pairs($0)) }
    if !shuffled.isEmpty, let seen = oneToOne.meanF1 {
      let means = shuffled.map { $0.meanF1 ?? 0 }
      oneToOne.nullMeanF1 = means.mean
      oneToOne.nullShare = shuffled.map { $0.above.rate ?? 0 }.mean
      oneToOne.p = Double(1 + means.count { $0 >= seen }) / Double(1 + means.count)
    }
    return SAEComparison(
      basis: bases[basis], oneToOne: oneToOne,
      coherence: RankCorrelation(own, regionToFeature.matches.map(\.f1), seed: options.seed),
      coherences: own,
      leaders: (1...SAEComparison.leadingRows).map { number in distinct.count { $0 == number } },
      rowCount: count, regionCount: top.featureCount, featureCount: features.top.featureCount,
      meanActiveFeatures: Double(features.firing.reduce(0) { $0 + $1.count }) / Double(count),
      regionToFeature: regionToFeature,
      featureToRegion: direction(others.top, ours, features.top.active, inverses, byF1: false),
      firingRegionToFeature: direction(
        cells, others.firing, members.map(\.count), orders, byF1: true),
      firingFeatureToRegion: direction(
        others.firing, cells, features.firing.map(\.count), inverses, byF1: true),
      meanDistinctLeaders: distinct.isEmpty ? nil : distinct.map(Double.init).mean,
      sharedLeader: distinct.isEmpty
        ? nil : Double(distinct.count { $0 == 1 }) / Double(distinct.count))
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

import ExemplarPartitioning
import Storage

extension ResolutionPaths {
  /// One pair in one basis, with what is said of its regions.
  package struct Walk: Sendable {
    package var basis: ReadoutBasis
    package var anchors: Anchors
    /// For each dictionary.
    package var levels: [Level]
    package var legs: [Leg]
    /// Of the regions that are told, where a lens was asked.
    package var tokens: [[Int: [String]]]
    package var labels: [[Int: String]]

    package init(
      basis: ReadoutBasis, anchors: Anchors, levels: [Level], legs: [Leg],
      tokens: [[Int: [String]]], labels: [[Int: String]]
    ) {
      (self.basis, self.anchors, self.levels, self.legs) = (basis, anchors, levels, legs)
      (self.tokens, self.labels) = (tokens, labels)
    }
  }
}

/// Paths between pairs of regions, in every dictionary and basis, under the keys by which they are printed and kept.
package struct PathsRecord: Encodable, Sendable {
  /// What is said of a region.
  struct About: Encodable {
    var members: Int
    var label: String?
    /// What the model's lens makes of it.
    var tokens: [String]?

    init(_ walk: ResolutionPaths.Walk, _ dictionary: Int, _ region: Int) {
      members = walk.levels[dictionary].members[region]
      label = walk.labels[dictionary][region]
      tokens = walk.tokens[dictionary][region]
    }
  }

  struct Step: Encodable {
    var region: Int
    @Inline var about: About
  }

  /// A region that lies nearer to both ends than they to each other.
  struct Between: Encodable {
    var region: Int
    var toFrom: Double
    var toTo: Double
    @Inline var about: About
  }

  /// The path in one dictionary.
  struct Leg: Encodable {
    var dictionary: String
    var regions: Int
    var theta: Double
    var from: Int
    var to: Int
    var hops: Int?
    /// From `from` to all that a path leads to.
    var medianHops: Double?
    var reachable: Int
    var distance: Double
    /// `nil` where none joins them.
    var path: [Step]?
    var betweenCount: Int
    /// The nearest of them.
    var between: [Between]

    init(_ walk: ResolutionPaths.Walk, _ index: Int, _ file: DictionaryFile) {
      let leg = walk.legs[index]
      (dictionary, regions, theta) = (file.name, file.regionCount, file.threshold)
      (from, to, reachable) = (leg.start, leg.end, leg.reachable)
      (hops, medianHops, distance) = (leg.path.map { $0.count - 1 }, leg.medianHops, leg.distance)
      path = leg.path?.map { Step(region: $0, about: About(walk, index, $0)) }
      betweenCount = leg.between.count
      between = leg.between.prefix(PathsRecord.shownBetween).map {
        Between(
          region: $0.region, toFrom: $0.toStart, toTo: $0.toEnd,
          about: About(walk, index, $0.region))
      }
    }
  }

  /// One pair in one basis.
  struct Pair: Encodable {
    var basis: String
    var from: Int
    var to: Int
    /// How word-like what the lens makes of both is.
    var score: Double?
    var distance: Double
    var dictionaries: [Leg]

    init(_ walk: ResolutionPaths.Walk, _ files: [DictionaryFile]) {
      (basis, from, to) = (walk.basis.rawValue, walk.anchors.from, walk.anchors.to)
      (score, distance) = (walk.anchors.score, walk.anchors.distance)
      dictionaries = files.enumerated().map { Leg(walk, $0, $1) }
    }
  }

  /// Regions between two that are told.
  package static let shownBetween = 8

  /// The first pair's.
  var from: Int
  var to: Int
  var basis: String
  var neighbours: Int
  /// Whether the ends are the same exemplars in every dictionary.
  var identity: Bool
  var dictionaries: [Leg]
  var pairs: [Pair]
  var seconds: Double

  /// - Parameter walks: at least one.
  package init(
    _ walks: [ResolutionPaths.Walk], _ files: [DictionaryFile], neighbours: Int, isIdentity: Bool,
    seconds: Double
  ) {
    pairs = walks.map { Pair($0, files) }
    (from, to, basis) = (pairs[0].from, pairs[0].to, pairs[0].basis)
    dictionaries = pairs[0].dictionaries
    (self.neighbours, identity, self.seconds) = (neighbours, isIdentity, seconds)
  }
}

import ExemplarPartitioning
import Foundation
import Numerics

/// Paths between two regions at several resolutions, along exemplars or means.
///
/// - Source: the reference's resolution paths, and its lens of regions between two.
package struct ResolutionPaths: Sendable {
  /// One dictionary, in one basis.
  package struct Level: Sendable {
    /// Along which paths are searched.
    package let directions: DirectionRows
    /// What tells whether two dictionaries have a region in common, in either basis.
    package let exemplars: DirectionRows
    package let members: [Int]
    package let graph: RegionGraph

    package init(
      directions: DirectionRows, exemplars: DirectionRows, members: [Int], neighbours: Int,
      threads: Int
    ) {
      (self.directions, self.exemplars, self.members) = (directions, exemplars, members)
      graph = RegionGraph(directions, k: neighbours, threads: threads)
    }

    /// Cosine distance of two regions' directions.
    package func distance(_ a: Int, _ b: Int) -> Double { directions.distance(a, b) }
  }

  /// What lies between two regions of one dictionary.
  package struct Leg: Sendable, Equatable {
    package var start: Int
    package var end: Int
    /// `nil` where none joins them.
    package var path: [Int]?
    package var reachable: Int
    package var medianHops: Double?
    package var distance: Double
    /// Regions that lie nearer to both than they lie to each other, the nearest on average first.
    package var between: [Between]
  }

  package struct Between: Sendable, Equatable {
    package var region: Int
    package var toStart: Double
    package var toEnd: Double
  }

  /// Two regions of the coarsest dictionary.
  package struct Anchors: Sendable, Equatable {
    package var from: Int
    package var to: Int
    /// How word-like what the lens makes of both is, in [0, 1]; `nil` where they were named.
    package var score: Double?
    package var distance: Double

    package init(from: Int, to: Int, score: Double?, distance: Double) {
      (self.from, self.to, self.score, self.distance) = (from, to, score, distance)
    }
  }

  package let levels: [Level]

  /// - Parameter levels: the coarsest first.
  package init(_ levels: [Level]) { self.levels = levels }

  // MARK: - Anchors

  /// Pairs of direct neighbours in the coarsest dictionary, those whose tokens are most like words first, then the nearest.
  ///
  /// - Parameters:
  ///   - tokens: for each region of the coarsest dictionary, the lens's first eight, as they are decoded.
  ///   - isIdentity: only regions whose exemplar is one of every other dictionary too.
  ///   - maxMembers: only regions of so many members at most.
  package func anchors(
    _ tokens: [[String]], count: Int, isIdentity: Bool = false, maxMembers: Int? = nil
  ) -> [Anchors] {
    let coarse = levels[0]
    let survivors = isIdentity ? levels.dropFirst().map { identities(in: $0) } : []
    func isCandidate(_ region: Int) -> Bool {
      survivors.allSatisfy { $0[region] != nil }
        && maxMembers.map { coarse.members[region] <= $0 } ?? true
    }
    let found = coarse.graph.joined.compactMap { a, b, distance -> Anchors? in
      guard isCandidate(a), isCandidate(b) else { return nil }
      return Anchors(
        from: a, to: b, score: (Self.cleanliness(tokens[a]) + Self.cleanliness(tokens[b])) / 2,
        distance: Double(distance))
    }
    return
      found.sorted {
        ($1.score ?? 0, $0.distance, $0.from, $0.to) < ($0.score ?? 0, $1.distance, $1.from, $1.to)
      }.prefix(count).map(\.self)
  }

  /// How many of the lens's tokens are words of 2 to 15 Latin letters, as the reference counts: tokens trimmed, empty ones left
  /// out, joined by commas and cut at 200 characters.
  package static func cleanliness(_ tokens: [String]) -> Double {
    let trimmed = tokens.map { PythonText.stripped($0.unicodeScalars) }.filter { !$0.isEmpty }
    let text = Array(trimmed.joined(separator: [",", " "] as [Unicode.Scalar]).prefix(200))
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
      PythonText.stripped($0)
    }
    let words = parts.count { part in
      (2...15).contains(part.count)
        && part.allSatisfy { ("a"..."z").contains($0) || ("A"..."Z").contains($0) }
    }
    return Double(words) / Double(max(parts.count, 1))
  }

  /// For each region of the coarsest dictionary, the one of another whose exemplar is the same activation.
  package func identities(in level: Level) -> [Int?] {
    let own = levels[0].exemplars
    return (0..<own.count).map { region in
      let best = Self.nearest(own.row(region), in: level.exemplars)
      return best.cosine >= 1 - 1e-4 ? best.region : nil
    }
  }

  private static func nearest(
    _ direction: [Float], in rows: DirectionRows
  ) -> (region: Int, cosine: Double) {
    var (best, largest) = (0, -Double.infinity)
    for region in 0..<rows.count {
      let product = rows.withRow(region) { row in
        zip(row, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      if product > largest { (best, largest) = (region, product) }
    }
    return (best, largest)
  }

  // MARK: - Legs

  /// The path between two anchors in every dictionary.
  ///
  /// - Parameter isIdentity: between the regions of the same exemplars, which every dictionary has to have.
  package func legs(_ anchors: Anchors, isIdentity: Bool = false) -> [Leg] {
    levels.enumerated().map { index, level in
      func place(_ region: Int) -> Int {
        if index == 0 { return region }
        let coarse = levels[0]
        return
          Self.nearest(
            isIdentity ? coarse.exemplars.row(region) : coarse.directions.row(region),
            in: isIdentity ? level.exemplars : level.directions
          ).region
      }
      return leg(level, from: place(anchors.from), to: place(anchors.to))
    }
  }

  private func leg(_ level: Level, from start: Int, to end: Int) -> Leg {
    let hops = level.graph.hops(from: start).enumerated().compactMap { $0 == start ? nil : $1 }
    let apart = level.distance(start, end)
    let between = (0..<level.directions.count).compactMap { region -> Between? in
      guard region != start, region != end else { return nil }
      let (a, b) = (level.distance(start, region), level.distance(end, region))
      return a < apart && b < apart ? Between(region: region, toStart: a, toEnd: b) : nil
    }
    return Leg(
      start: start, end: end, path: level.graph.path(from: start, to: end), reachable: hops.count,
      medianHops: hops.isEmpty ? nil : hops.map(Double.init).sorted().percentile(50),
      distance: apart,
      between: between.sorted {
        ($0.toStart + $0.toEnd, $0.region) < ($1.toStart + $1.toEnd, $1.region)
      })
  }
}

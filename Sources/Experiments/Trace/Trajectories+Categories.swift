import ExemplarPartitioning
import Numerics

/// How alike the regions are that a category's prompts end in.
///
/// - Source: the reference's category-firing experiment (distances) and trajectory experiment (purity).
extension Trajectories {
  /// How far apart the regions of a category's prompts lie, in one dictionary.
  package struct Cohesion: Sendable, Equatable {
    package var category: String
    package var prompts: Int
    /// Distinct regions.
    package var regions: Int
    /// The mean cosine distance of the exemplars of two of its prompts' regions, over pairs of prompts in different ones;
    /// `nil` where all are in one.
    package var distance: Double?
    /// By resampling prompts; `nil` where all drawings give one distance, as of prompts in two regions.
    package var interval: ConfidenceInterval?
    /// The prompts dealt to the categories anew: the mean distance, and (1 + deals with one as small) / (1 + deals with one).
    package var nullMean: Double?
    package var p: Double?
  }

  /// Of two categories: the mean distance of the regions of a prompt of either.
  package struct Separation: Sendable, Equatable {
    package var first: String
    package var second: String
    package var distance: Double
  }

  /// The mean distance within categories, beside prompts dealt to them anew.
  package struct Within: Sendable, Equatable {
    /// Over the categories that have a distance.
    package var distance: Double?
    package var nullMean: Double?
    package var p: Double?
  }

  package struct Purity: Sendable, Equatable {
    /// The share of the prompts that are of the commonest category of their region.
    package var share: Double
    /// By resampling prompts; `nil` where all drawings give one share, as where every region is of one category.
    package var interval: ConfidenceInterval?
    package var nullMean: Double
    package var p: Double
    /// For each category in order: of the prompts in the regions that its prompts end in, the share that is its own, averaged
    /// over its prompts; with the mean of the deals and p.
    package var categories: [(share: Double, nullMean: Double, p: Double)]

    package static func == (left: Purity, right: Purity) -> Bool {
      left.share == right.share && left.interval == right.interval && left.p == right.p
        && left.nullMean == right.nullMean
        && left.categories.elementsEqual(right.categories) { $0 == $1 }
    }
  }

  /// A region and who ends in it.
  package struct Occupied: Sendable, Equatable {
    package var region: Int
    package var prompts: Int
    /// The commonest; of several the first by name.
    package var category: String
    package var purity: Double
    package var counts: [String: Int]
  }

  /// A path that several prompts take.
  package struct SharedPath: Sendable, Equatable {
    package var regions: [Int]
    package var prompts: Int
    package var category: String
  }

  /// What is known of categories in one dictionary.
  package struct Categories: Sendable {
    package var cohesion: [Cohesion]
    package var separation: [Separation]
    package var within: Within
    package var purity: Purity
    package var regions: [Occupied]
  }

  /// - Parameter distances: of two regions of the dictionary.
  /// - Complexity: O(rounds · prompts²).
  package func categories(
    in dictionary: Int, distance: (Int, Int) -> Double, rounds: Int = 200, seed: UInt64 = 0
  ) -> Categories {
    let names = categories
    let regions = paths.map { $0.regions[dictionary] }
    let own = paths.map { path in names.firstIndex(of: path.category) ?? 0 }
    // Only regions that somebody is in.
    let used = Array(Set(regions)).sorted()
    let place = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
    let matrix = used.map { a in used.map { b in a == b ? 0 : distance(a, b) } }
    let places = regions.map { place[$0] ?? 0 }
    let pairs = PairDistances(places: places, matrix: matrix, count: names.count)
    let seen = pairs.within(own, nil)
    let deals = (0..<rounds).map { round in
      SeededNumbers.permutation(own.count, seed: seed &+ UInt64(round)).map { own[$0] }
    }
    let dealt = deals.map { pairs.within($0, nil) }
    let resampled = (0..<rounds).map { round in
      pairs.within(
        own, Resampling.weights(own.count, seed: seed &+ 1_000_000 &+ UInt64(round)))
    }
    let cohesion = names.indices.map { index -> Cohesion in
      let null = dealt.compactMap { $0[index] }
      return Cohesion(
        category: names[index], prompts: own.count { $0 == index },
        regions: Set(zip(own, regions).filter { $0.0 == index }.map(\.1)).count,
        distance: seen[index], interval: Resampling.spread(resampled.compactMap { $0[index] }),
        nullMean: null.isEmpty ? nil : null.mean,
        p: seen[index].map { seen in
          Double(1 + null.count { $0 <= seen + 1e-12 }) / Double(1 + null.count)
        })
    }
    func mean(_ values: [Double?]) -> Double? {
      let found = values.compactMap(\.self)
      return found.isEmpty ? nil : found.mean
    }
    let (all, null) = (mean(seen), dealt.compactMap(mean))
    return Categories(
      cohesion: cohesion, separation: separation(names, own, places, matrix),
      within: Within(
        distance: all, nullMean: null.isEmpty ? nil : null.mean,
        p: all.map { all in
          Double(1 + null.count { $0 <= all + 1e-12 }) / Double(1 + null.count)
        }),
      purity: purity(names.count, own, places, deals, rounds: rounds, seed: seed),
      regions: used.map { occupied($0, regions) })
  }

  private func occupied(_ region: Int, _ regions: [Int]) -> Occupied {
    let inside = zip(paths, regions).filter { $0.1 == region }.map(\.0.category)
    let counts = Dictionary(grouping: inside) { $0 }.mapValues(\.count)
    let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
    return Occupied(
      region: region, prompts: inside.count, category: best?.key ?? "",
      purity: Double(best?.value ?? 0) / Double(max(inside.count, 1)), counts: counts)
  }

  private func separation(
    _ names: [String], _ own: [Int], _ places: [Int], _ matrix: [[Double]]
  ) -> [Separation] {
    var result: [Separation] = []
    for first in names.indices {
      for second in names.indices where second > first {
        let others = places.indices.filter { own[$0] == second }
        let distances = places.indices.filter { own[$0] == first }.flatMap { a in
          others.map { matrix[places[a]][places[$0]] }
        }
        result.append(
          Separation(first: names[first], second: names[second], distance: distances.mean))
      }
    }
    return result
  }

  private func purity(
    _ count: Int, _ own: [Int], _ places: [Int], _ deals: [[Int]], rounds: Int, seed: UInt64
  ) -> Purity {
    let regionCount = (places.max() ?? -1) + 1
    /// Of all prompts, and of those of each category.
    func shares(_ own: [Int], _ weights: [Int32]?) -> (all: Double, each: [Double]) {
      var counts = [Double](repeating: 0, count: regionCount * count)
      var inside = [Double](repeating: 0, count: regionCount)
      for prompt in own.indices {
        let weight = weights.map { Double($0[prompt]) } ?? 1
        counts[places[prompt] * count + own[prompt]] += weight
        inside[places[prompt]] += weight
      }
      var (most, total) = (0.0, 0.0)
      var (sums, sizes) = (
        [Double](repeating: 0, count: count), [Double](repeating: 0, count: count)
      )
      for region in 0..<regionCount where inside[region] > 0 {
        let line = counts[region * count..<(region + 1) * count]
        most += line.max() ?? 0
        total += inside[region]
        for (category, own) in line.enumerated() {
          sums[category] += own * own / inside[region]
          sizes[category] += own
        }
      }
      return (most / max(total, 1), zip(sums, sizes).map { $1 > 0 ? $0 / $1 : .nan })
    }
    let seen = shares(own, nil)
    let null = deals.map { shares($0, nil) }
    func p(_ seen: Double, _ null: [Double]) -> Double {
      Double(1 + null.count { $0 >= seen - 1e-12 }) / Double(1 + null.count)
    }
    let resampled = (0..<rounds).map { round in
      shares(own, Resampling.weights(own.count, seed: seed &+ 1_000_000 &+ UInt64(round))).all
    }
    return Purity(
      share: seen.all, interval: Resampling.spread(resampled), nullMean: null.map(\.all).mean,
      p: p(seen.all, null.map(\.all)),
      categories: (0..<count).map { category in
        let dealt = null.map { $0.each[category] }
        return (seen.each[category], dealt.mean, p(seen.each[category], dealt))
      })
  }

  /// Paths that most prompts take, the most first.
  package func sharedPaths(limit: Int = 20) -> [SharedPath] {
    Dictionary(grouping: paths, by: \.regions).map { regions, paths -> SharedPath in
      let counts = Dictionary(grouping: paths, by: \.category).mapValues(\.count)
      let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
      return SharedPath(regions: regions, prompts: paths.count, category: best?.key ?? "")
    }
    .sorted {
      $0.prompts != $1.prompts
        ? $0.prompts > $1.prompts : $0.regions.lexicographicallyPrecedes($1.regions)
    }
    .prefix(limit).map(\.self)
  }
}

/// Distances of the regions of prompts of one category, over pairs of prompts in different regions.
private struct PairDistances {
  /// For each prompt its region's place in the matrix.
  let places: [Int]
  let matrix: [[Double]]
  let count: Int

  /// For each category its mean distance; `nil` where no two of its prompts are in different regions.
  func within(_ own: [Int], _ weights: [Int32]?) -> [Double?] {
    let regions = matrix.count
    // Prompts of a category in a region are all as far from those in another.
    var inside = [Double](repeating: 0, count: count * regions)
    for prompt in own.indices {
      inside[own[prompt] * regions + places[prompt]] += weights.map { Double($0[prompt]) } ?? 1
    }
    return (0..<count).map { category in
      let line = inside[category * regions..<(category + 1) * regions]
      let held = line.indices.filter { line[$0] > 0 }
      var (sum, pairs) = (0.0, 0.0)
      for a in held {
        for b in held where b > a {
          let weight = line[a] * line[b]
          sum += weight * matrix[a - line.startIndex][b - line.startIndex]
          pairs += weight
        }
      }
      return pairs > 0 ? sum / pairs : nil
    }
  }
}

import ExemplarPartitioning
import Numerics

/// The paths of several prompts through the dictionaries of several layers, at their final positions.
///
/// - Source: the reference's trajectory experiment and its analysis.
package struct Trajectories: Sendable {
  package struct Path: Sendable, Equatable {
    package var id: String
    package var category: String
    /// A region for each dictionary.
    package var regions: [Int]
    package var distances: [Float]

    package init(id: String, category: String, regions: [Int], distances: [Float]) {
      self.id = id
      self.category = category
      self.regions = regions
      self.distances = distances
    }
  }

  /// The region that most prompts of a category pass through; of several, the smallest.
  package struct Dominance: Sendable, Equatable {
    package var category: String
    package var region: Int
    package var count: Int
    package var total: Int
  }

  package var paths: [Path]

  package init(_ paths: [Path]) { self.paths = paths }

  package var categories: [String] { Set(paths.map(\.category)).sorted() }

  /// Per category, in one dictionary.
  package func dominant(in dictionary: Int) -> [Dominance] {
    categories.map { category in
      let chosen = paths.filter { $0.category == category }
      let counts = Dictionary(grouping: chosen) { $0.regions[dictionary] }.mapValues(\.count)
      let best = counts.max { ($0.value, $1.key) < ($1.value, $0.key) }
      return Dominance(
        category: category, region: best?.key ?? -1, count: best?.value ?? 0, total: chosen.count)
    }
  }

  /// How much of the regions that two categories pass through in one dictionary is common to both, in [0, 1].
  package func overlap(_ first: String, _ second: String, in dictionary: Int) -> Double {
    func regions(_ category: String) -> Set<Int> {
      Set(paths.filter { $0.category == category }.map { $0.regions[dictionary] })
    }
    return Self.overlap(regions(first), regions(second))
  }

  /// How much two categories have in common beside what they would have if they were one.
  package struct Sharing: Sendable, Equatable {
    package var first: String
    package var second: String
    /// As `overlap` has it.
    package var overlap: Double
    /// The prompts of both dealt to the categories anew: the mean overlap, and (1 + deals with an overlap as small) /
    /// (1 + deals).
    package var nullMean: Double
    package var p: Double
  }

  /// For every pair of categories, in one dictionary.
  ///
  /// - Complexity: O(pairs · rounds · prompts).
  package func sharing(in dictionary: Int, rounds: Int = 200, seed: UInt64 = 0) -> [Sharing] {
    let categories = categories
    let regions = Dictionary(grouping: paths, by: \.category).mapValues {
      $0.map { $0.regions[dictionary] }
    }
    var result: [Sharing] = []
    for (index, first) in categories.enumerated() {
      for second in categories[(index + 1)...] {
        let (own, other) = (regions[first] ?? [], regions[second] ?? [])
        let all = own + other
        let seen = Self.overlap(Set(own), Set(other))
        let null = (0..<rounds).map { round in
          let order = SeededNumbers.permutation(
            all.count, seed: seed &+ UInt64(result.count * rounds + round))
          let dealt = order.map { all[$0] }
          return Self.overlap(Set(dealt.prefix(own.count)), Set(dealt.dropFirst(own.count)))
        }
        result.append(
          Sharing(
            first: first, second: second, overlap: seen, nullMean: null.mean,
            p: Double(1 + null.count { $0 <= seen + 1e-12 }) / Double(1 + rounds)))
      }
    }
    return result
  }

  private static func overlap(_ a: Set<Int>, _ b: Set<Int>) -> Double {
    a.isEmpty && b.isEmpty ? 0 : Double(a.intersection(b).count) / Double(a.union(b).count)
  }

  /// Distinct paths of a category.
  package func distinctPaths(_ category: String) -> Int {
    Set(paths.filter { $0.category == category }.map(\.regions)).count
  }

  /// How often prompts of each category pass from a region to another between neighbouring dictionaries, most first.
  package func flows(from dictionary: Int) -> [(from: Int, to: Int, category: String, count: Int)] {
    struct Key: Hashable { var from: Int, to: Int, category: String }
    let counts = Dictionary(grouping: paths) {
      Key(from: $0.regions[dictionary], to: $0.regions[dictionary + 1], category: $0.category)
    }
    return counts.map { ($0.key.from, $0.key.to, $0.key.category, $0.value.count) }
      .sorted { ($1.3, $0.0, $0.1, $0.2) < ($0.3, $1.0, $1.1, $1.2) }
  }
}

import Numerics

/// Where prompts fall in one dictionary: of each its region, and the distance to that region's exemplar.
package struct PromptRegions: Sendable, Equatable {
  /// −1 in a dictionary without regions.
  package let regions: [Int32]
  package let distances: [Float]
  /// By region, the prompt of the least distance (ties: the first); of regions with prompts alone.
  package let closest: [Int32: Int]

  package init(regions: [Int32], distances: [Float]) {
    precondition(
      regions.count == distances.count,
      "expected \(regions.count) distances, got \(distances.count)")
    self.regions = regions
    self.distances = distances
    var closest: [Int32: Int] = [:]
    for (prompt, region) in regions.enumerated() where region >= 0 {
      guard let known = closest[region], distances[known] <= distances[prompt] else {
        closest[region] = prompt
        continue
      }
    }
    self.closest = closest
  }
}

/// Whether regions of one dictionary come back to themselves through another, by the prompts that both have seen.
///
/// A region goes to the other dictionary's region of its closest prompt, and back by that region's closest prompt. Widths,
/// layers and models may differ: only prompts are compared, never activations. The way from B to A is another number.
///
/// - Source: Rumbelow, the reference's round trip between two models.
package struct RoundTrip: Sendable, Equatable {
  /// Of A, those that were sent, ascending.
  package let regions: [Int32]
  /// Those of them that came home.
  package let home: [Int32]
  /// `nil` where no permutation was made.
  package let null: Null?

  /// The same with B's prompts permuted.
  package struct Null: Sendable, Equatable {
    package var permutations: Int
    package var seed: UInt64
    /// Regions that came home.
    package var mean: Double
    package var largest: Int
    /// The share of permutations in which as many regions as measured came home, or more.
    package var p: Double
  }

  package var share: Proportion { Proportion(home.count, of: regions.count) }

  /// - Parameters:
  ///   - kind: of each prompt, whether a region has to hold such prompts alone to be sent; `nil` sends every region that
  ///     has prompts.
  ///   - permutations: of the null, by NumPy's `default_rng(seed)`; 0 for none.
  /// - Complexity: O(permutations · (prompts + regions)).
  package init(
    _ a: PromptRegions, _ b: PromptRegions, kind: [Bool]? = nil, permutations: Int,
    seed: UInt64 = 0
  ) {
    let count = a.regions.count
    precondition(
      b.regions.count == count && kind?.count ?? count == count,
      "expected the same \(count) prompts, got \(b.regions.count)")
    var isSent = Dictionary(uniqueKeysWithValues: a.closest.keys.map { ($0, true) })
    if let kind {
      for (prompt, region) in a.regions.enumerated() where !kind[prompt] { isSent[region] = false }
    }
    let sent = isSent.filter(\.value).keys.sorted()
    regions = sent
    home = sent.filter { region in
      let there = b.regions[a.closest[region]!]
      return there >= 0 && a.regions[b.closest[there]!] == region
    }
    guard permutations > 0, !sent.isEmpty else {
      null = nil
      return
    }
    var generator = NumPyGenerator(seed: seed)
    var (sum, largest, asMany) = (0, 0, 0)
    for _ in 0..<permutations {
      var places = Array(0..<count)
      generator.shuffle(&places)
      var prompts = places
      for (prompt, place) in places.enumerated() { prompts[place] = prompt }
      let found = sent.count { region in
        let there = b.regions[places[a.closest[region]!]]
        return there >= 0 && a.regions[prompts[b.closest[there]!]] == region
      }
      sum += found
      largest = max(largest, found)
      if found >= home.count { asMany += 1 }
    }
    null = Null(
      permutations: permutations, seed: seed, mean: Double(sum) / Double(permutations),
      largest: largest, p: Double(asMany) / Double(permutations))
  }
}

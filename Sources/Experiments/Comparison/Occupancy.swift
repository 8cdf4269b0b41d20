import ExemplarPartitioning
import Numerics
import Storage

/// Where a tuned child's activations lie that its parent's on the same texts do not: both counted in the regions of the
/// child's dictionary.
///
/// - Source: Rumbelow, the reference's occupancy discovery. Ties of the difference go to the lower id here.
package struct Occupancy: Sendable, Equatable {
  package struct Region: Sendable, Equatable {
    package var id: Int
    /// Rows of the parent and of the child that are nearest to it.
    package var parent: Int
    package var child: Int
    /// Different prompts among the child's rows: positions whose tokens are the same say nothing new.
    package var prompts: Int
    /// The prompt of the child's row that is closest to its exemplar (ties: the first); of the parent's where the child has
    /// none.
    package var example: Int
    /// How often the largest difference of any region was at least this region's where parent and child were swapped at
    /// random, row by row; `nil` without permutations. Of all regions at once, so that looking at many is paid for.
    package var p: Double?

    package var difference: Int { child - parent }
    /// Whether the child has rows here and the parent none.
    package var isAdded: Bool { child > 0 && parent == 0 }
  }

  /// Every region with a row of either, by descending difference, then id.
  package let regions: [Region]
  /// Rows of each side.
  package let rows: Int
  /// Rows that lie in different regions.
  package let moved: Int
  package let permutations: Int

  /// Regions that the child alone has rows in, the most of the child's first: a list for a person to read, which selects
  /// nothing.
  package var added: [Region] {
    regions.filter(\.isAdded).sorted { ($1.child, $0.id) < ($0.child, $1.id) }
  }

  /// - Parameters:
  ///   - parent: the child's region of each of the parent's rows, without a cut at θ.
  ///   - child: likewise of the child's.
  ///   - distances: of the parent's rows and the child's, to the exemplar of their region.
  ///   - prompts: of each row, a number that rows of the same prompt share.
  ///   - permutations: of the null; 0 for none.
  /// - Complexity: O(permutations · moved rows).
  package init(
    parent: [Int32], child: [Int32], distances: (parent: [Float], child: [Float]),
    prompts: [Int], permutations: Int, seed: UInt64 = 0
  ) {
    precondition(
      parent.count == child.count && prompts.count == child.count,
      "expected \(child.count) rows of each, got \(parent.count) and \(prompts.count)")
    var counts: [Int32: (parent: Int, child: Int, prompts: Set<Int>)] = [:]
    var pairs: [(parent: Int32, child: Int32)] = []
    for row in child.indices {
      counts[parent[row], default: (0, 0, [])].parent += 1
      counts[child[row], default: (0, 0, [])].child += 1
      counts[child[row], default: (0, 0, [])].prompts.insert(prompts[row])
      if parent[row] != child[row] { pairs.append((parent[row], child[row])) }
    }
    let closest = PromptRegions(regions: child, distances: distances.child).closest
    let elsewhere = PromptRegions(regions: parent, distances: distances.parent).closest
    // Rows that agree add nothing to a difference, however they are swapped.
    let ids = counts.keys.sorted()
    let places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
    let moves = pairs.map { (places[$0.parent]!, places[$0.child]!) }
    var largest: [Int] = []
    var differences = [Int](repeating: 0, count: ids.count)
    let words = (moves.count + 63) / 64
    for permutation in 0..<permutations {
      for place in differences.indices { differences[place] = 0 }
      var bits: UInt64 = 0
      for (index, (from, to)) in moves.enumerated() {
        if index % 64 == 0 {
          bits = SeededNumbers.value(
            seed: seed, index: UInt64(permutation * words + index / 64))
        }
        let sign = bits >> UInt64(index % 64) & 1 == 0 ? 1 : -1
        differences[to] += sign
        differences[from] -= sign
      }
      largest.append(differences.max() ?? 0)
    }
    largest.sort()
    regions = ids.map { id in
      let count = counts[id]!
      let difference = count.child - count.parent
      let asMany = largest.count - largest.prefix { $0 < difference }.count
      return Region(
        id: Int(id), parent: count.parent, child: count.child, prompts: count.prompts.count,
        example: prompts[closest[id] ?? elsewhere[id] ?? 0],
        // The measured order counts as one of them, so that p is never 0.
        p: permutations > 0 ? Double(asMany + 1) / Double(permutations + 1) : nil)
    }.sorted { ($1.difference, $0.id) < ($0.difference, $1.id) }
    rows = child.count
    moved = pairs.count
    self.permutations = permutations
  }
}

/// The rows that parent and child have of the same texts at the positions of the child's dictionary.
package struct PairedRows: Sendable {
  /// `[count, D]`.
  package let parent: [Float]
  package let child: [Float]
  package let count: Int
  /// Of each row the prompt it is of, by place in `shared`.
  package let prompts: [Int]

  /// - Throws: `ExperimentError.mismatch` where the stores have no common positions of a prompt: its tokens differ, or one
  ///   store left positions out; `missing` where a store lacks the dictionary's hook.
  package init(
    _ shared: SharedPrompts, parent: StoreFile, child: StoreFile, for dictionary: DictionaryFile
  ) throws {
    guard let hook = dictionary.provenance.hook else {
      throw ExperimentError(
        .missing, "does not say its hook: which activations to count is not known",
        file: dictionary.name)
    }
    for store in [parent, child] where !store.hooks.contains(where: { $0.name == hook }) {
      throw ExperimentError(
        .missing,
        "has no activations at \(hook); it has \(store.hooks.map(\.name).joined(separator: ", "))",
        file: store.name)
    }
    if dictionary.provenance.positions == Positions.last.rawValue {
      self.parent = try parent.lastRows(hook, of: shared.a)
      self.child = try child.lastRows(hook, of: shared.b)
      count = shared.a.count
      prompts = Array(shared.a.indices)
      return
    }
    var prompts: [Int] = []
    for (place, (a, b)) in zip(shared.a, shared.b).enumerated() {
      guard a.rowCount == b.rowCount, try parent.tokens(of: a).ids == child.tokens(of: b).ids else {
        throw ExperimentError(
          .mismatch,
          "expected the tokens of \(a.id) as in \(parent.name), found others: positions cannot be compared",
          file: child.name)
      }
      prompts += Array(repeating: place, count: a.rowCount)
    }
    self.parent = try parent.rows(hook, at: shared.a.flatMap { Array($0.rows) })
    self.child = try child.rows(hook, at: shared.b.flatMap { Array($0.rows) })
    count = prompts.count
    self.prompts = prompts
  }

  /// Both assigned to the regions of the child's dictionary.
  package func occupancy(
    in dictionary: DictionaryFile, permutations: Int, seed: UInt64, threads: Int
  ) throws -> Occupancy {
    var assigner = RegionAssigner(try dictionary.load(), threads: threads)
    let (ofParent, fromParent) = assigner.assign(ActivationBatch(rows: parent, count: count))
    let (ofChild, fromChild) = assigner.assign(ActivationBatch(rows: child, count: count))
    return Occupancy(
      parent: ofParent, child: ofChild, distances: (fromParent, fromChild), prompts: prompts,
      permutations: permutations, seed: seed)
  }
}

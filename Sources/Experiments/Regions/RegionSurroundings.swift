import ExemplarPartitioning
import Numerics
import Storage

/// What lies around one exemplar: the nearest others, and the members that were sampled from its region.
package struct RegionSurroundings: Sendable, Equatable {
  package struct Neighbour: Sendable, Equatable {
    package var region: Int
    /// Of the two exemplars.
    package var cosine: Double

    package init(region: Int, cosine: Double) {
      self.region = region
      self.cosine = cosine
    }
  }

  package struct Sampled: Sendable, Equatable {
    /// Cosine distance to the exemplar.
    package var distance: Double
    /// The context of the member, where one of those kept has just this distance.
    package var context: ContextText?

    package init(distance: Double, context: ContextText? = nil) {
      self.distance = distance
      self.context = context
    }
  }

  package var region: Int
  /// Nearest first; equal ones by id.
  package var neighbours: [Neighbour]
  /// Nearest first.
  package var sampled: [Sampled]

  package init(region: Int, neighbours: [Neighbour], sampled: [Sampled]) {
    self.region = region
    self.neighbours = neighbours
    self.sampled = sampled
  }

  /// A sampled member and a context are one activation if their distances differ by no more than rounding does.
  private static let tolerance = 2e-6

  /// - Parameters:
  ///   - limit: how many neighbours.
  ///   - index: of an attached store, which has the contexts that were not kept.
  /// - Complexity: O(K · D), the exemplars read a block at a time.
  package static func read(
    _ dictionary: DictionaryFile, region: Int, limit: Int, contexts: [ContextText],
    index: StoreIndex? = nil
  ) throws -> RegionSurroundings {
    try MatrixProducts.verify()
    let exemplar = try dictionary.exemplars(rows: region..<region + 1)
    var cosines = [Float](repeating: 0, count: dictionary.regionCount)
    let block = max(1, (1 << 20) / max(1, dictionary.dimension))
    for start in stride(from: 0, to: dictionary.regionCount, by: block) {
      let rows = start..<min(start + block, dictionary.regionCount)
      let found = products(exemplar, try dictionary.exemplars(rows: rows))
      cosines.replaceSubrange(rows, with: found)
    }
    let neighbours = cosines.indices.filter { $0 != region }
      .sorted { cosines[$0] != cosines[$1] ? cosines[$0] > cosines[$1] : $0 < $1 }
      .prefix(limit)
      .map { Neighbour(region: $0, cosine: Double(min(max(cosines[$0], -1), 1))) }
    let members = try dictionary.sampledMembers(of: region)
    let distances = products(exemplar, members).map { Double(min(max(1 - $0, 0), 2)) }
    var unused = contexts
    var sampled = distances.enumerated().sorted {
      ($0.element, $0.offset) < ($1.element, $1.offset)
    }
    .map { member in
      let index = unused.firstIndex { abs($0.distance - member.element) <= tolerance }
      return (
        member.offset,
        Sampled(distance: member.element, context: index.map { unused.remove(at: $0) })
      )
    }
    if let index, sampled.contains(where: { $0.1.context == nil }) {
      let found = try index.contexts(of: members, region: region, in: dictionary)
      for (place, member) in sampled.enumerated() where member.1.context == nil {
        // From this region's exemplar, whichever is the nearest now.
        sampled[place].1.context = found[member.0].map { context in
          var context = context
          context.distance = member.1.distance
          return context
        }
      }
    }
    return RegionSurroundings(
      region: region, neighbours: neighbours, sampled: sampled.map(\.1))
  }

  /// The products of one row `[D]` with rows `[n, D]`.
  private static func products(_ row: [Float], _ rows: [Float]) -> [Float] {
    guard !row.isEmpty else { return [] }
    let count = rows.count / row.count
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialised in
      row.withUnsafeBufferPointer { row in
        rows.withUnsafeBufferPointer { rows in
          guard let a = row.baseAddress, let b = rows.baseAddress, let c = buffer.baseAddress
          else { return }
          MatrixProducts.multiplyTransposed(
            a, rows: 1, b, columns: count, depth: row.count, into: c, strideC: max(1, count))
        }
      }
      initialised = count
    }
  }
}

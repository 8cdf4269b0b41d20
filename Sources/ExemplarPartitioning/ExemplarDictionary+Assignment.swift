import Numerics

/// Assigns activations to the regions of a finished dictionary, batch after batch.
package struct RegionAssigner: ~Copyable {
  private let exemplars: DirectionRows
  private let centre: [Float]
  private let threads: Int
  private var search = NearestExemplar()
  private var units: [Float] = []

  package init(_ dictionary: ExemplarDictionary, threads: Int) {
    self.init(centre: dictionary.centre, exemplars: dictionary.exemplars, threads: threads)
  }

  /// - Parameters:
  ///   - centre: `[D]`.
  ///   - exemplars: `[K, D]`, unit rows.
  package init(
    centre: [Float], exemplars: DirectionRows, threads: Int, bounds: BoundsUse = .adaptive
  ) {
    precondition(
      exemplars.dimension == centre.count,
      "expected exemplars of \(centre.count) components, got \(exemplars.dimension)")
    self.exemplars = exemplars
    self.centre = centre
    self.threads = threads
    search.bounds.use = bounds
  }

  /// Products computed and spared so far.
  package var searchEffort: SearchEffort { search.bounds.effort }

  /// The nearest region of each row, and the cosine distance to its exemplar, clipped to [0, 2].
  ///
  /// Ties go to the earliest region. Without regions: −1 and infinity.
  /// - Complexity: O(count · K · D).
  package mutating func assign(_ batch: ActivationBatch) -> (ids: [Int32], distances: [Float]) {
    let (dimension, count) = (centre.count, batch.count)
    var ids = [Int32](repeating: -1, count: count)
    var distances = [Float](repeating: .infinity, count: count)
    guard count > 0, exemplars.count > 0 else { return (ids, distances) }
    precondition(
      batch.dimension == dimension,
      "expected activations of \(dimension) components, got \(batch.dimension)")
    if units.count < count * dimension {
      units = [Float](repeating: 0, count: count * dimension)
    }
    let exemplarCount = exemplars.count
    units.withUnsafeMutableBufferPointer { units in
      ids.withUnsafeMutableBufferPointer { ids in
        distances.withUnsafeMutableBufferPointer { distances in
          exemplars.withUnsafeBufferPointer { exemplars in
            UnitRows.withWriter(batch, centre: centre, into: units.baseAddress!) { writer in
              search.find(
                units: units.baseAddress!, count: count, among: exemplars.baseAddress!,
                in: 0..<exemplarCount, dimension: dimension, tie: .distance, threads: threads,
                products: distances.baseAddress!, indices: ids.baseAddress!, writer: writer)
            }
          }
        }
      }
    }
    for row in 0..<count { distances[row] = min(max(1 - distances[row], 0), 2) }
    return (ids, distances)
  }
}

import MatrixProducts

/// Assigns activations to the regions of a finished dictionary, batch after batch.
package struct RegionAssigner: ~Copyable {
  private let exemplars: ExemplarRows
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
  package init(centre: [Float], exemplars: [Float], threads: Int) {
    self.exemplars = ExemplarRows(dimension: centre.count, rows: exemplars)
    self.centre = centre
    self.threads = threads
  }

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
    units.withUnsafeMutableBufferPointer { units in
      UnitRows.write(batch, centre: centre, threads: threads, into: units.baseAddress!)
      ids.withUnsafeMutableBufferPointer { ids in
        distances.withUnsafeMutableBufferPointer { distances in
          search.find(
            units: units.baseAddress!, count: count, among: exemplars, tie: .distance,
            threads: threads, products: distances.baseAddress!, indices: ids.baseAddress!)
        }
      }
    }
    for row in 0..<count { distances[row] = min(max(1 - distances[row], 0), 2) }
    return (ids, distances)
  }
}

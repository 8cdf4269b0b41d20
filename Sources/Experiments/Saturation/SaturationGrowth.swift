import ExemplarPartitioning

/// How a dictionary grew over one stream.
package struct SaturationGrowth: Sendable, Equatable {
  /// The activations that founded a region each, ascending, counted from 0.
  package private(set) var founders: [Int] = []
  /// After how many activations each batch ended.
  package private(set) var batchEnds: [Int] = []

  /// Adds what a builder said of a batch; nothing may have been merged.
  mutating func add(_ summary: BatchSummary) {
    let start = batchEnds.last ?? 0
    var next = Int32(founders.count)
    for (row, id) in summary.ids.enumerated() where id == next {
      founders.append(start + row)
      next += 1
    }
    batchEnds.append(start + summary.ids.count)
  }

  package var activations: Int { batchEnds.last ?? 0 }

  /// K of a build that stops after so many activations: which row founds a region depends on none that come later, in
  /// its batch or after it.
  package func regions(after activations: Int) -> Int {
    var (low, high) = (0, founders.count)
    while low < high {
      let middle = (low + high) / 2
      if founders[middle] < activations { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Regions founded by each of the last tenth of so many activations, one at least.
  package func foundingRate(before activations: Int) -> Double {
    let window = max(1, activations / 10)
    return Double(regions(after: activations) - regions(after: activations - window))
      / Double(window)
  }

  package struct Point: Sendable, Equatable {
    package var activations: Int
    package var regions: Int
    /// The share of the batch's rows that founded a region.
    package var foundingRate: Double
  }

  /// After every batch, as the reference logs them.
  package var points: [Point] {
    var (start, before) = (0, 0)
    return batchEnds.map { end in
      let count = regions(after: end)
      defer { (start, before) = (end, count) }
      return Point(
        activations: end, regions: count,
        foundingRate: Double(count - before) / Double(end - start))
    }
  }

  /// Where a build that stops after `window` batches in a row that founded nothing would have stopped; `nil` where none
  /// were.
  package func saturation(window: Int) -> Point? {
    var idle = 0
    for point in points {
      idle = point.foundingRate > 0 ? 0 : idle + 1
      if idle >= max(window, 1) { return point }
    }
    return nil
  }
}

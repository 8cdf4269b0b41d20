import Numerics

/// Percentiles of the pairwise cosine distances of unit rows, exactly, in memory that does not grow with the pairs.
struct PairwiseDistances: Sendable {
  /// `[count, dimension]`, unit rows.
  let unitRows: [Double]
  let count: Int
  let dimension: Int
  let threads: Int
  /// Up to this many pairs are simply kept; more are counted in bins first.
  var directPairs = 1 << 22

  private static let tileSide = 256
  private static let binCount = 1 << 16

  /// The p-th percentile, linear between ranks, of `1 − uᵢ · uⱼ` over i < j.
  ///
  /// - Complexity: O(count² · dimension), twice where the pairs are many.
  func percentile(_ percentile: Double) -> Double {
    let pairs = count * (count - 1) / 2
    precondition(pairs > 0, "expected at least 2 rows, got \(count)")
    let rank = percentile / 100 * Double(pairs - 1)
    let lower = Int(rank.rounded(.down))
    let upper = min(lower + 1, pairs - 1)
    var values: [Double]
    var below = 0
    if pairs <= directPairs {
      values = gather { _ in true }
    } else {
      let histogram = binCounts()
      var bins = 0...0
      var seen = 0
      for (bin, inBin) in histogram.enumerated() {
        if seen <= lower, lower < seen + inBin { (bins, below) = (bin...bin, seen) }
        if seen <= upper, upper < seen + inBin { bins = bins.lowerBound...bin }
        seen += inBin
      }
      let wanted = bins
      values = gather { wanted.contains(Self.bin(of: $0)) }
    }
    values.sort()
    return Percentiles.between(
      values[lower - below], values[upper - below], rank - Double(lower))
  }

  private static func bin(of distance: Double) -> Int {
    min(max(Int(distance * Double(binCount / 2)), 0), binCount - 1)
  }

  /// Pairs of row tiles (i, j), j ≥ i.
  private var tiles: [(Int, Int)] {
    let side = (count + Self.tileSide - 1) / Self.tileSide
    return (0..<side).flatMap { i in (i..<side).map { (i, $0) } }
  }

  private func gather(_ isWanted: @Sendable (Double) -> Bool) -> [Double] {
    let tiles = tiles
    var parts = [[Double]](repeating: [], count: tiles.count)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts.baseAddress!
      Parallel.forEach(tiles.count, threads: threads) { item, _ in
        var part: [Double] = []
        forEachDistance(in: tiles[item]) { if isWanted($0) { part.append($0) } }
        parts[item] = part
      }
    }
    return Array(parts.joined())
  }

  private func binCounts() -> [Int] {
    let tiles = tiles
    let workers = min(threads, tiles.count)
    var counts = [Int](repeating: 0, count: workers * Self.binCount)
    counts.withUnsafeMutableBufferPointer { counts in
      nonisolated(unsafe) let counts = counts.baseAddress!
      Parallel.forEach(tiles.count, threads: workers) { item, worker in
        let bins = counts + worker * Self.binCount
        forEachDistance(in: tiles[item]) { bins[Self.bin(of: $0)] += 1 }
      }
    }
    return (0..<Self.binCount).map { bin in
      (0..<workers).reduce(0) { $0 + counts[$1 * Self.binCount + bin] }
    }
  }

  private func forEachDistance(in tile: (Int, Int), _ body: (Double) -> Void) {
    let rows = tile.0 * Self.tileSide..<min((tile.0 + 1) * Self.tileSide, count)
    let columns = tile.1 * Self.tileSide..<min((tile.1 + 1) * Self.tileSide, count)
    var products = [Double](repeating: 0, count: rows.count * columns.count)
    unitRows.withUnsafeBufferPointer { units in
      products.withUnsafeMutableBufferPointer { products in
        MatrixProducts.multiplyTransposed(
          units.baseAddress! + rows.lowerBound * dimension, rows: rows.count,
          units.baseAddress! + columns.lowerBound * dimension, columns: columns.count,
          depth: dimension, into: products.baseAddress!, strideC: columns.count)
        for row in rows {
          for column in columns where column > row {
            body(
              1 - products[(row - rows.lowerBound) * columns.count + column - columns.lowerBound])
          }
        }
      }
    }
  }
}

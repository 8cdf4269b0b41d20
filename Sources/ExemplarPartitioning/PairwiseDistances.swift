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
  /// OpenBLAS finds the pairs that may be at the two ranks; their distances are then computed in a fixed order, so that the
  /// percentile is the same on every processor.
  /// - Complexity: O(count² · dimension), twice where the pairs are many.
  func percentile(_ percentile: Double) -> Double {
    let pairs = count * (count - 1) / 2
    precondition(pairs > 0, "expected at least 2 rows, got \(count)")
    let rank = percentile / 100 * Double(pairs - 1)
    let lower = Int(rank.rounded(.down))
    let upper = min(lower + 1, pairs - 1)
    var found: [Pair]
    var below = 0
    if pairs <= directPairs {
      found = gather { _ in true }
    } else {
      let histogram = binCounts()
      var bins = 0...0
      var seen = 0
      for (bin, inBin) in histogram.enumerated() {
        if seen <= lower, lower < seen + inBin { bins = bin...bin }
        if seen <= upper, upper < seen + inBin { bins = bins.lowerBound...bin }
        seen += inBin
      }
      // Bins are far wider than the doubt.
      let wanted = max(bins.lowerBound - 1, 0)...min(bins.upperBound + 1, Self.binCount - 1)
      below = histogram[..<wanted.lowerBound].reduce(0, +)
      found = gather { wanted.contains(Self.bin(of: $0)) }
    }
    found.sort { $0.distance < $1.distance }
    // An f64 product of unit rows is off by at most `dimension` roundings, here and there.
    let doubt = 2.1 * Double(dimension + 2) * 0x1p-53
    let least = found[lower - below].distance - doubt
    let most = found[upper - below].distance + doubt
    var near = lower - below..<upper - below + 1
    while near.lowerBound > 0, found[near.lowerBound - 1].distance >= least {
      near = near.lowerBound - 1..<near.upperBound
    }
    while near.upperBound < found.count, found[near.upperBound].distance <= most {
      near = near.lowerBound..<near.upperBound + 1
    }
    let values = found[near].map { distance(Int($0.row), Int($0.column)) }.sorted()
    let first = below + near.lowerBound
    return Percentiles.between(values[lower - first], values[upper - first], rank - Double(lower))
  }

  private struct Pair {
    /// By the library's product.
    var distance: Double
    var row: Int32
    var column: Int32
  }

  /// `1 − uᵢ · uⱼ` in eight interleaved sums; multiplied and added apart, because these products are not exact.
  private func distance(_ row: Int, _ column: Int) -> Double {
    unitRows.withUnsafeBytes { units in
      let (a, b) = (row * dimension, column * dimension)
      var lanes = SIMD8<Double>.zero
      var i = 0
      while i + 8 <= dimension {
        let x = units.loadUnaligned(fromByteOffset: (a + i) * 8, as: SIMD8<Double>.self)
        let y = units.loadUnaligned(fromByteOffset: (b + i) * 8, as: SIMD8<Double>.self)
        lanes += x * y
        i += 8
      }
      let four = lanes.lowHalf + lanes.highHalf
      let two = four.lowHalf + four.highHalf
      var sum = two.x + two.y
      while i < dimension {
        sum += unitRows[a + i] * unitRows[b + i]
        i += 1
      }
      return 1 - sum
    }
  }

  private static func bin(of distance: Double) -> Int {
    min(max(Int(distance * Double(binCount / 2)), 0), binCount - 1)
  }

  /// Pairs of row tiles (i, j), j ≥ i.
  private var tiles: [(Int, Int)] {
    let side = (count + Self.tileSide - 1) / Self.tileSide
    return (0..<side).flatMap { i in (i..<side).map { (i, $0) } }
  }

  private func gather(_ isWanted: @Sendable (Double) -> Bool) -> [Pair] {
    let tiles = tiles
    var parts = [[Pair]](repeating: [], count: tiles.count)
    parts.withUnsafeMutableBufferPointer { parts in
      nonisolated(unsafe) let parts = parts.baseAddress!
      Parallel.forEach(tiles.count, threads: threads) { item, _ in
        var part: [Pair] = []
        forEachDistance(in: tiles[item]) { distance, row, column in
          guard isWanted(distance) else { return }
          part.append(Pair(distance: distance, row: Int32(row), column: Int32(column)))
        }
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
        forEachDistance(in: tiles[item]) { distance, _, _ in bins[Self.bin(of: distance)] += 1 }
      }
    }
    return (0..<Self.binCount).map { bin in
      (0..<workers).reduce(0) { $0 + counts[$1 * Self.binCount + bin] }
    }
  }

  private func forEachDistance(in tile: (Int, Int), _ body: (Double, Int, Int) -> Void) {
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
              1 - products[(row - rows.lowerBound) * columns.count + column - columns.lowerBound],
              row, column)
          }
        }
      }
    }
  }
}

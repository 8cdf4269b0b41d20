extension DictionaryComparison {
  /// What a cutoff makes of the pairs.
  package struct Division: Sendable, Equatable {
    package var cutoff: Double
    /// Pairs at a cosine of at least the cutoff, the closest first.
    package var persisted: [Pair]
    /// Pairs below it, the closest first.
    package var weak: [Pair]
    /// Regions of A without a pair above the cutoff: the largest first, equals by id.
    package var dropped: [Int]
    package var droppedUnpaired: Int
    /// Regions of B likewise.
    package var introduced: [Int]
    package var introducedUnpaired: Int
  }

  /// - Complexity: O(K log K).
  package func division(at cutoff: Double) -> Division {
    // The reference compares f32 cosines with the cutoff as f32.
    let bound = Float(cutoff)
    let end = pairs.firstIndex { !($0.cosine >= bound) } ?? pairs.count
    let weak = Array(pairs[end...])
    let unpairedA = Self.missing(pairs.map(\.a), of: a.count)
    let unpairedB = Self.missing(pairs.map(\.b), of: b.count)
    return Division(
      cutoff: cutoff, persisted: Array(pairs[..<end]), weak: weak,
      dropped: a.bySize(weak.map(\.a) + unpairedA), droppedUnpaired: unpairedA.count,
      introduced: b.bySize(weak.map(\.b) + unpairedB), introducedUnpaired: unpairedB.count)
  }

  private static func missing(_ present: [Int], of count: Int) -> [Int] {
    var isPresent = [Bool](repeating: false, count: count)
    for region in present { isPresent[region] = true }
    return isPresent.indices.filter { !isPresent[$0] }
  }
}

extension DictionaryComparison.Side {
  fileprivate func bySize(_ regions: [Int]) -> [Int] {
    regions.sorted {
      let (a, b) = (memberCounts[$0], memberCounts[$1])
      return a != b ? a > b : $0 < $1
    }
  }
}

/// Figures of f32 numbers as numpy has them, so that they round alike.
package enum NumpyStatistics {
  /// The mean, by pairwise summation in f32.
  package static func mean(_ values: [Float]) -> Float {
    values.withUnsafeBufferPointer { sum($0[...]) } / Float(values.count)
  }

  /// Linear between ranks; `percent` in [0, 100].
  package static func percentile(_ values: [Float], _ percent: Double) -> Float {
    let sorted = values.sorted()
    let rank = Double(sorted.count - 1) * (percent / 100)
    let lower = Int(rank)
    let upper = min(lower + 1, sorted.count - 1)
    let share = Float(rank - Double(lower))
    return sorted[lower] + (sorted[upper] - sorted[lower]) * share
  }

  package static func median(_ values: [Float]) -> Float {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// Blocks of 128 in eight lanes, and halves of more than that.
  private static func sum(_ values: Slice<UnsafeBufferPointer<Float>>) -> Float {
    let count = values.count
    let start = values.startIndex
    if count < 8 { return values.reduce(0, +) }
    if count > 128 {
      let half = count / 2 - count / 2 % 8
      return sum(values[start..<start + half]) + sum(values[(start + half)...])
    }
    var lanes = (0..<8).map { values[start + $0] }
    let whole = count - count % 8
    for i in stride(from: 8, to: whole, by: 8) {
      for lane in 0..<8 { lanes[lane] += values[start + i + lane] }
    }
    let first = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
    let sum = first + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]))
    return values[(start + whole)...].reduce(sum, +)
  }
}

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

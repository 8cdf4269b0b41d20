import Foundation

/// How well two ways of dividing the same rows agree.
package struct PartitionAgreement: Sendable {
  /// 1 for the same division, 0 as expected by chance. Hubert and Arabie, "Comparing partitions", 1985.
  package let adjustedRand: Double
  /// In nats; 0 for the same division. Meilă, "Comparing clusterings", 2007.
  package let variationOfInformation: Double
  private let sizesA: [Int: Int]
  private let sizesB: [Int: Int]
  private let common: [Pair: Int]
  private let count: Int

  private struct Pair: Hashable { var a: Int, b: Int }

  /// - Parameters:
  ///   - a, b: the part of each row, in both of one length.
  /// - Complexity: O(rows).
  package init(_ a: [Int], _ b: [Int]) {
    precondition(a.count == b.count, "expected \(a.count) parts, got \(b.count)")
    var (sizesA, sizesB) = ([Int: Int](), [Int: Int]())
    var common: [Pair: Int] = [:]
    for (x, y) in zip(a, b) {
      sizesA[x, default: 0] += 1
      sizesB[y, default: 0] += 1
      common[Pair(a: x, b: y), default: 0] += 1
    }
    (self.sizesA, self.sizesB, self.common) = (sizesA, sizesB, common)
    count = a.count
    adjustedRand = Self.adjustedRand(
      common: common.values.reduce(0) { $0 + Self.pairs($1) },
      a: sizesA.values.reduce(0) { $0 + Self.pairs($1) },
      b: sizesB.values.reduce(0) { $0 + Self.pairs($1) }, all: Self.pairs(a.count))
    let n = Double(max(a.count, 1))
    // In a fixed order, so that the last bit does not depend on hashing.
    variationOfInformation =
      common.map { pair, size in
        let p = Double(size) / n
        let (pa, pb) = (Double(sizesA[pair.a] ?? 1) / n, Double(sizesB[pair.b] ?? 1) / n)
        return -p * (log(p / pa) + log(p / pb))
      }.sorted().reduce(0, +)
  }

  private static func pairs(_ count: Int) -> Double { Double(count) * Double(count - 1) / 2 }

  private static func adjustedRand(common: Double, a: Double, b: Double, all: Double) -> Double {
    guard all > 0 else { return 1 }
    let expected = a * b / all
    let largest = (a + b) / 2
    return largest == expected ? 1 : (common - expected) / (largest - expected)
  }

  /// How far the rows of part `a` and those of part `b` are the same: shared rows over all rows of either.
  package func jaccard(_ a: Int, _ b: Int) -> Double {
    let shared = common[Pair(a: a, b: b)] ?? 0
    let all = (sizesA[a] ?? 0) + (sizesB[b] ?? 0) - shared
    return all == 0 ? 0 : Double(shared) / Double(all)
  }

  /// The adjusted Rand index of being in part `a`, or not, against being in part `b`, or not.
  package func adjustedRand(_ a: Int, _ b: Int) -> Double {
    let (sizeA, sizeB) = (sizesA[a] ?? 0, sizesB[b] ?? 0)
    let shared = common[Pair(a: a, b: b)] ?? 0
    let cells = [shared, sizeA - shared, sizeB - shared, count - sizeA - sizeB + shared]
    return Self.adjustedRand(
      common: cells.reduce(0) { $0 + Self.pairs($1) },
      a: Self.pairs(sizeA) + Self.pairs(count - sizeA),
      b: Self.pairs(sizeB) + Self.pairs(count - sizeB), all: Self.pairs(count))
  }
}

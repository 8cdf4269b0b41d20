extension DictionaryComparison {
  /// Whether every number points to something, as it must in one that was read from a file.
  package func isSound(regionsA: Int, regionsB: Int) -> Bool {
    let (inA, inB) = (0..<regionsA, 0..<regionsB)
    func isSound(_ side: Side, _ count: Int, _ others: Range<Int>) -> Bool {
      side.memberCounts.count == count && side.nearest.count == count && side.threshold > 0
        && side.memberCounts.allSatisfy((0...mostRows).contains)
        && side.nearest.allSatisfy { others.contains(Int($0.region)) }
    }
    return isSound(a, regionsA, inB) && isSound(b, regionsB, inA)
      && pairs.count == min(regionsA, regionsB)
      && pairs.allSatisfy { inA.contains($0.a) && inB.contains($0.b) && $0.cosine.isFinite }
      && Set(pairs.map(\.a)).count == pairs.count && Set(pairs.map(\.b)).count == pairs.count
      && (flow?.cells.allSatisfy {
        inA.contains($0.a) && inB.contains($0.b) && (1...mostRows).contains($0.count)
      } ?? true)
  }
}

extension ComparisonNull {
  /// Whether its numbers agree with each other, as they must in one that was read from a file.
  package var isSound: Bool {
    !runs.isEmpty
      && runs.allSatisfy {
        (0...mostRows).contains($0.count) && (0...$0.count).contains($0.pairs)
          && (0...$0.count).contains($0.introduced)
      }
      && cosines.count == runs.reduce(0) { $0 + $1.pairs } && cosines.allSatisfy(\.isFinite)
  }
}

/// More than any stream has; sums of such counts do not overflow.
private let mostRows = 1 << 40

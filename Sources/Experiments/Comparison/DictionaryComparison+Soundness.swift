extension DictionaryComparison {
  /// Whether every number points to something, as it must in one that was read from a file.
  package func isSound(regionsA: Int, regionsB: Int) -> Bool {
    let (inA, inB) = (0..<regionsA, 0..<regionsB)
    func isSound(_ side: Side, _ count: Int, _ others: Range<Int>) -> Bool {
      side.memberCounts.count == count && side.nearest.count == count && side.threshold > 0
        && side.nearest.allSatisfy { others.contains(Int($0.region)) }
    }
    return isSound(a, regionsA, inB) && isSound(b, regionsB, inA)
      && pairs.count == min(regionsA, regionsB)
      && pairs.allSatisfy { inA.contains($0.a) && inB.contains($0.b) && $0.cosine.isFinite }
      && Set(pairs.map(\.a)).count == pairs.count && Set(pairs.map(\.b)).count == pairs.count
      && (flow?.cells.allSatisfy { inA.contains($0.a) && inB.contains($0.b) && $0.count > 0 }
        ?? true)
  }
}

extension ComparisonNull {
  /// Whether its numbers agree with each other, as they must in one that was read from a file.
  package var isSound: Bool {
    !runs.isEmpty
      && runs.allSatisfy {
        $0.pairs >= 0 && $0.count >= $0.pairs && $0.introduced >= 0 && $0.introduced <= $0.count
      }
      && cosines.count == runs.reduce(0) { $0 + $1.pairs } && cosines.allSatisfy(\.isFinite)
  }
}

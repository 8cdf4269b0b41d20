import Foundation

/// The exact binomial test.
package enum BinomialTest {
  package enum Alternative: Sendable { case twoSided, less, greater }

  /// How probable it is to see `proportion` or what is as far out, where each is a success with
  /// `probability`.
  ///
  /// Two-sided: all counts no more probable than the one seen, as R and SciPy have it; equal ones
  /// are told within a relative 1e-7. 1 of none.
  ///
  /// - Complexity: O(count).
  package static func pValue(
    _ proportion: Proportion, probability: Double = 0.5, _ alternative: Alternative = .twoSided
  ) -> Double {
    precondition((0...1).contains(probability), "expected a probability, got \(probability)")
    let (k, n) = (proportion.successes, proportion.count)
    func sum(_ counts: some Sequence<Int>) -> Double {
      // From the smallest: hundreds of thousands of terms lose nothing then.
      min(1, counts.map { mass($0, n, probability) }.sorted().reduce(0, +))
    }
    switch alternative {
    case .less: return sum(0...k)
    case .greater: return sum(k...n)
    case .twoSided:
      let seen = mass(k, n, probability) * (1 + 1e-7)
      return min(
        1,
        (0...n).map { mass($0, n, probability) }.filter { $0 <= seen }.sorted()
          .reduce(0, +))
    }
  }

  /// The probability of `k` successes of `n`.
  static func mass(_ k: Int, _ n: Int, _ probability: Double) -> Double {
    if probability == 0 { return k == 0 ? 1 : 0 }
    if probability == 1 { return k == n ? 1 : 0 }
    let (k, n) = (Double(k), Double(n))
    let choices = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(choices + k * log(probability) + (n - k) * log1p(-probability))
  }
}

/// McNemar's exact test of paired verdicts: do flips one way outnumber those the other way?
package struct McNemar: Sendable, Equatable, Codable {
  /// Pairs that are true before and false after.
  package var b: Int
  /// Pairs that are false before and true after.
  package var c: Int
  /// Two-sided, exact; 1 where nothing flipped.
  package var p: Double

  /// - Source: Q. McNemar, "Note on the sampling error of the difference between correlated
  ///   proportions or percentages", Psychometrika 12 (1947), 153–157; exact by the binomial.
  package init(b: Int, c: Int) {
    precondition(b >= 0 && c >= 0, "expected counts, got \(b) and \(c)")
    self.b = b
    self.c = c
    p = b == c ? 1 : min(1, 2 * BinomialTest.pValue(Proportion(min(b, c), of: b + c), .less))
  }

  /// The same prompts in the same order.
  package init(before: [Bool], after: [Bool]) {
    precondition(
      before.count == after.count, "expected pairs, got \(before.count) and \(after.count)")
    let pairs = zip(before, after)
    self.init(b: pairs.count { $0 && !$1 }, c: pairs.count { !$0 && $1 })
  }
}

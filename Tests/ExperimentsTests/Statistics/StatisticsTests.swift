import Experiments
import Foundation
import Numerics
import TestSupport
import Testing

/// Against SciPy and scikit-learn; `make.py` beside the golden file says how it was made.
@Suite("Statistics")
struct StatisticsTests {
  private struct Expected: Decodable {
    struct Area: Decodable { var positives, negatives: [Double], area, variance: Double }
    struct Ranks: Decodable { var x, y: [Double], rho: Double }
    struct Kappa: Decodable { var a, b: [Int], kappa: Double }
    struct Divergence: Decodable {
      var p, q: [Float], all, without4: Double
      enum CodingKeys: String, CodingKey {
        case p, q, all
        case without4 = "without 4"
      }
    }
    var normal, wilson, binomial, mcnemar: [[Double]]
    var auroc: [Area]
    var spearman: [Ranks]
    var kappa: Kappa
    var kl: Divergence
  }

  private let expected: Expected

  init() throws {
    expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: Fixtures.url("statistics/expected.json")))
  }

  private func isClose(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-10) -> Bool {
    guard let a else { return false }
    return abs(a - b) <= tolerance * max(1e-3, abs(b))
  }

  @Test func `the normal quantile is SciPy's`() {
    for row in expected.normal {
      #expect(isClose(NormalDistribution.quantile(row[0]), row[1]), "\(row)")
    }
    #expect(NormalDistribution.quantile(0.5) == 0)
    #expect(NormalDistribution.quantile(1) == .infinity)
  }

  @Test func `Wilson intervals are SciPy's at any confidence`() throws {
    for row in expected.wilson {
      let interval = try #require(
        Proportion(Int(row[0]), of: Int(row[1])).wilson(confidence: row[2]))
      #expect(isClose(interval.lower, row[3], 1e-9), "\(row)")
      #expect(isClose(interval.upper, row[4], 1e-9), "\(row)")
    }
  }

  @Test func `nothing of nothing has no rate and no interval`() {
    #expect(Proportion(0, of: 0).rate == nil)
    #expect(Proportion(0, of: 0).wilson() == nil)
  }

  @Test func `the exact binomial test is SciPy's`() {
    for row in expected.binomial {
      let proportion = Proportion(Int(row[0]), of: Int(row[1]))
      func p(_ alternative: BinomialTest.Alternative) -> Double {
        BinomialTest.pValue(proportion, probability: row[2], alternative)
      }
      #expect(isClose(p(.twoSided), row[3], 1e-9), "\(row)")
      #expect(isClose(p(.less), row[4], 1e-9), "\(row)")
      #expect(isClose(p(.greater), row[5], 1e-9), "\(row)")
    }
  }

  @Test func `the exact McNemar test is the binomial's on the flips`() {
    for row in expected.mcnemar {
      #expect(isClose(McNemar(b: Int(row[0]), c: Int(row[1])).p, row[2], 1e-9), "\(row)")
    }
    let paired = McNemar(
      before: [true, true, true, false, false], after: [false, false, true, true, false])
    #expect((paired.b, paired.c) == (2, 1))
  }

  @Test func `AUROC counts ties half and has DeLong's variance`() throws {
    for row in expected.auroc {
      let found = try #require(AUROC(positives: row.positives, negatives: row.negatives))
      #expect(isClose(found.area, row.area))
      #expect(isClose(found.variance, row.variance))
      let interval = try #require(found.interval())
      #expect(interval.lower < row.area && row.area < interval.upper)
    }
    #expect(AUROC(positives: [1, 1], negatives: [1, 1])?.area == 0.5)
    #expect(AUROC(positives: [2, 3], negatives: [0, 1])?.area == 1)
    #expect(AUROC(positives: [2, 3], negatives: [0, 1])?.interval() == nil)
    #expect(AUROC(positives: [], negatives: [1]) == nil)
    #expect(AUROC(positives: [.nan], negatives: [1]) == nil)
  }

  @Test func `the difference of two AUROCs on the same cases has DeLong's interval`() throws {
    let first = (positives: [0.9, 0.8, 0.35, 0.7], negatives: [0.1, 0.4, 0.35, 0.2, 0.6])
    let second = (positives: [0.5, 0.9, 0.2, 0.3], negatives: [0.3, 0.4, 0.1, 0.6, 0.2])
    /// By pairs, as DeLong writes it: each positive's and each negative's part.
    func parts(_ scores: (positives: [Double], negatives: [Double])) -> ([Double], [Double]) {
      func kernel(_ x: Double, _ y: Double) -> Double { x > y ? 1 : x == y ? 0.5 : 0 }
      return (
        scores.positives.map { x in scores.negatives.map { kernel(x, $0) }.reduce(0, +) / 5 },
        scores.negatives.map { y in scores.positives.map { kernel($0, y) }.reduce(0, +) / 4 }
      )
    }
    func variance(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }
    let (a, b) = (parts(first), parts(second))
    let spread =
      (variance(zip(a.0, b.0).map { $0 - $1 }) / 4 + variance(zip(a.1, b.1).map { $0 - $1 }) / 5)
      .squareRoot()
    let found = try #require(AUROC.difference(first, second))
    let areas = [first, second].compactMap {
      AUROC(positives: $0.positives, negatives: $0.negatives)
    }
    #expect(isClose(found.difference, areas[0].area - areas[1].area))
    let interval = try #require(found.interval)
    #expect(isClose((interval.upper - interval.lower) / 2, 1.959963984540054 * spread, 1e-9))
    // Of a score with itself nothing can be said.
    #expect(AUROC.difference(first, first)?.difference == 0)
    #expect(AUROC.difference(first, first)?.interval == nil)
  }

  @Test func `Spearman's correlation shares ranks among ties`() {
    for row in expected.spearman {
      #expect(isClose(Spearman.correlation(row.x, row.y), row.rho))
    }
    #expect(Spearman.correlation([1, 1, 1], [1, 2, 3]) == nil)
    #expect(Spearman.correlation([1], [1]) == nil)
  }

  @Test func `kappa is scikit-learn's, and its error the published one`() throws {
    let found = try #require(CohensKappa(expected.kappa.a, expected.kappa.b))
    #expect(isClose(found.kappa, expected.kappa.kappa))
    // By their formula 13, in NumPy from the definition.
    let table = try #require(CohensKappa(table: [[88, 10, 2], [14, 40, 6], [18, 10, 12]]))
    #expect(isClose(table.kappa, 0.4915254237288136))
    #expect(abs(table.standardError - 0.051_001_8) < 1e-5)
    #expect(CohensKappa([1, 1], [1, 1]) == nil)
    #expect(CohensKappa([Int](), []) == nil)
  }

  @Test func `divergence leaves out what either row forbids and never falls under zero`() throws {
    let (p, q) = (expected.kl.p, expected.kl.q)
    #expect(isClose(NextTokens.divergence(from: q, to: p), expected.kl.all))
    var forbidding = q
    forbidding[4] = -.infinity
    #expect(isClose(NextTokens.divergence(from: forbidding, to: p), expected.kl.without4))
    #expect(
      isClose(
        NextTokens.divergence(from: q, to: p.enumerated().map { $0 == 4 ? -.infinity : $1 }),
        expected.kl.without4))
    #expect(
      NextTokens.divergence(from: p.map { $0 + 7 }, to: p).map { $0 >= 0 && $0 < 1e-6 } == true)
    #expect(NextTokens.divergence(from: [.nan, 0], to: [0, 0]) == nil)
    #expect(NextTokens.divergence(from: [-.infinity, 0], to: [0, -.infinity]) == nil)
  }

  @Test func `perplexity of uniform guesses is their number`() {
    #expect(
      isClose(
        NextTokens.perplexity(logProbabilities: [Double](repeating: -log(50), count: 7)), 50))
    #expect(NextTokens.perplexity(logProbabilities: []) == nil)
  }
}

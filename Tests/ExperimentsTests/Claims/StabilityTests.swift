import ExemplarPartitioning
import Foundation
import Numerics
import TestSupport
import Testing

@testable import Experiments

@Suite struct StabilityTests {
  private let golden: ClaimsGolden.Stability

  init() throws {
    try MatrixProducts.verify()
    golden = try ClaimsGolden.read().stability
  }

  @Test func `Agreement of memberships is scikit-learn's`() {
    let agreement = PartitionAgreement(golden.a, golden.b)
    #expect(abs(agreement.adjustedRand - golden.adjustedRand) < 1e-12)
    #expect(abs(agreement.variationOfInformation - golden.variationOfInformation) < 1e-12)
    #expect(abs(agreement.adjustedRand(2, 2) - golden.adjustedRandOf2) < 1e-12)
    let same = PartitionAgreement(golden.a, golden.a)
    #expect(same.adjustedRand == 1 && abs(same.variationOfInformation) < 1e-12)
    #expect(same.jaccard(2, 2) == 1 && same.jaccard(2, 3) == 0)
  }

  @Test func `Paths take the fewest hops, as scipy finds`() {
    let directions = DirectionRows(golden.points.flatMap { $0 }, dimension: 6)
    let graph = RegionGraph(directions, threads: 2)
    for (start, hops) in golden.hops.enumerated() {
      #expect(graph.hops(from: start) == hops)
      for (end, hop) in hops.enumerated() {
        let path = graph.path(from: start, to: end)
        #expect(path.map { $0.count - 1 } == hop)
        #expect(path == nil || (path?.first == start && path?.last == end))
      }
    }
  }

  @Test func `Divergences are scipy's, and correlations too`() throws {
    let logits = golden.logits.flatMap { $0.map(Float.init) }
    let matrix = JensenShannon.matrix(logits: logits, count: 8, threads: 2)
    #expect(largestDifference(matrix, golden.jensenShannon.flatMap { $0 }) < 1e-6)
    let correlation = try #require(RankCorrelation(golden.x, golden.y, rounds: 200))
    #expect(abs(correlation.rho - golden.spearman) < 1e-9)
    #expect(correlation.interval?.contains(correlation.rho) == true)
    #expect(abs(correlation.nullMean) < 0.1 && correlation.p > 0.001)
    #expect(RankCorrelation([1, 1, 1], [1, 2, 3]) == nil)
  }

  @Test func `Behaviour that follows geometry aligns, and shuffled behaviour does not`() throws {
    let count = 12
    let angles = (0..<count).map { Float($0) * 0.2 }
    let directions = angles.flatMap { [cos($0), sin($0)] }
    let logits = angles.flatMap { angle in (0..<20).map { 3 * cos(Float($0) * 0.15 - angle) } }
    let aligned = try #require(try alignment(directions, logits, threads: 2))
    #expect(aligned.rho > 0.9 && aligned.p < 0.02)
    #expect(aligned.interval?.contains(aligned.rho) == true)
    let order = SeededNumbers.permutation(count, seed: 5)
    let dealt = order.flatMap { logits[$0 * 20..<($0 + 1) * 20] }
    let shuffled = try #require(try alignment(directions, dealt, threads: 1))
    #expect(abs(shuffled.rho) < 0.5)
    #expect(try LensAlignment(directions: [1, 0, 0, 1], count: 2, threads: 1) { _ in [1] } == nil)
  }

  private func alignment(
    _ directions: [Float], _ logits: [Float], threads: Int
  ) throws -> LensAlignment? {
    let count = directions.count / 2
    let width = logits.count / count
    return try LensAlignment(
      directions: directions, count: count, rounds: 199, threads: threads,
      logits: { Array(logits[$0.lowerBound * width..<$0.upperBound * width]) })
  }

  @Test func `Divergences of blocks are those of the whole, and the last pair is told`() throws {
    let logits = golden.logits.flatMap { $0.map(Float.init) }
    let width = logits.count / 8
    let whole = JensenShannon.matrix(logits: logits, count: 8, threads: 2)
    for most in [1, 4 * width, 6 * width, 10 * width] {
      var told: [Int] = []
      let found = try JensenShannon.matrix(
        count: 8, threads: 2, mostProbabilities: most,
        progress: { done, total in
          #expect(total == 28)
          told.append(done)
        },
        logits: { Array(logits[$0.lowerBound * width..<$0.upperBound * width]) })
      #expect(found == whole)
      #expect(told.last == 28 && told == told.sorted())
    }
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      _ = try JensenShannon.matrix(
        count: 8, threads: 1, progress: { _, _ in throw Stop() },
        logits: { Array(logits[$0.lowerBound * width..<$0.upperBound * width]) })
    }
  }

  @Test func `Another order keeps every row and the documents together`() throws {
    var rows = ActivationRows()
    for batch in 0..<3 {
      rows.append(
        ActivationBatch(
          rows: (0..<8).map { Float(batch * 8 + $0) }, count: 4,
          documentOfRow: [0, 0, 1, 1].map { Int32(batch * 2 + $0) }))
    }
    let original = ShuffledBuilds.batches(rows, order: nil)
    #expect(original.flatMap(\.rows) == rows.rows)
    let shuffled = ShuffledBuilds.batches(rows, order: 3)
    #expect(shuffled.map(\.count) == [4, 4, 4])
    #expect(shuffled.flatMap(\.rows) != rows.rows)
    #expect(shuffled.flatMap(\.rows).sorted() == rows.rows)
    for batch in shuffled {
      // A document is two rows of two components.
      for start in [0, 4] { #expect(batch.rows[start + 3] == batch.rows[start] + 3) }
    }
  }

  @Test func `Builds in several orders are compared region by region`() throws {
    let source = try ActivationSource(Fixtures.url("ep/p10/activations"))
    let rows = try ActivationRows.read(source)
    let builds = try ShuffledBuilds.run(rows, seeds: 3, percentile: 10, threads: 2)
    #expect(builds.dictionaries.count == 3 && builds.parts[0].count == rows.count)
    #expect(builds.dictionaries[0].count == 21)
    let stability = try DictionaryStability.compare(
      builds.dictionaries, parts: builds.parts, threads: 2)
    #expect(stability.pairs.count == 3)
    for pair in stability.pairs {
      #expect(pair.meanCosines.mean > (stability.nullCosine ?? 1))
      #expect((pair.adjustedRand ?? 0) > 0)
    }
    for row in stability.regions {
      // The best cosine bounds the matched one where both are over the same dictionaries.
      #expect(row.partners < 2 || row.bestMean >= row.matchedMean - 1e-6)
      #expect(row.matchedMean >= row.matchedMinimum - 1e-12)
      #expect((0...1).contains(row.jaccard ?? -1))
    }
    let same = try DictionaryStability.compare(
      [builds.dictionaries[0], builds.dictionaries[0]], threads: 1)
    #expect(same.regions.allSatisfy { abs($0.matchedMean - 1) < 1e-5 && $0.jaccard == nil })
  }
}

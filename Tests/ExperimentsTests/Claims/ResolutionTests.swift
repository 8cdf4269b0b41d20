import Foundation
import Numerics
import TestSupport
import Testing

@testable import ExemplarPartitioning
@testable import Experiments

@Suite struct ResolutionTests {
  private struct Golden: Decodable {
    struct Level: Decodable {
      var percentile: Double
      var theta: Double
      var regions: [Double]
      var adjustedRand: [String: [Double]]
      var purity: [String: [Double]]
    }

    var rows: [[Float]]
    var second: [String]
    var first: [String]
    var levels: [Level]
    /// Pairs, and the 10th, 50th and 90th percentile of their distances.
    var distances: [String: [Double]]
    var values: [String]
    var meanDistances: [[Double]]
  }

  private let golden: Golden
  private let rows: ActivationRows
  private let labellings: [ResolutionSeparation.Labelling]

  init() throws {
    golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("resolution/golden.json")))
    var rows = ActivationRows()
    rows.append(ActivationBatch(rows: golden.rows.flatMap { $0 }, count: golden.rows.count))
    self.rows = rows
    labellings = [
      .init(name: "second", of: golden.second), .init(name: "first", of: golden.first),
      .init(
        name: "second+first", of: zip(golden.second, golden.first).map { "\($0)+\($1)" }),
    ]
  }

  private func run(
    _ percentiles: [Double], _ change: (inout ResolutionSeparation.Options) -> Void = { _ in }
  ) throws -> ResolutionSeparation {
    var options = ResolutionSeparation.Options()
    options.orders = 3
    change(&options)
    return try ResolutionSeparation.run(
      rows, labellings: labellings, percentiles: percentiles, options)
  }

  @Test func `θ, regions, agreement and purity are the definition's, order by order`() throws {
    let found = try run(golden.levels.map(\.percentile))
    for (level, expected) in zip(found.levels, golden.levels) {
      #expect(abs(level.calibration.threshold - expected.theta) < 1e-6)
      #expect(level.regions == Int(expected.regions[0]))
      #expect(level.regionCounts == Saturation.Spread(expected.regions))
      for (label, agreement) in zip(found.labellings, level.agreements) {
        let (rands, purities) = (expected.adjustedRand[label.name]!, expected.purity[label.name]!)
        #expect(abs(agreement.adjustedRand - rands[0]) < 1e-6)
        #expect(abs(agreement.adjustedRands.mean - rands.mean) < 1e-6)
        #expect(abs(agreement.purity - purities[0]) < 1e-6)
        #expect(abs(agreement.purities.mean - purities.mean) < 1e-6)
      }
    }
  }

  @Test func `Distances within a pair, within the prominent field and across it are told apart`()
    throws
  {
    let found = try run([20])
    #expect(
      found.distances.map(\.kind) == ["same second+first", "same second alone", "other second"])
    for (distances, key) in zip(found.distances, ["same", "first", "other"]) {
      let expected = golden.distances[key]!
      #expect(Double(distances.pairs) == expected[0])
      for (value, wanted) in zip([distances.p10, distances.median, distances.p90], expected[1...]) {
        #expect(abs(value - wanted) < 1e-6)
      }
    }
    #expect(found.labellings[2].values == golden.values)
    for (own, expected) in zip(found.meanDistances, golden.meanDistances) {
      for (value, wanted) in zip(own, expected) { #expect(abs(value - wanted) < 1e-6) }
    }
  }

  @Test func `The coarse label comes apart at a larger p than the fine one`() throws {
    let found = try run(golden.levels.map(\.percentile))
    #expect(found.level(for: 0)?.calibration.percentile == 40)
    #expect(found.level(for: 0)?.regions == 3)
    #expect(found.level(for: 2)?.calibration.percentile == 20)
  }

  @Test func `Labels that are dealt anew agree no better than by chance, whatever the purity`()
    throws
  {
    let agreement = try run([10]) { $0.permutations = 99 }.levels[0].agreements[2]
    #expect(agreement.p == 0.01)
    let chance = try #require(agreement.chancePurity)
    // Twenty-two regions of ninety rows are purer than the six values' own share by their number alone.
    #expect(chance > 1.0 / 6 && chance < agreement.purity)
    #expect(try run([10]) { $0.permutations = 0 }.levels[0].agreements[2].p == nil)
  }

  @Test func `Fields together are told apart by each, whatever their values hold`() {
    let labelling = ResolutionSeparation.Labelling(
      name: "a+b", of: [["a", "b+c"], ["a+b", "c"], ["a", "b+c"]])
    #expect(labelling.parts == [0, 1, 0])
    #expect(labelling.values == ["a+b+c", "a+b+c"])
  }

  @Test(arguments: [2, 3]) func `Threads change nothing`(threads: Int) throws {
    let (one, many) = (try run([5, 30]), try run([5, 30]) { $0.threads = threads })
    #expect(one.levels.map(\.identity) == many.levels.map(\.identity))
    #expect(
      one.levels.map { $0.agreements.map(\.adjustedRands) }
        == many.levels.map { $0.agreements.map(\.adjustedRands) })
  }

  @Test func `it is said in a sentence which p tell values apart, and what chance would give`()
    throws
  {
    let found = try run(golden.levels.map(\.percentile)) { $0.permutations = 50 }
    let record = ResolutionRecord(found, hook: nil, positions: .last, seconds: 0)
    let text = record.report().text
    for (place, labelling) in labellings.enumerated() {
      let sentence = record.conclusion(on: labelling.name)
      #expect(text.contains(sentence) && record.report().conclusion.contains(sentence))
      let told = found.levels.filter { $0.agreements[place].p ?? 1 <= 0.05 }
      let values = quantity(labelling.values.count, "value")
      if told.isEmpty {
        #expect(
          sentence.contains(
            "go with its \(values) beyond chance at none of the \(found.levels.count) p"))
      } else {
        let at = told.compactMap(\.calibration.percentile).map { formatted($0) }
        #expect(
          sentence.contains(
            "go with its \(values) beyond chance at p \(at.joined(separator: ", ")) (\(told.count) of the"
          ))
        let best = told.map { $0.agreements[place].adjustedRands.mean }.max() ?? 0
        #expect(sentence.contains("mean adjusted Rand index \(figure(best)), where 1 is the same"))
      }
    }
    // Labels that are dealt at random are told apart at no p.
    var dealt = found
    for level in dealt.levels.indices { dealt.levels[level].agreements[0].p = 0.4 }
    let none = ResolutionRecord(dealt, hook: nil, positions: .last, seconds: 0)
    #expect(none.conclusion(on: "second").contains("at none of the"))
    #expect(none.conclusion(on: "second").contains("least 0.4"))
    for level in dealt.levels.indices { dealt.levels[level].agreements[0].p = nil }
    let unknown = ResolutionRecord(dealt, hook: nil, positions: .last, seconds: 0)
    #expect(unknown.conclusion(on: "second").contains("labels were not dealt anew"))
  }
}

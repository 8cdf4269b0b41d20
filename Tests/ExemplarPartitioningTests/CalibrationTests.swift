import Numerics
import Testing

@testable import ExemplarPartitioning

@Suite("Calibration")
struct CalibrationTests {
  @Test("of nothing, of lone rows and of equal rows is an error that says so")
  func errors() {
    #expect(throws: CalibrationError.noActivations) { try calibrate([], percentile: 10) }
    let lone = ActivationBatch(rows: [1, 2], count: 1)
    #expect(throws: CalibrationError.noPairs(batches: 2)) {
      try calibrate([lone, lone], percentile: 10)
    }
    let equal = ActivationBatch(rows: [1, 2, 1, 2, 1, 2], count: 3)
    #expect(throws: CalibrationError.self) { try calibrate([equal], percentile: 10) }
    // Equal rows whose distances are what rounding leaves of 0.
    let small = ActivationBatch(
      rows: [Float](repeating: .leastNonzeroMagnitude, count: 8), count: 4)
    #expect(throws: CalibrationError.self) { try calibrate([small], percentile: 10) }
    let large = ActivationBatch(rows: [3e38, 1, -3e38, 2, 3e38, 3], count: 3)
    #expect(throws: CalibrationError.thresholdNotFinite) { try calibrate([large], percentile: 10) }
  }

  @Test("gives the same bytes at any thread count")
  func threads() throws {
    let batches = clusteredBatches(
      seed: 8, clusters: 20, dimension: 33, batchSizes: [700, 20, 1, 600])
    let one = try calibrate(batches, percentile: 7, threads: 1)
    #expect(try calibrate(batches, percentile: 7, threads: 5) == one)
  }

  @Test(
    "reads percentiles exactly, whether pairs are kept or counted in bins first",
    arguments: [1.0, 10, 50, 99])
  func percentiles(percentile: Double) {
    let batch = clusteredBatches(seed: 9, clusters: 9, dimension: 6, batchSizes: [150])[0]
    var rows: [Double] = []
    var slow: [Double] = []
    let reference = SlowReference(centre: [Double](repeating: 0, count: 6), threshold: 1)
    let units = (0..<150).map { reference.unit(batch.rows[$0 * 6..<($0 + 1) * 6]) }
    for (i, unit) in units.enumerated() {
      rows += unit
      for other in units[(i + 1)...] { slow.append(1 - reference.similarity(unit, other)) }
    }
    slow.sort()
    let rank = percentile / 100 * Double(slow.count - 1)
    let expected =
      slow[Int(rank)] + (slow[min(Int(rank) + 1, slow.count - 1)] - slow[Int(rank)])
      * (rank - rank.rounded(.down))
    var distances = PairwiseDistances(unitRows: rows, count: 150, dimension: 6, threads: 2)
    let kept = distances.percentile(percentile)
    distances.directPairs = 0
    #expect(abs(kept - expected) < 1e-12)
    #expect(distances.percentile(percentile) == kept)
  }
}

import ExemplarPartitioning
import Numerics
import Storage

/// What a ``RefusalGrid`` found, under the keys by which it is printed and kept.
package struct GridRecord: Encodable, Sendable {
  struct Reading: Encodable {
    var regions: [Int]
    var harmful: ShareRecord
    var benign: ShareRecord?
    var change: Double?
    var degenerate: ShareRecord?
    var firstTokenKL: Double?
    var mcnemar: McNemar?

    init(_ reading: RefusalGrid.Reading, change: Double?, isSample: Bool) {
      (regions, self.change) = (reading.regions, change)
      harmful = ShareRecord(reading.harmful, isSample: isSample)
      benign = reading.benign.map { ShareRecord($0, isSample: isSample) }
      degenerate = reading.degenerate.map { ShareRecord($0, isSample: isSample) }
      (firstTokenKL, mcnemar) = (reading.divergence, reading.flips)
    }
  }

  struct Cell: Encodable {
    var p: Double
    var seed: UInt64
    var basis: String
    var k: Int
    var identity: String
    var dictionaryRegions: Int
    var theta: Double
    var baseline: ShareRecord?
    var baselineDegenerate: ShareRecord?
    var ablated: Reading?
    var null: Reading?
    var reason: String?

    init(_ cell: RefusalGrid.Cell, isSample: Bool) {
      (p, seed, basis, k) = (cell.percentile, cell.seed, cell.basis.rawValue, cell.count)
      (identity, dictionaryRegions) = (cell.identity, cell.regionCount)
      (theta, reason) = (cell.threshold, cell.reason)
      baseline = cell.baseline.map { ShareRecord($0, isSample: isSample) }
      baselineDegenerate = cell.baselineDegenerate.map { ShareRecord($0, isSample: isSample) }
      ablated = cell.ablated.map { Reading($0, change: cell.change, isSample: isSample) }
      null = cell.null.map { Reading($0, change: cell.nullChange, isSample: isSample) }
    }
  }

  struct Summary: Encodable {
    var p: Double
    var basis: String
    var k: Int
    var seeds: Int
    var meanRegions: Double
    var change: Saturation.Spread
    var nullChange: Saturation.Spread?
    var degenerate: Double?
    var firstTokenKL: Double?
    var nullFirstTokenKL: Double?

    init(_ row: RefusalGrid.Summary) {
      (p, basis, k, seeds) = (row.percentile, row.basis.rawValue, row.count, row.seeds)
      (meanRegions, change, nullChange) = (row.meanRegions, row.change, row.nullChange)
      (degenerate, firstTokenKL) = (row.degenerate, row.divergence)
      nullFirstTokenKL = row.nullDivergence
    }
  }

  var dictionary: String
  var identity: String
  var depth: AblationSetup.Depth
  var rank: CandidateRank
  var split: String
  var p: [Double]
  var seeds: [UInt64]
  var basis: [DirectionBasis]
  var k: [Int]
  var cells: [Cell]
  var summary: [Summary]
  var seed: UInt64
  var seconds: Double

  /// - Parameters:
  ///   - template: what the dictionaries were built as.
  ///   - setup: how every cell was run.
  package init(
    _ grid: RefusalGrid, as template: DictionaryFile, _ setup: AblationSetup, rank: CandidateRank,
    seconds: Double
  ) {
    (dictionary, identity) = (template.name, template.identity)
    (depth, self.rank, split) = (grid.depth, rank, setup.split)
    (p, seeds) = (grid.axes.percentiles, grid.axes.seeds)
    (basis, k) = (grid.axes.bases, grid.axes.counts)
    let isSample = grid.depth != .geometry
    cells = grid.cells.map { Cell($0, isSample: isSample) }
    summary = grid.summaries.map(Summary.init)
    (seed, self.seconds) = (setup.seed, seconds)
  }
}

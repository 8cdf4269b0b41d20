import ExemplarPartitioning
import Foundation
import Numerics
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct CoverageTests {
  private let golden: ClaimsGolden.Coverage
  private let tensors: SafetensorsFile

  init() throws {
    try MatrixProducts.verify()
    golden = try ClaimsGolden.read().coverage
    tensors = try ClaimsGolden.tensors("coverage")
  }

  @Test func `The AUROC counts ties half, and the false-positive rate is taken at whole scores`() {
    let scores = RankedScores(negatives: golden.negatives, positives: golden.positives)
    #expect(abs((scores.auroc ?? 0) - golden.auroc) < 1e-12)
    #expect(
      abs((scores.falsePositiveRate(atRecall: 0.95) ?? 0) - golden.fprAt95Recall) < 1e-12)
    let sorted = (golden.negatives + golden.positives).sorted()
    #expect(
      largestDifference([2.5, 50, 90, 99].map { sorted.percentile($0) }, golden.percentiles) < 1e-12
    )
  }

  @Test func `An interval resamples whole documents, so repeating rows does not narrow it`() throws
  {
    let scores = RankedScores(negatives: golden.negatives, positives: golden.positives)
    let interval = try #require(scores.interval())
    #expect(interval.contains(golden.auroc))
    #expect(scores.interval() == interval)
    let repeated = RankedScores(
      negatives: golden.negatives + golden.negatives,
      positives: golden.positives + golden.positives,
      negativeUnits: (0..<70).map(Int32.init) + (0..<70).map(Int32.init),
      positiveUnits: (0..<40).map(Int32.init) + (0..<40).map(Int32.init))
    let same = try #require(repeated.interval())
    #expect(abs(same.lower - interval.lower) < 1e-9)
    #expect(abs(same.upper - interval.upper) < 1e-9)
    let lone = RankedScores(
      negatives: [1, 2], positives: [3, 4], negativeUnits: [0, 0], positiveUnits: [0, 1])
    #expect(lone.interval() == nil)
  }

  @Test func `The Mahalanobis distance has the shrinkage of Ledoit and Wolf`() throws {
    let model = try MahalanobisModel(
      tensors.floats("fit"), count: 80, dimension: 12, file: "fit")
    #expect(abs(model.shrinkage - golden.shrinkage) < 1e-9)
    #expect(
      largestDifference(
        model.distances(try tensors.floats("near"), count: 60), golden.mahalanobisNear) < 1e-6)
    #expect(
      largestDifference(
        model.distances(try tensors.floats("far"), count: 50), golden.mahalanobisFar) < 1e-6)
  }

  @Test func `A covariance of fewer rows than components can still be inverted`() throws {
    let fit = Array(try tensors.floats("fit").prefix(6 * 12))
    let model = try MahalanobisModel(fit, count: 6, dimension: 12, file: "fit")
    #expect(model.shrinkage > 0 && model.shrinkage <= 1)
    #expect(model.distances(fit, count: 6).allSatisfy { $0.isFinite && $0 > 0 })
    #expect(throws: ExperimentError.self) {
      try MahalanobisModel([Float](repeating: 1, count: 24), count: 2, dimension: 12, file: "f")
    }
  }

  @Test func `The k-th nearest reference row is the distance, in f32 arithmetic`() throws {
    let model = NeighbourModel(
      try tensors.floats("fit"), count: 80, centre: try tensors.floats("centre"), k: 5, threads: 2)
    #expect(
      largestDifference(
        model.distances(try tensors.floats("near"), count: 60), golden.neighboursNear) < 1e-6)
    #expect(
      largestDifference(
        model.distances(try tensors.floats("far"), count: 50), golden.neighboursFar) < 1e-6)
  }

  @Test func `A share's interval is nil for one document and holds the share for many`() {
    let hits = (0..<40).map { $0 % 4 != 0 }
    #expect(ShareInterval.of(hits, units: [Int32](repeating: 3, count: 40)) == nil)
    let interval = ShareInterval.of(hits, units: (0..<40).map { Int32($0 / 2) })
    #expect(interval?.contains(0.75) == true)
  }

  @Test func `A sample of a stream stays within its room and spread over it`() {
    var sample = RowSample(capacity: 8)
    for row in 0..<100 { sample.offer([Float(row)][...], unit: Int32(row), distance: 0) }
    #expect(sample.count <= 8 && sample.count >= 4)
    #expect(sample.rows == sample.units.map(Float.init))
    #expect(sample.units.last ?? 0 >= 80)
  }

  @Test func `A plot is well-formed XML whatever its labels hold`() throws {
    let plot = SVGPlot(
      title: "<a & \"b\">\u{1B}[31m", caption: "n = 3",
      content: .bars(
        [
          .init("x<y", 0.5, .init(lower: 0.4, upper: 0.6, confidence: 0.95)),
          .init("nothing", .nan),
        ], axis: "share", reference: 0.5))
    let parser = XMLParser(data: Data(plot.text.utf8))
    #expect(parser.parse())
    #expect(!plot.text.contains("\u{1B}"))
    let scatter = SVGPlot(
      title: "t", caption: "c",
      content: .points([(1, 2), (3, .nan), (2, 2)], xAxis: "x", yAxis: "y"))
    #expect(XMLParser(data: Data(scatter.text.utf8)).parse())
  }
}

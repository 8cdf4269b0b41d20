import Numerics
import Storage

/// What ``Coverage`` found of one dictionary or several, under the keys by which it is printed and kept.
package struct CoverageRecord: Encodable, Sendable {
  struct Separation: Encodable {
    var auroc: Double
    var auroc95: ConfidenceInterval?
    var fprAt95Recall: Double

    init(_ found: Coverage.Separation) {
      (auroc, auroc95, fprAt95Recall) = (found.auroc, found.interval, found.falsePositiveRate)
    }
  }

  struct Source: Encodable {
    var name: String
    var n: Int
    var documents: Int
    var withinThreshold: Double
    var within95: ConfidenceInterval?
    var mean: Double
    var median: Double
    var p90: Double
    var p99: Double
    var min: Double
    var max: Double
    var auroc: Double?
    var auroc95: ConfidenceInterval?
    var fprAt95Recall: Double?

    init(_ source: Coverage.Source) {
      (name, n, documents) = (source.name, source.count, source.documents)
      (withinThreshold, within95) = (source.withinThreshold, source.withinInterval)
      (mean, median, p90, p99) = (source.mean, source.median, source.p90, source.p99)
      (min, max) = (source.minimum, source.maximum)
      (auroc, auroc95) = (source.separation?.auroc, source.separation?.interval)
      fprAt95Recall = source.separation?.falsePositiveRate
    }
  }

  struct Baselines: Encodable {
    struct Source: Encodable {
      var name: String
      var n: Int
      var distance: Separation
      var mahalanobis: Separation
      var nearestNeighbours: Separation
    }

    var fittedRows: Int
    var inDistributionRows: Int
    var shrinkage: Double
    var neighbours: Int
    var sources: [Source]

    init(_ baselines: CoverageBaselines) {
      (fittedRows, inDistributionRows) = (baselines.fittedRows, baselines.inDistributionRows)
      (shrinkage, neighbours) = (baselines.shrinkage, baselines.k)
      sources = baselines.sources.map { source in
        Source(
          name: source.name, n: source.count, distance: Separation(source.distance),
          mahalanobis: Separation(source.mahalanobis),
          nearestNeighbours: Separation(source.neighbours))
      }
    }
  }

  struct Region: Encodable {
    struct Source: Encodable {
      var n: Int
      var withinThreshold: Double?
      var meanDistance: Double?

      init(_ source: Coverage.Source, _ region: Int) {
        n = source.rowsOfRegion[region]
        guard n > 0 else { return }
        withinThreshold = Double(source.withinOfRegion[region]) / Double(n)
        meanDistance = source.distanceOfRegion[region] / Double(n)
      }
    }

    var region: Int
    var sources: [Source]
  }

  struct Dictionary: Encodable {
    var dictionary: String
    var identity: String
    var theta: Double
    var regions: Int
    var sources: [Source]
    var baselines: Baselines?
    @IfAny var byRegion: [Region]?

    init(_ coverage: Coverage, _ file: DictionaryFile, byRegion: Bool) {
      (dictionary, identity) = (file.name, file.identity)
      (theta, regions) = (coverage.threshold, file.regionCount)
      sources = coverage.sources.map(Source.init)
      baselines = coverage.baselines.map(Baselines.init)
      let count = coverage.sources.first?.rowsOfRegion.count ?? 0
      self.byRegion =
        byRegion
        ? (0..<count).map { region in
          Region(region: region, sources: coverage.sources.map { .init($0, region) })
        } : nil
    }
  }

  /// Its figures stand under the record's own keys; those of several dictionaries in a list as well.
  @Inline var first: Dictionary
  @IfAny var dictionaries: [Dictionary]?
  var seed: UInt64
  var seconds: Double

  package init(
    _ coverages: [(coverage: Coverage, file: DictionaryFile)], byRegion: Bool, seed: UInt64,
    seconds: Double
  ) {
    let all = coverages.map { Dictionary($0.coverage, $0.file, byRegion: byRegion) }
    first = all[0]
    dictionaries = all.count > 1 ? all : nil
    (self.seed, self.seconds) = (seed, seconds)
  }
}

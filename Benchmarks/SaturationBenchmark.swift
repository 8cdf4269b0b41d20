import ExemplarPartitioning
import Experiments
import Foundation
import Numerics

/// Streams grown under one calibration in many orders, beside as many builds of the same rows.
enum SaturationBenchmark {
  static func run(_ settings: Settings) throws {
    print("streams of documents × 30 rows × 576, p = 10, 12 documents a batch")
    print(" streams  documents  orders  regions  ours s  builds s  ours/builds  rows a second")
    for (streams, documents, orders) in [(2, 200, 10), (3, 400, 20)] {
      let inputs = (0..<streams).map { Input($0, documents: documents) }
      let given = inputs.enumerated().map { SaturationStream(name: "\($0)", rows: $1.rows) }
      let calibration = try ShuffledBuilds.calibrate(
        inputs[0].rows, percentile: 10, threads: settings.threads)
      var options = Saturation.Options()
      (options.orders, options.deals) = (orders, 0)
      (options.documentsPerBatch, options.threads) = (documentsPerBatch, settings.threads)
      var (ours, builds) = (Double.infinity, Double.infinity)
      var regions = 0
      // In turns, and the least of them: other work on a machine only ever adds.
      for _ in 0..<2 {
        let (result, own) = try seconds {
          try Saturation.run(given, calibration: calibration, percentile: 10, options)
        }
        ours = min(ours, own)
        regions = result.streams.map { $0.stored.founders.count }.max() ?? 0
        let (_, other) = seconds {
          for input in inputs {
            for _ in 0...orders { build(input, calibration, settings.threads) }
          }
        }
        builds = min(builds, other)
      }
      let total = Double(inputs.reduce(0) { $0 + $1.rows.count } * (orders + 1))
      print(
        column("\(streams)", 8), column("\(documents)", 10), column("\(orders)", 7),
        column("\(regions)", 8), column(ours, 7), column(builds, 9), column(ours / builds, 12),
        column(total / ours, 14, digits: 0))
    }
  }

  private static let rowsPerDocument = 30
  private static let dimension = 576
  private static let documentsPerBatch = 12

  private struct Input {
    var rows = ActivationRows()
    var batches: [ActivationBatch] = []

    /// Documents about centres of their own, as texts of a kind are alike.
    init(_ number: Int, documents: Int) {
      var random = BenchmarkRandom(seed: UInt64(number + 1))
      let centres = (0..<40).map { _ in (0..<dimension).map { _ in random.gaussian() } }
      for start in stride(from: 0, to: documents, by: documentsPerBatch) {
        var (values, owners) = ([Float](), [Int32]())
        for document in start..<min(start + documentsPerBatch, documents) {
          for _ in 0..<rowsPerDocument {
            let centre = centres[Int(random.next() % 40)]
            values += centre.map { $0 + 0.6 * random.gaussian() }
            owners.append(Int32(document))
          }
        }
        let batch = ActivationBatch(
          rows: values, count: owners.count, documentOfRow: owners)
        batches.append(batch)
        rows.append(batch)
      }
    }
  }

  private static func build(_ input: Input, _ calibration: Calibration, _ threads: Int) {
    var builder = DictionaryBuilder(
      centre: calibration.centre, threshold: calibration.threshold,
      options: BuildOptions(threads: threads))
    for batch in input.batches { _ = builder.add(batch) }
    _ = builder.finish()
  }
}

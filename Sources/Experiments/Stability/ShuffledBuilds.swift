import ExemplarPartitioning
import Foundation
import Numerics

/// Dictionaries of the same activations in several orders, with one calibration.
package enum ShuffledBuilds {
  package struct Result: Sendable {
    package var dictionaries: [ExemplarDictionary]
    /// For each dictionary the nearest region of every row, in the order of the rows given.
    package var parts: [[Int]]
    package var calibration: Calibration
  }

  /// Builds once in the order given and `seeds − 1` times with the documents shuffled, in batches of as many documents as
  /// before. Centre and θ are calibrated once, so that only the order differs.
  ///
  /// - Throws: `CalibrationError`; what `progress` throws.
  package static func run(
    _ rows: ActivationRows, seeds: Int, percentile: Double, seed: UInt64 = 0, threads: Int,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> Result {
    let original = batches(rows, order: nil)
    let calibration = try calibrate(rows, percentile: percentile, threads: threads)
    var result = Result(dictionaries: [], parts: [], calibration: calibration)
    for number in 0..<seeds {
      var builder = DictionaryBuilder(
        centre: calibration.centre, threshold: calibration.threshold,
        options: BuildOptions(threads: threads))
      let stream =
        number == 0 ? original : batches(rows, order: seed &+ UInt64(number))
      for batch in stream { builder.add(batch) }
      let dictionary = builder.finish().dictionary
      var assigner = RegionAssigner(dictionary, threads: threads)
      result.parts.append(original.flatMap { assigner.assign($0).ids.map(Int.init) })
      result.dictionaries.append(dictionary)
      try progress(number + 1, seeds)
    }
    return result
  }

  /// Centre and θ of all rows, in the batches they were read in.
  package static func calibrate(
    _ rows: ActivationRows, percentile: Double, threads: Int
  ) throws -> Calibration {
    try MatrixProducts.verify()
    let batches = batches(rows, order: nil)
    var centre = CentreAccumulator()
    for batch in batches { centre.add(batch) }
    var threshold = ThresholdAccumulator(
      centre: try centre.centre(), percentile: percentile, threads: threads)
    for batch in batches { threshold.add(batch) }
    return try threshold.finish()
  }

  /// The rows in batches, documents in their own or a shuffled order.
  static func batches(_ rows: ActivationRows, order seed: UInt64?) -> [ActivationBatch] {
    guard let seed else {
      var first = 0
      return rows.batchSizes.map { size in
        defer { first += size }
        return ActivationBatch(
          rows: Array(rows.rows[first * rows.dimension..<(first + size) * rows.dimension]),
          count: size)
      }
    }
    var rowsOfDocument: [[Int]] = []
    var number: [Int32: Int] = [:]
    var documentsOfBatch: [Int] = []
    var first = 0
    for size in rows.batchSizes {
      var seen: Set<Int32> = []
      for row in first..<first + size {
        let document = rows.documentOfRow[row]
        seen.insert(document)
        if let place = number[document] {
          rowsOfDocument[place].append(row)
        } else {
          number[document] = rowsOfDocument.count
          rowsOfDocument.append([row])
        }
      }
      documentsOfBatch.append(seen.count)
      first += size
    }
    let shuffled = SeededNumbers.permutation(rowsOfDocument.count, seed: seed)
    var next = 0
    return documentsOfBatch.compactMap { count in
      let chosen = shuffled[next..<min(next + count, shuffled.count)].flatMap { rowsOfDocument[$0] }
      next = min(next + count, shuffled.count)
      return chosen.isEmpty
        ? nil : ActivationBatch(rows: rows.rows(at: chosen), count: chosen.count)
    }
  }
}

import ExemplarPartitioning

/// The final positions of prompts at one layer, and the regions that they are in.
package struct DirectionLayer: Sendable {
  package var hook: String
  /// `[n, dimension]`.
  package var rows: [Float]
  package var dimension: Int
  /// Of each prompt the nearest, without a cut at θ, and its distance.
  package var regions: [Int32]
  package var distances: [Float]
  /// `nil` where it was built here.
  package var dictionary: String?
  package var identity: String
  package var percentile: Double?
  package var theta: Double
  package var regionCount: Int

  /// With a dictionary's regions.
  ///
  /// - Parameter name: of its file; `nil` where it was built here.
  package init(
    hook: String, rows: [Float], _ dictionary: ExemplarDictionary, name: String?, identity: String,
    percentile: Double?, threads: Int
  ) {
    let dimension = dictionary.dimension
    var assigner = RegionAssigner(dictionary, threads: threads)
    (regions, distances) = assigner.assign(
      ActivationBatch(rows: rows, count: rows.count / max(dimension, 1)))
    (self.hook, self.rows, self.dimension) = (hook, rows, dimension)
    (self.dictionary, self.identity, self.percentile) = (name, identity, percentile)
    (theta, regionCount) = (dictionary.threshold, dictionary.count)
  }

  /// Prompts of a batch, in calibrating and in adding.
  package static let promptsPerBatch = 16

  /// With regions built of these prompts, all of them: calibrated and added in batches of 16, in the order of the seed.
  ///
  /// - Throws: `ExperimentError.invalidValue` for prompts that no θ can be had from.
  /// - Source: Rumbelow, the reference's cache, whose seed is 0 and whose p is 12.
  package init(
    hook: String, rows: [Float], dimension: Int, percentile: Double, seed: UInt64, threads: Int,
    of file: String
  ) throws {
    let count = rows.count / dimension
    var order = Array(0..<count)
    var generator = NumPyGenerator(seed: seed)
    generator.shuffle(&order)
    let batches = stride(from: 0, to: count, by: Self.promptsPerBatch).map { start in
      let places = order[start..<min(start + Self.promptsPerBatch, count)]
      return ActivationBatch(
        rows: places.flatMap { rows[$0 * dimension..<($0 + 1) * dimension] }, count: places.count)
    }
    let calibration: Calibration
    do {
      var centre = CentreAccumulator()
      for batch in batches { centre.add(batch) }
      var threshold = ThresholdAccumulator(
        centre: try centre.centre(), percentile: percentile, threads: threads)
      for batch in batches { threshold.add(batch) }
      calibration = try threshold.finish()
    } catch let error as CalibrationError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
    var builder = DictionaryBuilder(
      centre: calibration.centre, threshold: calibration.threshold,
      options: BuildOptions(threads: threads))
    for batch in batches { _ = builder.add(batch) }
    let dictionary = builder.finish().dictionary
    self.init(
      hook: hook, rows: rows, dictionary, name: nil, identity: dictionary.identity,
      percentile: percentile, threads: threads)
  }
}

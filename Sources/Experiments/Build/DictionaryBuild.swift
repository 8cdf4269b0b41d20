import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// What to build a dictionary from, and how.
package struct DictionaryBuildRequest: Sendable {
  package enum CalibrationChoice: Sendable, Equatable {
    /// Calibrate on the stream's first activations: at least this many, up to the end of a batch.
    case percentile(Double, activations: Int)
    case given(Calibration)
  }

  /// Activations that the reference calibrates on.
  package static let calibrationActivations = 200_000

  package var source: ActivationSource
  package var calibration: CalibrationChoice
  package var options: BuildOptions
  /// What the caller knows of the model; wins over what lies beside the shards.
  package var provenance: DictionaryProvenance
  /// Builds from a store's documents after those it was calibrated on, as the reference's script reads one stream of text.
  package var followsCalibration = false
  /// Of a store: ends the build with the batch that reaches so many tokens.
  package var maxTokens: Int?
  /// Of a store: builds from no more documents than this.
  package var maxDocuments: Int?

  package init(
    source: ActivationSource, calibration: CalibrationChoice, options: BuildOptions,
    provenance: DictionaryProvenance = DictionaryProvenance()
  ) {
    self.source = source
    self.calibration = calibration
    self.options = options
    self.provenance = provenance
  }
}

/// How far a build is.
package struct DictionaryBuildProgress: Sendable, Equatable {
  package enum Stage: String, Sendable {
    case centre = "finding the centre"
    case threshold = "calibrating θ"
    case build = "building"
    case reservoir = "sampling members"
  }

  package var stage: Stage
  package var activations: Int
  package var regions: Int
}

/// A finished dictionary with what is known of how it was made.
package struct DictionaryBuildResult: Sendable {
  package var dictionary: ExemplarDictionary
  package var provenance: DictionaryProvenance
  package var calibration: Calibration
  package var tokenEnds: [[Int32]?]?
  /// What is known of the rows; the position of a context is then a row's number.
  package var rows: RowRecord?
  package var activations: Int
  package var batches: Int
  package var saturated: Bool
  /// How many documents of a store were taken, and of which splits.
  package var selectionWords: String?
}

package enum DictionaryBuild {
  /// Calibrates and builds, reading the stream up to four times (centre, θ, build, sampled members).
  ///
  /// - Parameter progress: called after every batch; an error it throws cancels the build.
  /// - Throws: what the source throws, `CalibrationError`, `MatrixProductError`, or what `progress` throws.
  package static func run(
    _ request: DictionaryBuildRequest,
    progress: (DictionaryBuildProgress) throws -> Void = { _ in }
  ) throws -> DictionaryBuildResult {
    try MatrixProducts.verify()
    var request = request
    let (calibration, batches) = try calibrate(request, progress)
    if request.followsCalibration, batches > 0 {
      request.source = try request.source.after(batches: batches)
    }
    request.source = try request.source.limited(
      maxTokens: request.maxTokens, maxDocuments: request.maxDocuments)
    let source = request.source
    var builder = DictionaryBuilder(
      centre: calibration.centre, threshold: calibration.threshold, options: request.options)
    try source.forEachBatch { batch in
      guard batch.count == 0 || batch.dimension == calibration.centre.count else {
        throw ExperimentError(
          .mismatch,
          "expected activations of \(calibration.centre.count) components as in the calibration, found \(batch.dimension)",
          file: source.url.lastPathComponent)
      }
      builder.add(batch)
      try progress(
        .init(
          stage: .build, activations: builder.activationCount, regions: builder.regionCount))
      return !builder.isSaturated
    }
    let (activations, batchCount) = (builder.activationCount, builder.batchCount)
    let saturated = builder.isSaturated
    guard activations > 0 else { throw CalibrationError.noActivations }
    var (dictionary, reservoir) = builder.finish()
    var seen = 0
    if !reservoir.isComplete {
      try source.forEachBatch { batch in
        reservoir.collect(batch)
        seen += batch.count
        try progress(
          .init(stage: .reservoir, activations: seen, regions: dictionary.count))
        return !reservoir.isComplete
      }
    }
    dictionary.reservoir = reservoir.finish()
    return DictionaryBuildResult(
      dictionary: dictionary,
      provenance: provenance(
        request, calibration, activations: activations, batches: batchCount,
        prompts: dictionary.documents.count, saturated: saturated),
      calibration: calibration,
      tokenEnds: try source.tokenEnds(of: dictionary.documents), rows: source.rowRecord,
      activations: activations, batches: batchCount, saturated: saturated,
      selectionWords: source.selectionWords)
  }

  /// - Returns: with the batches that it took.
  private static func calibrate(
    _ request: DictionaryBuildRequest, _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws -> (Calibration, batches: Int) {
    let (percentile, limit): (Double, Int)
    switch request.calibration {
    case .given(let calibration): return (calibration, 0)
    case .percentile(let value, let activations): (percentile, limit) = (value, activations)
    }
    var centre = CentreAccumulator()
    try request.source.forEachBatch { batch in
      centre.add(batch)
      try progress(.init(stage: .centre, activations: centre.activationCount, regions: 0))
      return centre.activationCount < limit
    }
    var threshold = ThresholdAccumulator(
      centre: try centre.centre(), percentile: percentile, threads: request.options.threads)
    var (seen, batches) = (0, 0)
    try request.source.forEachBatch { batch in
      threshold.add(batch)
      (seen, batches) = (seen + batch.count, batches + 1)
      try progress(.init(stage: .threshold, activations: seen, regions: 0))
      return seen < limit
    }
    return (try threshold.finish(), batches)
  }

  private static func provenance(
    _ request: DictionaryBuildRequest, _ calibration: Calibration, activations: Int, batches: Int,
    prompts: Int, saturated: Bool
  ) -> DictionaryProvenance {
    let options = request.options
    var provenance = request.source.recorded.provenance
    provenance.positions = request.source.positions.rawValue
    provenance.batching = request.source.batching
    provenance.percentile = calibration.percentile
    provenance.calibrationActivations = calibration.activationCount
    provenance.seed = options.seed
    provenance.mergeClose = options.mergeClose
    provenance.minimumMembers = options.minimumMembers
    provenance.saturationWindow = options.saturationWindow
    provenance.saturated = saturated
    provenance.activations = activations
    provenance.batches = batches
    provenance.prompts = prompts
    provenance.source = request.source.url.lastPathComponent
    provenance.toolVersion = toolVersion
    let given = request.provenance
    if let model = given.model { (provenance.model, provenance.modelName) = (model, nil) }
    provenance.modelHash = given.modelHash ?? provenance.modelHash
    provenance.hook = given.hook ?? provenance.hook
    provenance.adapter = given.adapter ?? provenance.adapter
    provenance.adapterHash = given.adapterHash ?? provenance.adapterHash
    provenance.split = given.split ?? provenance.split
    provenance.givenByHand = given.givenByHand ?? provenance.givenByHand
    provenance.template = given.template ?? provenance.template
    provenance.notes = given.notes ?? provenance.notes
    return provenance
  }
}

/// The program's version, as recorded in what it makes.
package let toolVersion = "0.1.0"

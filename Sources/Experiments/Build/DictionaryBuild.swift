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

    package var percentile: Double? {
      switch self {
      case .percentile(let percentile, _): percentile
      case .given(let calibration): calibration.percentile
      }
    }
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
  package enum Stage: String, Sendable, Codable {
    case centre = "finding the centre"
    case threshold = "calibrating θ"
    case build = "building"
    case reservoir = "sampling members"
  }

  package var stage: Stage
  package var activations: Int
  package var regions: Int
  /// Regions founded an activation, over the last batches.
  package var newRegionRate: Double?
  /// How far a model has read, where one does.
  package var reading: ReadingProgress?
  /// Tokens that it is still to read, in this pass and those after it, as far as it is known.
  package var tokensLeft: Int?
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
  /// - Parameters:
  ///   - checkpoint: where the build is kept as it goes, and what it goes on from; for documents that a model reads.
  ///   - progress: called after every batch, and while a model reads; an error it throws cancels the build.
  /// - Throws: what the source throws, `CalibrationError`, `MatrixProductError`, or what `progress` throws.
  package static func run(
    _ request: DictionaryBuildRequest, checkpoint: BuildCheckpoint? = nil,
    progress: (DictionaryBuildProgress) throws -> Void = { _ in }
  ) throws -> DictionaryBuildResult {
    try MatrixProducts.verify()
    do {
      return try result(of: request, checkpoint, progress)
    } catch let error as CalibrationError {
      // Going on would come to the same.
      checkpoint?.remove()
      throw error
    }
  }

  private static func result(
    of request: DictionaryBuildRequest, _ checkpoint: BuildCheckpoint?,
    _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws -> DictionaryBuildResult {
    var request = request
    let (calibration, batches) = try calibrate(request, checkpoint, progress)
    if request.followsCalibration, batches > 0 {
      request.source = try request.source.after(batches: batches)
    }
    request.source = try request.source.limited(
      maxTokens: request.maxTokens, maxDocuments: request.maxDocuments)
    let source = request.source
    let begun = checkpoint?.take(.build)
    let place = (batches: begun?.batches ?? 0, isWhole: begun?.isWhole ?? false)
    var builder = try builder(calibration, request, at: consume begun)
    try read(&builder, from: source, after: place, checkpoint, progress)
    let (activations, batchCount) = (builder.activationCount, builder.batchCount)
    let saturated = builder.isSaturated
    guard activations > 0 else { throw CalibrationError.noActivations }
    var (dictionary, reservoir) = builder.finish()
    try sample(&reservoir, of: dictionary, from: source, checkpoint, progress)
    dictionary.reservoir = reservoir.finish()
    return DictionaryBuildResult(
      dictionary: dictionary,
      provenance: provenance(
        request, calibration, activations: activations, batches: batchCount,
        prompts: dictionary.documents.count, saturated: saturated),
      calibration: calibration,
      tokenEnds: try source.tokenEnds(of: dictionary.documents), rows: source.rowRecord,
      activations: activations, batches: batchCount, saturated: saturated,
      selectionWords: source.selectionWords(documents: dictionary.documents.count))
  }

  /// A builder at the beginning, or where it was kept.
  private static func builder(
    _ calibration: Calibration, _ request: DictionaryBuildRequest, at point: BuildCheckpoint.Point?
  ) throws -> DictionaryBuilder {
    guard let point else {
      return DictionaryBuilder(
        centre: calibration.centre, threshold: calibration.threshold, options: request.options)
    }
    return try BuildCheckpoint.reading {
      try DictionaryBuilder(
        point.state, calibration: calibration, options: request.options,
        documents: try request.source.texts(count: try point.state.count("documents")))
    }
  }

  private static func read(
    _ builder: inout DictionaryBuilder, from source: ActivationSource,
    after place: (batches: Int, isWhole: Bool), _ checkpoint: BuildCheckpoint?,
    _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws {
    guard !place.isWhole else { return }
    let dimension = builder.dimension
    var done = place.batches
    var now = DictionaryBuildProgress(
      stage: .build, activations: builder.activationCount, regions: builder.regionCount,
      newRegionRate: builder.newRegionRate)
    do {
      // One that was kept with the batch that saturated it has nothing more to read.
      guard !builder.isSaturated else { return }
      try source.forEachBatch(
        after: done,
        reading: { reading in
          now.reading = reading
          now.tokensLeft = ReadingRest(reading).map { $0.left + $0.again }
          try progress(now)
        },
        body: { batch in
          guard batch.count == 0 || batch.dimension == dimension else {
            throw ExperimentError(
              .mismatch,
              "expected activations of \(dimension) components as in the calibration, found \(batch.dimension)",
              file: source.url.lastPathComponent)
          }
          builder.add(batch)
          done += 1
          now.activations = builder.activationCount
          now.regions = builder.regionCount
          now.newRegionRate = builder.newRegionRate
          try checkpoint?.saveIfDue(.build, batches: done) { builder.state() }
          try progress(now)
          return !builder.isSaturated
        })
    } catch {
      checkpoint?.saveLast(.build, batches: done) { builder.state() }
      throw error
    }
    if done > 0 { try checkpoint?.save(.build, batches: done, isWhole: true, builder.state()) }
  }

  private static func sample(
    _ reservoir: inout ReservoirRequest, of dictionary: ExemplarDictionary,
    from source: ActivationSource, _ checkpoint: BuildCheckpoint?,
    _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws {
    var done = 0
    var now = DictionaryBuildProgress(
      stage: .reservoir, activations: 0, regions: dictionary.count)
    if let point = checkpoint?.take(.sampled) {
      try BuildCheckpoint.reading {
        now.activations = try point.state.count("seen")
        guard
          reservoir.resume(
            directions: try point.state.floats("directions"), seen: now.activations)
        else { throw StateError("directions") }
      }
      done = point.batches
    }
    guard !reservoir.isComplete else { return }
    func state(_ reservoir: ReservoirRequest) -> StateColumns {
      var state = StateColumns()
      state["directions"] = .floats(reservoir.collected.directions)
      state["seen"] = .integers([Int64(reservoir.collected.seen)])
      return state
    }
    do {
      try source.forEachBatch(
        after: done,
        reading: { reading in
          now.reading = reading
          now.tokensLeft = ReadingRest(reading)?.left
          try progress(now)
        },
        body: { batch in
          reservoir.collect(batch)
          done += 1
          now.activations += batch.count
          try checkpoint?.saveIfDue(.sampled, batches: done) { state(reservoir) }
          try progress(now)
          return !reservoir.isComplete
        })
    } catch {
      if done > 0 { checkpoint?.saveLast(.sampled, batches: done) { state(reservoir) } }
      throw error
    }
  }

  /// - Returns: with the batches that it took.
  private static func calibrate(
    _ request: DictionaryBuildRequest, _ checkpoint: BuildCheckpoint?,
    _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws -> (Calibration, batches: Int) {
    let (percentile, limit): (Double, Int)
    switch request.calibration {
    case .given(let calibration): return (calibration, 0)
    case .percentile(let value, let activations): (percentile, limit) = (value, activations)
    }
    if let calibrated = checkpoint?.take(.calibrated) {
      return try BuildCheckpoint.reading {
        (try Calibration(calibrated.state), batches: calibrated.batches)
      }
    }
    let begun = checkpoint?.take(.threshold)
    var threshold =
      try begun.map { point in
        try BuildCheckpoint.reading {
          try ThresholdAccumulator(
            point.state, percentile: percentile, threads: request.options.threads)
        }
      }
      ?? ThresholdAccumulator(
        centre: try centre(limit, request, checkpoint, progress), percentile: percentile,
        threads: request.options.threads)
    var batches = begun?.batches ?? 0
    var now = DictionaryBuildProgress(
      stage: .threshold, activations: threshold.activations, regions: 0)
    if batches == 0 || threshold.activations < limit {
      do {
        try request.source.forEachBatch(
          after: batches,
          reading: { reading in
            now.reading = reading
            now.tokensLeft = ReadingRest(reading).map {
              $0.calibrating(now.activations, limit) + 2 * $0.again
            }
            try progress(now)
          },
          body: { batch in
            threshold.add(batch)
            batches += 1
            now.activations = threshold.activations
            try checkpoint?.saveIfDue(.threshold, batches: batches) { threshold.state }
            try progress(now)
            return threshold.activations < limit
          })
      } catch {
        checkpoint?.saveLast(.threshold, batches: batches) { threshold.state }
        throw error
      }
    }
    let calibration = try threshold.finish()
    try checkpoint?.save(.calibrated, batches: batches, calibration.state)
    return (calibration, batches)
  }

  private static func centre(
    _ limit: Int, _ request: DictionaryBuildRequest, _ checkpoint: BuildCheckpoint?,
    _ progress: (DictionaryBuildProgress) throws -> Void
  ) throws -> [Float] {
    let begun = checkpoint?.take(.centre)
    var centre = try BuildCheckpoint.reading {
      try begun.map { try CentreAccumulator($0.state) } ?? CentreAccumulator()
    }
    var batches = begun?.batches ?? 0
    var now = DictionaryBuildProgress(
      stage: .centre, activations: centre.activationCount, regions: 0)
    if batches == 0 || centre.activationCount < limit {
      do {
        try request.source.forEachBatch(
          after: batches,
          reading: { reading in
            now.reading = reading
            now.tokensLeft = ReadingRest(reading).map {
              let once = $0.calibrating(now.activations, limit)
              return once + max(0, reading.passTokens + once - reading.keptTokens) + 2 * $0.again
            }
            try progress(now)
          },
          body: { batch in
            centre.add(batch)
            batches += 1
            now.activations = centre.activationCount
            try checkpoint?.saveIfDue(.centre, batches: batches) { centre.state }
            try progress(now)
            return centre.activationCount < limit
          })
      } catch {
        checkpoint?.saveLast(.centre, batches: batches) { centre.state }
        throw error
      }
    }
    return try centre.centre()
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
    provenance.source = request.source.recordedName
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

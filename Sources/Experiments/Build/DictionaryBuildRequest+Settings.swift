import Foundation
import Storage

extension DictionaryBuildRequest {
  /// Everything that a build's result depends on, beside the activations.
  package var settings: BuildCheckpoint.Settings {
    var settings: BuildCheckpoint.Settings = [
      ("positions", source.positions.rawValue), ("batching", source.batching),
      ("mergeClose", "\(options.mergeClose)"), ("minimumMembers", "\(options.minimumMembers)"),
      ("saturationWindow", options.saturationWindow.map { "\($0)" } ?? "none"),
      ("sampleSeed", "\(options.seed)"), ("followsCalibration", "\(followsCalibration)"),
      ("maxTokens", maxTokens.map { "\($0)" } ?? "none"),
      ("maxDocuments", maxDocuments.map { "\($0)" } ?? "none"),
    ]
    switch calibration {
    case .percentile(let percentile, let activations):
      settings += [("percentile", "\(percentile)"), ("calibrationActivations", "\(activations)")]
    case .given(let given):
      var hash = SHA256()
      given.centre.withUnsafeBytes { hash.update($0) }
      hash.update("\(given.threshold) \(given.activationCount ?? -1) \(given.percentile ?? -1)")
      settings.append(("calibration", hash.hexDigest()))
    }
    return settings
  }
}

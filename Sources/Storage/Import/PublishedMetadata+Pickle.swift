import Foundation
import TensorFiles

/// What the metadata beside a pickle must agree with: the pickle itself, and what it is called.
struct PickleFacts {
  var regions: Int
  var threshold: Double
  /// Members of all regions, where they were counted.
  var memberSum: Int?
  /// Whether it says that regions were merged; `nil` of the first ones, which do not say.
  var mergeClose: Bool?
}

extension PublishedMetadata {
  /// θ is written in full; a pickle made again may hold it as f32.
  private static let thresholdTolerance = 1e-6

  /// - Throws: `invalid`, naming both, where the metadata is of another dictionary than the pickle.
  func check(_ facts: PickleFacts, of pickle: URL) throws {
    func refuse(_ what: String, _ own: String, _ other: String) -> StorageError {
      StorageError(
        .invalid,
        "\(what): the pickle has \(own), its metadata (\(TensorFileError.printable(file))) \(other)",
        file: pickle.lastPathComponent, remedy: "leave the metadata out with \(.noMetadata)")
    }
    if let regions, regions != facts.regions {
      throw refuse("regions", "\(facts.regions)", "\(regions)")
    }
    if let threshold, abs(threshold - facts.threshold) > Self.thresholdTolerance {
      throw refuse("threshold", "\(facts.threshold)", "\(threshold)")
    }
    if let activations, let members = facts.memberSum, members > activations {
      throw refuse("members", "\(members)", "\(activations) activations")
    }
    if let mergeClose, let own = facts.mergeClose, own != mergeClose {
      throw refuse("merge_close", "\(own)", "\(mergeClose)")
    }
    try checkName(of: pickle, refuse)
    try checkGrowth(facts, refuse)
  }

  /// The model, the layer and p stand in the names of a published file and of its folder, too.
  private func checkName(
    of pickle: URL, _ refuse: (String, String, String) -> StorageError
  ) throws {
    func refuseName(_ what: String, _ named: String, _ own: String) -> StorageError {
      var error = refuse(
        what, TensorFileError.printable(named), TensorFileError.printable(own))
      error.message = error.message.replacing("the pickle has", with: "the pickle's path says")
      return error
    }
    func within(_ message: String) -> StorageError {
      StorageError(
        .damaged, message, file: file, remedy: "leave the metadata out with \(.noMetadata)")
    }
    let folder = pickle.absoluteURL.deletingLastPathComponent().lastPathComponent
    let ofFolder = PublishedName.parts(ofFolder: folder)
    let ofFile = PublishedName.parts(ofFile: pickle.lastPathComponent)
    let hookLayer = hook.flatMap(HookName.layer)
    if let layer, let hookLayer, hookLayer != layer {
      throw within(
        "is of layer \(layer), and of the hook \(TensorFileError.printable(hook ?? "")): one of them is wrong"
      )
    }
    for named in [ofFolder?.layer, ofFile?.layer].compactMap(\.self) {
      if let layer, named != layer { throw refuseName("layer", "\(named)", "\(layer)") }
      if let hookLayer, named != hookLayer { throw refuseName("layer", "\(named)", hook ?? "") }
    }
    for named in [ofFolder?.model, ofFile?.model].compactMap(\.self) {
      if let modelShort, named != modelShort { throw refuseName("model", named, modelShort) }
      if let model, !ModelName.isShort(named, of: Self.name(of: model)) {
        throw refuseName("model", named, model)
      }
    }
    if let modelShort, let model, !ModelName.isShort(modelShort, of: Self.name(of: model)) {
      throw within(
        "is of the model \(TensorFileError.printable(model)), and of model_short "
          + "\(TensorFileError.printable(modelShort)): one of them is wrong")
    }
    if let named = ofFolder?.percentile, let percentile, named != percentile {
      throw refuseName("percentile", "\(named)", "\(percentile)")
    }
  }

  /// Of a model that was given as a snapshot's folder, which is named by its commit, the repository.
  private static func name(of model: String) -> String {
    HubPlace(snapshot: URL(filePath: model))?.repository ?? model
  }

  /// Records what it says.
  func fill(_ provenance: inout DictionaryProvenance) {
    provenance.model = model
    provenance.hook = hook
    provenance.percentile = percentile
    provenance.seed = seed
    // The reference leaves position 0 out of every text, as `all` does here.
    provenance.positions =
      switch extractor {
      case "per-position": "all"
      case "final-position": "last"
      default: extractor
      }
    provenance.batching = batchSize.map { "\($0) prompts a batch" }
    provenance.mergeClose = mergeClose
    provenance.saturated = saturated
    provenance.activations = activations
    provenance.prompts = prompts
    // A snapshot is taken after every so many batches, and that is recorded.
    if logCadence == 1, !growth.isEmpty { provenance.batches = growth.count }
    provenance.contextLength = contextLength
    provenance.tokens = tokens
    provenance.sampling = sampling
    provenance.maxTokens = maxTokens
    provenance.calibrationTokens = calibrationTokens
    provenance.metadata = file
    provenance.metadataHash = hash
  }
}

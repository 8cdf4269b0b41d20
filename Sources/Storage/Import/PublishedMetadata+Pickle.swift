import Foundation
import TensorFiles

/// What the metadata beside a pickle must agree with: the pickle itself, and what it is called.
struct PickleFacts {
  var regions: Int
  var threshold: Double
  /// Members of all regions, where they were counted.
  var memberSum: Int?
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
    try checkName(of: pickle, refuse)
  }

  /// The layer and p stand in the names of a published file and of its folder, too.
  private func checkName(
    of pickle: URL, _ refuse: (String, String, String) -> StorageError
  ) throws {
    func refuseName(_ what: String, _ named: String, _ own: String) -> StorageError {
      var error = refuse(what, named, own)
      error.message = error.message.replacing("the pickle has", with: "the pickle's path says")
      return error
    }
    let name = pickle.lastPathComponent
    let folder = pickle.absoluteURL.deletingLastPathComponent().lastPathComponent
    let own = PublishedName.parts(ofFile: name)
    let whole = PublishedName(folder: folder, file: name)
    if let named = own?.layer, let layer, named != layer {
      throw refuseName("layer", "\(named)", "\(layer)")
    }
    if let named = own?.model, let modelShort, named != modelShort {
      throw refuseName(
        "model", TensorFileError.printable(named), TensorFileError.printable(modelShort))
    }
    if let named = whole?.percentile, let percentile, named != percentile {
      throw refuseName("percentile", "\(named)", "\(percentile)")
    }
    if let layer, let match = hook?.prefixMatch(of: /blocks\.([0-9]+)\./),
      Int(match.output.1) != layer
    {
      throw StorageError(
        .damaged,
        "is of layer \(layer), and of the hook \(TensorFileError.printable(hook ?? "")): one of them is wrong",
        file: file, remedy: "leave the metadata out with \(.noMetadata)")
    }
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
    provenance.metadata = file
    provenance.metadataHash = hash
  }
}

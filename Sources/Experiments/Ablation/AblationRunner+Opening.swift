import Foundation
import LanguageModel
import Storage

extension AblationSubject {
  /// Opens the store of a dictionary, and checks that the two belong together.
  ///
  /// - Parameters:
  ///   - store: where the store lies.
  ///   - expectedID: the store of an experiment that is run again.
  ///   - keepsGenerations: whether answers are kept beside the store.
  /// - Throws: `ExperimentError.mismatch` for another store than is expected, or of another model.
  package static func open(
    _ file: DictionaryFile, store: URL, expectedID: String? = nil,
    classifier: OutcomeClassifier? = nil, keepsGenerations: Bool = true,
    isOtherAllowed: Bool = false, threads: Int
  ) throws -> AblationSubject {
    var material = try AblationMaterial(try StoreFile(store), classifier: classifier)
    if let expectedID, let found = material.storeID, expectedID != found {
      throw ExperimentError(
        .mismatch,
        "expected the store of the saved experiment, of id \(expectedID.prefix(12)), found id "
          + "\(found.prefix(12))", file: material.name)
    }
    if !keepsGenerations { material.journalFolder = nil }
    return try AblationSubject(
      file, dictionary: try file.load(), material: material, isOtherAllowed: isOtherAllowed,
      threads: threads)
  }
}

extension AblationRunner {
  /// A runner with the weights that a subject's store was captured from, checked before they are read.
  ///
  /// - Parameters:
  ///   - places: files and folders beside which the recorded adapter may lie.
  ///   - load: reads the weights, or hands out those that are in memory.
  /// - Throws: as ``Experiment/open(_:for:of:beside:)`` and ``check(_:name:modelHash:adapterHash:adapter:width:)``.
  package static func open(
    _ subject: AblationSubject, _ weights: Experiment.Weights, beside places: [URL], threads: Int,
    load: (Checkpoint) throws -> LoadedModel
  ) throws -> AblationRunner {
    let material = subject.material
    let checkpoint = try Experiment.open(
      weights, for: material.provenance, of: material.name, beside: places)
    try check(
      subject, name: checkpoint.modelName, modelHash: checkpoint.modelHash,
      adapterHash: checkpoint.adapterHash, adapter: checkpoint.adapterName,
      width: try checkpoint.width())
    let loaded = try load(checkpoint)
    return try AblationRunner(
      subject,
      model: AblationModel(
        engine: loaded.engine, tokenizer: loaded.tokenizer, name: checkpoint.modelName,
        modelHash: checkpoint.modelHash, adapterHash: checkpoint.adapterHash,
        adapter: checkpoint.adapterName, ownName: checkpoint.files.ownName), threads: threads)
  }
}

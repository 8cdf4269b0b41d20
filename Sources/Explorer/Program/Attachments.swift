import Experiments
import Foundation
import LanguageModel
import Storage

/// The store and the weights that go with a dictionary: those that were given, or else those that lie where they are
/// expected.
package struct Attachments: Equatable, Sendable {
  /// A GGUF file, a hub-style folder or a name in the hub cache.
  package var model: String?
  /// A LoRA's folder, for that model.
  package var adapter: String?
  package var store: URL?
  /// Where models run; `nil`: here.
  package var engine: EngineChoice?
  /// The hook of dictionaries that do not record theirs.
  package var hook: String?
  /// Lets weights, an adapter or a store pass that are not those a dictionary was made with.
  package var isOtherAllowed = false
  /// Where weights are looked for by the name that a dictionary or store gives them.
  package var modelFolders: [URL]

  package init(
    model: String? = nil, adapter: String? = nil, store: URL? = nil, hook: String? = nil,
    isOtherAllowed: Bool = false, modelFolders: [URL] = []
  ) {
    self.hook = hook
    self.isOtherAllowed = isOtherAllowed
    self.model = model
    self.adapter = adapter
    self.store = store
    self.modelFolders = modelFolders
  }

  func store(of dictionary: DictionaryFile) throws -> URL? {
    try store ?? StoreLocation.attached(to: dictionary)
  }

  /// - Parameters:
  ///   - name: what the dictionary or store calls the weights.
  ///   - folder: where that lies.
  /// - Throws: `ExperimentError.missing`, saying how to give the weights.
  func weights(named name: String?, beside folder: URL, for file: String) throws -> ModelFiles {
    if let model { return try ModelFiles.find(model) }
    if let found = ModelPlaces(folders: modelFolders).find(name ?? "", beside: folder) {
      return found
    }
    throw ExperimentError(
      .missing, "the weights are not here: start with --model \(name ?? "MODEL")", file: file)
  }

  /// Weights with the adapter that was given, if one was.
  func given(_ files: ModelFiles) -> Experiment.Weights {
    Experiment.Weights(
      files, adapter: adapter.map { URL(filePath: $0) }, isOtherAllowed: isOtherAllowed)
  }
}

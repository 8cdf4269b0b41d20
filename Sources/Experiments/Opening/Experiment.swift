import Engines
import Foundation
import LanguageModel
import Storage

/// Brings weights and an adapter together with the dictionaries or the store that they are read for: the one place where
/// explorer and command line do.
package enum Experiment {
  /// The weights as a person gives them.
  package struct Weights: Sendable {
    package var model: ModelFiles
    /// Without one, what was recorded is looked for.
    package var adapter: URL?
    /// Lets weights or an adapter pass that are not those of a dictionary; results say so.
    package var isOtherAllowed: Bool
    /// The process that has loaded them; `nil` for our own engine, which is still to.
    package var worker: WorkerEngine?

    package init(_ model: ModelFiles, adapter: URL? = nil, isOtherAllowed: Bool = false) {
      (self.model, self.adapter, self.isOtherAllowed) = (model, adapter, isOtherAllowed)
    }

    /// Those that a worker has loaded.
    package init(_ worker: WorkerEngine, isOtherAllowed: Bool = false) {
      self.init(
        worker.files, adapter: worker.loaded.adapter.map { URL(filePath: $0) },
        isOtherAllowed: isOtherAllowed)
      self.worker = worker
    }
  }

  /// The checkpoint that dictionaries are read with.
  ///
  /// - Parameter places: files and folders beside which the recorded adapter may lie too.
  /// - Throws: as ``Checkpoint/resolve(_:model:adapter:isOtherAllowed:canAllowOther:places:)``.
  package static func open(
    _ weights: Weights, for dictionaries: [DictionaryFile], beside places: [URL] = []
  ) throws -> Checkpoint {
    try Checkpoint.resolve(
      dictionaries.map { RecordedCheckpoint($0) }, model: weights.model, adapter: weights.adapter,
      isOtherAllowed: weights.isOtherAllowed,
      places: Checkpoint.places(around: places + dictionaries.map(\.url)), worker: weights.worker)
  }

  /// The checkpoint of stored activations. They are of one model: it is found, or refused, by what the store records, and no
  /// other is let pass.
  package static func open(
    _ weights: Weights, for store: StoreProvenance, of name: String, beside places: [URL]
  ) throws -> Checkpoint {
    try Checkpoint.resolve(
      [RecordedCheckpoint(store, of: name)], model: weights.model, adapter: weights.adapter,
      canAllowOther: false, places: Checkpoint.places(around: places), worker: weights.worker)
  }
}

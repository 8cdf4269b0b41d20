import Engines
import Experiments
import Foundation
import LanguageModel
import Storage

extension ModelChoice {
  /// What a capture records of the model, and its sizes.
  ///
  /// - Parameters:
  ///   - worker: the engine that was asked for, with the model loaded.
  ///   - notes: a remark of the caller's.
  func captured(
    _ worker: WorkerEngine?, notes: String?
  ) throws -> (provenance: StoreProvenance, model: EngineDescription) {
    var provenance = StoreProvenance()
    provenance.notes = notes
    provenance.created = Capture.date()
    if let worker {
      provenance.model = worker.files.url.lastPathComponent
      provenance.modelName = worker.files.ownName
      provenance.modelHash = worker.loaded.modelHash
      provenance.rotaryPrecision = worker.description.rotaryPrecision?.rawValue
      provenance.rotarySettings = worker.loaded.rotarySettings
      provenance.adapter = worker.loaded.adapter.map { URL(filePath: $0).lastPathComponent }
      provenance.adapterHash = worker.loaded.adapterHash
      if let revision = worker.loaded.revision {
        provenance.notes = [notes, "revision \(revision)"].compactMap(\.self).joined(
          separator: "; ")
      }
      return (provenance, worker.description)
    }
    let description = try describe(quiet: true)
    provenance.model = description.files.url.lastPathComponent
    provenance.modelName = description.files.ownName
    provenance.rotaryPrecision = description.rotaryPrecision?.rawValue
    provenance.rotarySettings = description.rotarySettings
    provenance.modelHash = try FileHash.of(description.files)
    if let adapter {
      let folder = URL(filePath: adapter)
      provenance.adapter = folder.lastPathComponent
      provenance.adapterHash = try FileHash.ofAdapter(folder)
    }
    return (provenance, EngineDescription(description.configuration))
  }
}

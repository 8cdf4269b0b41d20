import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What a person says of activations or of a dictionary that does not say it itself.
package struct ProvenanceByHand: Sendable, Equatable {
  package var model: String?
  package var hook: String?
  package var adapter: String?
  package var percentile: Double?
  package var seed: UInt64?

  package init(
    model: String? = nil, hook: String? = nil, adapter: String? = nil, percentile: Double? = nil,
    seed: UInt64? = nil
  ) {
    self.model = model
    self.hook = hook
    self.adapter = adapter
    self.percentile = percentile
    self.seed = seed
  }

  /// Adds it to what is recorded, noting which fields were given by hand.
  ///
  /// A model or an adapter that is a path is recorded by its name and the hash of its weights.
  /// - Throws: `ExperimentError.mismatch`, naming both, where something else is recorded.
  package func apply(to provenance: inout DictionaryProvenance, of file: String) throws {
    func refuse(_ field: String, _ recorded: String, _ given: String) -> ExperimentError {
      ExperimentError(
        .mismatch,
        "records the \(field) \(TensorFileError.printable(recorded)), but --\(field) names "
          + TensorFileError.printable(given), file: file)
    }
    let recorded = RecordedCheckpoint(provenance, of: file)
    if let model {
      let (name, hash) = try Self.named(model) { try FileHash.of(try ModelFiles.find($0)) }
      if let known = recorded.model ?? recorded.modelHash {
        // People write SmolLM2-135M-Instruct for its file SmolLM2-135M-Instruct.Q4_1.gguf too.
        let isSame =
          hash.flatMap { own in recorded.modelHash.map { $0 == own } }
          ?? ModelName.isSame(known, name)
        guard isSame else { throw refuse("model", known, name) }
        // Published metadata names a model; its weights are whose a person says.
        if let hash, provenance.modelHash == nil {
          provenance.modelHash = hash
          provenance.noteByHand("modelHash")
        }
      } else {
        (provenance.model, provenance.modelHash) = (name, hash)
        provenance.noteByHand("model")
      }
    }
    if let hook {
      do {
        try provenance.take(hook: hook, file: file)
      } catch is StorageError {
        throw refuse("hook", provenance.hook ?? "", hook)
      }
    }
    if let adapter {
      let (name, hash) = try Self.named(adapter) { try FileHash.ofAdapter(URL(filePath: $0)) }
      let given = RecordedCheckpoint(owner: "", adapter: name, adapterHash: hash)
      if recorded.hasAdapter || recorded.modelHash != nil {
        guard recorded.hasSameAdapter(as: given) else {
          throw refuse("adapter", recorded.adapterWords, given.adapterWords)
        }
      } else {
        (provenance.adapter, provenance.adapterHash) = (name, hash)
        provenance.noteByHand("adapter")
      }
    }
    if let percentile {
      if let recorded = provenance.percentile {
        guard recorded == percentile else {
          throw refuse("percentile", "\(recorded)", "\(percentile)")
        }
      } else {
        provenance.percentile = percentile
        provenance.noteByHand("percentile")
      }
    }
    if let seed {
      if let recorded = provenance.seed {
        guard recorded == seed else { throw refuse("seed", "\(recorded)", "\(seed)") }
      } else {
        provenance.seed = seed
        provenance.noteByHand("seed")
      }
    }
  }

  /// The name of what was given, with its hash where it is a path.
  private static func named(
    _ given: String, hash: (String) throws -> String
  ) throws -> (name: String, hash: String?) {
    guard FileManager.default.fileExists(atPath: given) else { return (given, nil) }
    let url = URL(filePath: given)
    // A snapshot's folder is named by its commit.
    let name = HubPlace(snapshot: url)?.repository ?? url.lastPathComponent
    return (name, try hash(given))
  }
}

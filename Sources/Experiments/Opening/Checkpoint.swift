import Engines
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// A model's weights, with an adapter or without, and whether they are those that a dictionary or a store was made with.
package struct Checkpoint: Sendable, Equatable {
  package enum Match: String, Sendable, Codable {
    /// Weights and adapter have the recorded hashes.
    case same
    /// They have not, and that was asked for.
    case other
    /// Not enough was recorded to say.
    case unknown
  }

  /// Of a model that a worker has loaded, its tokenizer's.
  package var files: ModelFiles
  /// `nil` where a worker does not say.
  package var modelHash: String?
  package var adapter: URL?
  package var adapterHash: String?
  /// What the files say that rotary frequencies were rounded to, or, in a result, what they were; `nil` where none says it.
  package var rotaryPrecision: String?
  package var match: Match
  /// What a reader of a number has to know of it: a sentence each; none where all is the same.
  package var notices: [String]
  /// Whether the adapter was not given but found by its recorded hash or name.
  package var isAdapterFound = false
  /// The process that has loaded it; `nil` for our own engine.
  package var worker: WorkerEngine?

  package var modelName: String { files.url.lastPathComponent }
  package var adapterName: String? { adapter?.lastPathComponent }

  /// What a person calls it: `SmolLM2 135M Instruct (model.gguf) + refusal-adapter`.
  package var name: String { files.title + (adapterName.map { " + \($0)" } ?? "") }
  /// Which engine, library, device and arithmetic.
  package var engine: String { worker?.description.engine ?? EngineDescription.own }

  /// Finds out what a model is, and the adapter that goes with it.
  ///
  /// An adapter that is not given is looked for by what was recorded. With `isOtherAllowed` nothing is looked for, and
  /// what is given is taken as it is.
  ///
  /// - Parameters:
  ///   - recorded: what the dictionaries and stores say that the model is read for.
  ///   - canAllowOther: whether the caller has a way to allow another model, which errors then name.
  ///   - places: folders to look for the adapter in; they, and the folders in them.
  ///   - worker: the process that has loaded it, which then says what it has; no adapter is looked for.
  /// - Throws: `ExperimentError.mismatch` for other weights or another adapter, naming both; `.missing` for an adapter that
  ///   is not found, saying where it was looked for.
  package static func resolve(
    _ recorded: [RecordedCheckpoint], model files: ModelFiles, adapter given: URL?,
    isOtherAllowed: Bool = false, canAllowOther: Bool = true, places: [URL] = [],
    worker: WorkerEngine? = nil
  ) throws -> Checkpoint {
    var checkpoint = Checkpoint(
      files: files, modelHash: try worker.map(\.loaded.modelHash) ?? FileHash.of(files),
      adapter: given,
      adapterHash: try worker.map(\.loaded.adapterHash) ?? given.map(FileHash.ofAdapter),
      match: .same, notices: [], worker: worker)
    let rounded = recorded.filter { $0.rotaryPrecision != nil }
    checkpoint.rotaryPrecision = rounded.first?.rotaryPrecision
    if let first = rounded.first,
      let other = rounded.first(where: { $0.rotaryPrecision != first.rotaryPrecision })
    {
      throw ExperimentError(
        .mismatch,
        "was made with rotary frequencies in \(first.rotaryPrecision ?? ""), \(other.owner) in "
          + (other.rotaryPrecision ?? ""), file: first.owner)
    }
    let differences = recorded.compactMap { owner in
      checkpoint.modelDifference(from: owner).map { (owner.owner, $0) }
    }
    let remedy: Remedy? = canAllowOther ? "\(.otherModel) allows it" : nil
    if !isOtherAllowed, let (owner, difference) = differences.first {
      throw ExperimentError(.mismatch, difference, file: owner, remedy: remedy)
    }
    if given == nil, !isOtherAllowed, worker == nil,
      let owner = recorded.first(where: \.hasAdapter)
    {
      let places = places + Self.places(around: files)
      let found = try AdapterSearch(owner, in: places, canAllowOther: canAllowOther).find()
      (checkpoint.adapter, checkpoint.adapterHash) = (found.folder, found.hash)
      checkpoint.isAdapterFound = true
    }
    for owner in recorded {
      if let difference = checkpoint.modelDifference(from: owner)
        ?? checkpoint.adapterDifference(from: owner)
      {
        guard isOtherAllowed else {
          // No adapter is looked for on a machine that is not this one.
          let isAdapterMissing = worker != nil && given == nil && owner.hasAdapter
          throw ExperimentError(
            .mismatch, difference, file: owner.owner,
            remedy: isAdapterMissing ? Self.adapterOnEngine(canAllowOther) : remedy)
        }
        checkpoint.match = .other
        checkpoint.notices.append("\(owner.owner) \(difference)")
      } else if let gap = checkpoint.gap(in: owner) {
        if checkpoint.match == .same { checkpoint.match = .unknown }
        checkpoint.notices.append("\(owner.owner) \(gap)")
      } else if let record = owner.adapterHash.map({ AdapterIdentity($0) }), record.settings == nil,
        let own = checkpoint.adapterHash.map({ AdapterIdentity($0) }), own.settings != nil
      {
        checkpoint.notices.append(
          "\(owner.owner) records the adapter \(owner.adapterWords) by its weights alone: only they "
            + "were compared, not its settings (lora_alpha and such)")
      }
    }
    checkpoint.notices += checkpoint.engineNotices(recorded)
    return checkpoint
  }

  private static func adapterOnEngine(_ canAllowOther: Bool) -> Remedy {
    canAllowOther
      ? "give it with \(.adapter), as the engine's machine calls it, or read the bare model with \(.otherModel)"
      : "give it with \(.adapter), as the engine's machine calls it"
  }

  /// What is to be known of numbers that two engines have a part in.
  private func engineNotices(_ recorded: [RecordedCheckpoint]) -> [String] {
    var notices = recorded.compactMap { owner in
      EngineWords.difference(of: owner.owner, owner.engine, from: engine)
    }
    guard let worker, let recordedPrecision = rotaryPrecision else { return notices }
    let own = worker.description.rotaryPrecision?.rawValue
    if own != recordedPrecision, !(own == nil && recordedPrecision == "float32") {
      notices.append(
        "the model was recorded with rotary frequencies in \(recordedPrecision), the engine has "
          + (own ?? "not said theirs"))
    }
    return notices
  }

  /// Where an adapter may lie that goes with a dictionary, a store or a model at these places: their folders, and the
  /// folders above.
  package static func places(around urls: [URL]) -> [URL] {
    urls.flatMap { url in
      let folder = url.absoluteURL.standardizedFileURL.deletingLastPathComponent()
      return [folder, folder.deletingLastPathComponent()]
    }
  }

  private static func places(around files: ModelFiles) -> [URL] {
    let around = places(around: [files.url])
    if case .hub(let folder) = files { return [folder] + around }
    return around
  }

  /// Of weights whose recorded hash is another.
  private func modelDifference(from owner: RecordedCheckpoint) -> String? {
    guard let expected = owner.modelHash, let modelHash else {
      // By name, where nothing better is known: people write a model's name for its file's too.
      guard let expected = owner.model, modelHash == nil, !ModelName.isSame(expected, modelName)
      else { return nil }
      return
        "was made with \(owner.modelWords), but the model is \(TensorFileError.printable(modelName))"
    }
    guard expected != modelHash else { return nil }
    return
      "was made with \(owner.modelWords), but the model is "
      + (RecordedCheckpoint.words(files.title, String(modelHash.prefix(12))) ?? "")
  }

  private func adapterDifference(from owner: RecordedCheckpoint) -> String? {
    guard owner.isKnown || owner.hasAdapter else { return nil }
    let own = RecordedCheckpoint(
      owner: "", adapter: adapterName, adapterHash: adapterHash)
    guard !owner.hasSameAdapter(as: own) else { return nil }
    return owner.hasAdapter
      ? "was made with the adapter \(owner.adapterWords), but the model's is \(own.adapterWords)"
      : "was made without an adapter, but the model's is \(own.adapterWords)"
  }

  /// What is not recorded and would have to be, to say that the model is the same.
  private func gap(in owner: RecordedCheckpoint) -> String? {
    if modelHash == nil, owner.modelHash != nil {
      return
        "is of \(owner.modelWords), and the engine does not say the hash of its weights: whether they are the same is not known"
    }
    guard owner.modelHash != nil else {
      return owner.model.map {
        "records the model \(TensorFileError.printable($0)) without a hash: whether \(modelName) is that model is not known"
      } ?? "does not record its model: whether \(modelName) is the one is not known"
    }
    if worker != nil, owner.hasAdapter, adapterHash == nil {
      return
        "is of the adapter \(owner.adapterWords), and the engine does not say the hash of its own: whether they are the same is not known"
    }
    guard owner.hasAdapter, owner.adapterHash == nil else { return nil }
    return
      "records the adapter \(owner.adapterWords) without a hash: whether \(adapterName ?? "none") is that adapter is not known"
  }

  /// The same with what rotary frequencies are rounded to where nothing else is asked for: as recorded, else float32, and
  /// nothing for a model that has none.
  package func asRead() throws -> Checkpoint {
    var result = self
    if let worker {
      result.rotaryPrecision = worker.description.rotaryPrecision?.rawValue
      return result
    }
    let description = try description()
    result.rotaryPrecision = description.rotaryPrecision?.rawValue
    result.notices += description.notices
    return result
  }

  /// What a person reads under a result: which weights, and what is to be known of them.
  package var lines: [String] {
    [
      "model: \(name)" + (isAdapterFound ? " (the adapter that was recorded)" : "")
        + (rotaryPrecision.map { ", rotary frequencies in \($0)" } ?? "")
    ] + (worker == nil ? [] : ["engine: \(engine)"])
      + notices.map { "note: \($0)" }
  }
}

import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Storage

/// `--other-model`: reading something through a dictionary of another checkpoint, on purpose.
struct OtherModelOption: ParsableArguments {
  @Flag(
    help: """
      Allow weights, an adapter or activations that are not those the dictionary was made with; results say so. No \
      adapter is looked for then: without --adapter it is the bare model.
      """)
  var otherModel = false

  /// The model and the adapter for dictionaries, checked against what they record.
  ///
  /// Without `adapter` the recorded one is looked for beside the dictionaries, their stores and the model.
  /// - Parameter paths: where the dictionaries lie, as they were given.
  func checkpoint(
    _ model: String, adapter: String?, for files: [DictionaryFile], at paths: [String],
    on engine: EngineOption, rotaryPrecision: String? = nil, threads: Int, quiet: Bool
  ) throws -> Checkpoint {
    let worker = try engine.start(
      model, adapter: adapter,
      rotaryPrecision: rotaryPrecision
        ?? files.lazy.compactMap(\.provenance.rotaryPrecision).first,
      threads: threads, quiet: quiet)
    let weights =
      try worker.map { Experiment.Weights($0, isOtherAllowed: otherModel) }
      ?? Experiment.Weights(
        try ModelFiles.find(model), adapter: adapter.map { URL(filePath: $0) },
        isOtherAllowed: otherModel)
    let checkpoint = try Experiment.open(
      weights, for: files, beside: paths.map { URL(filePath: $0) })
    if !quiet {
      checkpoint.tellFoundAdapter()
      for notice in checkpoint.notices { StandardError.print("note: \(oneLine(notice))") }
    }
    return checkpoint
  }
}

extension ActivationSource {
  /// What a result has to say of activations of another model than the dictionary's, or where not enough is recorded to
  /// say whether they are.
  func notices(for dictionary: DictionaryFile) -> [String] {
    [difference(from: dictionary), unknown(beside: dictionary)].compactMap(\.self)
      .map { "\(url.lastPathComponent): \($0)" }
  }

  /// What it has to say of rows that are of other positions than those the dictionary was built from.
  func positionNotices(for dictionary: DictionaryFile) -> [String] {
    guard let own = dictionary.provenance.positions.flatMap(Positions.init), own != .all,
      own != positions, positions != .last
    else { return [] }
    let read = positions == .all ? "every position is read" : "content positions are read"
    let built = own == .last ? "final ones" : "those of content alone"
    return [
      "\(url.lastPathComponent): \(read), but \(dictionary.name) was built from \(built) (--positions \(own.rawValue))"
    ]
  }
}

extension DictionaryFile {
  /// How the model that this dictionary is of differs from another's, in words; `nil` where it does not, or nothing is known.
  func difference(from other: DictionaryFile) -> String? {
    RecordedCheckpoint(provenance, of: name).difference(
      from: RecordedCheckpoint(other.provenance, of: other.name))
  }
}

extension Checkpoint {
  /// Says which adapter was found by what is recorded of it.
  func tellFoundAdapter() {
    guard isAdapterFound, let folder = adapter else { return }
    StandardError.print(
      "with the recorded adapter, \(oneLine(folder.path(percentEncoded: false)))")
  }
}

extension LoRAAdapter {
  /// The adapter of a checkpoint; `nil` for the bare model.
  init?(_ checkpoint: Checkpoint) throws {
    guard let folder = checkpoint.adapter else { return nil }
    try self.init(folder: folder)
  }
}

import TensorFiles

/// Where a dictionary came from; `nil` for what nobody recorded.
///
/// File names only, never whole paths: a dictionary is passed on, and its bytes depend on its
/// content alone.
package struct DictionaryProvenance: Codable, Equatable, Sendable {
  package var model: String?
  /// What the model's own file calls it (`general.name`), where that is not what the file is called.
  package var modelName: String?
  /// SHA-256 of the weights.
  package var modelHash: String?
  /// As in TransformerLens, `blocks.12.hook_resid_post`.
  package var hook: String?
  package var adapter: String?
  /// SHA-256 of the adapter's weights and of its settings (``AdapterIdentity``).
  package var adapterHash: String?
  /// What rotary frequencies were rounded to; `nil` where nobody recorded it, or there are none.
  package var rotaryPrecision: String?
  /// `rope_parameters` where the rotary embedding is by settings that transformers before version 5 passes over.
  package var rotarySettings: String?
  /// What computed the activations; `nil` for the engine of this program.
  package var engine: String?
  /// The chat template that prompts were rendered with.
  package var template: String?
  /// `all` or `last`.
  package var positions: String?
  /// p, in (0, 100); `nil` too where θ was given.
  package var percentile: Double?
  package var seed: UInt64?
  /// How activations were cut into batches, in words.
  package var batching: String?
  /// Of a store: documents of a batch, where it was not as many as usual.
  package var documentsPerBatch: Int?
  /// Of a store: the documents before the first that was built from, which were calibrated on alone.
  package var firstDocument: Int?
  /// Of a store: the documents that were built from, where a budget ended the build.
  package var documentLimit: Int?
  /// Of a store: the seed that its documents were shuffled by, where a part of them was taken.
  package var shuffleSeed: UInt64?
  package var mergeClose: Bool?
  package var minimumMembers: Int?
  package var saturationWindow: Int?
  /// Whether the build stopped because new regions had become rare.
  package var saturated: Bool?
  package var calibrationActivations: Int?
  /// Activations streamed, members of dropped regions included.
  package var activations: Int?
  package var batches: Int?
  /// Prompts streamed.
  package var prompts: Int?
  /// The name of the file or folder of activations.
  package var source: String?
  /// SHA-256 of the source; of a store, the hash of its content.
  package var sourceHash: String?
  /// The store's id, where the source is one: equal for two captures of the same.
  package var storeID: String?
  /// The prompt sets taken from the store, separated by commas; `nil` for all of them.
  package var sets: String?
  /// The split of the store that was taken, or `all`; `nil` where it was not recorded, which was all of the sets.
  package var split: String?
  /// The names of the fields that a person gave, separated by commas: nothing else says them.
  package var givenByHand: String?
  package var toolVersion: String?
  package var notes: String?
  /// SHA-256 of the text of the model's own chat template, where prompts were rendered by it.
  package var templateHash: String?
  /// The special tokens that the template names, as the model spelled them.
  package var templateTokens: String?
  /// Which of several templates of the model it was.
  package var templateEntry: String?
  /// The day that the template was told, where it asked for one.
  package var templateDate: String?
  /// `left out` where the template's default system turn was.
  package var templateSystem: String?
  /// The system turn, where one was given.
  package var system: String?
  /// Tokens of text in a context.
  package var contextLength: Int?
  /// Tokens that the model read for the build.
  package var tokens: Int?
  /// How contexts were cut of texts, by the reference's name: `full`, `fixed`, `random`.
  package var sampling: String?
  /// The tokens that the build was to end at, and the activations that it was to calibrate on, as its script was asked.
  package var maxTokens: Int?
  package var calibrationTokens: Int?
  /// The repository of the hub that it was published in, and the commit: `J-RUM/exemplar-partitioning`.
  package var repository: String?
  package var revision: String?
  /// The name of the file beside a pickle that says all this, or of the table that said what the rows are; and its SHA-256.
  package var metadata: String?
  package var metadataHash: String?

  package init() {}
}

extension DictionaryProvenance {
  /// Says that a person gave the field of this name.
  package mutating func noteByHand(_ name: String) {
    givenByHand = givenByHand.map { "\($0),\(name)" } ?? name
  }

  /// The names of the fields that a person gave.
  package var fieldsByHand: [String] {
    givenByHand?.split(separator: ",").map(String.init) ?? []
  }

  /// Takes a hook that a person names for a dictionary that records none.
  ///
  /// - Throws: `invalid`, naming both, where another is recorded.
  package mutating func take(hook given: String, file: String) throws {
    guard let recorded = hook else {
      hook = given
      return noteByHand("hook")
    }
    guard recorded == given else {
      throw StorageError(
        .invalid,
        "records the hook \(TensorFileError.printable(recorded)), and was to be of "
          + "\(TensorFileError.printable(given))", file: file, remedy: "leave out \(.hook)")
    }
  }

  /// What a person calls the model: `SmolLM2 135M Instruct (model.gguf)`.
  package var modelTitle: String? { ModelName.title(model, named: modelName) }

  /// The recorded values under their names, in the order of the declaration.
  package var entries: [(name: String, value: String)] {
    Self.fields.compactMap { field in field.text(in: self).map { (field.name, $0) } }
  }

  /// Every name that a provenance can record, in the order of the declaration.
  package static let names: [String] = fields.map(\.name)

  /// - Throws: `damaged` for a value that its field cannot hold; other names are passed over.
  init(entries: [String: String], file: String) throws {
    self.init()
    for field in Self.fields { try field.read(entries, into: &self, file: file) }
  }

  private typealias Field = RecordedField<DictionaryProvenance>

  private static let fields: [Field] = [
    Field("model", \.model), Field("modelName", \.modelName), Field("modelHash", \.modelHash),
    Field("hook", \.hook),
    Field("adapter", \.adapter), Field("adapterHash", \.adapterHash),
    Field("rotaryPrecision", \.rotaryPrecision),
    Field("rotarySettings", \.rotarySettings), Field("engine", \.engine),
    Field("template", \.template), Field("positions", \.positions),
    Field("percentile", \.percentile), Field("seed", \.seed), Field("batching", \.batching),
    Field("documentsPerBatch", \.documentsPerBatch), Field("firstDocument", \.firstDocument),
    Field("documentLimit", \.documentLimit), Field("shuffleSeed", \.shuffleSeed),
    Field("mergeClose", \.mergeClose), Field("minimumMembers", \.minimumMembers),
    Field("saturationWindow", \.saturationWindow), Field("saturated", \.saturated),
    Field("calibrationActivations", \.calibrationActivations), Field("activations", \.activations),
    Field("batches", \.batches), Field("prompts", \.prompts), Field("source", \.source),
    Field("sourceHash", \.sourceHash), Field("storeID", \.storeID), Field("sets", \.sets),
    Field("split", \.split), Field("givenByHand", \.givenByHand),
    Field("toolVersion", \.toolVersion), Field("notes", \.notes),
    Field("templateHash", \.templateHash), Field("templateEntry", \.templateEntry),
    Field("templateDate", \.templateDate), Field("templateSystem", \.templateSystem),
    Field("system", \.system), Field("contextLength", \.contextLength),
    Field("tokens", \.tokens), Field("sampling", \.sampling),
    Field("maxTokens", \.maxTokens), Field("calibrationTokens", \.calibrationTokens),
    Field("repository", \.repository), Field("revision", \.revision),
    Field("metadata", \.metadata), Field("metadataHash", \.metadataHash),
    Field("templateTokens", \.templateTokens),
  ]
}

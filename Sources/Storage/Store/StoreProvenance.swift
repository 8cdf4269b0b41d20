/// A hook point that a store has activations of.
package struct StoreHook: Codable, Equatable, Hashable, Sendable {
  /// As in TransformerLens, `blocks.12.hook_resid_post`.
  package var name: String
  /// D.
  package var dimension: Int

  package init(name: String, dimension: Int) {
    (self.name, self.dimension) = (name, dimension)
  }
}

/// Where a store came from; `nil` for what nobody recorded.
///
/// File names only, never whole paths. Two captures with equal settings make stores of the same
/// `storeID`; `created` and what is computed at the end do not enter it.
package struct StoreProvenance: Codable, Equatable, Sendable {
  /// The file or folder of the weights.
  package var model: String?
  /// What the model's own file calls it (`general.name`), where that is not what the file is called.
  package var modelName: String?
  /// SHA-256 of the weights: of the one file, or of the files' own hashes in the order of their names.
  package var modelHash: String?
  /// The model family, such as `llama`.
  package var architecture: String?
  package var adapter: String?
  /// SHA-256 of the adapter's weights and of its settings (``AdapterIdentity``).
  package var adapterHash: String?
  /// What rotary frequencies were rounded to; `nil` where nobody recorded it, or there are none.
  package var rotaryPrecision: String?
  /// `rope_parameters` where the rotary embedding is by settings that transformers before version 5 passes over.
  package var rotarySettings: String?
  /// The chat template that prompts were rendered with.
  package var template: String?
  /// The system turn, where one was given.
  package var system: String?
  /// The most new tokens of a continuation; 0 where none were made.
  package var maxNewTokens: Int?
  /// The versioned name of what gave continuations their verdicts.
  package var classifier: String?
  /// Tokens that were kept of answers to harmful prompts which do not refuse; `nil` where all were.
  package var openingTokens: Int?
  /// Tokens of a context that plain text was cut into.
  package var contextLength: Int?
  /// Tokens beside them in every context, put there by the tokenizer (BOS); `nil` for none. Stores of
  /// versions that counted these within the context lack it.
  package var contextBeside: Int?
  /// The temperature that openers were continued at.
  package var temperature: Float?
  /// The most new tokens of an opener's continuation.
  package var openerLength: Int?
  package var seed: UInt64?
  /// Each input as `kind NAME SHA-256`, in order, one a line.
  package var inputs: String?
  /// The ids of the tokenizer's BOS and EOS, as `1,2`; stores of earlier versions lack them.
  package var edgeTokens: String?
  /// What computed the activations, such as `exemplar` or `transformers 4.57`.
  package var engine: String?
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
  /// The first prompt as it was rendered.
  package var templateExample: String?
  /// When the capture began, ISO 8601, UTC.
  package var created: String?

  package init() {}

  /// What a person calls the model: `SmolLM2 135M Instruct (model.gguf)`.
  package var modelTitle: String? { ModelName.title(model, named: modelName) }
}

extension StoreProvenance {
  /// The recorded values under their names, in the order of the declaration.
  package var entries: [(name: String, value: String)] {
    Self.fields.compactMap { field in field.text(in: self).map { (field.name, $0) } }
  }

  /// Every name that a provenance can record, in the order of the declaration.
  package static let names: [String] = fields.map(\.name)

  /// Whether a value is what was meant before it was recorded, so that it says nothing new.
  private static func isUnsaid(_ name: String, _ value: String?) -> Bool {
    // What the tokenizer is anyway is no setting, nor is what the weights are called.
    name == "edgeTokens" || name == "modelName" || name == "rotaryPrecision" && value == "float32"
  }

  /// The first setting in which two captures differ, with both values; the date is none.
  package func difference(
    from other: StoreProvenance
  ) -> (name: String, mine: String?, other: String?)? {
    for field in Self.fields where field.name != "created" {
      let (mine, theirs) = (field.text(in: self), field.text(in: other))
      let isSame = [mine, theirs].allSatisfy { $0 == nil || Self.isUnsaid(field.name, $0) }
      if mine != theirs, !isSame { return (field.name, mine, theirs) }
    }
    return nil
  }

  /// SHA-256 over the settings, the hooks and the type of the elements.
  package func storeID(hooks: [StoreHook], elementType: String) -> String {
    var hash = SHA256()
    hash.update("exemplar.store.1\n")
    for (name, value) in entries where name != "created" && !Self.isUnsaid(name, value) {
      hash.update("\(name) \(value.utf8.count)\n\(value)\n")
    }
    for hook in hooks { hash.update("hook \(hook.name) \(hook.dimension)\n") }
    hash.update("dtype \(elementType)\n")
    return hash.hexDigest()
  }

  /// - Throws: `damaged` for a value that its field cannot hold; other names are passed over.
  init(entries: [String: String], file: String) throws {
    self.init()
    for field in Self.fields { try field.read(entries, into: &self, file: file) }
  }

  private typealias Field = RecordedField<StoreProvenance>

  private static let fields: [Field] = [
    Field("model", \.model), Field("modelHash", \.modelHash), Field("modelName", \.modelName),
    Field("architecture", \.architecture), Field("adapter", \.adapter),
    Field("adapterHash", \.adapterHash), Field("rotaryPrecision", \.rotaryPrecision),
    Field("rotarySettings", \.rotarySettings),
    Field("template", \.template), Field("system", \.system),
    Field("maxNewTokens", \.maxNewTokens),
    Field("classifier", \.classifier), Field("openingTokens", \.openingTokens),
    Field("contextLength", \.contextLength), Field("contextBeside", \.contextBeside),
    Field("temperature", \.temperature), Field("openerLength", \.openerLength),
    Field("seed", \.seed), Field("inputs", \.inputs), Field("engine", \.engine),
    Field("toolVersion", \.toolVersion), Field("notes", \.notes), Field("created", \.created),
    Field("templateHash", \.templateHash), Field("templateEntry", \.templateEntry),
    Field("templateDate", \.templateDate), Field("templateSystem", \.templateSystem),
    Field("templateExample", \.templateExample), Field("edgeTokens", \.edgeTokens),
    Field("templateTokens", \.templateTokens),
  ]
}

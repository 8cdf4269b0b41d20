import Foundation
import Storage
import TensorFiles

/// What a dictionary or a store says of the model that its activations came from.
package struct RecordedCheckpoint: Sendable, Equatable {
  /// The name of the file that says it.
  package var owner: String
  package var model: String?
  /// What the model's own file calls it.
  package var modelName: String?
  package var modelHash: String?
  package var adapter: String?
  package var adapterHash: String?
  /// What rotary frequencies were rounded to.
  package var rotaryPrecision: String?
  /// What computed the activations; `nil` for our own engine.
  package var engine: String?

  package init(
    owner: String, model: String? = nil, modelName: String? = nil, modelHash: String? = nil,
    adapter: String? = nil, adapterHash: String? = nil, rotaryPrecision: String? = nil,
    engine: String? = nil
  ) {
    self.owner = owner
    self.modelName = modelName
    self.model = model
    self.modelHash = modelHash
    self.adapter = adapter
    self.adapterHash = adapterHash
    self.rotaryPrecision = rotaryPrecision
    self.engine = engine
  }

  package init(_ provenance: DictionaryProvenance, of owner: String) {
    self.init(
      owner: owner, model: provenance.model, modelName: provenance.modelName,
      modelHash: provenance.modelHash,
      adapter: provenance.adapter, adapterHash: provenance.adapterHash,
      rotaryPrecision: provenance.rotaryPrecision, engine: provenance.engine)
  }

  package init(_ provenance: StoreProvenance, of owner: String) {
    self.init(
      owner: owner, model: provenance.model, modelName: provenance.modelName,
      modelHash: provenance.modelHash,
      adapter: provenance.adapter, adapterHash: provenance.adapterHash,
      rotaryPrecision: provenance.rotaryPrecision, engine: provenance.engine)
  }

  /// What a dictionary records. One that an earlier version built names its adapter alone: the hash is then that of
  /// the store it was built from, where that lies beside it or is given.
  package init(_ dictionary: DictionaryFile, store: StoreFile? = nil) {
    self.init(dictionary.provenance, of: dictionary.name)
    guard adapterHash == nil, adapter != nil, let id = dictionary.provenance.storeID else { return }
    let beside = { () -> StoreFile? in
      guard let url = try? StoreLocation.attached(to: dictionary) else { return nil }
      return try? StoreFile(url)
    }
    for known in [store, beside()].compactMap(\.self) where known.storeID == id {
      adapterHash = known.provenance.adapterHash
    }
  }

  /// Whether anything is said of the model at all; if so, an adapter that is not named was not there.
  package var isKnown: Bool { model != nil || modelHash != nil }
  package var hasAdapter: Bool { adapter != nil || adapterHash != nil }

  /// By hash where both have one, and else by name.
  package func hasSameAdapter(as other: RecordedCheckpoint) -> Bool {
    guard hasAdapter, other.hasAdapter else { return hasAdapter == other.hasAdapter }
    if let mine = adapterHash, let theirs = other.adapterHash {
      return AdapterIdentity.isSame(mine, theirs)
    }
    guard let mine = adapter, let theirs = other.adapter else { return true }
    return Self.plain(mine) == Self.plain(theirs)
  }

  /// How this differs from what another file records, in words; `nil` where it does not, or not enough is known.
  package func difference(from expected: RecordedCheckpoint) -> String? {
    func unlike(_ what: String, _ wanted: String, _ found: String) -> String {
      "expected \(what) \(wanted) as in \(expected.owner), found \(found)"
    }
    if let wanted = expected.modelHash, let found = modelHash {
      guard wanted == found else {
        return unlike(
          "weights of SHA-256", String(wanted.prefix(12)), String(found.prefix(12)))
      }
    } else if let wanted = expected.model, let found = model {
      // People write SmolLM2-135M-Instruct for its file SmolLM2-135M-Instruct.Q4_1.gguf too.
      guard ModelName.isSame(wanted, found) else { return unlike("the model", wanted, found) }
    } else {
      return nil
    }
    return hasSameAdapter(as: expected)
      ? nil : unlike("the adapter", expected.adapterWords, adapterWords)
  }

  /// What would have to be recorded on both sides to say that what `own` is of is of the model and the hook of `other`, in
  /// words; `nil` where all of it is.
  package static func unknown(
    _ own: DictionaryProvenance, beside other: DictionaryProvenance, of name: String
  ) -> String? {
    let isModelKnown =
      own.modelHash != nil && other.modelHash != nil || own.model != nil && other.model != nil
    let isHookKnown = own.hook != nil && other.hook != nil
    let unknown = (isModelKnown ? [] : ["model"]) + (isHookKnown ? [] : ["hook"])
    guard !unknown.isEmpty else { return nil }
    return
      "whether its \(unknown.joined(separator: " and ")) \(unknown.count > 1 ? "are those" : "is that") of "
      + "\(name) is not known: not recorded in both"
  }

  /// Adapters may be recorded with remarks behind their names: `refusal-adapter (rank 8)`.
  static func plain(_ adapter: String) -> String {
    String(adapter.prefix { $0 != "(" }).trimmingCharacters(in: .whitespaces)
  }

  /// `refusal-adapter of hash 2f60a9…`, `none`.
  package var adapterWords: String {
    Self.words(adapter, adapterHash.map { AdapterIdentity($0).short }) ?? "none"
  }
  package var modelWords: String {
    Self.words(ModelName.title(model, named: modelName), modelHash.map { String($0.prefix(12)) })
      ?? "a model that is not recorded"
  }

  /// - Parameter hash: as it is to be read.
  static func words(_ name: String?, _ hash: String?) -> String? {
    let short = hash.map { "of hash \($0)" }
    guard let name else { return short.map { "one \($0)" } }
    return ([TensorFileError.printable(name)] + [short].compactMap(\.self)).joined(separator: " ")
  }
}

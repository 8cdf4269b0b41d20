import Foundation
import LanguageModel
import Storage

/// Where prompts that several stores share can be read, by layer.
package struct DirectionStores: Sendable {
  /// One store's, at one of its hooks.
  package struct Place: Sendable {
    package var hook: String
    package var dimension: Int
    package var store: StoreFile
    /// In the order of ``DirectionStores/prompts``.
    package var documents: [StoreDocument]

    package func rows() throws -> [Float] { try store.lastRows(hook, of: documents) }
  }

  /// The harmful and benign prompts, in the order of the first store.
  package let prompts: [StoreDocument]
  package let roles: [AblationPrompt.Role]
  /// Ascending by layer.
  package let places: [Place]
  package let name: String

  /// - Parameters:
  ///   - stores: of one model; each hook in one of them.
  ///   - hooks: those that are taken; `nil` for the residual stream's.
  /// - Throws: `ExperimentError.mismatch` for stores of different models, prompts that they do not share or that were
  ///   rendered otherwise or are of another kind or split, a hook that two have, or one that none has.
  package init(_ stores: [StoreFile], hooks: [String]?) throws {
    precondition(!stores.isEmpty, "expected a store")
    let first = stores[0]
    name = first.name
    let own = try first.documents().filter {
      $0.kind == .prompt && $0.lastRow != nil && AblationMaterial.role(of: $0) != nil
    }
    let ids = own.map(\.id)
    var found: [Place] = []
    for (index, store) in stores.enumerated() {
      var documents = own
      if index > 0 {
        let checkpoint = RecordedCheckpoint(store.provenance, of: store.name)
        if let difference = checkpoint.difference(
          from: RecordedCheckpoint(first.provenance, of: first.name))
        {
          throw ExperimentError(.mismatch, difference, file: store.name)
        }
        let shared = try SharedPrompts(first, store, split: nil)
        if let sentence = shared.sentence {
          throw ExperimentError(
            .mismatch, "expected the prompts of \(first.name), word for word: \(sentence)",
            file: store.name)
        }
        let byID = Dictionary(uniqueKeysWithValues: shared.b.map { ($0.id, $0) })
        documents = ids.compactMap { byID[$0] }
        try Self.check(documents, of: store, against: own, of: first)
      }
      for hook in store.hooks {
        if let other = found.first(where: { $0.hook == hook.name }) {
          throw ExperimentError(
            .mismatch,
            "expected each hook in one store, found \(hook.name) in \(other.store.name) too",
            file: store.name)
        }
        found.append(
          Place(
            hook: hook.name, dimension: hook.dimension, store: store, documents: documents))
      }
    }
    prompts = own
    roles = own.compactMap { AblationMaterial.role(of: $0) }
    let known = found.map(\.hook)
    for hook in hooks ?? [] where !known.contains(hook) {
      throw ExperimentError(
        .mismatch, "has no activations at \(hook); there are \(known.joined(separator: ", "))",
        file: stores.map(\.name).joined(separator: ", "))
    }
    let taken = try found.filter { place in
      if let hooks { return hooks.contains(place.hook) }
      switch try HookPoint(place.hook) {
      case .residualPre, .residualMid, .residualPost: return true
      default: return false
      }
    }
    guard !taken.isEmpty else {
      throw ExperimentError(
        .missing,
        "expected hooks of the residual stream, found \(known.joined(separator: ", "))",
        file: stores.map(\.name).joined(separator: ", "), remedy: "\(.hook) takes others")
    }
    places = try taken.map { (try HookPoint($0.hook), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }

  /// That the same prompts were read as the same text, and are of the same kind and split.
  private static func check(
    _ documents: [StoreDocument], of store: StoreFile, against own: [StoreDocument],
    of first: StoreFile
  ) throws {
    func refuse(_ document: StoreDocument, _ expected: String, _ found: String) -> ExperimentError {
      ExperimentError(
        .mismatch,
        "expected prompt \(onOneLine(document.id)) \(expected) as in \(first.name), found it \(found)",
        file: store.name)
    }
    for (document, known) in zip(documents, own) {
      guard document.text == known.text else {
        let template = TemplateRecord(store.provenance).map { " (\($0.words))" } ?? ""
        throw refuse(document, "rendered", "rendered otherwise\(template)")
      }
      guard AblationMaterial.role(of: document) == AblationMaterial.role(of: known) else {
        throw refuse(
          document, "in set \(onOneLine(known.set))", "in set \(onOneLine(document.set))")
      }
      guard document.split == known.split else {
        let split = { (split: String?) in split.map { "of split \(onOneLine($0))" } ?? "of no split"
        }
        throw refuse(document, split(known.split), split(document.split))
      }
    }
  }
}

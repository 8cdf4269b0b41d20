import ExemplarPartitioning
import Storage

/// Prompts that two stores have both, in the order of the first.
package struct SharedPrompts: Sendable {
  package let a: [StoreDocument]
  package let b: [StoreDocument]
  /// What each prompt is there for; `nil` for those that are neither harmful nor benign.
  package let roles: [AblationPrompt.Role?]
  /// Ids of prompts that only one of the stores has, or that read otherwise there.
  package let onlyInA: [String]
  package let onlyInB: [String]

  /// - Parameter split: of the first store's; `nil` for every prompt.
  /// - Throws: `ExperimentError.missing` where no prompt is in both.
  package init(_ a: StoreFile, _ b: StoreFile, split: String?) throws {
    func prompts(_ store: StoreFile) throws -> [StoreDocument] {
      try store.documents().filter {
        $0.kind == .prompt && $0.lastRow != nil && (split == nil || $0.split == split)
      }
    }
    let (first, second) = (try prompts(a), try prompts(b))
    // By its id and its own words: what a template makes of them is each model's own.
    let others = Dictionary(second.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let pairs = first.compactMap { document in
      others[document.id].flatMap { $0.prompt == document.prompt ? (document, $0) : nil }
    }
    let shared = Set(pairs.map(\.0.id))
    (self.a, self.b) = (pairs.map(\.0), pairs.map(\.1))
    roles = pairs.map { AblationMaterial.role(of: $0.0) }
    onlyInA = first.map(\.id).filter { !shared.contains($0) }
    onlyInB = second.map(\.id).filter { !shared.contains($0) }
    guard !pairs.isEmpty else {
      throw ExperimentError(
        .missing,
        "expected prompts that \(b.name) has too\(split.map { ", of split \($0)" } ?? ""), found none: "
          + "\(first.count) here, \(second.count) there", file: a.name)
    }
  }

  /// What has to be said of prompts that are not in both; `nil` where all are.
  package var sentence: String? {
    guard !(onlyInA.isEmpty && onlyInB.isEmpty) else { return nil }
    func words(_ ids: [String]) -> String {
      "\(ids.count)"
        + (ids.isEmpty
          ? "" : " (\(ids.prefix(3).joined(separator: ", "))\(ids.count > 3 ? ", …" : ""))")
    }
    return
      "\(quantity(a.count, "prompt")) \(a.count == 1 ? "is" : "are") in both stores; left out are \(words(onlyInA)) of the first store alone and "
      + "\(words(onlyInB)) of the second"
  }

  /// Where the final positions of the prompts fall, to the nearest exemplar without a cut at θ.
  ///
  /// - Throws: `ExperimentError.mismatch` where the store has no activations at the dictionary's hook.
  package static func regions(
    of documents: [StoreDocument], in store: StoreFile, _ file: DictionaryFile, threads: Int
  ) throws -> PromptRegions {
    let only = store.hooks.count == 1 ? store.hooks.first?.name : nil
    guard let hook = file.provenance.hook ?? only,
      store.hooks.contains(where: { $0.name == hook })
    else {
      throw ExperimentError(
        .mismatch,
        "has no activations at \(file.provenance.hook ?? "the dictionary's hook, which it does not say"); "
          + "it has \(store.hooks.map(\.name).joined(separator: ", "))", file: store.name)
    }
    let dictionary = try file.load()
    let rows = try store.lastRows(hook, of: documents)
    var assigner = RegionAssigner(dictionary, threads: threads)
    let (regions, distances) = assigner.assign(
      ActivationBatch(rows: rows, count: documents.count))
    return PromptRegions(regions: regions, distances: distances)
  }
}

import Foundation
import Storage

/// A prompt of a store, as an ablation sees it.
package struct AblationPrompt: Sendable, Equatable {
  /// What a prompt is there for.
  package enum Role: String, Sendable, Codable, CaseIterable {
    /// A refusal is what is wanted.
    case harmful
    /// A refusal is a loss.
    case benign
  }

  package var document: StoreDocument
  /// `nil` for prompts that are neither, which take no part.
  package var role: Role?
  /// What the unedited model answered, where the store has it.
  package var baseline: StoreContinuation?
  /// What became of it, by the classifier that the material was read with.
  package var outcome: Outcome?

  package init(
    document: StoreDocument, role: Role?, baseline: StoreContinuation? = nil,
    outcome: Outcome? = nil
  ) {
    self.document = document
    self.role = role
    self.baseline = baseline
    self.outcome = outcome
  }

  package var id: String { document.id }
}

/// What an ablation needs of a store: prompts with their outcomes, and the activations at its hooks.
package struct AblationMaterial: Sendable {
  /// The folder's name.
  package let name: String
  package let provenance: StoreProvenance
  package let storeID: String?
  package let hooks: [StoreHook]
  /// Chat prompts in the order of the store.
  package let prompts: [AblationPrompt]
  package let classifier: OutcomeClassifier
  /// Where generations are kept between runs; `nil`: nowhere.
  package var journalFolder: URL?
  let store: StoreFile

  /// What is to be known of how the store's answers are counted.
  package let notices: [String]

  /// - Parameter classifier: reads the store's own continuations again, so that all outcomes of an experiment are by
  ///   one rule; without it, the rules that the store was judged by.
  package init(_ store: StoreFile, classifier asked: OutcomeClassifier? = nil) throws {
    self.store = store
    let classifier = try asked ?? StoreOutcomes.classifier(of: store)
    self.classifier = classifier
    name = store.name
    provenance = store.provenance
    storeID = store.storeID
    hooks = store.hooks
    journalFolder = store.url.appending(path: "experiments", directoryHint: .isDirectory)
    let continuations = try store.continuations()
      .filter { $0.condition == StoreContinuation.baseline }
    let byDocument = Dictionary(
      continuations.map { ($0.document, $0) }, uniquingKeysWith: { first, _ in first })
    let outcomes = try StoreOutcomes(store, classifier: classifier)
    var notices: [String] = []
    if asked == nil, classifier == .exemplarV1 {
      notices.append(
        "\(store.name) was judged by \(classifier.name), and so is this experiment; “exemplar ablate” "
          + "with the classifier \(OutcomeClassifier.exemplar.name) reads every answer anew")
    }
    if outcomes.unreadable > 0 {
      notices.append(
        "\(quantity(outcomes.unreadable, "answer")) of \(store.name) \(outcomes.unreadable == 1 ? "counts" : "count") as unclear: only the beginning was kept, "
          + "after other rules than \(classifier.name) had read it")
    }
    self.notices = notices
    prompts = try store.documents().filter { $0.kind == .prompt }.map { document in
      let continuation = byDocument[document.index]
      return AblationPrompt(
        document: document, role: Self.role(of: document), baseline: continuation,
        outcome: outcomes[document])
    }
  }

  /// By the name of the prompt's set, else of its id or category: whichever begins with `harmful` or `benign` first.
  package static func role(of document: StoreDocument) -> AblationPrompt.Role? {
    for name in [document.set, document.id, document.category ?? ""] {
      for role in AblationPrompt.Role.allCases where name.hasPrefix(role.rawValue) { return role }
    }
    return nil
  }

  /// - Throws: `missing` where the store was moved, deleted or replaced since it was opened.
  package func checkPlace() throws { try store.checkPlace() }

  /// The rows of the final positions, `[prompts.count, D]`.
  package func lastRows(_ hook: String, of prompts: [AblationPrompt]) throws -> [Float] {
    try store.lastRows(hook, of: prompts.map(\.document))
  }

  /// Every position of the prompts, `[sum of lengths, D]`, prompt after prompt.
  /// - Throws: `ExperimentError.missing`, naming a prompt whose first positions the store left out.
  package func rows(
    _ hook: String, of prompts: [AblationPrompt]
  ) throws -> (rows: [Float], lengths: [Int]) {
    for prompt in prompts where prompt.document.rowCount != prompt.document.tokenCount {
      throw ExperimentError(
        .missing,
        "\(prompt.id): expected activations of all \(prompt.document.tokenCount) positions, found "
          + "\(prompt.document.rowCount); layers cannot be run from them", file: name)
    }
    let rows = try store.rows(hook, at: prompts.flatMap { Array($0.document.rows) })
    return (rows, prompts.map(\.document.rowCount))
  }

  /// The tokens of a prompt, template included.
  package func tokens(of prompt: AblationPrompt) throws -> [Int] {
    guard let ids = try store.tokens(of: prompt.document).ids else {
      throw ExperimentError(.missing, "\(prompt.id): expected token ids, found none", file: name)
    }
    return ids.map(Int.init)
  }

  /// Prompts of a split that take part; of any split for `all`.
  /// - Throws: `ExperimentError.missing`, naming the splits there are.
  package func prompts(ofSplit split: String) throws -> [AblationPrompt] {
    let taking = prompts.filter { $0.role != nil }
    guard !taking.isEmpty else {
      throw ExperimentError(
        .missing,
        "expected prompts in sets named harmful and benign, found "
          + (prompts.isEmpty
            ? "none" : Set(prompts.map(\.document.set)).sorted().joined(separator: ", ")),
        file: name)
    }
    let found = split == "all" ? taking : taking.filter { $0.document.split == split }
    guard !found.isEmpty else {
      let splits = Set(taking.map { $0.document.split ?? "(none)" }).sorted()
      throw ExperimentError(
        .missing,
        "expected prompts of split \(split), found only \(splits.joined(separator: ", "))",
        file: name, remedy: "\(.prompts) all takes them whatever theirs is")
    }
    return found
  }

  /// D at a hook.
  /// - Throws: `ExperimentError.mismatch`, naming the hooks there are.
  package func dimension(at hook: String) throws -> Int {
    if let found = hooks.first(where: { $0.name == hook }) { return found.dimension }
    throw ExperimentError(
      .mismatch,
      "has no activations at \(hook); it has \(hooks.map(\.name).joined(separator: ", "))",
      file: name)
  }
}

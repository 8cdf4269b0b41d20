import ExemplarPartitioning
import Foundation
import Storage

/// What to take from a store.
package struct StoreSelection: Equatable, Sendable {
  /// The hook; may be left out where the store has one.
  package var hook: String?
  /// Prompt sets, such as `harmful`; all without any.
  package var sets: [String]?
  /// The documents of this split alone; all without one.
  package var split: String?
  /// Shuffles the documents as the reference does with this seed; without one they come as they were captured.
  package var shuffleSeed: UInt64?
  /// Takes what there is of a store whose capture is not finished.
  package var allowsUnfinished = false
  /// Documents of a batch; without it 16, or 64 where one activation a document is read.
  package var documentsPerBatch: Int?
  /// Leaves out so many documents at the beginning.
  package var firstDocument = 0
  /// Ends with the batch that reaches so many tokens, those without rows counted, as the reference counts them.
  package var maxTokens: Int?
  /// Takes no more documents than this.
  package var maxDocuments: Int?

  /// Whether a part of the documents that sets and split name is taken.
  package var isPart: Bool { firstDocument > 0 || maxTokens != nil || maxDocuments != nil }

  package init(
    hook: String? = nil, sets: [String]? = nil, split: String? = nil, shuffleSeed: UInt64? = nil
  ) {
    (self.hook, self.sets, self.split, self.shuffleSeed) = (hook, sets, split, shuffleSeed)
  }

  /// What a dictionary was built from, as it records it.
  package init(recordedBy provenance: DictionaryProvenance) {
    self.init(
      hook: provenance.hook, sets: Self.sets(provenance.sets),
      split: provenance.split == Self.allSplits ? nil : provenance.split,
      shuffleSeed: provenance.shuffleSeed)
    documentsPerBatch = provenance.documentsPerBatch
    firstDocument = provenance.firstDocument ?? 0
    maxDocuments = provenance.documentLimit
  }

  /// What `--split` and a provenance call every split.
  package static let allSplits = "all"
  /// The split that a dictionary is built from where nothing else is asked for.
  package static let trainSplit = "train"

  var isEmpty: Bool { self == StoreSelection() }

  /// Documents of a batch over all positions, as in the reference.
  private static let standardBatchSize = 16

  /// Documents of a batch.
  func batchSize(_ positions: Positions) -> Int {
    documentsPerBatch
      ?? (positions == .last ? ActivationSource.lastPositionBatchSize : Self.standardBatchSize)
  }

  /// How documents are cut into batches, in words.
  func batching(_ positions: Positions) -> String {
    let order = shuffleSeed.map { "shuffled by seed \($0)" } ?? "as captured"
    let before = firstDocument > 0 ? ", after \(firstDocument) that were calibrated on" : ""
    let budget = [
      maxTokens.map { "to \($0) tokens" }, maxDocuments.map { "to \($0) documents" },
    ].compactMap(\.self).map { ", \($0)" }.joined()
    return "\(batchSize(positions)) documents a batch, \(order)\(before)\(budget)"
  }

  /// The split that is taken of documents that have these, where none is asked for.
  ///
  /// - Throws: `ExperimentError.missing` for splits none of which is `train`.
  static func standardSplit(_ found: Set<String>, of file: String) throws -> String {
    guard !found.isEmpty else { return allSplits }
    guard found.contains(trainSplit) else {
      throw ExperimentError(
        .missing,
        "expected documents of split train, found \(found.sorted().joined(separator: ", "))",
        file: file, remedy: "choose with \(.split)")
    }
    return trainSplit
  }

  /// The names in a list separated by commas.
  package static func sets(_ list: String?) -> [String]? {
    list?.split(separator: ",").map { String($0) }
  }

  /// As ``sets(_:)`` of a list that somebody wrote: an empty one would take no document, and say nothing.
  ///
  /// - Throws: `StorageError.invalid` for a name that is empty.
  package static func writtenSets(_ list: String?, of file: String) throws -> [String]? {
    try list.map { try StoreAddress.names($0, of: file) }
  }
}

extension ActivationSource {
  /// Whether the path is a captured store's.
  package static func isStore(_ url: URL) -> Bool { StoreStream.isStore(url) }

  /// The ids of a store's documents in the order of the stream; empty of anything else.
  package func documentIDs() throws -> [String] { try stream?.documentIDs() ?? [] }

  /// Checks that activations are of the hook and the model that a dictionary was built from, as far as both recorded them.
  ///
  /// - Parameter isOtherAllowed: lets those of another model or adapter pass; the hook has to be the same. `nil` where
  ///   the caller has no way to allow it, and an error names none.
  /// - Throws: `ExperimentError.mismatch`, naming both.
  package func checkFits(
    _ dictionary: DictionaryFile, isOtherAllowed: Bool? = nil
  ) throws {
    if let expected = dictionary.provenance.hook, let found = recorded.provenance.hook,
      expected != found
    {
      throw ExperimentError(
        .mismatch, "expected the hook \(expected) as in \(dictionary.name), found \(found)",
        file: url.lastPathComponent)
    }
    guard isOtherAllowed != true, let difference = difference(from: dictionary) else { return }
    throw ExperimentError(
      .mismatch, difference, file: url.lastPathComponent,
      remedy: isOtherAllowed == nil ? nil : "\(.otherModel) allows it")
  }

  /// How the model that the activations are of differs from the dictionary's, in words; `nil` where it does not, or
  /// nothing is known.
  package func difference(from dictionary: DictionaryFile) -> String? {
    RecordedCheckpoint(recorded.provenance, of: "").difference(
      from: RecordedCheckpoint(dictionary.provenance, of: dictionary.name))
  }

  /// What of the model and the hook is not recorded on both sides, in words; `nil` where all is.
  package func unknown(beside dictionary: DictionaryFile) -> String? {
    RecordedCheckpoint.unknown(
      recorded.provenance, beside: dictionary.provenance, of: dictionary.name)
  }

  /// The numbers of a store's documents in the order of the stream; empty of anything else.
  package var documentNumbers: [Int] { stream?.order ?? [] }

  /// Documents of a batch of a store; `nil` for other activations, which are cut as they are.
  package var documentsPerBatch: Int? { selection?.batchSize(positions) }

  /// How many documents of a store are taken, and of which splits; `nil` for other activations.
  ///
  /// - Parameter count: how many were, where only the end of the stream says it.
  package func selectionWords(documents count: Int) -> String? {
    stream?.selectionWords
      ?? selection.map {
        ($0.split.map { "split \($0), " } ?? "all splits, ") + "\(count) documents"
      }
  }
}

extension StoreFile {
  /// The split that a dictionary is built from where none is asked for: `train` where the sets' documents have splits,
  /// or else `all`.
  ///
  /// - Throws: `ExperimentError.missing` for splits none of which is `train`.
  package func standardSplit(ofSets sets: [String]?) throws -> String {
    let splits = try splits()
    let found = Set(try indices(ofSets: sets).compactMap { splits[$0] })
    return try StoreSelection.standardSplit(found, of: name)
  }
}

/// The activations of a store at one hook, document after document.
struct StoreStream: Sendable {
  let store: StoreFile
  let hook: StoreHook
  let positions: Positions
  let selection: StoreSelection
  /// The documents in the order of the stream.
  let order: [Int]

  static func isStore(_ url: URL) -> Bool { StoreAddress.isStore(url) }

  /// - Throws: `ExperimentError` for a capture that is not finished, and where the hook must be chosen; `StorageError.invalid`
  ///   for a hook or set that the store lacks.
  init(_ store: StoreFile, positions: Positions, _ selection: StoreSelection) throws {
    guard store.isFinished || selection.allowsUnfinished else {
      throw ExperimentError(
        .invalidValue,
        "its capture is not finished (\(store.documentCount) documents so far); the same capture command goes on with it",
        file: store.name)
    }
    guard positions != .content || store.marksTemplate else {
      throw ExperimentError(
        .missing,
        "does not say which tokens are the template's own (\(store.templateCount) of \(store.documentCount) documents do), "
          + "so content positions are not known; a new capture says it",
        file: store.name)
    }
    if selection.hook == nil, store.hooks.count > 1 {
      throw ExperimentError(
        .missing,
        "has \(store.hooks.count) hooks", file: store.name,
        remedy: """
          choose one with \(.hook): \(store.hooks.map(\.name).joined(separator: ", "))
          """)
    }
    (self.store, self.positions, self.selection) = (store, positions, selection)
    hook = try store.hook(named: selection.hook ?? store.hooks[0].name)
    var order = try store.indices(ofSets: selection.sets, split: selection.split)
    if let seed = selection.shuffleSeed {
      var generator = NumPyGenerator(seed: seed)
      generator.shuffle(&order)
    }
    self.order = try Self.cut(order, store, positions, selection)
  }

  /// The documents that a selection's budget leaves.
  private static func cut(
    _ order: [Int], _ store: StoreFile, _ positions: Positions, _ selection: StoreSelection
  ) throws -> [Int] {
    var order = Array(order.dropFirst(selection.firstDocument))
    if let limit = selection.maxDocuments { order = Array(order.prefix(limit)) }
    guard let limit = selection.maxTokens else { return order }
    let size = selection.batchSize(positions)
    var (taken, tokens) = (0, 0)
    while taken < order.count, tokens < limit {
      let batch = Array(order[taken..<min(taken + size, order.count)])
      for document in try store.documents(at: batch) {
        tokens += document.firstPosition + document.rowCount
      }
      taken += batch.count
    }
    return Array(order.prefix(taken))
  }

  var documentsPerBatch: Int { selection.batchSize(positions) }

  var selectionWords: String {
    let taken = "\(order.count) of \(store.documentCount) documents"
    return (selection.split.map { "split \($0), " } ?? "all splits, ") + taken
      + (store.isFinished ? "" : ", of a capture that is not finished")
  }

  var provenance: DictionaryProvenance {
    let known = store.provenance
    var provenance = DictionaryProvenance(
      of: known, hook: hook.name, storeID: store.storeID, selection, documents: order.count)
    provenance.sourceHash = store.contentHash
    let unfinished =
      store.isFinished
      ? nil : "its capture was not finished: \(store.documentCount) documents were there"
    let notes = [known.notes, unfinished].compactMap(\.self)
    provenance.notes = notes.isEmpty ? nil : notes.joined(separator: "; ")
    return provenance
  }

  func forEachBatch(_ body: (ActivationBatch) throws -> Bool) throws {
    var streamed = 0
    for start in stride(from: 0, to: order.count, by: documentsPerBatch) {
      let indices = Array(order[start..<min(start + documentsPerBatch, order.count)])
      let documents = try store.documents(at: indices)
      var (rows, owners, places) = ([Int](), [Int32](), [Int32]())
      let template = positions == .content ? try store.templatePositions(of: documents) : [:]
      for (offset, document) in documents.enumerated() {
        for place in positions.places(in: document, template: template[document.index] ?? []) {
          rows.append(document.firstRow + Int(place) - document.firstPosition)
          owners.append(Int32(streamed + offset))
          places.append(place)
        }
      }
      streamed += documents.count
      let batch = ActivationBatch(
        rows: try store.rows(hook.name, at: rows), count: rows.count, documentOfRow: owners,
        positions: places, documents: documents.map(\.text))
      if try !body(batch) { return }
    }
  }

  /// The ids of BOS and EOS; `nil` where the store does not say.
  var edgeTokens: Set<Int>? {
    store.provenance.edgeTokens.map { Set($0.split(separator: ",").compactMap { Int($0) }) }
  }

  /// Of the first `count` documents; `nil` for one whose ids are not known.
  func tokenIDs(count: Int) throws -> [[Int]?] {
    var ids: [[Int]?] = []
    for start in stride(from: 0, to: count, by: documentsPerBatch) {
      let indices = Array(order[start..<min(start + documentsPerBatch, count)])
      for document in try store.documents(at: indices) {
        ids.append(try store.tokens(of: document).ids.map { $0.map(Int.init) })
      }
    }
    return ids
  }

  func documentIDs() throws -> [String] {
    try store.documents(at: order).map(\.id)
  }

  func tokenEnds(count: Int) throws -> [[Int32]?]? {
    var ends: [[Int32]?] = []
    for start in stride(from: 0, to: count, by: documentsPerBatch) {
      let indices = Array(order[start..<min(start + documentsPerBatch, count)])
      for document in try store.documents(at: indices) {
        ends.append(try store.tokens(of: document).ends)
      }
    }
    return ends.contains { $0 != nil } ? ends : nil
  }
}

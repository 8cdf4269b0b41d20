import ExemplarPartitioning
import Foundation
import Storage

/// What to take from a store.
package struct StoreSelection: Equatable, Sendable {
  /// The hook; may be left out where the store has one.
  package var hook: String?
  /// Prompt sets, such as `harmful`; all without any.
  package var sets: [String]?
  /// Shuffles the documents as the reference does with this seed; without one they come as they were captured.
  package var shuffleSeed: UInt64?

  package init(hook: String? = nil, sets: [String]? = nil, shuffleSeed: UInt64? = nil) {
    (self.hook, self.sets, self.shuffleSeed) = (hook, sets, shuffleSeed)
  }

  var isEmpty: Bool { self == StoreSelection() }

  /// The names in a list separated by commas.
  package static func sets(_ list: String?) -> [String]? {
    list?.split(separator: ",").map { String($0) }
  }
}

extension ActivationSource {
  /// Whether the path is a captured store's.
  package static func isStore(_ url: URL) -> Bool { StoreStream.isStore(url) }

  /// Checks that a store is of the hook and the model that the dictionary was built from, as far as both recorded them.
  ///
  /// - Throws: `ExperimentError.mismatch`, naming both.
  package func checkFits(_ dictionary: DictionaryFile) throws {
    guard let stream else { return }
    let (theirs, ours) = (dictionary.provenance, stream.provenance)
    let checks = [
      ("the hook", theirs.hook, ours.hook, false), ("the model", theirs.model, ours.model, true),
      ("weights of SHA-256", theirs.modelHash, ours.modelHash, false),
    ]
    for (what, expected, found, isFile) in checks {
      guard let expected, let found, expected != found else { continue }
      // People write SmolLM2-135M-Instruct for its file SmolLM2-135M-Instruct.Q4_1.gguf too.
      if isFile, expected.hasPrefix(found) || found.hasPrefix(expected) { continue }
      throw ExperimentError(
        .mismatch, "expected \(what) \(expected) as in \(dictionary.name), found \(found)",
        file: url.lastPathComponent)
    }
  }
}

/// The activations of a store at one hook, document after document.
struct StoreStream: Sendable {
  /// Documents of a batch over all positions, as in the reference.
  static let documentsPerBatch = 16

  let store: StoreFile
  let hook: StoreHook
  let positions: Positions
  let selection: StoreSelection
  /// The documents in the order of the stream.
  private let order: [Int]

  static func isStore(_ url: URL) -> Bool {
    url.pathExtension == "epstore"
      || FileManager.default.fileExists(
        atPath: url.appending(path: "store.sqlite").path(percentEncoded: false))
  }

  /// - Throws: `ExperimentError` for a capture that is not finished, and where the hook must be chosen; `StorageError.invalid`
  ///   for a hook or set that the store lacks.
  init(_ store: StoreFile, positions: Positions, _ selection: StoreSelection) throws {
    guard store.isFinished else {
      throw ExperimentError(
        .invalidValue,
        "its capture is not finished (\(store.documentCount) documents so far); the same capture command goes on with it",
        file: store.name)
    }
    if selection.hook == nil, store.hooks.count > 1 {
      throw ExperimentError(
        .missing,
        "has \(store.hooks.count) hooks; choose one with --hook: \(store.hooks.map(\.name).joined(separator: ", "))",
        file: store.name)
    }
    (self.store, self.positions, self.selection) = (store, positions, selection)
    hook = try store.hook(named: selection.hook ?? store.hooks[0].name)
    var order = try store.indices(ofSets: selection.sets)
    if let seed = selection.shuffleSeed {
      var generator = NumPyGenerator(seed: seed)
      generator.shuffle(&order)
    }
    self.order = order
  }

  private var documentsPerBatch: Int {
    positions == .all ? Self.documentsPerBatch : ActivationSource.lastPositionBatchSize
  }

  var batching: String {
    let order = selection.shuffleSeed.map { "shuffled by seed \($0)" } ?? "as captured"
    return "\(documentsPerBatch) documents a batch, \(order)"
  }

  var provenance: DictionaryProvenance {
    let known = store.provenance
    var provenance = DictionaryProvenance()
    provenance.model = known.model
    provenance.modelHash = known.modelHash
    provenance.hook = hook.name
    provenance.adapter = known.adapter
    provenance.rotaryPrecision = known.rotaryPrecision
    provenance.template = known.template
    provenance.sourceHash = store.contentHash
    provenance.storeID = store.storeID
    provenance.sets = selection.sets?.joined(separator: ",")
    provenance.notes = known.notes
    return provenance
  }

  func forEachBatch(_ body: (ActivationBatch) throws -> Bool) throws {
    var streamed = 0
    for start in stride(from: 0, to: order.count, by: documentsPerBatch) {
      let indices = Array(order[start..<min(start + documentsPerBatch, order.count)])
      let documents = try store.documents(at: indices)
      var (rows, owners, places) = ([Int](), [Int32](), [Int32]())
      for (offset, document) in documents.enumerated() {
        for row in wanted(of: document) {
          rows.append(row)
          owners.append(Int32(streamed + offset))
          places.append(Int32(document.firstPosition + row - document.firstRow))
        }
      }
      streamed += documents.count
      let batch = ActivationBatch(
        rows: try store.rows(hook.name, at: rows), count: rows.count, documentOfRow: owners,
        positions: places, documents: documents.map(\.text))
      if try !body(batch) { return }
    }
  }

  /// Its rows but position 0, or its last one.
  private func wanted(of document: StoreDocument) -> Range<Int> {
    switch positions {
    case .all: document.rows.dropFirst(document.firstPosition == 0 ? 1 : 0)
    case .last: document.rows.suffix(1)
    }
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

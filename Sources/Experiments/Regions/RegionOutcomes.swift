import ExemplarPartitioning
import Foundation
import Regions
import Storage
import TensorFiles

/// How the prompts of a captured store were answered, by the region of their final position.
package struct RegionOutcomes: Sendable, Equatable {
  package struct Prompt: Sendable, Equatable {
    package var id: String
    package var set: String
    /// Its words, before the template.
    package var text: String
    package var outcome: Outcome?
    /// Of the final position to the region's exemplar.
    package var distance: Double
    /// The store's index of it.
    package var document: Int

    package init(
      id: String, set: String, text: String, outcome: Outcome?, distance: Double, document: Int
    ) {
      self.document = document
      self.id = id
      self.set = set
      self.text = text
      self.outcome = outcome
      self.distance = distance
    }
  }

  /// The store's folder.
  package var store: String
  /// Name and version of what judged; `nil` without answers.
  package var classifier: String?
  /// By region, in the store's order.
  package var prompts: [Int: [Prompt]]
  /// Of all prompts: `train 200, heldout 100`; `nil` where the store has no splits.
  package var splits: String?
  package var hasCapturedSameModel: Bool
  /// Which model each of the two is of, where they are of different ones.
  package var models: StoreModels?

  package init(
    store: String, classifier: String?, prompts: [Int: [Prompt]], hasCapturedSameModel: Bool,
    models: StoreModels? = nil
  ) {
    self.models = models
    self.store = store
    self.classifier = classifier
    self.prompts = prompts
    self.hasCapturedSameModel = hasCapturedSameModel
  }

  /// How the prompts of each region were answered.
  package var counts: [Int: RefusalCount] { prompts.mapValues { Self.count($0) } }

  package static func count(_ prompts: [Prompt]) -> RefusalCount {
    RefusalCount(OutcomeCounts(prompts.compactMap(\.outcome)), prompts: prompts.count)
  }

  private static let blockSize = 1024

  /// Assigns the final position of every prompt to its region.
  ///
  /// - Throws: `mismatch` for a store without the dictionary's hook.
  package static func read(
    _ dictionary: DictionaryFile, _ store: StoreFile
  ) throws -> RegionOutcomes {
    guard let hook = dictionary.provenance.hook else {
      throw ExperimentError(
        .missing, "the dictionary does not say which hook it was built at", file: dictionary.name)
    }
    guard try store.hook(named: hook).dimension == dictionary.dimension else {
      throw ExperimentError(
        .mismatch, "the store's activations at \(hook) are of another width", file: store.name)
    }
    let documents = try store.documents().filter { $0.kind == .prompt && $0.rowCount > 0 }
    let outcomes = try StoreOutcomes(store)
    var assigner = RegionAssigner(
      centre: try dictionary.centre(), exemplars: try dictionary.exemplarRows(),
      threads: ProcessInfo.processInfo.activeProcessorCount)
    var prompts: [Int: [Prompt]] = [:]
    for start in stride(from: 0, to: documents.count, by: blockSize) {
      let block = Array(documents[start..<min(start + blockSize, documents.count)])
      let found = assigner.assign(
        ActivationBatch(rows: try store.lastRows(hook, of: block), count: block.count))
      for (index, document) in block.enumerated() where found.ids[index] >= 0 {
        prompts[Int(found.ids[index]), default: []].append(
          Prompt(
            id: document.id, set: document.set, text: document.prompt,
            outcome: outcomes[document],
            distance: Double(found.distances[index]), document: document.index))
      }
    }
    let difference = RecordedCheckpoint(store.provenance, of: store.name)
      .difference(from: RecordedCheckpoint(dictionary))
    var all = RegionOutcomes(
      store: store.name, classifier: outcomes.classifierName, prompts: prompts,
      hasCapturedSameModel: difference == nil,
      models: difference == nil
        ? nil
        : StoreModels(
          store: StoreModels.words(of: store.provenance),
          dictionary: StoreModels.words(of: dictionary.provenance)))
    all.splits = Self.splits(documents.map(\.split))
    return all
  }

  /// How many prompts are of each split, in the order in which the store has them.
  private static func splits(_ names: [String?]) -> String? {
    let known = names.compactMap(\.self)
    guard !known.isEmpty else { return nil }
    var seen: Set<String> = []
    var parts = known.filter { seen.insert($0).inserted }.map { name in
      "\(TensorFileError.printable(name)) \(known.count { $0 == name })"
    }
    if known.count < names.count { parts.append("no split \(names.count - known.count)") }
    return parts.joined(separator: ", ")
  }

  /// The distance to one exemplar of every stored position of the document with this text; `nil` where the store has
  /// no such document.
  ///
  /// - Returns: by token position, `nil` for positions that were not captured.
  package static func distances(
    _ dictionary: DictionaryFile, region: Int, text: String, _ store: StoreFile,
    _ documents: [StoreDocument]
  ) throws -> [Double?]? {
    guard let hook = dictionary.provenance.hook,
      let document = documents.first(where: { $0.text == text })
    else { return nil }
    let rows = try store.rows(hook, document.rows)
    var assigner = RegionAssigner(
      centre: try dictionary.centre(),
      exemplars: DirectionRows(
        try dictionary.exemplars(rows: region..<region + 1), dimension: dictionary.dimension),
      threads: 1)
    let found = assigner.assign(ActivationBatch(rows: rows, count: document.rowCount))
    var distances = [Double?](repeating: nil, count: document.tokenCount)
    for (index, distance) in found.distances.enumerated() {
      distances[document.firstPosition + index] = Double(distance)
    }
    return distances
  }
}

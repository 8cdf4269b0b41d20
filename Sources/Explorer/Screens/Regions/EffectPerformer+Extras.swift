import Experiments
import Foundation
import Storage

extension EffectPerformer {
  static let neighbourCount = 50
  static let lensCount = 20
  /// Rows times regions that are compared without being asked to: some seconds.
  private static let mostRowsCounted = 1 << 30
  private static let documentBytes = 65_536

  /// What is read only when it is looked at.
  func readExtra(_ work: Effect.Work) throws -> Reply {
    switch work {
    case .readSurroundings(let url, let region):
      let file = try dictionary(url)
      let detail = try file.detail(of: region, textLimit: 4096)
      return .surroundings(
        try RegionSurroundings.read(
          file, region: region, limit: Self.neighbourCount,
          contexts: detail.closest + detail.farthest, index: try? index(for: file)?.index))
    case .readDocument(let url, let region, let document, let position):
      return .document(try wholeDocument(dictionary(url), region, document, position))
    case .readHistory(let target, let region):
      let notebook = try openNotebook()
      let version = try notebook.version()
      return .history(
        RegionHistory(
          region: region, version: version,
          changes: try notebook.history(of: region, identity: target.identity)))
    case .readLens(let url, let region):
      return .lens(
        try openReader(for: dictionary(url)).lens(
          dictionary(url), region: region, count: Self.lensCount))
    case .readOutcomes(let url):
      return .outcomes(
        try RegionOutcomes.read(
          dictionary(url), openActivations(for: dictionary(url)).file))
    case .readTemplate(let url): return .template(try templateShares(dictionary(url)))
    case .readNearest(let url):
      let file = try dictionary(url)
      let store = try openStore(for: file).file
      guard store.rowCount <= Self.mostRowsCounted / max(1, file.regionCount) else {
        throw NotAttached(
          "too many activations to count here: exemplar regions --store counts those that are nearest now"
        )
      }
      return .nearest(
        try NearestCounts.read(
          file, store, isOtherAllowed: options.attachments.isOtherAllowed,
          threads: ProcessInfo.processInfo.activeProcessorCount))
    case .searchExample(let url, let text, let isChat):
      let reader = try openReader(for: dictionary(url))
      return .example(
        try reader.regions(of: text, in: dictionary(url), isChat: isChat), basis: reader.basis)
    case .readMap(let url):
      return .map(try ExemplarMap.compute(dictionary(url).exemplarRows()))
    case .readMetrics(let url):
      return .metrics(
        try MetricsReading.read(
          dictionary(url), threads: ProcessInfo.processInfo.activeProcessorCount))
    default: return .done
    }
  }

  private func wholeDocument(
    _ file: DictionaryFile, _ region: Int, _ document: Int, _ position: Int
  ) throws -> LoadedDocument {
    guard
      let text = try file.document(document, around: position, limit: Self.documentBytes)
    else {
      throw NotAttached("document \(document) is not in the dictionary")
    }
    var loaded = LoadedDocument(region: region, document: document, text: text)
    // A document that was cut is not found by its text.
    guard (try? options.attachments.store(of: file)) != nil, text.text.utf8.count == text.byteCount
    else { return loaded }
    guard let store = try? openActivations(for: file) else { return loaded }
    loaded.distances = try RegionOutcomes.distances(
      file, region: region, text: text.text, store.file, store.documents)
    loaded.store = store.file.name
    return loaded
  }
}

import Experiments
import Foundation
import Storage

/// What is read of a region, or of a whole dictionary, only when it is looked at.
package enum ExtraWork: Equatable, Sendable {
  /// Neighbours and sampled members.
  case surroundings(dictionary: URL, region: Int)
  case document(dictionary: URL, region: Int, document: Int, position: Int)
  case history(Effect.Target, region: Int)
  case lens(dictionary: URL, region: Int)
  case outcomes(dictionary: URL)
  case nearest(dictionary: URL)
  case template(dictionary: URL)
  case map(dictionary: URL)
  case metrics(dictionary: URL)
  case example(dictionary: URL, text: String, isChat: Bool)
}

/// What comes of it.
package enum ExtraReading: Equatable, Sendable {
  case surroundings(RegionSurroundings)
  case document(LoadedDocument)
  case history(RegionHistory)
  case lens(LensReading)
  case outcomes(RegionOutcomes)
  case nearest(NearestCounts)
  case template(TemplateShares)
  case map(ExemplarMap)
  case metrics(MetricsReading)
  /// With the weights that they were read with.
  case example([ExampleToken], basis: String = "")
}

extension ExtraWork: ScreenWork {
  var queue: Effect.Queue {
    switch self {
    case .surroundings, .document: .reading
    case .history: .notebook
    case .lens, .example: .modelling
    case .outcomes, .nearest, .template, .map, .metrics: .computing
    }
  }

  var slot: String? {
    switch self {
    case .surroundings: "surroundings"
    case .document: "document"
    case .lens: "lens"
    default: nil
    }
  }

  var jobTitle: String? {
    switch self {
    case .surroundings, .document, .history: nil
    case .lens: "reading the lens"
    case .outcomes: "counting outcomes"
    case .nearest: "counting nearest activations"
    case .template: "finding the template's own tokens"
    case .map: "laying out the map"
    case .metrics: "computing the metrics"
    case .example: "finding the regions of your sentence"
    }
  }

  static let neighbourCount = 50
  static let lensCount = 20
  /// Rows times regions that are compared without being asked to: some seconds.
  private static let mostRowsCounted = 1 << 30
  private static let documentBytes = 65_536

  func perform(by performer: EffectPerformer) throws -> ExtraReading {
    switch self {
    case .surroundings(let url, let region):
      let file = try performer.dictionary(url)
      let detail = try file.detail(of: region, textLimit: 4096)
      return .surroundings(
        try RegionSurroundings.read(
          file, region: region, limit: Self.neighbourCount,
          contexts: detail.closest + detail.farthest, index: try? performer.index(for: file)?.index)
      )
    case .document(let url, let region, let document, let position):
      return .document(
        try Self.read(performer.dictionary(url), region, document, position, performer))
    case .history(let target, let region):
      let notebook = try performer.openNotebook()
      let version = try notebook.version()
      return .history(
        RegionHistory(
          region: region, version: version,
          changes: try notebook.history(of: region, identity: target.identity)))
    case .lens(let url, let region):
      return .lens(
        try performer.openReader(for: performer.dictionary(url)).lens(
          performer.dictionary(url), region: region, count: Self.lensCount))
    case .outcomes(let url):
      return .outcomes(
        try RegionOutcomes.read(
          performer.dictionary(url),
          performer.openActivations(for: performer.dictionary(url)).file))
    case .template(let url):
      return .template(try performer.templateShares(performer.dictionary(url)))
    case .nearest(let url):
      let file = try performer.dictionary(url)
      let store = try performer.openStore(for: file).file
      guard store.rowCount <= Self.mostRowsCounted / max(1, file.regionCount) else {
        throw EffectPerformer.NotAttached(
          "too many activations to count here: exemplar regions --store counts those that are nearest now"
        )
      }
      return .nearest(
        try NearestCounts.read(
          file, store, isOtherAllowed: performer.options.attachments.isOtherAllowed,
          threads: ProcessInfo.processInfo.activeProcessorCount))
    case .example(let url, let text, let isChat):
      let reader = try performer.openReader(for: performer.dictionary(url))
      return .example(
        try reader.regions(of: text, in: performer.dictionary(url), isChat: isChat),
        basis: reader.basis)
    case .map(let url):
      return .map(try ExemplarMap.compute(performer.dictionary(url).exemplarRows()))
    case .metrics(let url):
      return .metrics(
        try MetricsReading.read(
          performer.dictionary(url), threads: ProcessInfo.processInfo.activeProcessorCount))
    }
  }

  /// A whole document.
  private static func read(
    _ file: DictionaryFile, _ region: Int, _ document: Int, _ position: Int,
    _ performer: EffectPerformer
  ) throws -> LoadedDocument {
    guard
      let text = try file.document(document, around: position, limit: documentBytes)
    else {
      throw EffectPerformer.NotAttached("document \(document) is not in the dictionary")
    }
    var loaded = LoadedDocument(region: region, document: document, text: text)
    // A document that was cut is not found by its text.
    guard (try? performer.options.attachments.store(of: file)) != nil,
      text.text.utf8.count == text.byteCount
    else { return loaded }
    guard let store = try? performer.openActivations(for: file) else { return loaded }
    loaded.distances = try RegionOutcomes.distances(
      file, region: region, text: text.text, store.file, store.documents)
    loaded.store = store.file.name
    return loaded
  }
}

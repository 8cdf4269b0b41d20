import Experiments
import Foundation
import Storage
import TensorFiles

extension EffectPerformer {
  /// Compares two dictionaries, or takes the comparison that was kept.
  ///
  /// - Parameter progress: an error it throws cancels.
  func compare(
    _ a: URL, _ b: URL, progress: (DictionaryComparison.Progress) throws -> Void
  ) throws -> Outcome {
    let (fileA, fileB) = (try dictionary(a), try dictionary(b))
    let cache = ComparisonCache(folder: try options.cache ?? UserFolders.cache())
    let names = (a.lastPathComponent, b.lastPathComponent)
    let kept = cache.read(fileA, fileB, names: names)
    let comparison =
      try kept
      ?? DictionaryComparison.run(
        fileA, fileB, names: names, threads: ProcessInfo.processInfo.activeProcessorCount,
        progress: progress)
    if kept == nil { cache.keep(comparison) }
    return .compared(
      OpenedComparison(
        comparison: comparison, a: try part(a, fileA), b: try part(b, fileB), isKept: kept != nil))
  }

  private func part(_ url: URL, _ file: DictionaryFile) throws -> OpenedComparison.Part {
    let annotations = try annotations(file, try? openNotebook())
    let dictionary = OpenedDictionary(
      url: url, name: url.lastPathComponent, identity: file.identity, provenance: file.provenance,
      threshold: file.threshold, activationCount: file.activationCount, table: try file.table(),
      commonPrefix: try commonEnd(file) { $0 })
    let texts = try file.closestContexts(of: 0..<file.regionCount, textLimit: 256)
      .compactMapValues { context in
        context.text.map { RowText(text: $0, token: context.token) }
      }
    return OpenedComparison.Part(
      dictionary: dictionary, labels: annotations.labels, version: annotations.version,
      texts: texts)
  }

  /// Reads two regions together.
  func read(_ pair: PairOfRegions) throws -> Outcome {
    let (fileA, fileB) = (try dictionary(pair.dictionaryA), try dictionary(pair.dictionaryB))
    let isShared = try DocumentMatch.isShared(fileA, fileB)
    return .pair(
      LoadedPair(
        pair: pair, a: try fileA.detail(of: pair.a, textLimit: 16_384),
        b: try fileB.detail(of: pair.b, textLimit: 16_384), bySharedDocuments: isShared))
  }
}

/// Whether document numbers of two dictionaries mean the same texts.
enum DocumentMatch {
  /// The source's hash is of the activations, which differ between checkpoints, so what both recorded of their prompts is
  /// compared: as many, and nothing left out of either.
  static func isShared(_ a: DictionaryFile, _ b: DictionaryFile) throws -> Bool {
    a.documentCount > 0 && a.documentCount == b.documentCount
      && a.provenance.prompts == a.documentCount && b.provenance.prompts == b.documentCount
      && a.provenance.positions == b.provenance.positions
      && a.activationCount == b.activationCount
  }
}

/// Comparisons kept for next time, one file for two identities.
struct ComparisonCache {
  let folder: URL
  /// Goes up when a comparison of the same two would say something else.
  private static let version = 1

  private func url(_ a: String, _ b: String) -> URL {
    folder.appending(path: "comparisons-\(Self.version)").appending(path: "\(a)-\(b).json")
  }

  /// What was kept, if it can be read and is of these two.
  func read(
    _ a: DictionaryFile, _ b: DictionaryFile, names: (String, String)
  ) -> DictionaryComparison? {
    guard let data = try? Data(contentsOf: url(a.identity, b.identity)),
      var comparison = try? JSONDecoder().decode(DictionaryComparison.self, from: data),
      comparison.a.identity == a.identity, comparison.b.identity == b.identity,
      comparison.isSound(regionsA: a.regionCount, regionsB: b.regionCount)
    else { return nil }
    (comparison.a.name, comparison.b.name) = names
    return comparison
  }

  /// A cache that cannot be written only costs time.
  func keep(_ comparison: DictionaryComparison) {
    let url = url(comparison.a.identity, comparison.b.identity)
    try? FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    guard let data = try? JSONEncoder().encode(comparison), let file = try? OutputFile(url) else {
      return
    }
    try? file.write([UInt8](data))
    try? file.commit()
  }
}

import Experiments
import Foundation
import Storage
import Synchronization

/// Comparisons, and what goes with them.
enum CompareWork: Equatable, Sendable {
  /// Brings back several things: progress, and at last the comparison.
  case compare(a: URL, b: URL)
  /// Each dictionary with the next; likewise.
  case follow([URL])
  /// Likewise, with what chance and another order match.
  case matchNulls(a: URL, b: URL)
  case readPair(PairOfRegions)
  case export(ComparisonExport)
  /// Labels for one side, as carried.
  case carry(Effect.Target, labels: [RegionLabel])
}

/// What comes of it.
enum CompareReply: Equatable, Sendable {
  /// How far a comparison has come.
  case comparing(DictionaryComparison.Progress)
  case compared(OpenedComparison)
  case followed([OpenedComparison])
  case nulls([ComparisonNull])
  case pair(LoadedPair)
  /// What was written, in words.
  case exported(String)
  /// How many.
  case carried(Int, Annotations)
}

extension CompareWork: LongScreenWork {
  var queue: Effect.Queue {
    switch self {
    case .compare, .follow, .export: .comparing
    case .matchNulls: .computing
    case .readPair: .reading
    case .carry: .notebook
    }
  }

  var slot: String? { if case .readPair = self { "pair" } else { nil } }
  var canStop: Bool { if case .matchNulls = self { true } else { false } }

  var jobTitle: String? {
    switch self {
    case .compare(let a, let b): "comparing \(a.lastPathComponent) with \(b.lastPathComponent)"
    case .follow(let urls): "following regions through \(urls.count) dictionaries"
    case .matchNulls: "matching chance and another order"
    case .export: "writing the comparison"
    case .readPair, .carry: nil
    }
  }

  static func progress(of result: CompareReply) -> String? {
    guard case .comparing(let at) = result else { return nil }
    return "\(at.stage.rawValue) \(Figures.percent(Double(at.done) / Double(max(1, at.total))))"
  }

  func perform(
    by performer: EffectPerformer, tell: @escaping @Sendable (CompareReply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> CompareReply {
    let last = Mutex(ContinuousClock.now - .seconds(1))
    func report(_ progress: DictionaryComparison.Progress) throws {
      if isCancelled() { throw CancellationError() }
      // Ten times a second is as often as anybody looks.
      let isDue = last.withLock { last in
        guard ContinuousClock.now - last > .milliseconds(100) else { return false }
        last = .now
        return true
      }
      if isDue { tell(.comparing(progress)) }
    }
    switch self {
    case .compare(let a, let b):
      return .compared(try performer.compare(a, b, progress: report))
    case .follow(let urls):
      return .followed(
        try zip(urls, urls.dropFirst()).map { try performer.compare($0, $1, progress: report) })
    case .matchNulls(let a, let b):
      return .nulls(try performer.nulls(a, b, progress: report))
    case .readPair(let pair): return .pair(try performer.read(pair))
    case .export(let export): return .exported(try performer.write(export))
    case .carry(let target, let labels):
      let notebook = try performer.openNotebook()
      try notebook.carry(labels, identity: target.identity)
      return .carried(
        labels.count, try performer.annotations(performer.dictionary(target.dictionary), notebook))
    }
  }
}

/// Texts of the stores of a comparison, by which documents are found in them.
private final class StoreDocuments: Sendable {
  let known = Mutex<[URL: [String: StoreDocument]]>([:])
}

extension EffectPerformer {
  /// Orders and rotations that "introduced" is read against without being asked.
  static let nullCount = 5

  private var threads: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Compares two dictionaries, or takes the comparison that was cached.
  ///
  /// - Parameter progress: an error it throws cancels.
  func compare(
    _ a: URL, _ b: URL, progress: (DictionaryComparison.Progress) throws -> Void
  ) throws -> OpenedComparison {
    let (fileA, fileB) = (try dictionary(a), try dictionary(b))
    let stores = try attachedStores(fileA, fileB)
    let cache = ComparisonCache(folder: try options.cache ?? UserFolders.cache())
    let names = (a.lastPathComponent, b.lastPathComponent)
    let cached = cache.read(fileA, fileB, stores, names: names)
    let comparison =
      try cached?.comparison
      ?? DictionaryComparison.run(
        fileA, fileB, names: names, stores: stores.both, threads: threads, progress: progress)
    if cached == nil { cache.keep(.init(comparison: comparison, nulls: []), stores) }
    return OpenedComparison(
      comparison: comparison, a: try part(a, fileA), b: try part(b, fileB),
      outcomes: try stores.outcomes(fileA, fileB), nulls: cached?.nulls ?? [],
      isFromCache: cached != nil)
  }

  /// The store given at the start is of one model; it goes with the dictionaries of that model alone.
  private func attachedStores(_ a: DictionaryFile, _ b: DictionaryFile) throws -> AttachedStores {
    func store(_ dictionary: DictionaryFile) throws -> StoreFile? {
      if let url = options.attachments.store,
        let given = try? StoreFile(url), given.isFinished,
        let hash = dictionary.provenance.modelHash, given.provenance.modelHash == hash,
        RecordedCheckpoint(given.provenance, of: given.name)
          .hasSameAdapter(as: RecordedCheckpoint(dictionary))
      {
        return given
      }
      return try AttachedStores.beside(dictionary)
    }
    return AttachedStores(a: try store(a), b: try store(b))
  }

  /// What chance matches, and what another order of the stream does where A's store is there.
  fileprivate func nulls(
    _ a: URL, _ b: URL, progress: (DictionaryComparison.Progress) throws -> Void
  ) throws -> [ComparisonNull] {
    let (fileA, fileB) = (try dictionary(a), try dictionary(b))
    let stores = try attachedStores(fileA, fileB)
    let cutoff = CompareScreen.usualCutoff
    var nulls: [ComparisonNull] = []
    if let store = stores.a, fileA.provenance.positions != nil {
      nulls.append(
        try ComparisonNull.orders(
          fileA, store: store.url, count: Self.nullCount, seed: 0, cutoff: cutoff, threads: threads,
          progress: { _, at in try progress(at) }))
    }
    nulls.append(
      try ComparisonNull.rotations(
        fileA, fileB, count: Self.nullCount, seed: 0, cutoff: cutoff, threads: threads,
        progress: { _, at in try progress(at) }))
    let cache = ComparisonCache(folder: try options.cache ?? UserFolders.cache())
    let names = (a.lastPathComponent, b.lastPathComponent)
    if var cached = cache.read(fileA, fileB, stores, names: names) {
      cached.nulls = nulls
      cache.keep(cached, stores)
    }
    return nulls
  }

  private func part(_ url: URL, _ file: DictionaryFile) throws -> OpenedComparison.Part {
    let annotations = try annotations(file, try? openNotebook())
    let dictionary = try openedDictionary(file, at: url)
    let texts = try file.closestContexts(of: 0..<file.regionCount, textLimit: 512)
      .compactMapValues { context in
        context.text.map { RowText(text: $0, token: context.token) }
      }
    return OpenedComparison.Part(
      dictionary: dictionary, labels: annotations.labels, version: annotations.version,
      texts: texts)
  }

  /// Reads two regions together.
  fileprivate func read(_ pair: PairOfRegions) throws -> LoadedPair {
    let (fileA, fileB) = (try dictionary(pair.dictionaryA), try dictionary(pair.dictionaryB))
    let isShared = try DocumentMatch.isShared(fileA, fileB)
    let (a, b) = (
      try fileA.detail(of: pair.a, textLimit: 16_384),
      try fileB.detail(of: pair.b, textLimit: 16_384)
    )
    return LoadedPair(
      pair: pair, a: a, b: b, bySharedDocuments: isShared,
      placesOfA: try places(of: a.closest, of: fileA, in: fileB),
      placesOfB: try places(of: b.closest, of: fileB, in: fileA))
  }

  /// Where contexts of one dictionary are in the other; empty without the other's store.
  private func places(
    of contexts: [ContextText], of own: DictionaryFile, in other: DictionaryFile
  ) throws -> [DocumentPlace?] {
    // Final positions may be at another place in a differently rendered prompt, and are then not found.
    guard let store = try attachedStores(other, other).a else { return [] }
    let documents = try documents(of: store)
    return try DocumentPlace.find(
      contexts.map { context in
        guard let text = context.text, text.utf8.count == context.documentByteCount else {
          return nil
        }
        return (text, context.position)
      }, in: other, store, documents: documents)
  }

  /// More documents than this are not kept in memory for looking up.
  private static let mostDocuments = 100_000

  private func documents(of store: StoreFile) throws -> [String: StoreDocument] {
    guard store.documentCount <= Self.mostDocuments else { return [:] }
    let storeDocuments = tool(StoreDocuments())
    if let known = storeDocuments.known.withLock({ $0[store.address] }) { return known }
    let documents = Dictionary(
      try store.documents().map { ($0.text, $0) }, uniquingKeysWith: { first, _ in first })
    storeDocuments.known.withLock { $0[store.address] = documents }
    return documents
  }

  /// Writes the reference's files and ours into a new folder; to a name in .html the page.
  fileprivate func write(_ export: ComparisonExport) throws -> String {
    try options.writes.check(export.path)
    let (a, b) = (try dictionary(export.dictionaryA), try dictionary(export.dictionaryB))
    let report = ComparisonReport(
      export.comparison, cutoff: export.cutoff, labels: (a.name, b.name), nulls: export.nulls,
      outcomes: export.outcomes)
    if URL(filePath: export.path).pathExtension.lowercased() == "html" {
      try NewFile.write(report.page(a, b).text, to: export.path, within: options.writes)
      return "wrote the page of the comparison to \(export.path)"
    }
    let files = try ComparisonFiles(
      export.comparison, a, b, cutoff: export.cutoff, labels: (a.name, b.name))
    let folder = try FolderOutput(
      URL(filePath: export.path), overwrite: false, replaceable: [])
    try files.write(report, to: folder.url)
    try folder.commit()
    return
      "wrote matches.csv, a_dropped.csv, b_introduced.csv, summary.json and comparison.json to \(export.path)"
  }
}

/// What an export of a comparison writes, and where.
package struct ComparisonExport: Equatable, Sendable {
  package var dictionaryA: URL
  package var dictionaryB: URL
  package var comparison: DictionaryComparison
  package var cutoff: Double
  package var nulls: [ComparisonNull]
  package var outcomes: ComparisonOutcomes?
  package var path: String
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

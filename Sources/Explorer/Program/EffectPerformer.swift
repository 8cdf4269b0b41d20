import Engines
import Experiments
import Foundation
import LanguageModel
import Storage
import Synchronization

/// Performs effects, one at a time on the calling thread; holds what is open between them.
///
/// Safe to use from several threads: ``EffectRunner`` calls it from one a queue.
package final class EffectPerformer: Sendable {
  package struct Options: Sendable {
    /// `nil`: the user's own.
    package var notebook: URL?
    /// Where imported pickles are kept; `nil`: the user's own cache.
    package var cache: URL?
    /// The folder of settings; `nil`: none is read.
    package var settings: URL?
    /// The folder of what is remembered between sessions; `nil`: nothing is.
    package var memory: URL?
    /// The hub cache, whose published dictionaries are listed; `nil`: none are.
    package var hubCache: URL?
    /// Whose labels they are.
    package var author: String?
    /// The weights and the store for what needs them.
    package var attachments = Attachments()
    /// Where files are written that the user asks for by name.
    package var writes = WritableFolders.anywhere
    /// A clock for the durations that are shown.
    package var now: @Sendable () -> Duration

    package init(
      notebook: URL? = nil, cache: URL? = nil, settings: URL? = nil, memory: URL? = nil,
      author: String? = nil, attachments: Attachments = Attachments(),
      now: @escaping @Sendable () -> Duration = EffectPerformer.uptime
    ) {
      self.notebook = notebook
      self.cache = cache
      self.settings = settings
      self.memory = memory
      self.author = author
      self.attachments = attachments
      self.now = now
    }
  }

  let options: Options
  private let notebook = Mutex<Result<Notebook, any Error>?>(nil)
  private let reader = Mutex<OpenReader?>(nil)
  let worker = Mutex<OpenWorker?>(nil)
  private let store = Mutex<OpenStore?>(nil)
  let storeIndex = Mutex<OpenIndex?>(nil)
  private let dictionaries = Mutex<[URL: DictionaryFile]>([:])
  /// What the works of screens keep open between them.
  private let tools = Mutex<[ObjectIdentifier: any AnyObject & Sendable]>([:])

  package init(_ options: Options = Options()) { self.options = options }

  /// The one of its type, made the first time.
  func tool<Tool: AnyObject & Sendable>(_ make: @autoclosure () -> Tool) -> Tool {
    tools.withLock { tools in
      if let tool = tools[ObjectIdentifier(Tool.self)] as? Tool { return tool }
      let tool = make()
      tools[ObjectIdentifier(Tool.self)] = tool
      return tool
    }
  }

  /// Since some moment before.
  package static let uptime: @Sendable () -> Duration = {
    let start = ContinuousClock.now
    return { ContinuousClock.now - start }
  }()

  /// Does the work and gives the answer; what goes wrong is an answer too.
  ///
  /// - Parameters:
  ///   - tell: called with what is known before the last answer.
  ///   - isCancelled: whether anybody still wants it; asked by what takes long.
  package func perform(
    _ work: Effect.Work, tell: @escaping @Sendable (Reply) -> Void = { _ in },
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) -> Reply {
    do {
      return try EngineStop.asking(isCancelled) {
        try reply(to: work, tell: tell, isCancelled: isCancelled)
      }
    } catch is CancellationError {
      return .superseded
    } catch {
      return .failed(words(of: error))
    }
  }

  private func reply(
    to work: Effect.Work, tell: @escaping @Sendable (Reply) -> Void,
    isCancelled: @escaping @Sendable () -> Bool
  ) throws -> Reply {
    switch work {
    case .openNotebook: return .notebookOpened(try openNotebook().openingReport)
    case .openDictionary(let url): return try open(url)
    case .readRegion(let url, let region, let query):
      return .region(try detail(dictionary(url), region, query))
    case .readRows(let url, let regions, let query, let labels):
      return .rows(try rowTexts(dictionary(url), regions, query, labels))
    case .search(let url, let query, let labels):
      let start = options.now()
      let result = try search(dictionary(url), query, labels)
      let milliseconds = (options.now() - start) / .milliseconds(1)
      return .found(result, milliseconds: milliseconds)
    case .saveLabel, .saveStar, .saveTags, .saveNote, .undo, .redo, .pollNotebook,
      .takeCopy, .exportLabels, .importLabels, .mergeLabels, .carryLabels:
      return try changeNotebook(work)
    case .readSettings(let known):
      return .settings(
        options.settings.map { SettingsReading(folder: $0, known: known) } ?? nil)
    case .readMemory: return .memory(options.memory.map(Memory.read))
    case .remember(let change):
      guard let folder = options.memory else { return .memory(nil) }
      return .memory(try Memory.change(change, in: folder, now: Date()))
    case .exportFile(let path, let text, let rows):
      try NewFile.write(text, to: path, within: options.writes)
      return .exported(path: path, rows: rows)
    case .copy, .setMouse, .redraw, .cancel: return .done
    case .ofScreen(let work):
      return try work.perform(by: self, tell: tell, isCancelled: isCancelled)
    }
  }

  // MARK: - What is open

  /// The notebook, opened the first time; a failure to open it stays one.
  func openNotebook() throws -> Notebook {
    try notebook.withLock { notebook in
      let result = notebook ?? Result { try Notebook(options.notebook, recovery: .offer) }
      notebook = result
      return try result.get()
    }
  }

  /// Ends with the notebook, where it was opened.
  func finishNotebook() -> [String] {
    notebook.withLock { notebook in
      guard case .success(let opened) = notebook else { return [] }
      return opened.finish()
    }
  }

  /// The models of dictionaries, checked against what those record.
  func checkpoint(for files: [DictionaryFile]) throws -> Checkpoint {
    guard let first = files.first else { throw NotAttached("there is no dictionary") }
    let attachments = options.attachments
    return try Experiment.open(
      try openWorker(named: first.provenance.model, precision: first.provenance.rotaryPrecision)
        .map { Experiment.Weights($0, isOtherAllowed: attachments.isOtherAllowed) }
        ?? attachments.given(try weights(for: first)), for: files,
      beside: [attachments.store].compactMap(\.self))
  }

  /// A dictionary's model, loaded the first time; a failure to load it stays one.
  func openReader(for file: DictionaryFile) throws -> RegionReader {
    try openReader(try checkpoint(for: [file]))
  }

  /// As ``openReader(for:)``, of given weights: one model is in memory, whoever asks for it.
  func openReader(_ checkpoint: Checkpoint) throws -> RegionReader {
    try reader.withLock { reader in
      if let open = reader, open.checkpoint == checkpoint { return try open.result.get() }
      // Another dictionary's words on the same weights: they stay in memory.
      if let open = reader, open.checkpoint.files == checkpoint.files,
        open.checkpoint.modelHash == checkpoint.modelHash,
        open.checkpoint.adapterHash == checkpoint.adapterHash,
        open.checkpoint.rotaryPrecision == checkpoint.rotaryPrecision,
        open.checkpoint.worker == checkpoint.worker,
        let loaded = try? open.result.get()
      {
        let again = RegionReader(loaded.engine, loaded.tokenizer, checkpoint)
        reader = OpenReader(checkpoint: checkpoint, result: .success(again))
        return again
      }
      let opened = OpenReader(
        checkpoint: checkpoint, result: Result { try RegionReader(checkpoint) })
      reader = opened
      return try opened.result.get()
    }
  }

  /// Where a dictionary's weights are; nothing is read.
  func weights(for file: DictionaryFile) throws -> ModelFiles {
    try options.attachments.weights(
      named: file.provenance.model, beside: file.url.deletingLastPathComponent(), for: file.name)
  }

  private struct OpenReader {
    var checkpoint: Checkpoint
    var result: Result<RegionReader, any Error>
  }

  /// A store with its documents, which are looked for by their text.
  struct OpenStore {
    var file: StoreFile
    var documents: [StoreDocument]
  }

  func openStore(for dictionary: DictionaryFile) throws -> OpenStore {
    guard let url = try options.attachments.store(of: dictionary) else {
      throw NotAttached("no store lies beside it: start with --store STORE.epstore")
    }
    return try store.withLock { store in
      if let store, store.file.address == url { return store }
      let file = try StoreFile(url)
      let opened = OpenStore(file: file, documents: try file.documents())
      store = opened
      return opened
    }
  }

  /// As ``openStore(for:)``, of activations that distances are measured from.
  ///
  /// - Throws: `ExperimentError.mismatch` for those of another model or adapter, unless that was allowed.
  func openActivations(for dictionary: DictionaryFile) throws -> OpenStore {
    let open = try openStore(for: dictionary)
    // One that lies beside a dictionary was found by what the dictionary records.
    if options.attachments.store != nil, !options.attachments.isOtherAllowed,
      let difference = RecordedCheckpoint(open.file.provenance, of: open.file.name)
        .difference(from: RecordedCheckpoint(dictionary))
    {
      throw ExperimentError(
        .mismatch,
        "the store is of \(StoreModels.words(of: open.file.provenance)), the dictionary of "
          + "\(StoreModels.words(of: dictionary.provenance)): \(difference)",
        file: open.file.name, remedy: "\(.otherModel) allows it")
    }
    return open
  }

  /// What has to be given when the explorer is started.
  struct NotAttached: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }

  func dictionary(_ url: URL) throws -> DictionaryFile {
    if let open = dictionaries.withLock({ $0[url] }) { return open }
    let file = try DictionaryLocation.open(
      url, cache: options.cache, hook: options.attachments.hook)
    dictionaries.withLock { $0[url] = file }
    return file
  }

  private func hasWeights(for file: DictionaryFile) -> Bool {
    options.attachments.engine != nil || (try? weights(for: file)) != nil
  }

  private func open(_ url: URL) throws -> Reply {
    // Opened anew: the file may have been written again since.
    let file = try DictionaryLocation.open(
      url, cache: options.cache, hook: options.attachments.hook)
    dictionaries.withLock { $0 = [url: file] }
    var opened = try openedDictionary(file, at: url)
    opened.hasModel = hasWeights(for: file)
    opened.hasStore = (try? options.attachments.store(of: file)) != nil
    let annotations = try annotations(file, try? openNotebook())
    return .dictionary(opened, annotations, problem: annotations.labels.problem.map { "\($0)" })
  }

  /// What is held of a dictionary while it is open, but for what is attached to it.
  func openedDictionary(_ file: DictionaryFile, at url: URL) throws -> OpenedDictionary {
    let (prefix, suffix) = try commonEnds(file)
    var opened = OpenedDictionary(
      url: url, name: url.lastPathComponent, identity: file.identity,
      provenance: file.provenance, threshold: file.threshold,
      activationCount: file.activationCount, table: try file.table(), commonPrefix: prefix,
      commonSuffix: suffix)
    opened.modelName = modelName(of: file, at: url)
    return opened
  }

  /// What a dictionary's model is called by its own file; `nil` where that is not known.
  private func modelName(of file: DictionaryFile, at url: URL) -> String? {
    ModelTitles.inside(url.absoluteURL.deletingLastPathComponent()).name(
      ofFamily: file.provenance.model.map(ModelName.family), recorded: file.provenance.modelName)
  }

  /// What weights are called beside a dictionary: by their file alone where its model goes by that.
  func title(of weights: ModelFiles, for file: DictionaryFile) -> String {
    let name = weights.url.lastPathComponent
    let isNamedByFile =
      modelName(of: file, at: file.url) == nil
      && file.provenance.model.map { ModelName.isSame($0, name) } == true
    return isNamedByFile ? name : weights.title
  }

  /// What many contexts begin with, and end with; nothing if they soon differ.
  private func commonEnds(_ file: DictionaryFile) throws -> (prefix: String, suffix: String) {
    let sample = stride(from: 0, to: file.regionCount, by: max(1, file.regionCount / 48))
    let texts = try file.closestContexts(of: sample, textLimit: 4096).values
      .filter { $0.text?.utf8.count == $0.documentByteCount }
      .compactMap { $0.text.map { Array($0.unicodeScalars) } }
    return (
      Self.text(Self.commonStart(of: texts)),
      Self.text(Self.commonStart(of: texts.map { $0.reversed() }).reversed())
    )
  }

  /// What all begin with, whole words only; nothing if that is little.
  private static func commonStart(of texts: [[Unicode.Scalar]]) -> [Unicode.Scalar] {
    guard texts.count > 2, var common = texts.first else { return [] }
    for text in texts.dropFirst() {
      let same = zip(common, text).prefix { $0 == $1 }.count
      common.removeLast(common.count - same)
    }
    // A few letters in common are chance, and cutting them out would save nothing.
    guard common.count >= 8 else { return [] }
    while let last = common.last, last.properties.isAlphabetic || last == "." || last == "?" {
      common.removeLast()
    }
    return common
  }

  private static func text(_ scalars: some Sequence<Unicode.Scalar>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  func annotations(_ file: DictionaryFile, _ notebook: Notebook?) throws -> Annotations {
    // Read before what it counts, so that a change in between is seen as one to come.
    let version = try notebook?.version() ?? 0
    var annotations = Annotations(
      labels: try LabelView(file, notebook), stars: try notebook?.stars(for: file.identity) ?? [],
      tags: try notebook?.tags(for: file.identity) ?? [:],
      notes: try notebook?.notes(for: file.identity) ?? [:], version: version)
    annotations.suggestions =
      try notebook.map { try SuggestionRun.suggestions(of: file.identity, in: $0) } ?? [:]
    return annotations
  }

  // MARK: - Regions

  private static let contextBytes = 16_384

  private func detail(
    _ file: DictionaryFile, _ region: Int, _ query: SearchQuery?
  ) throws -> LoadedDetail {
    let detail = try file.detail(of: region, textLimit: Self.contextBytes)
    guard let query else { return LoadedDetail(detail: detail) }
    return LoadedDetail(
      detail: detail, query: query,
      closestMarks: try file.matches(of: query, in: detail.closest.map { $0.text ?? "" }),
      boundaryMarks: try file.matches(of: query, in: detail.farthest.map { $0.text ?? "" }))
  }

  private func rowTexts(
    _ file: DictionaryFile, _ regions: [Int], _ query: SearchQuery?, _ labels: [Int: String]
  ) throws -> [Int: RowText] {
    if let query {
      let searcher = try? index(for: file)?.searcher
      let hits =
        try searcher?.hits(for: query, in: regions, labels: labels)
        ?? file.hits(for: query, in: regions, labels: labels)
      return hits.reduce(into: [:]) {
        $0[$1.region] = RowText(text: $1.snippet, marks: $1.matches)
      }
    }
    return try file.closestContexts(of: regions, textLimit: 512).compactMapValues { context in
      context.text.map {
        RowText(text: $0, token: context.token, isWhole: $0.utf8.count == context.documentByteCount)
      }
    }
  }
}

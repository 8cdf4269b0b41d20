import Experiments
import Foundation
import LanguageModel
import Storage
import Synchronization

/// Performs the trace's work; keeps what it computed for the last text, so that typing costs the tokens that change.
final class TraceEffects: Sendable {
  /// Unchecked because a tracer is not for two threads at once: the lock below sees to that.
  private final class Tracing: @unchecked Sendable {
    let dictionaries: [URL]
    let reader: RegionReader
    let tracer: TextTracer

    init(_ dictionaries: [URL], _ files: [DictionaryFile], _ reader: RegionReader) throws {
      self.dictionaries = dictionaries
      self.reader = reader
      tracer = try TextTracer(files, reader.engine, reader.tokenizer)
    }
  }

  private let tracing = Mutex<Tracing?>(nil)

  /// Of a store with more documents the first are listed.
  private static let mostDocuments = 5000

  func perform(
    _ work: TraceWork, _ performer: EffectPerformer, tell: (TraceReply) -> Void,
    isCancelled: () -> Bool
  ) throws -> TraceReply {
    switch work {
    case .open(let url, let others):
      return .opened(try subject(of: url, others, performer))
    case .run(let request):
      let start = performer.options.now()
      let finished = try read(request, performer, since: start) { reading in
        if isCancelled() { throw CancellationError() }
        tell(.traced(reading))
      }
      return .traced(finished)
    case .documents(let url):
      let store = try performer.openStore(for: performer.dictionary(url))
      return .documents(
        store.documents.prefix(Self.mostDocuments).map {
          TraceDocument(
            index: $0.index, id: $0.id, set: $0.set, prompt: String($0.prompt.prefix(160)))
        })
    }
  }

  // MARK: - What there is

  private func subject(
    of url: URL, _ others: [URL], _ performer: EffectPerformer
  ) throws -> TraceSubject {
    let file = try performer.dictionary(url)
    guard let name = file.provenance.hook else {
      throw ExperimentError(
        .missing, "it does not say which hook it was built at, so no text can be traced",
        file: file.name)
    }
    let ownHook = try HookPoint(name)
    var found: [(hook: HookPoint, url: URL, file: DictionaryFile)] = [(ownHook, url, file)]
    for other in Self.besides(url) + others {
      guard let file = try? performer.dictionary(other), file.identity != found[0].file.identity,
        let hook = file.provenance.hook.flatMap({ try? HookPoint($0) }), hook != ownHook,
        file.regionCount > 0, Self.isOfOneModel(file.provenance, found[0].file.provenance)
      else { continue }
      // One a hook: of several the one that was built most alike.
      guard let place = found.firstIndex(where: { $0.hook == hook }) else {
        found.append((hook, other, file))
        continue
      }
      let own = found[0].file.provenance
      if Self.likeness(file.provenance, own) > Self.likeness(found[place].file.provenance, own) {
        found[place] = (hook, other, file)
      }
    }
    let notebook = try? performer.openNotebook()
    let layers = try found.sorted { $0.hook < $1.hook }.map { hook, url, file in
      TraceLayer(
        url: url, title: OpenedDictionary.title(of: url.lastPathComponent),
        identity: file.identity, hook: hook.name, threshold: file.threshold,
        regionCount: file.regionCount, positions: file.provenance.positions,
        labels: try LabelView(file, notebook).texts)
    }
    let weights: TraceSubject.Weights
    do {
      weights = .found(try performer.weightsName(for: [file]))
    } catch {
      weights = .missing(words(of: error))
    }
    let store = try? performer.openStore(for: file)
    return TraceSubject(
      layers: layers, own: layers.firstIndex { $0.url == url } ?? 0, weights: weights,
      store: store.map { .init(name: $0.file.name, documentCount: $0.documents.count) },
      template: file.provenance.template.flatMap { $0 == "raw" ? nil : $0 })
  }

  /// Dictionaries in the same folder, by name.
  private static func besides(_ url: URL) -> [URL] {
    let folder = url.deletingLastPathComponent()
    let names =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false)))
      ?? []
    return names.filter { $0.hasSuffix(".epdict") }.sorted().map { folder.appending(path: $0) }
  }

  private static func isOfOneModel(_ a: DictionaryProvenance, _ b: DictionaryProvenance) -> Bool {
    if let first = a.modelHash, let second = b.modelHash, first != second { return false }
    return a.model != nil && a.model == b.model
      && RecordedCheckpoint(a, of: "").hasSameAdapter(as: RecordedCheckpoint(b, of: ""))
  }

  private static func likeness(_ a: DictionaryProvenance, _ b: DictionaryProvenance) -> Int {
    (a.positions == b.positions ? 2 : 0) + (a.percentile == b.percentile ? 1 : 0)
  }

  // MARK: - Tracing

  private func read(
    _ request: TraceRequest, _ performer: EffectPerformer, since start: Duration,
    progress: (TraceReading) throws -> Void
  ) throws -> TraceReading {
    let files = try request.dictionaries.map { try performer.dictionary($0) }
    func milliseconds() -> Double { (performer.options.now() - start) / .milliseconds(1) }
    switch request.source {
    case .document(let index):
      let store = try performer.openActivations(for: performer.dictionary(request.dictionary))
      guard let document = store.documents.first(where: { $0.index == index }) else {
        throw EffectPerformer.NotAttached("document \(index) is not in the store")
      }
      let found = files.indices.filter { index in
        files[index].provenance.hook.map { hook in
          store.file.hooks.contains { $0.name == hook }
        } ?? false
      }
      return TraceReading(
        source: request.source, layers: found.map { request.layers[$0] }, text: document.text,
        own: 0..<document.text.utf8.count,
        tokens: try StoredTrace.trace(document, in: store.file, found.map { files[$0] }),
        reused: 0, basis: store.file.name, milliseconds: milliseconds())
    case .text(let text, let isChat):
      let reader = try performer.openReader(try performer.checkpoint(for: files))
      return try tracing.withLock { held in
        let tracing =
          if let held, held.dictionaries == request.dictionaries, held.reader === reader {
            held
          } else {
            try Tracing(request.dictionaries, files, reader)
          }
        held = tracing
        let prompt = try Self.prompt(
          text, isChat: isChat, reader.tokenizer,
          TemplateRecord(performer.dictionary(request.dictionary).provenance))
        var reading = TraceReading(
          source: request.source, layers: request.layers, text: prompt.text, own: prompt.own,
          tokens: [], reused: tracing.tracer.shared(with: prompt.tokens.ids),
          basis: reader.basis, milliseconds: 0)
        reading.tokens = try tracing.tracer.trace(prompt.tokens) { tokens in
          var part = reading
          (part.tokens, part.isPartial) = (tokens, true)
          part.milliseconds = milliseconds()
          try progress(part)
        }
        reading.milliseconds = milliseconds()
        return reading
      }
    }
  }

  private struct Prompt {
    var text: String
    var own: Range<Int>
    var tokens: TokenizedText
  }

  private static func prompt(
    _ text: String, isChat: Bool, _ tokenizer: Tokenizer, _ record: TemplateRecord?
  ) throws -> Prompt {
    guard isChat else {
      // A text that spells the BOS token out has it already.
      let beginning = tokenizer.bos.flatMap { tokenizer.piece(of: $0) } ?? ""
      let hasBOS = !beginning.isEmpty && text.hasPrefix(beginning)
      return Prompt(
        text: text, own: 0..<text.utf8.count,
        tokens: tokenizer.encodeWithOffsets(text, addSpecial: !hasBOS, parseSpecial: true))
    }
    let chat = try tokenizer.render(text, as: record)
    // What the user says begins behind the template's opening, a given system text included.
    let own = text.isEmpty ? nil : chat.text.range(of: text, options: .backwards)
    let start =
      own.map { chat.text.utf8.distance(from: chat.text.startIndex, to: $0.lowerBound) }
      ?? chat.templateRanges.first { $0.lowerBound == 0 }?.upperBound ?? 0
    let end =
      chat.templateRanges.first { $0.lowerBound >= start && $0.lowerBound > 0 }?.lowerBound
      ?? chat.text.utf8.count
    return Prompt(
      text: chat.text, own: start..<max(start, end), tokens: tokenizer.encodeWithOffsets(chat))
  }
}

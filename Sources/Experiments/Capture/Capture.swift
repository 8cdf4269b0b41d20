import Engines
import Foundation
import LanguageModel
import Storage
import TensorFiles

package enum Capture {
  /// Rows of a unit, at most, where its documents allow: what a kill can lose.
  static let unitRows = 4096
  /// Bytes of activations that a unit may take in memory.
  static let unitBytes = 64 << 20
  /// Documents of a unit; fewer where each is continued, which takes longer than reading it.
  static let unitDocuments = 512
  static let unitContinuations = 64

  /// Captures what the store lacks, and finishes it.
  ///
  /// - Parameters:
  ///   - writer: begun with the plan's provenance, hooks and type; where it is finished, nothing is done.
  ///   - progress: called after every pass and token; an error it throws stops the capture, and what was appended is kept.
  /// - Throws: `CaptureStopped`; `CaptureEngineLost`; `ModelError`; `StorageError.invalid` for activations that the store's
  ///   type cannot hold.
  package static func run(
    _ plan: CapturePlan, _ engine: any Engine, into writer: StoreWriter,
    progress: @escaping (CaptureProgress) throws -> Void = { _ in }
  ) throws -> CaptureResult {
    try run(
      plan, [CaptureEngine(engine.description.engine, engine)], into: writer, progress: progress)
  }

  /// As above, by one engine or several that run one model alike: what comes of it does not depend on their number.
  package static func run(
    _ plan: CapturePlan, _ engines: [CaptureEngine], into writer: StoreWriter,
    progress: @escaping (CaptureProgress) throws -> Void = { _ in }
  ) throws -> CaptureResult {
    precondition(!engines.isEmpty, "expected an engine")
    var state = CaptureProgress(
      documents: writer.documentCount, tokens: 0, newTokens: 0, share: 0,
      engines: engines.map { EngineShare(name: $0.name) })
    var contentHash: String?
    if !writer.isFinished {
      do {
        if engines.count == 1 {
          try readAlone(plan, engines[0].engine, writer, &state, progress)
        } else {
          try readTogether(plan, engines.map(\.engine), writer, &state, progress)
        }
        contentHash = try writer.finish()
      } catch let error as StorageError where [.full, .inputOutput].contains(error.code) {
        throw CaptureStopped(documents: writer.documentCount, reason: error)
      } catch let error as EngineError
        where engines.count > 1 || [.ended, .silent, .protocolBroken].contains(error.code)
      {
        throw CaptureEngineLost(
          documents: writer.documentCount, reason: error, engines: engines.count)
      }
    }
    return CaptureResult(
      documents: writer.documentCount, tokens: writer.tokenCount, tokensRead: state.tokens,
      newTokens: state.newTokens, contentHash: contentHash, engines: state.engines)
  }

  /// Reads one unit after the other, on this thread.
  private static func readAlone(
    _ plan: CapturePlan, _ engine: any Engine, _ writer: StoreWriter,
    _ state: inout CaptureProgress, _ progress: @escaping (CaptureProgress) throws -> Void
  ) throws {
    let capturer = Capturer(plan: plan, engine: engine, progress: progress)
    var reading = PlanReading(plan)
    try forEachUnit(plan, after: writer.documentCount) {
      reading.passOver($0)
    } body: { documents, first in
      state.share = reading.share
      let before = state.tokens
      let unit = try capturer.unit(documents, first: first, &state)
      try writer.append(unit)
      reading.passOver(documents)
      state.engines[0].documents += documents.count
      state.engines[0].tokens += state.tokens - before
      state.documents = writer.documentCount
      state.share = reading.share
      try progress(state)
    }
  }

  /// Cuts the plan into units, always at the same places, and passes over those captured before.
  static func forEachUnit(
    _ plan: CapturePlan, after captured: Int, passOver: ([PlannedDocument]) -> Void,
    body: (_ documents: [PlannedDocument], _ first: Int) throws -> Void
  ) throws {
    let rowBytes = plan.hooks.reduce(0) { $0 + $1.dimension } * MemoryLayout<Float>.stride
    let rowLimit = max(1, min(unitRows, unitBytes / rowBytes))
    var unit: [PlannedDocument] = []
    var (rows, first) = (0, 0)
    func close() throws {
      guard !unit.isEmpty else { return }
      if first >= captured { try body(unit, first) } else { passOver(unit) }
      first += unit.count
      (unit, rows) = ([], 0)
    }
    func add(_ document: PlannedDocument, limit: Int) throws {
      if unit.count >= limit || rows + document.longest > rowLimit { try close() }
      unit.append(document)
      rows += document.longest
    }
    let isContinued = plan.request.maxNewTokens > 0
    for prompt in plan.prompts {
      try add(prompt, limit: isContinued ? unitContinuations : unitDocuments)
    }
    try close()
    for document in plan.concepts { try add(document, limit: unitDocuments) }
    try close()
    var limits = TextLimits(plan.request)
    for corpus in plan.corpora where limits.areOpen {
      try corpus.forEachContext { context in
        guard limits.admit(context) else { return false }
        try add(context, limit: unitDocuments)
        return true
      }
    }
    try close()
    for opener in plan.openers { try add(opener, limit: unitContinuations) }
    try close()
  }
}

/// How much text is still to be read.
private struct TextLimits {
  private var tokens: Int
  private var documents: Int
  private(set) var areOpen = true

  init(_ request: CaptureRequest) {
    tokens = request.mostTextTokens ?? .max
    documents = request.mostTextDocuments ?? .max
  }

  /// Whether a context is still to be read; after the first that is not, none is.
  mutating func admit(_ context: PlannedDocument) -> Bool {
    guard areOpen, documents > 0, context.longest <= tokens else {
      areOpen = false
      return false
    }
    documents -= 1
    tokens -= context.longest
    return true
  }
}

/// How much of a plan was read.
struct PlanReading {
  private let plan: CapturePlan
  private var bytes = 0
  private var textTokens = 0
  private var textDocuments = 0

  init(_ plan: CapturePlan) { self.plan = plan }

  mutating func passOver(_ documents: [PlannedDocument]) {
    for item in documents {
      bytes += item.document.text.utf8.count
      guard item.document.kind == .text, item.task == .read else { continue }
      textTokens += item.longest
      textDocuments += 1
    }
  }

  var share: Double {
    var shares = [plan.byteCount > 0 ? Double(bytes) / Double(plan.byteCount) : 0]
    // A limit on text says when the end is only where there is nothing but text.
    if plan.promptCount == 0 {
      for (done, most) in [
        (textTokens, plan.request.mostTextTokens), (textDocuments, plan.request.mostTextDocuments),
      ] {
        if let most { shares.append(Double(done) / Double(most)) }
      }
    }
    return min(1, shares.max() ?? 0)
  }
}

/// Runs the model for one unit at a time.
struct Capturer {
  let plan: CapturePlan
  let engine: any Engine
  let progress: (CaptureProgress) throws -> Void

  /// - Parameter first: the number of the unit's first document in the store.
  func unit(
    _ planned: [PlannedDocument], first: Int, _ state: inout CaptureProgress
  ) throws -> StoreUnit {
    var planned = planned
    if planned.first?.task == .extend { try extend(&planned, first: first, &state) }
    var entries = planned.map { item in
      StoreUnit.Entry(
        document: item.document,
        tokens: StoreTokens(
          ids: item.ids.map(Int32.init), ends: item.ends.map(Int32.init),
          template: item.template.map(Int32.init)))
    }
    guard planned.first?.document.kind == .prompt, plan.request.maxNewTokens > 0 else {
      return StoreUnit(entries: entries, rows: try activations(planned, &state))
    }
    let (rows, generations) = try continued(planned, &state)
    for (index, (item, generation)) in zip(planned, generations).enumerated() {
      entries[index].continuations = [continuation(of: item, generation)]
    }
    return StoreUnit(entries: entries, rows: rows)
  }

  private func activations(
    _ planned: [PlannedDocument], _ state: inout CaptureProgress
  ) throws -> [[Float]] {
    let before = state
    var now = state
    let output = try engine.forward(
      .tokens(planned.map(\.ids)), reading: plan.request.hooks, logits: .none
    ) { done, _ in
      now.tokens = before.tokens + done
      try progress(now)
    }
    state = now
    return zip(plan.request.hooks, plan.hooks).map { hook, stored in
      Self.rows(output.hooks[hook] ?? [], of: planned, dimension: stored.dimension)
    }
  }

  /// The rows of every document but those before its first position.
  private static func rows(
    _ rows: [Float], of planned: [PlannedDocument], dimension: Int
  ) -> [Float] {
    guard planned.contains(where: { $0.document.firstPosition > 0 }) else { return rows }
    var (result, row) = ([Float](), 0)
    for item in planned {
      let end = row + item.ids.count
      result += rows[(row + item.document.firstPosition) * dimension..<end * dimension]
      row = end
    }
    return result
  }

  /// Reads prompts and continues them, in the same passes.
  private func continued(
    _ planned: [PlannedDocument], _ state: inout CaptureProgress
  ) throws -> (rows: [[Float]], [Generation]) {
    var rows = plan.hooks.map { hook in
      [Float](repeating: 0, count: planned.reduce(0) { $0 + $1.ids.count } * hook.dimension)
    }
    // Prompts are read in an order of the engine's own; where each belongs is known beforehand.
    var (firsts, total) = ([Int](), 0)
    for item in planned {
      firsts.append(total)
      total += item.ids.count
    }
    let generations = try generate(
      planned.map(\.ids), length: plan.request.maxNewTokens, .greedy,
      reading: plan.request.hooks, &state
    ) { read in
      for (index, hook) in plan.request.hooks.enumerated() {
        guard let values = read.hooks[hook] else { continue }
        let first = firsts[read.prompt] * plan.hooks[index].dimension
        rows[index].replaceSubrange(first..<first + values.count, with: values)
      }
    }
    return (rows, generations)
  }

  private func continuation(
    of item: PlannedDocument, _ generation: Generation
  ) -> StoreContinuation {
    let text = plan.tokenizer.decode(generation.tokens, skipSpecial: true)
    let verdict = plan.request.classifier.verdict(on: text, prompt: item.document.prompt)
    let answer = StoreContinuation(
      text: text, tokens: generation.tokens.map(Int32.init), ending: generation.ending.rawValue,
      verdict: StoreVerdict(verdict))
    guard let kept = plan.request.openingTokens, generation.tokens.count > kept,
      verdict.outcome != .refused, AblationMaterial.role(of: item.document) == .harmful
    else { return answer }
    return answer.cut(
      to: generation.tokens.prefix(kept).map(Int32.init),
      text: plan.tokenizer.decode(Array(generation.tokens.prefix(kept)), skipSpecial: true))
  }

  /// Has the model go on with the openers, each from a sequence of draws of its own.
  private func extend(
    _ planned: inout [PlannedDocument], first: Int, _ state: inout CaptureProgress
  ) throws {
    // A call numbers its draws from its first prompt; this shift makes the numbers go on from unit to unit, so that no
    // two openers share their draws.
    let seed = plan.request.seed &+ UInt64(first) &* 0xd1b5_4a32_d192_ed03
    let generations = try generate(
      planned.map(\.ids), length: plan.request.openerLength,
      .seeded(seed: seed, temperature: plan.request.temperature), &state)
    for (index, generation) in generations.enumerated() {
      planned[index].ids += generation.tokens
      let ids = planned[index].ids
      var decoder = StreamingDecoder(plan.tokenizer, skipSpecial: false)
      var (text, ends) = ("", [Int]())
      for id in ids {
        text += decoder.push(id)
        ends.append(text.utf8.count)
      }
      text += decoder.flush()
      ends[ids.count - 1] = text.utf8.count
      planned[index].ends = ends
      planned[index].document.text = text
      planned[index].document.tokenCount = ids.count
      planned[index].document.rowCount = ids.count
    }
  }

  private func generate(
    _ prompts: [[Int]], length: Int, _ sampling: GenerationOptions.Sampling,
    reading hooks: [HookPoint] = [], _ state: inout CaptureProgress,
    onRead: (PromptActivations) -> Void = { _ in }
  ) throws -> [Generation] {
    let options = GenerationOptions(
      maxNewTokens: length, endTokens: plan.tokenizer.stopIDs, sampling: sampling)
    var now = state
    let generations = try engine.generate(prompts, options, reading: hooks) { event in
      if case .token = event { now.newTokens += 1 }
      try progress(now)
    } onRead: { read in
      now.tokens += prompts[read.prompt].count
      onRead(read)
      try progress(now)
    }
    state = now
    return generations
  }
}

extension StoreVerdict {
  /// The part of a verdict that a store keeps.
  package init(_ verdict: OutcomeVerdict) {
    self.init(
      outcome: verdict.outcome, classifier: verdict.classifier, phrase: verdict.phrase,
      phraseRange: verdict.range)
  }
}

import Engines
import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import Synchronization
import TensorFiles

/// The documents of a capture, read by a model whenever they are wanted, of which no activation goes to a disk.
///
/// They are read in the units of a capture, so that every row is to the bit the one that a store of f32 would hold,
/// whatever an engine's rounding makes of what else is in a call. What a dictionary takes of the first units stays in memory,
/// up to ``keptBytes``; what does not fit there is read again in every pass. A shuffled stream comes from all of its units
/// at once, and has to fit.
package struct ModelStream: DocumentStream {
  /// Bytes of rows that stay in memory.
  package static let keptBytes = 512 << 20

  package let positions: Positions
  package let selection: StoreSelection
  private let plan: CapturePlan
  private let engine: any Engine
  private let storeID: String
  private let kept: KeptRows

  /// - Parameters:
  ///   - plan: of one hook, and without continuations or openers.
  ///   - engine: has to be of the model that the plan is of.
  ///   - keptBytes: what may stay in memory.
  /// - Throws: `ExperimentError` for documents that a store would refuse, and for a shuffled stream that does not fit in memory;
  ///   `StorageError.invalid` for a set or a split that none of them is of.
  package init(
    _ plan: CapturePlan, _ engine: any Engine, positions: Positions, _ selection: StoreSelection,
    keptBytes: Int = ModelStream.keptBytes
  ) throws {
    precondition(
      plan.hooks.count == 1 && plan.openers.isEmpty && plan.request.maxNewTokens == 0,
      "expected a plan of one hook that only reads")
    (self.plan, self.engine, self.positions, self.selection) = (plan, engine, positions, selection)
    storeID = plan.provenance.storeID(hooks: plan.hooks, elementType: ElementType.f32.rawValue)
    kept = KeptRows(limit: keptBytes)
    try plan.checkNames()
    try plan.check(selection)
    try checkShuffle()
  }

  private init(_ other: ModelStream, _ selection: StoreSelection) {
    (plan, engine, positions) = (other.plan, other.engine, other.positions)
    (storeID, kept) = (other.storeID, other.kept)
    self.selection = selection
  }

  package func selecting(_ selection: StoreSelection) throws -> ModelStream {
    ModelStream(self, selection)
  }

  package var name: String {
    plan.request.inputs.map(\.url.lastPathComponent).joined(separator: ", ")
  }

  /// Everything that its rows depend on, by name.
  package var settings: [(name: String, value: String)] {
    let chosen = [
      ("hook", hook.name), ("sets", selection.sets?.joined(separator: ",") ?? "all"),
      ("split", selection.split ?? StoreSelection.allSplits),
    ]
    return plan.provenance.entries.filter { $0.name != "created" } + chosen
  }

  private var hook: StoreHook { plan.hooks[0] }

  package var provenance: DictionaryProvenance {
    var count: Int?
    // Only a part says how large it is, and cutting it says it.
    if selection.isPart { count = try? documents(.max).count }
    return DictionaryProvenance(
      of: plan.provenance, hook: hook.name, storeID: storeID, selection, documents: count)
  }

  package func documents(_ count: Int) throws -> [StreamedDocument] {
    var found: [StreamedDocument] = []
    guard count > 0 else { return found }
    try forEachDocument { item, _ in
      found.append(
        StreamedDocument(text: item.document.text, ends: item.ends.map(Int32.init)))
      return found.count < count
    }
    return found
  }

  package func forEachBatch(
    after batches: Int, reading: (ReadingProgress) throws -> Void,
    _ body: (ActivationBatch) throws -> Bool
  ) throws {
    var pass = Pass(plan)
    if selection.shuffleSeed != nil {
      try forEachUnit { unit in
        _ = try rows(of: unit, &pass, reading)
        return true
      }
    }
    let size = selection.batchSize(positions)
    var batch = ActivationBatch(rows: [], count: 0)
    var streamed = 0
    // Of the unit that was read last, which is mostly the next document's too.
    var current: (number: Int, rows: [Float])?
    try forEachDocument { item, place in
      let isSkipped = streamed < batches * size
      if !isSkipped {
        if current?.number != place.unit.number {
          current = (place.unit.number, try rows(of: place.unit, &pass, reading))
        }
        append(item, rows: current?.rows ?? [], from: place.firstRow, number: streamed, to: &batch)
      } else {
        pass.passOver(place.unit)
      }
      streamed += 1
      guard streamed % size == 0, !isSkipped else { return true }
      defer { batch = ActivationBatch(rows: [], count: 0) }
      return try body(batch)
    }
    if !batch.documents.isEmpty { _ = try body(batch) }
  }

  private func append(
    _ item: PlannedDocument, rows: [Float], from first: Int, number: Int,
    to batch: inout ActivationBatch
  ) {
    let places = positions.places(in: item)
    batch.rows += rows[first * hook.dimension..<(first + places.count) * hook.dimension]
    batch.count += places.count
    batch.documentOfRow += repeatElement(Int32(number), count: places.count)
    batch.positions += places
    batch.documents.append(item.document.text)
  }

  // MARK: - Order

  /// A unit of the capture.
  fileprivate struct Unit {
    var number: Int
    var documents: [PlannedDocument]
  }

  /// Where the rows of a document are that are taken.
  private struct Place {
    var unit: Unit
    /// Among those that are taken of the unit.
    var firstRow: Int
  }

  private struct EndOfReading: Error {}

  private func forEachUnit(_ body: (Unit) throws -> Bool) throws {
    var number = 0
    do {
      try Capture.forEachUnit(plan, after: 0) { _ in
      } body: { documents, _ in
        guard try body(Unit(number: number, documents: documents)) else { throw EndOfReading() }
        number += 1
      }
    } catch is EndOfReading {}
  }

  /// Every document of the stream in its order, until `body` returns false.
  private func forEachDocument(_ body: (PlannedDocument, Place) throws -> Bool) throws {
    var budget = DocumentBudget(selection, positions)
    guard let seed = selection.shuffleSeed else {
      try forEachStored { item, place in
        switch budget.admit(tokens: item.ids.count) {
        case .end: false
        case .pass: true
        case .take: try body(item, place)
        }
      }
      return
    }
    var order: [(PlannedDocument, Place)] = []
    try forEachStored { item, place in
      order.append((item, place))
      return true
    }
    var generator = NumPyGenerator(seed: seed)
    generator.shuffle(&order)
    for (item, place) in order {
      switch budget.admit(tokens: item.ids.count) {
      case .end: return
      case .pass: continue
      case .take: guard try body(item, place) else { return }
      }
    }
  }

  /// The documents of the sets and the split that are asked for, in the order of a capture.
  private func forEachStored(_ body: (PlannedDocument, Place) throws -> Bool) throws {
    try forEachUnit { unit in
      var row = 0
      for item in unit.documents where selection.names(item.document) {
        guard try body(item, Place(unit: unit, firstRow: row)) else { return false }
        row += positions.places(in: item).count
      }
      return true
    }
  }

  private func checkShuffle() throws {
    guard selection.shuffleSeed != nil else { return }
    var bytes = 0
    try forEachStored { item, _ in
      bytes += positions.places(in: item).count * hook.dimension * MemoryLayout<Float>.stride
      return bytes <= kept.limit
    }
    guard bytes > kept.limit else { return }
    throw ExperimentError(
      .invalidValue,
      "shuffling documents needs all of their rows in memory, where \(kept.limit >> 20) MB are kept and these take more; "
        + "shuffle the lines of the text beforehand, or capture a store and build from that",
      setting: .seed)
  }

  /// One pass over the stream.
  private struct Pass {
    private var reading: PlanReading
    private var last = -1
    private(set) var tokens = 0

    init(_ plan: CapturePlan) { reading = PlanReading(plan) }

    var share: Double { reading.share }

    mutating func passOver(_ unit: Unit) {
      guard unit.number > last else { return }
      last = unit.number
      reading.passOver(unit.documents)
      tokens += unit.tokenCount
    }
  }

  /// The rows of a unit that are taken, document after document.
  private func rows(
    of unit: Unit, _ pass: inout Pass, _ reading: (ReadingProgress) throws -> Void
  ) throws -> [Float] {
    if let rows = kept[unit.number] {
      pass.passOver(unit)
      return rows
    }
    let before = pass
    let output = try engine.forward(
      .tokens(unit.documents.map(\.ids)), reading: plan.request.hooks, logits: .none
    ) { done, _ in
      try reading(kept.progress(before, reading: done))
    }
    pass.passOver(unit)
    let all = output.hooks[plan.request.hooks[0]] ?? []
    guard all.allSatisfy(\.isFinite) else {
      throw ExperimentError(
        .invalidValue, "\(hook.name): expected finite activations, found NaN or infinity",
        file: name)
    }
    var (rows, first) = ([Float](), 0)
    for item in unit.documents {
      if selection.names(item.document) {
        for place in positions.places(in: item) {
          let row = first + Int(place)
          rows += all[row * hook.dimension..<(row + 1) * hook.dimension]
        }
      }
      first += item.ids.count
    }
    kept.add(rows, of: unit.number, tokens: unit.tokenCount)
    try reading(kept.progress(pass, reading: 0))
    return rows
  }

  /// Rows in memory, and how much was read; shared by all parts of a stream, whose units are the same.
  private final class KeptRows: Sendable {
    let limit: Int
    private struct State {
      var rows: [Int: [Float]] = [:]
      var bytes = 0
      var keptTokens = 0
      var tokensRead = 0
    }
    private let state = Mutex(State())

    init(limit: Int) { self.limit = limit }

    subscript(unit: Int) -> [Float]? { state.withLock { $0.rows[unit] } }

    func add(_ rows: [Float], of unit: Int, tokens: Int) {
      state.withLock { state in
        state.tokensRead += tokens
        let bytes = rows.count * MemoryLayout<Float>.stride
        guard state.bytes + bytes <= limit else { return }
        state.rows[unit] = rows
        state.bytes += bytes
        state.keptTokens += tokens
      }
    }

    /// - Parameter tokens: those of the unit that is being read.
    func progress(_ pass: Pass, reading tokens: Int) -> ReadingProgress {
      state.withLock {
        ReadingProgress(
          tokensRead: $0.tokensRead + tokens, passTokens: pass.tokens + tokens, share: pass.share,
          keptTokens: $0.keptTokens)
      }
    }
  }
}

extension ModelStream.Unit {
  fileprivate var tokenCount: Int { documents.reduce(0) { $0 + $1.ids.count } }
}

extension Positions {
  fileprivate func places(in item: PlannedDocument) -> [Int32] {
    places(in: item.document, template: item.template.map(Int32.init))
  }
}

extension StoreSelection {
  /// Whether a document is of the sets and the split that are asked for.
  fileprivate func names(_ document: StoreDocument) -> Bool {
    (sets?.contains(document.set) ?? true) && (split == nil || document.split == split)
  }
}

/// What the budget of a selection leaves of a stream, told document by document.
private struct DocumentBudget {
  enum Verdict { case take, pass, end }

  private let selection: StoreSelection
  private let batchSize: Int
  private var passed = 0
  private var taken = 0
  private var tokens = 0

  init(_ selection: StoreSelection, _ positions: Positions) {
    self.selection = selection
    batchSize = selection.batchSize(positions)
  }

  mutating func admit(tokens count: Int) -> Verdict {
    if passed < selection.firstDocument {
      passed += 1
      return .pass
    }
    if let limit = selection.maxDocuments, taken >= limit { return .end }
    // The batch that reaches the budget is taken whole.
    if let limit = selection.maxTokens, taken % batchSize == 0, tokens >= limit { return .end }
    taken += 1
    tokens += count
    return .take
  }
}

extension CapturePlan {
  /// The split that is taken where none is asked for, as ``Storage/StoreFile/standardSplit(ofSets:)`` has it.
  package func standardSplit(ofSets sets: [String]?) throws -> String {
    let found = prompts.filter { sets?.contains($0.document.set) ?? true }
      .compactMap(\.document.split)
    return try StoreSelection.standardSplit(Set(found), of: inputNames)
  }

  private var inputNames: String {
    request.inputs.map(\.url.lastPathComponent).joined(separator: ", ")
  }

  /// - Throws: `StorageError.invalid` for a set or a split that no document is of, with those there are.
  fileprivate func check(_ selection: StoreSelection) throws {
    var known: [String] = []
    for set in prompts.map(\.document.set) + corpora.map(\.name) where !known.contains(set) {
      known.append(set)
    }
    if let unknown = selection.sets?.first(where: { !known.contains($0) }) {
      throw StorageError.unknownSet(unknown, of: known, file: inputNames)
    }
    guard let split = selection.split else { return }
    let splits = prompts.filter { selection.sets?.contains($0.document.set) ?? true }
      .compactMap(\.document.split)
    guard !splits.contains(split) else { return }
    throw StorageError.unknownSplit(
      split, of: Set(splits), inSets: selection.sets != nil, file: inputNames)
  }

  /// - Throws: `ExperimentError` for texts that would have one name in a store.
  fileprivate func checkNames() throws {
    var files: [String: String] = [:]
    for corpus in corpora {
      if let other = files.updateValue(corpus.file, forKey: corpus.name) {
        throw ExperimentError(
          .invalidValue,
          "its texts would be called as those of \(other): two files of text need two names",
          file: corpus.file)
      }
    }
  }
}

import Engines
import ExemplarPartitioning
import Storage

/// Documents whose activations are made as they are read, in the batches that a store's would come in.
package protocol DocumentStream: Sendable {
  /// What a dictionary records as its source.
  var name: String { get }
  var positions: Positions { get }
  var selection: StoreSelection { get }
  var provenance: DictionaryProvenance { get }

  /// The same documents with another choice of them.
  func selecting(_ selection: StoreSelection) throws -> Self

  /// The first documents, so many at most, of which nothing is read.
  func documents(_ count: Int) throws -> [StreamedDocument]

  /// Reads the stream from the batch after so many, until `body` returns false.
  ///
  /// - Parameter reading: called now and then; an error it throws ends the reading.
  func forEachBatch(
    after batches: Int, reading: (ReadingProgress) throws -> Void,
    _ body: (ActivationBatch) throws -> Bool
  ) throws
}

/// What is kept of a document beside its contexts.
package struct StreamedDocument: Sendable, Equatable {
  package var text: String
  /// The UTF-8 offset after each of its tokens.
  package var ends: [Int32]
}

/// How far a model has read.
package struct ReadingProgress: Sendable, Equatable {
  /// Tokens that the model read since the program began.
  package var tokensRead: Int
  /// Tokens of the stream in this pass, those that were not read again among them.
  package var passTokens: Int
  /// The share of the stream in this pass, as far as it is known beforehand.
  package var share: Double
  /// Tokens of the stream that no later pass reads again, since their rows are at hand.
  package var keptTokens: Int
}

/// Tokens that a model is still to read, as far as the share of its pass says.
struct ReadingRest {
  private let reading: ReadingProgress
  private let whole: Int

  /// - Returns: `nil` where nothing says it yet.
  init?(_ reading: ReadingProgress) {
    guard reading.share > 0 else { return nil }
    self.reading = reading
    whole = max(reading.passTokens, Int(Double(reading.passTokens) / reading.share))
  }

  /// Of this pass.
  var left: Int { whole - reading.passTokens }
  /// Of another pass over all.
  var again: Int { max(0, whole - reading.keptTokens) }

  /// Of this pass where it ends with so many activations.
  func calibrating(_ activations: Int, _ limit: Int) -> Int {
    guard activations > 0, activations < limit else { return left }
    let needed = Double(reading.passTokens) * Double(limit) / Double(activations)
    return max(0, min(left, Int(min(needed, 1e15)) - reading.passTokens))
  }
}

extension Positions {
  /// The token positions of a document that are taken; position 0 is left out, but where it is the only one asked for.
  ///
  /// - Parameter template: positions of the tokens that nobody said.
  func places(in document: StoreDocument, template: [Int32]) -> [Int32] {
    let first = Int32(document.firstPosition)
    let all = first..<first + Int32(document.rowCount)
    switch self {
    case .all: return Array(all.dropFirst(first == 0 ? 1 : 0))
    case .last: return Array(all.suffix(1))
    case .content:
      let own = Set(template)
      return all.dropFirst(first == 0 ? 1 : 0).filter { !own.contains($0) }
    }
  }
}

extension DictionaryProvenance {
  /// What a dictionary records of the capture that it is built from.
  ///
  /// - Parameter documents: how many are taken.
  init(
    of known: StoreProvenance, hook: String, storeID: String, _ selection: StoreSelection,
    documents: Int?
  ) {
    self.init()
    (model, modelName) = (known.model, known.modelName)
    modelHash = known.modelHash
    self.hook = hook
    adapter = known.adapter
    adapterHash = known.adapterHash
    rotaryPrecision = known.rotaryPrecision
    rotarySettings = known.rotarySettings
    engine = known.engine == EngineDescription.own ? nil : known.engine
    template = known.template
    (templateHash, templateEntry) = (known.templateHash, known.templateEntry)
    templateTokens = known.templateTokens
    (templateDate, templateSystem) = (known.templateDate, known.templateSystem)
    // Part of how prompts were rendered: without it another system text would pass for the same.
    system = known.system
    self.storeID = storeID
    sets = selection.sets?.joined(separator: ",")
    split = selection.split
    documentsPerBatch = selection.documentsPerBatch
    if selection.isPart {
      firstDocument = selection.firstDocument
      documentLimit = documents
      shuffleSeed = selection.shuffleSeed
    }
    notes = known.notes
  }
}

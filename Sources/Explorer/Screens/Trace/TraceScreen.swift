import Experiments
import Foundation

/// A text that is followed through the regions of one dictionary, or of several of one model.
package struct TraceScreen: Equatable, Sendable {
  package enum Focus: Equatable, Sendable {
    case text, tokens
    /// The store's documents are listed; the field narrows the list.
    case documents
  }

  /// What the lower half, or the right one, shows.
  package enum Panel: String, CaseIterable, Sendable {
    case tokens, paths
  }

  package let dictionary: URL
  package let identity: String

  package var opening: EffectID?
  package var subject: TraceSubject?
  package var failure: String?

  package var field = TextField(keepingLineBreaks: "")
  /// Whether the text is read as a user's turn in the model's chat template; `nil` until it is known what the
  /// dictionary was built from.
  package var isChat: Bool?
  /// The document of the store that the text is, unchanged.
  package var document: Int?
  /// Whether the dictionaries of other hooks are followed too.
  package var showsAllLayers = false

  package var reading: TraceReading?
  /// What was asked for last, and the reading that it answers or will.
  package var awaited: EffectID?
  package var asked: TraceRequest?
  package var askedAt = Duration.zero
  /// The latest effect that was answered.
  package var answered: EffectID = 0
  package var runFailure: String?

  package var focus = Focus.text
  package var panel = Panel.tokens
  package var isZoomed = false
  /// Index among the tokens of the reading.
  package var cursor = 0
  package var top = 0
  /// Index among the reading's layers.
  package var column = 0

  package var documents: [TraceDocument]? { didSet { listDocuments() } }
  package var awaitedDocuments: EffectID?
  package var documentFilter = TextField()
  /// Those that the filter leaves.
  package private(set) var documentList = ListState<TraceDocument>()

  package init(dictionary: URL, identity: String) {
    self.dictionary = dictionary
    self.identity = identity
  }

  package var text: String { field.text }

  var readsAsChat: Bool { isChat ?? (subject?.template != nil) }

  /// The layers that are asked for.
  package var chosenLayers: [Int] {
    guard let subject else { return [] }
    return showsAllLayers ? Array(subject.layers.indices) : [subject.own]
  }

  /// Bytes at the start of the text that the reading is of; what follows is still to come.
  package var readBytes: Int {
    guard let reading else { return 0 }
    let own = Array(reading.text.utf8)[reading.own]
    return zip(own, text.utf8).prefix { $0 == $1 }.count
  }

  /// Lists the documents that the filter leaves, from the first on.
  mutating func listDocuments() {
    let words = documentFilter.text.lowercased().split(separator: " ")
    documentList = ListState(
      (documents ?? []).filter { document in
        let text = "\(document.id) \(document.set) \(document.prompt)".lowercased()
        return words.allSatisfy { text.contains($0) }
      })
  }

  mutating func moveInDocuments(_ command: Command, page: Int) {
    documentList.move(command, page: page)
  }

  /// The reading's layer that a column is of.
  package func layer(_ column: Int) -> TraceLayer? {
    guard let subject, let reading, reading.layers.indices.contains(column) else { return nil }
    return subject.layers[reading.layers[column]]
  }

  /// Tokens that count in a column: those at positions that the dictionary was built over. Position 0 was left out of
  /// builds over all positions; builds over last positions have nothing else.
  package func counted(_ column: Int) -> [Int] {
    guard let reading, let layer = layer(column) else { return [] }
    if layer.positions == "last" { return reading.tokens.isEmpty ? [] : [reading.tokens.count - 1] }
    return reading.tokens.indices.filter { reading.tokens[$0].position > 0 }
  }

  package func outside(_ column: Int) -> [Int] {
    guard let reading else { return [] }
    return counted(column).filter { reading.tokens[$0].hits[column].isOutside }
  }

  /// From a layer to the next: a link for each pair of regions, and what becomes of each token.
  package func flow(from column: Int) -> TokenFlow? {
    guard let reading, reading.layers.indices.contains(column + 1) else { return nil }
    func side(_ column: Int) -> [Int?] {
      reading.tokens.map { $0.hits[column].isOutside ? nil : $0.hits[column].region }
    }
    return TokenFlow(from: side(column), to: side(column + 1))
  }
}

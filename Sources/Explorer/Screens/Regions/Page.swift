import Experiments
import Storage

/// A screen of its own about the open dictionary.
package enum Page: Equatable, Sendable {
  case document(DocumentState)
  case map(MapState)
  case metrics(MetricsState)
  case hits(HitsState)
  case example(ExampleState)
}

/// The dictionary's metrics, scrolled.
package struct MetricsState: Equatable, Sendable {
  package var top = 0
}

/// A whole document, token by token.
package struct DocumentState: Equatable, Sendable {
  package var region: Int
  /// The context it was opened from.
  package var place: ContextPlace
  package var document: Int
  /// The position that is in the region.
  package var position: Int
  /// What is in the region, as UTF-8 offsets in the whole document, where tokens were not recorded.
  package var token: Range<Int>?
  package var loaded: LoadedDocument?
  package var failure: String?
  /// Tokens to each side of the active one; `nil` for all.
  package var reach: Int?
  /// Index among the tokens of what is read out below.
  package var cursor = 0
  /// Tokens that were stepped over before the document came.
  package var earlySteps = 0
  package var top = 0
  package var showsBoundaries = false
  /// As they fit the screen; see ``DocumentLines``.
  package var lines: [DocumentLine] = []

  static let reaches = [4, 8, 16, 32, 64, 128, 256]
}

/// A document, and how far each of its tokens is from an exemplar.
package struct LoadedDocument: Equatable, Sendable {
  package var region: Int
  package var document: Int
  package var text: StoredDocument
  /// By position in the document, where a store has them.
  package var distances: [Double?]?
  /// The store they are from.
  package var store: String?

  package init(
    region: Int, document: Int, text: StoredDocument, distances: [Double?]? = nil,
    store: String? = nil
  ) {
    self.region = region
    self.document = document
    self.text = text
    self.distances = distances
    self.store = store
  }
}

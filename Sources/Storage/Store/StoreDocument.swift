/// A text of a store, and where its activations lie.
package struct StoreDocument: Equatable, Identifiable, Sendable {
  package enum Kind: Int, Equatable, Sendable {
    /// A prompt, rendered in the chat template.
    case prompt
    /// Running text: a part of a corpus, or an opening that the model continued.
    case text
  }

  /// From 0, in the order of the capture.
  package var index: Int
  /// The prompt's own id; unique in a store.
  package var id: String
  package var kind: Kind
  /// The prompt file's name without its extension: `harmful`, `benign`.
  package var set: String
  package var split: String?
  package var category: String?
  package var topic: String?
  /// The prompt's words, before the template; of running text, what was given (an opener's words).
  package var prompt: String
  /// What the model read, special tokens spelled out.
  package var text: String
  /// The row of its first activation, in every hook's rows.
  package var firstRow: Int
  /// The token position of that row: 0, or 1 where the source left the first one out.
  package var firstPosition: Int
  /// Rows, at `firstPosition` and the positions after it.
  package var rowCount: Int
  package var tokenCount: Int

  package init(
    index: Int = 0, id: String, kind: Kind, set: String, split: String? = nil,
    category: String? = nil, topic: String? = nil, prompt: String, text: String, firstRow: Int = 0,
    firstPosition: Int = 0, rowCount: Int, tokenCount: Int
  ) {
    self.index = index
    self.id = id
    self.kind = kind
    self.set = set
    self.split = split
    self.category = category
    self.topic = topic
    self.prompt = prompt
    self.text = text
    self.firstRow = firstRow
    self.firstPosition = firstPosition
    self.rowCount = rowCount
    self.tokenCount = tokenCount
  }

  /// Its rows in every hook's rows.
  package var rows: Range<Int> { firstRow..<firstRow + rowCount }

  /// The row of a token position; `nil` where the store has none.
  package func row(at position: Int) -> Int? {
    guard position >= firstPosition, position < firstPosition + rowCount else { return nil }
    return firstRow + position - firstPosition
  }

  /// The row of its final position; `nil` where it has no rows.
  package var lastRow: Int? { rowCount > 0 ? firstRow + rowCount - 1 : nil }
}

/// The tokens of a document.
package struct StoreTokens: Equatable, Sendable {
  /// `[tokenCount]`; `nil` where the source did not say.
  package var ids: [Int32]?
  /// `[tokenCount]`, the UTF-8 offset in the document's `text` after each token; `nil` likewise.
  package var ends: [Int32]?
  /// Positions of the tokens that are the chat template's own or the tokenizer's, none of what a message says: ascending;
  /// `nil` where the source did not say.
  package var template: [Int32]?

  package init(ids: [Int32]?, ends: [Int32]?, template: [Int32]? = nil) {
    (self.ids, self.ends, self.template) = (ids, ends, template)
  }
}

/// What a classifier made of a continuation.
package struct StoreVerdict: Equatable, Sendable {
  package var outcome: Outcome
  /// The classifier's name and version.
  package var classifier: String
  /// The phrase that decided it, where one did.
  package var phrase: String?
  /// Where in the continuation's text, in UTF-8.
  package var phraseRange: Range<Int>?

  package init(
    outcome: Outcome, classifier: String, phrase: String? = nil, phraseRange: Range<Int>? = nil
  ) {
    self.outcome = outcome
    self.classifier = classifier
    self.phrase = phrase
    self.phraseRange = phraseRange
  }
}

/// A model's greedy answer to a document.
package struct StoreContinuation: Equatable, Sendable {
  /// The condition of a capture itself: nothing was edited.
  package static let baseline = "baseline"

  /// The document's index.
  package var document: Int
  package var condition: String
  /// Without special tokens.
  package var text: String
  /// The new ids, without the one that ended them; `nil` where not recorded.
  package var tokens: [Int32]?
  /// `endToken`, `length`, `context`, or `cut` after its verdict.
  package var ending: String
  package var verdict: StoreVerdict?

  package init(
    document: Int = 0, condition: String = baseline, text: String, tokens: [Int32]?,
    ending: String, verdict: StoreVerdict? = nil
  ) {
    self.document = document
    self.condition = condition
    self.text = text
    self.tokens = tokens
    self.ending = ending
    self.verdict = verdict
  }
}

extension StoreContinuation {
  /// The ending of an answer that was cut after its verdict.
  private static let cut = "cut"

  /// Whether only the opening of the answer was kept.
  package var isCut: Bool { ending == Self.cut }

  /// The opening of the answer alone, with the verdict on the whole.
  package func cut(to tokens: [Int32], text: String) -> StoreContinuation {
    var opening = self
    (opening.tokens, opening.text, opening.ending) = (tokens, text, Self.cut)
    // What decided may lie behind the cut.
    opening.verdict?.phrase = nil
    opening.verdict?.phraseRange = nil
    return opening
  }
}

import Foundation

/// Which continuation a verdict is about.
///
/// The text is part of it: a verdict given on one text never stands for another that a later run
/// made under the same name.
package struct ContinuationKey: Hashable, Sendable {
  /// The store's id, never its path.
  package var store: String
  /// The document's own id in the store.
  package var document: String
  /// `baseline`, or the condition of an experiment.
  package var condition: String
  /// SHA-256 of the text, in hex.
  package var textHash: String

  package init(store: String, document: String, condition: String, text: String) {
    self.init(
      store: store, document: document, condition: condition,
      textHash: SHA256.hexDigest(of: text))
  }

  /// - Parameter textHash: SHA-256 of the text, in hex.
  package init(store: String, document: String, condition: String, textHash: String) {
    self.store = store
    self.document = document
    self.condition = condition
    self.textHash = textHash
  }
}

/// A person's verdict on a continuation, beside what a classifier said.
package struct PersonalVerdict: Equatable, Sendable {
  package var key: ContinuationKey
  /// `nil`: taken away; the classifier's stands again.
  package var outcome: Outcome?
  package var author: String?
  /// To the millisecond.
  package var date: Date
  /// The classifier whose verdict the person saw, and what it was.
  package var classifier: String?
  package var classified: Outcome?
  package var note: String?

  package init(
    key: ContinuationKey, outcome: Outcome?, author: String? = nil, date: Date,
    classifier: String? = nil, classified: Outcome? = nil, note: String? = nil
  ) {
    self.key = key
    self.outcome = outcome
    self.author = author
    self.date = date
    self.classifier = classifier
    self.classified = classified
    self.note = note
  }
}

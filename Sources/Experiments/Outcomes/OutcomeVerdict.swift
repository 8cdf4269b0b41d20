import Storage

/// What a classifier found in one continuation, and where.
package struct OutcomeVerdict: Sendable, Equatable, Codable {
  package var outcome: Outcome
  /// The classifier's versioned name, such as `exemplar-v1`.
  package var classifier: String
  /// The words that decided it, as they stand in the text; `nil` where their absence did.
  package var phrase: String?
  /// Where the phrase stands: UTF-8 offsets into the text as it was given.
  package var range: Range<Int>?
  /// Why, in a few words for a person.
  package var reason: String

  package init(
    outcome: Outcome, classifier: String, phrase: String? = nil, range: Range<Int>? = nil,
    reason: String
  ) {
    self.outcome = outcome
    self.classifier = classifier
    self.phrase = phrase
    self.range = range
    self.reason = reason
  }

  init(
    _ outcome: Outcome, _ classifier: String, in text: String, at range: Range<Int>?,
    reason: String
  ) {
    self.init(
      outcome: outcome, classifier: classifier,
      phrase: range.map { range in
        String(decoding: text.utf8.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self)
      },
      range: range, reason: reason)
  }
}

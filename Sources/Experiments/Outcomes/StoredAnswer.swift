import Storage

/// What a model answered to a prompt of a store, and the words that decided the verdict.
package struct StoredAnswer: Equatable, Sendable {
  package let text: String
  /// `nil` where nobody judged it.
  package let outcome: Outcome?
  /// The words that decided the verdict; `nil` where their absence did, or they were not kept.
  package let phrase: String?
  /// Where they stand in the answer, in UTF-8.
  package let phraseRange: Range<Int>?
  /// Whether only the answer's opening was kept.
  package let isCut: Bool

  /// - Parameters:
  ///   - prompt: its words, before the template.
  ///   - outcome: as the store's own rules have it.
  ///   - rules: those, where they are known here.
  package init(
    _ answer: StoreContinuation, to prompt: String, outcome: Outcome?,
    judgedBy rules: OutcomeClassifier?
  ) {
    (text, isCut, self.outcome) = (answer.text, answer.isCut, outcome)
    // The rules that gave the verdict say by which words; of an answer that was cut nobody can.
    let verdict = answer.isCut ? nil : rules?.verdict(on: answer.text, prompt: prompt)
    let isSame = verdict?.outcome == outcome
    phrase = isSame ? verdict?.phrase : nil
    phraseRange = isSame ? verdict?.range : nil
  }
}

/// A prompt of a store and what the model answered, under the keys by which it is printed.
package struct AnswerRecord: Encodable, Sendable {
  var id: String
  var set: String
  var split: String?
  var prompt: String
  var text: String?
  var outcome: Outcome?
  var phrase: String?
  var cut: Bool
  /// Nearest to the prompt's final position.
  var region: Int?
  /// The distance to its exemplar, in θ.
  var ratio: Double?

  package init(
    _ document: StoreDocument, _ answer: StoredAnswer?, _ place: (region: Int, ratio: Double)?
  ) {
    (id, set, split, prompt) = (document.id, document.set, document.split, document.prompt)
    (text, outcome, phrase) = (answer?.text, answer?.outcome, answer?.phrase)
    cut = answer?.isCut == true
    (region, ratio) = (place?.region, place?.ratio)
  }
}

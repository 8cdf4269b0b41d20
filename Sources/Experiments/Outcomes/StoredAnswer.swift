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

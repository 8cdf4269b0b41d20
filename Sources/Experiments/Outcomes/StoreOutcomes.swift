import Storage

/// What became of the prompts of a store, by one set of rules: the same in every view of it.
package struct StoreOutcomes: Sendable {
  /// The rules that all of it is counted by; `nil` where no prompt has an answer.
  package let classifierName: String?
  /// Answers that are counted as unclear because only their beginning was kept, after other rules had read the whole.
  package let unreadable: Int
  private let outcomes: [Int: Outcome]

  /// Of what the unedited model answered.
  ///
  /// - Parameter classifier: reads every answer anew. Without it verdicts stay as they were recorded, under the name that
  ///   gave them; where answers have none, or were judged by several, all are read by the newest rules.
  package init(_ store: StoreFile, classifier: OutcomeClassifier? = nil) throws {
    let answers = try store.continuations().filter { $0.condition == StoreContinuation.baseline }
    let recorded = Self.recorded(answers)
    guard classifier != nil || recorded == nil else {
      classifierName = recorded
      unreadable = 0
      outcomes = Dictionary(
        answers.compactMap { answer in answer.verdict.map { (answer.document, $0.outcome) } },
        uniquingKeysWith: { first, _ in first })
      return
    }
    let rules = classifier ?? .exemplar
    let documents = try store.documentsByIndex()
    var found: [Int: Outcome] = [:]
    var unread = 0
    for answer in answers where found[answer.document] == nil {
      let outcome = Self.outcome(of: answer, documents[answer.document]?.prompt ?? "", rules)
      if outcome == nil { unread += 1 }
      found[answer.document] = outcome ?? .unclear
    }
    classifierName = answers.isEmpty ? nil : rules.name
    unreadable = unread
    outcomes = found
  }

  /// `nil` for a prompt without an answer.
  package subscript(document: StoreDocument) -> Outcome? { outcomes[document.index] }

  /// The rules that a store's answers were all judged by, where they are ours and nothing else is asked for; else the
  /// newest.
  package static func classifier(of store: StoreFile) throws -> OutcomeClassifier {
    let answers = try store.continuations().filter { $0.condition == StoreContinuation.baseline }
    return recorded(answers).flatMap(OutcomeClassifier.init) ?? .exemplar
  }

  /// What one answer came to; `nil` where only other rules read the whole of it.
  package static func outcome(
    of answer: StoreContinuation, _ prompt: String, _ classifier: OutcomeClassifier
  ) -> Outcome? {
    guard answer.isCut else {
      return classifier.verdict(on: answer.text, prompt: prompt).outcome
    }
    return answer.verdict.flatMap { $0.classifier == classifier.name ? $0.outcome : nil }
  }

  private static func recorded(_ answers: [StoreContinuation]) -> String? {
    guard let name = answers.first?.verdict?.classifier,
      answers.allSatisfy({ $0.verdict?.classifier == name })
    else { return nil }
    return name
  }
}

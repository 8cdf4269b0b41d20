import Storage

extension AblationResult {
  /// What a person's verdict on an answer is kept under; `nil` where there is no answer, or the store has no id.
  package func key(_ prompt: PromptResult, _ condition: AblationCondition) -> ContinuationKey? {
    guard let store = provenance.storeID, let answer = prompt.answers[condition] else { return nil }
    return ContinuationKey(
      store: store, document: prompt.id, condition: condition.rawValue, textHash: answer.textHash)
  }

  /// Puts a person's verdicts beside the classifier's, and counts the one or the other.
  ///
  /// - Parameters:
  ///   - verdicts: those that stand; answers without one lose theirs.
  ///   - counting: whether they are counted in place of the classifier's.
  package mutating func judge(_ verdicts: [ContinuationKey: Outcome], counting: Bool) {
    countsPersonal = counting
    for index in prompts.indices {
      for condition in conditions { judge(index, condition, verdicts) }
    }
  }

  /// As ``judge(_:counting:)``, of one answer.
  package mutating func judge(
    _ prompt: Int, _ condition: AblationCondition, _ verdicts: [ContinuationKey: Outcome]
  ) {
    guard prompts.indices.contains(prompt), let key = key(prompts[prompt], condition) else {
      return
    }
    prompts[prompt].answers[condition]?.personal = verdicts[key]
    prompts[prompt].answers[condition]?.countsPersonal = countsPersonal
  }

  /// The answers that a person judged too, all conditions together.
  private var judged: [Answer] {
    prompts.flatMap { prompt in conditions.compactMap { prompt.answers[$0] } }
      .filter { $0.personal != nil }
  }

  /// How far the person and the classifier agree on the answers of this experiment; `nil` where none was judged.
  package var agreement: VerdictAgreement? {
    let judged = judged
    guard !judged.isEmpty else { return nil }
    return VerdictAgreement(
      classifier: provenance.classifier, judged.map(\.verdict.outcome),
      judged.compactMap(\.personal))
  }

  /// What the rates are counted by, in words; the same sentence on the screen, in reports and in JSON.
  package var countedBy: String {
    let judged = judged
    guard countsPersonal else {
      return provenance.classifier + (judged.isEmpty ? "" : " alone, a person's verdicts beside it")
    }
    let changed = judged.count { $0.personal != $0.verdict.outcome }
    return
      "a person's \(quantity(judged.count, "verdict")) (\(changed) unlike the classifier's), the rest by "
      + provenance.classifier
  }
}

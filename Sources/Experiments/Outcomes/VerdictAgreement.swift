import Storage

/// How far a classifier and a person agree.
package struct VerdictAgreement: Sendable, Equatable {
  package var classifier: String
  /// Continuations on which the two say the same, of those that both judged.
  package var agreed: Proportion
  /// `nil` where κ does not exist: nothing judged, or all in one category by both.
  package var kappa: CohensKappa?

  /// By classifier, in order of name; verdicts given without seeing one's are left out.
  ///
  /// What is counted is what a person chose to judge: where only mistakes were corrected, and
  /// nothing was confirmed, the agreement is lower than on a fair sample.
  package static func all(_ verdicts: [PersonalVerdict]) -> [VerdictAgreement] {
    Dictionary(grouping: verdicts.filter { $0.outcome != nil && $0.classified != nil }) {
      $0.classifier ?? ""
    }.sorted { $0.key < $1.key }.map { classifier, verdicts in
      let theirs = verdicts.compactMap(\.classified)
      let mine = verdicts.compactMap(\.outcome)
      return VerdictAgreement(
        classifier: classifier,
        agreed: Proportion(zip(theirs, mine).count { $0 == $1 }, of: mine.count),
        kappa: CohensKappa(theirs, mine))
    }
  }
}

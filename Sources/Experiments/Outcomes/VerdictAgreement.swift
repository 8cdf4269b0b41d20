import Numerics
import Storage

/// How far a classifier agrees with a person, or with a judge of the user's own.
package struct VerdictAgreement: Sendable, Equatable {
  package var classifier: String
  /// Whom it is compared with, as a sentence calls them.
  package var other: String
  /// Continuations on which the two say the same, of those that both judged.
  package var agreed: Proportion
  /// `nil` where κ does not exist: nothing judged, or all in one category by both.
  package var kappa: CohensKappa?

  /// - Parameters:
  ///   - classified: the classifier's verdicts.
  ///   - others: the other's, on the same continuations in the same order.
  package init(
    classifier: String, other: String = "a person", _ classified: [Outcome], _ others: [Outcome]
  ) {
    self.classifier = classifier
    self.other = other
    agreed = Proportion(zip(classified, others).count { $0 == $1 }, of: others.count)
    kappa = CohensKappa(classified, others)
  }

  /// By classifier, in order of name; verdicts given without seeing one's are left out.
  ///
  /// What is counted is what a person chose to judge: where only mistakes were corrected, and
  /// nothing was confirmed, the agreement is lower than on a fair sample.
  package static func all(_ verdicts: [PersonalVerdict]) -> [VerdictAgreement] {
    Dictionary(grouping: verdicts.filter { $0.outcome != nil && $0.classified != nil }) {
      $0.classifier ?? ""
    }.sorted { $0.key < $1.key }.map { classifier, verdicts in
      VerdictAgreement(
        classifier: classifier, verdicts.compactMap(\.classified), verdicts.compactMap(\.outcome))
    }
  }
}

extension VerdictAgreement {
  /// In a line for a person.
  package var sentence: String {
    func span(_ interval: ConfidenceInterval) -> String {
      String(format: "[%.2f, %.2f]", interval.lower, interval.upper)
    }
    let share = agreed.wilson().map { String(format: " = %.2f ", agreed.rate ?? 0) + span($0) }
    let beyond =
      kappa.map { String(format: "Cohen's κ %.2f ", $0.kappa) + span($0.interval()) }
      ?? "κ does not exist where both put all in one class"
    return "\(other) and \(classifier) agree on \(agreed.successes) of \(agreed.count) judged"
      + "\(share ?? ""); \(beyond)"
  }
}

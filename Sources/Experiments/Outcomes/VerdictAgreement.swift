import Storage

/// How far a classifier and a person agree.
package struct VerdictAgreement: Sendable, Equatable {
  package var classifier: String
  /// Continuations on which the two say the same, of those that both judged.
  package var agreed: Proportion
  /// `nil` where κ does not exist: nothing judged, or all in one category by both.
  package var kappa: CohensKappa?

  /// - Parameters:
  ///   - classified: the classifier's verdicts.
  ///   - personal: a person's, on the same continuations in the same order.
  package init(classifier: String, _ classified: [Outcome], _ personal: [Outcome]) {
    self.classifier = classifier
    agreed = Proportion(zip(classified, personal).count { $0 == $1 }, of: personal.count)
    kappa = CohensKappa(classified, personal)
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
  /// Under the keys that every command has for it.
  package var json: JSONValue {
    func interval(_ interval: ConfidenceInterval?) -> JSONValue {
      interval.map { .array([.number($0.lower), .number($0.upper)]) } ?? .null
    }
    return .object([
      ("classifier", .string(classifier)), ("n", .integer(agreed.count)),
      ("agreed", .integer(agreed.successes)), ("rate", .optional(agreed.rate)),
      ("wilson95", interval(agreed.wilson())), ("kappa", .optional(kappa?.kappa)),
      ("kappa95", interval(kappa?.interval())),
    ])
  }

  /// In a line for a person.
  package var sentence: String {
    func span(_ interval: ConfidenceInterval) -> String {
      String(format: "[%.2f, %.2f]", interval.lower, interval.upper)
    }
    let share = agreed.wilson().map { String(format: " = %.2f ", agreed.rate ?? 0) + span($0) }
    let beyond =
      kappa.map { String(format: "Cohen's κ %.2f ", $0.kappa) + span($0.interval()) }
      ?? "κ does not exist where both put all in one class"
    return "a person and \(classifier) agree on \(agreed.successes) of \(agreed.count) judged"
      + "\(share ?? ""); \(beyond)"
  }
}

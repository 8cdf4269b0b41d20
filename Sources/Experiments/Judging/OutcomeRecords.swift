import Numerics
import Storage

/// Outcomes that were counted, under the keys that every command has for them.
package struct OutcomeCountsRecord: Encodable, Sendable {
  var n: Int
  var refused: Int
  var complied: Int
  var degenerate: Int
  var unclear: Int
  var left: Int
  var rate: Double?
  var wilson95: ConfidenceInterval?

  package init(_ counts: OutcomeCounts) {
    (n, refused, complied) = (counts.count, counts.refused, counts.complied)
    (degenerate, unclear, left) = (counts.degenerate, counts.unclear, counts.left)
    (rate, wilson95) = (counts.rate, counts.refusal.wilson())
  }
}

/// How far a classifier agrees with a person.
package struct AgreementRecord: Encodable, Sendable {
  var classifier: String
  var n: Int
  var agreed: Int
  var rate: Double?
  var wilson95: ConfidenceInterval?
  var kappa: Double?
  /// At 95 %; `nil` where κ does not exist.
  var kappa95: ConfidenceInterval?

  package init(_ agreement: VerdictAgreement) {
    (classifier, n) = (agreement.classifier, agreement.agreed.count)
    (agreed, rate) = (agreement.agreed.successes, agreement.agreed.rate)
    wilson95 = agreement.agreed.wilson()
    (kappa, kappa95) = (agreement.kappa?.kappa, agreement.kappa?.interval())
  }
}

/// What a judge says of one answer.
package struct JudgeVerdictRecord: Encodable, Sendable {
  var verdict: Outcome
  var score: Double?
  var reason: String?

  package init(_ verdict: JudgeVerdict) {
    (self.verdict, score, reason) = (verdict.outcome, verdict.score, verdict.reason)
  }
}

/// A judge's verdicts beside a classifier's.
package struct JudgeRecord: Encodable, Sendable {
  struct Line: Encodable {
    var id: String
    var condition: String?
    var verdict: Outcome
    var classified: Outcome
    var score: Double?
    var reason: String?
  }

  @Inline var judge: JudgeProvenance
  var classifier: String
  var n: Int
  var notJudged: Int
  var agreed: Int
  var agreement: Double?
  var interval: ConfidenceInterval?
  var kappa: Double?
  var kappa95: ConfidenceInterval?
  var differ: Int
  var counts: OutcomeCountsRecord
  var classifierCounts: OutcomeCountsRecord
  /// Of an experiment: refusals that stopped and began, by the judge.
  @IfAny var mcnemar: JudgeFlips?
  var verdicts: [Line]

  package init(_ report: JudgeReport, mcnemar: JudgeFlips? = nil) {
    let agreement = report.agreement
    (judge, classifier) = (report.judge, report.classifier)
    (n, notJudged) = (report.lines.count, report.notJudged)
    (agreed, self.agreement) = (agreement.agreed.successes, agreement.agreed.rate)
    interval = agreement.agreed.wilson()
    (kappa, kappa95) = (agreement.kappa?.kappa, agreement.kappa?.interval())
    differ = report.differing.count
    counts = OutcomeCountsRecord(report.counts)
    classifierCounts = OutcomeCountsRecord(report.classified)
    self.mcnemar = mcnemar
    verdicts = report.lines.map { line in
      Line(
        id: line.id, condition: line.condition, verdict: line.verdict.outcome,
        classified: line.classified, score: line.verdict.score, reason: line.verdict.reason)
    }
  }
}

/// What a judge's verdicts say of an intervention.
package struct JudgeFlips: Encodable, Sendable {
  /// Of the prompts that the intervention aims at.
  var role: String
  var treated: McNemar?
  var null: McNemar?
  var againstNull: McNemar?
}

/// What is said of a file's or a store's answers, each and all together.
package enum OutcomesRecord {
  package struct Line: Encodable, Sendable {
    var id: String
    var condition: String?
    var set: String?
    var outcome: Outcome
    var classified: Outcome
    var person: Outcome?
    var phrase: String?
    var range: [Int]?
    var classifier: String
    var reason: String
    /// There with a judge, and `nil` for an answer that was not given to it.
    @IfAny var judge: JudgeVerdictRecord??

    /// - Parameter counted: what stands for it in the counts.
    package init(
      id: String, condition: String?, set: String?, _ verdict: OutcomeVerdict, counted: Outcome,
      person: Outcome?, judge: JudgeVerdict??
    ) {
      (self.id, self.condition, self.set) = (id, condition, set)
      (outcome, classified, self.person) = (counted, verdict.outcome, person)
      (phrase, classifier, reason) = (verdict.phrase, verdict.classifier, verdict.reason)
      range = verdict.range.map { [$0.lowerBound, $0.upperBound] }
      self.judge = judge.map { $0.map(JudgeVerdictRecord.init) }
    }
  }

  package struct Group: Encodable, Sendable {
    var group: String
    @Inline var counts: OutcomeCountsRecord
    @IfAny var judge: OutcomeCountsRecord?

    /// - Parameter judged: the judge's verdicts; `nil` without one.
    package init(_ name: String, _ outcomes: [Outcome], judged: [Outcome]?) {
      (group, counts) = (name, OutcomeCountsRecord(OutcomeCounts(outcomes)))
      judge = judged.map { OutcomeCountsRecord(OutcomeCounts($0)) }
    }
  }

  package struct Summary: Encodable, Sendable {
    var classifier: String
    @Inline var counts: OutcomeCountsRecord
    var groups: [Group]
    var countsVerdicts: Bool
    var agreement: AgreementRecord?
    @IfAny var judge: JudgeRecord?
    @IfAny var duplicates: [[String]]?

    package init(
      classifier: String, _ outcomes: [Outcome], groups: [Group], countsVerdicts: Bool,
      agreement: VerdictAgreement?, judge: JudgeReport?, duplicates: [[String]]?
    ) {
      (self.classifier, self.groups) = (classifier, groups)
      counts = OutcomeCountsRecord(OutcomeCounts(outcomes))
      self.countsVerdicts = countsVerdicts
      self.agreement = agreement.map(AgreementRecord.init)
      self.judge = judge.map { JudgeRecord($0) }
      self.duplicates = duplicates
    }
  }

  /// The last line.
  package struct Last: Encodable, Sendable {
    var summary: Summary

    package init(_ summary: Summary) { self.summary = summary }
  }
}

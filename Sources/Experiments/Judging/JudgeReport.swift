import Storage
import TensorFiles

/// A judge's verdicts beside a classifier's on the same answers.
package struct JudgeReport: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var id: String
    /// The arm of an experiment, or the condition that a file names.
    package var condition: String?
    package var classified: Outcome
    package var verdict: JudgeVerdict

    package init(id: String, condition: String?, classified: Outcome, verdict: JudgeVerdict) {
      self.id = id
      self.condition = condition
      self.classified = classified
      self.verdict = verdict
    }
  }

  package var judge: JudgeProvenance
  package var classifier: String
  package var lines: [Line]
  /// Answers of which only the beginning was kept: they were not given to the judge.
  package var notJudged: Int

  package init(
    judge: JudgeProvenance, classifier: String, lines: [Line], notJudged: Int = 0
  ) {
    self.judge = judge
    self.classifier = classifier
    self.lines = lines
    self.notJudged = notJudged
  }

  package var counts: OutcomeCounts { OutcomeCounts(lines.map(\.verdict.outcome)) }
  /// The classifier's, on the same answers.
  package var classified: OutcomeCounts { OutcomeCounts(lines.map(\.classified)) }
  package var differing: [Line] { lines.filter { $0.verdict.outcome != $0.classified } }

  package var agreement: VerdictAgreement {
    VerdictAgreement(
      classifier: classifier, other: judge.title, lines.map(\.classified),
      lines.map(\.verdict.outcome))
  }

  /// Agreement, and what the two differ on, in lines for a person.
  package var sentences: [String] {
    var sentences = [agreement.sentence]
    let differing = differing
    if !differing.isEmpty {
      let named = differing.prefix(5).map { line in
        let arm = line.condition.map { ", \($0)" } ?? ""
        return "\(line.id)\(arm) (\(line.classified.rawValue); \(judge.name): "
          + "\(line.verdict.outcome.rawValue))"
      }
      sentences.append(
        "they differ on \(differing.count): " + named.joined(separator: ", ")
          + (differing.count > named.count ? ", …" : ""))
    }
    if notJudged > 0 {
      sentences.append(
        "\(notJudged) answers were not given to the judge: only their beginning was kept")
    }
    return sentences
  }
}

import Numerics
import Storage

extension AblationResult {
  /// Has every answer of several experiments judged in one run of a judge; the same answer to the same prompt once.
  ///
  /// - Throws: as `Judge.verdicts`.
  package static func judge(
    _ results: inout [AblationResult], by judge: Judge, check: () throws -> Void = {},
    onProgress: (Int, Int) -> Void = { _, _ in }
  ) throws {
    var places: [(result: Int, prompt: Int, condition: AblationCondition)] = []
    var answers: [Judge.Answer] = []
    for (r, result) in results.enumerated() {
      for (p, prompt) in result.prompts.enumerated() {
        for condition in result.conditions {
          guard let answer = prompt.answers[condition], !answer.isOpening else { continue }
          places.append((r, p, condition))
          answers.append(
            Judge.Answer(id: prompt.id, prompt: prompt.prompt, text: answer.text))
        }
      }
    }
    let found = try judge.verdicts(on: answers, check: check, onProgress: onProgress)
    for index in results.indices { results[index].judgedBy = found.by }
    for (place, verdict) in zip(places, found.verdicts) {
      results[place.result].prompts[place.prompt].answers[place.condition]?.judged = verdict
    }
  }

  /// The judge's verdicts beside the classifier's, prompt by prompt; `nil` without a judge.
  package var judgeReport: JudgeReport? {
    guard let judgedBy else { return nil }
    return JudgeReport(
      judge: judgedBy, classifier: provenance.classifier,
      lines: prompts.flatMap { prompt in
        conditions.compactMap { condition in
          guard let answer = prompt.answers[condition], let verdict = answer.judged else {
            return nil
          }
          return JudgeReport.Line(
            id: prompt.id, condition: condition.rawValue, classified: answer.verdict.outcome,
            verdict: verdict)
        }
      })
  }

  /// The judge's verdicts on the answers of one role under one condition; `nil` without any.
  package func judgeCounts(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> OutcomeCounts? {
    let outcomes = prompts.filter { $0.role == role }
      .compactMap { $0.answers[condition]?.judged?.outcome }
    return outcomes.isEmpty ? nil : OutcomeCounts(outcomes)
  }

  /// Refusals that stopped and began, by the judge.
  func judgeFlips(
    _ role: AblationPrompt.Role, from first: AblationCondition, to second: AblationCondition
  ) -> McNemar? {
    paired(role) { prompt in
      guard let before = prompt.answers[first]?.judged, let after = prompt.answers[second]?.judged
      else { return nil }
      return (before.outcome == .refused, after.outcome == .refused)
    }
  }

  /// On the prompts that the intervention aims at.
  var judgeFlips: JudgeFlips {
    func flips(_ first: AblationCondition, _ second: AblationCondition) -> McNemar? {
      judgeFlips(aimedAt, from: first, to: second)
    }
    return JudgeFlips(
      role: aimedAt.rawValue, treated: flips(.baseline, treated), null: flips(.baseline, .null),
      againstNull: flips(.null, treated))
  }

  /// What stands under the table where there is a judge.
  var judgeRemarks: [String] {
    guard let report = judgeReport else { return [] }
    var lines = ["\(report.judge.title) judged the same answers (\(report.judge.command))"]
    lines += report.sentences
    if let test = judgeFlips(aimedAt, from: .baseline, to: treated) {
      let against = judgeFlips(aimedAt, from: .null, to: treated)
        .map { "; against \(nullName) p = \(significant($0.p))" }
      lines.append(
        "by \(report.judge.title): \(test.b) stopped refusing, \(test.c) began; exact McNemar "
          + "p = \(significant(test.p))" + (against ?? ""))
    }
    return lines
  }
}

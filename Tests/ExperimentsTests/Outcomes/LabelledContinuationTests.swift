import Experiments
import Foundation
import Storage
import TestSupport
import Testing

/// The hand-labelled continuations. `docs/outcomes.md` states the figures that are checked here.
@Suite("Hand-labelled continuations")
struct LabelledContinuationTests {
  private struct Row: Decodable {
    var id, model, half, text: String
    var label: Outcome
    var isCut: Bool
    var onWholeText: [String: Outcome]
  }

  private let rows: [Row]

  init() throws {
    rows = try Data(contentsOf: Fixtures.url("outcomes/labelled.jsonl")).split(separator: 10).map {
      try JSONDecoder().decode(Row.self, from: Data($0))
    }
  }

  @Test func `verdicts on texts kept whole are those that the figures were made of`() {
    for classifier in [OutcomeClassifier.exemplarV1, .referenceV1] {
      for row in rows where !row.isCut {
        #expect(
          classifier.verdict(on: row.text).outcome == row.onWholeText[classifier.name], "\(row.id)")
      }
    }
  }

  @Test func `no opening of an answer that was cut is taken for a refusal`() {
    for row in rows where row.isCut && row.label == .complied {
      #expect(OutcomeClassifier.exemplar.verdict(on: row.text).outcome != .refused, "\(row.id)")
    }
  }

  @Test func `what is kept of an answer to a harmful prompt is its opening`() {
    for row in rows where row.id.contains("/harmful-") && row.label != .refused {
      #expect(row.isCut && row.text.split(separator: " ").count <= 8, "\(row.id)")
    }
  }

  private func agreement(_ classifier: String, _ half: String) -> (right: Int, of: Int) {
    let rows = rows.filter { $0.half == half }
    return (rows.count { $0.onWholeText[classifier] == $0.label }, rows.count)
  }

  @Test func `the accuracies are the stated ones`() {
    #expect(rows.count == 270)
    #expect(agreement("exemplar-v1", "held out") == (116, 128))
    #expect(agreement("exemplar-v1", "tuning") == (137, 142))
    #expect(agreement("reference-v1", "held out") == (102, 128))
    #expect(agreement("reference-v1", "tuning") == (118, 142))
  }

  @Test func `nothing that did not decline is called a refusal`() {
    #expect(!rows.contains { $0.label != .refused && $0.onWholeText["exemplar-v1"] == .refused })
  }

  @Test func `agreement of classifier and person counts what both judged`() throws {
    let verdicts = rows.enumerated().map { index, row in
      PersonalVerdict(
        key: ContinuationKey(store: "s", document: row.id, condition: "baseline", text: row.text),
        outcome: index == 0 ? nil : row.label, date: .distantPast, classifier: "exemplar-v1",
        classified: index == 1 ? nil : row.onWholeText["exemplar-v1"])
    }
    let agreement = try #require(VerdictAgreement.all(verdicts).first)
    #expect(agreement.agreed.count == 268)
    let kappa = try #require(agreement.kappa)
    #expect(kappa.kappa > 0.85 && kappa.kappa < 0.95)
    #expect(VerdictAgreement.all([]) == [])
  }
}

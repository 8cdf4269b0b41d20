import Experiments
import Foundation
import Storage
import TestSupport
import Testing

/// The answers in twelve languages that we wrote. `docs/outcomes.md` states the figures that are checked here.
@Suite("Answers in many languages")
struct LanguageTests {
  private struct Row: Decodable {
    var id, language, half, answer: String
    var outcome: Outcome
  }

  private let rows: [Row]

  init() throws {
    rows = try Data(contentsOf: Fixtures.url("outcomes/languages.jsonl")).split(separator: 10).map {
      try JSONDecoder().decode(Row.self, from: Data($0))
    }
  }

  private func verdict(_ row: Row) -> Outcome {
    OutcomeClassifier.exemplar.verdict(on: row.answer).outcome
  }

  @Test func `every known language has at least twenty answers`() {
    let counts = Dictionary(grouping: rows, by: \.language).mapValues(\.count)
    for language in ["en", "zh", "de", "es", "fr", "ja", "ru", "pt", "it", "ko", "ar", "hi"] {
      #expect(counts[language, default: 0] >= 20, "\(language)")
    }
  }

  @Test func `answers in known languages are judged as they were meant`() {
    for row in rows where row.language != "other" {
      #expect(verdict(row) == row.outcome, "\(row.id)")
    }
  }

  @Test func `an answer in any other language is unclear, never compliance`() {
    for row in rows where row.language == "other" {
      #expect(verdict(row) == .unclear, "\(row.id)")
    }
  }

  @Test func `the rules before counted refusals in other languages as compliance`() {
    let refused = rows.filter { $0.outcome == .refused && $0.language != "en" }
    let missed = refused.count {
      OutcomeClassifier.exemplarV1.verdict(on: $0.answer).outcome == .complied
    }
    #expect(missed > refused.count / 2)
  }
}

import Foundation
import Testing

@testable import Experiments

struct AnswerConceptTests {
  @Test(arguments: [
    ("words: sorry", "I'm SORRY, no.", true), ("words: sorry", "sorrysorry", false),
    ("words: sorry", "so\u{301}rry sorry's", true), ("words: as an AI", "As  an\nAI, I can", true),
    ("words: as an AI", "as an aim", false), ("words: yes, no", "no.", true),
    ("words: can’t", "I can't say", true), ("words: Größe", "die GRÖSSE und die größe", true),
    ("words: C++", "in C++11 too", true), ("words: 5", "15 or 50", false),
    ("words: 日本", "日本語", false), ("words: a", "", false),
    ("regex: ^Sure\\b", "Sure, here", true), ("regex: ^Sure\\b", "I am Sure", false),
    ("regex: (?i)sure", "SURE", true), ("regex: a: b", "a: b", true),
    ("regex: \\d{3}", "12 1234", true), ("regex: x", "", false),
    ("script: Cyrillic", "Привет, Tom", true), ("script: cyrillic", "да no", false),
    ("script: Cyrillic", "12 %", false), ("script: Han", "日本の", true),
  ])
  func `words are whole and of any case, a pattern may stand anywhere`(
    _ rule: String, _ text: String, _ isIn: Bool
  ) throws {
    #expect(try AnswerConcept(rule).isIn(text) == isIn)
  }

  @Test(arguments: [
    ("sorry", "found neither"), ("word: a", "found word"), ("words:", "nothing behind"),
    ("words: a,,b", "without a letter"), ("words: !", "without a letter"),
    ("regex: (", "cannot be read"), ("regex: ", "nothing behind"),
    ("script: Klingon", "none of Arabic, Cyrillic"), ("script:", "nothing behind"),
    ("region: all", "not numbers"), ("region: 1,,2", "not numbers"), ("region: -1", "not numbers"),
    ("region: 99999999999999999999", "not numbers"), ("probe:", "nothing behind"),
  ])
  func `what cannot be understood is refused by name`(_ rule: String, _ reason: String) {
    do {
      _ = try AnswerConcept(rule)
      Issue.record("\(rule) was taken")
    } catch {
      #expect("\(error)".contains(reason), "\(error)")
    }
  }

  @Test func `a rule is written as it is read`() throws {
    for rule in [
      "words: a, b c", "regex: ^a|b: c", "script: Cyrillic", "region: 3, 17", "probe: /a b/p.npz",
    ] {
      let concept = try AnswerConcept(rule)
      #expect(concept.words == rule)
      #expect(try AnswerConcept(concept.words) == concept)
      let data = try JSONEncoder().encode(concept)
      #expect(try JSONDecoder().decode(AnswerConcept.self, from: data) == concept)
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a pattern without end is an error, not a miss`() throws {
    let text = String(repeating: "a", count: 40) + "!"
    #expect(throws: ExperimentError.self) { try AnswerConcept("regex: ^(a+)+$").isIn(text) }
  }

  @Test func `answers are counted beside refusals, by role and condition, and kept`() throws {
    let fixture = try AblationFixture()
    let setup = AblationSetup(target: .regions([0]), null: .region(1), depth: .generate)
    var result = try fixture.runner().run(setup)
    let before = result.table
    let texts = result.prompts.compactMap { $0.answers[.baseline]?.text }
    let word = try #require(
      texts.flatMap { $0.split { !$0.isLetter && !$0.isNumber } }.first.map(String.init))
    let concept = try AnswerConcept("words: \(word)")
    try result.count(concept)
    #expect(result.table == before)
    for role in AblationPrompt.Role.allCases {
      let prompts = result.prompts.filter { $0.role == role }
      let expected = try prompts.count { try concept.isIn($0.answers[.baseline]?.text ?? "") }
      let counted = try #require(result.counted(.baseline, role))
      #expect(counted.successes == expected && counted.count == prompts.count)
    }
    #expect(result.conceptRemarks.count == 2)
    #expect(result.remarks.contains { $0.contains("“words: \(word)”") })
    #expect(result.command.contains("--counts-as 'words: \(word)'"))
    let again = try AblationResult(savedContent: try result.savedContent(), id: 1)
    #expect(again.counting == concept)
    func json(_ result: AblationResult) -> String {
      JSONValue(encoding: AblationRecord.Concept(result, concept)).text
    }
    #expect(json(again) == json(result))
  }
}

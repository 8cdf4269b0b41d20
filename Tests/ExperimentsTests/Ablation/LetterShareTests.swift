import Foundation
import Numerics
import Testing

@testable import Experiments

@Suite struct LetterShareTests {
  @Test(
    arguments: [
      // Marks and numbers are no letters; µ and ー are letters of no script of their own.
      ("Cyrillic", "Да, 1 раз!", 1.0), ("Cyrillic", "да no", 0.5), ("Cyrillic", "ԀԁA", 2.0 / 3),
      ("Cyrillic", "и\u{306}", 1), ("Greek", "µα", 0.5), ("Katakana", "ーカ", 0.5),
      ("Han", "々漢ab", 0.5), ("Latin", "ªb²", 1), ("Latin", "12 %", 0), ("Latin", "", 0),
    ] as [(String, String, Double)])
  func `the share is of letters, by Unicode's Script property`(
    _ script: String, _ text: String, _ share: Double
  ) throws {
    #expect(try AnswerConcept("script: \(script)").share(of: text) == share)
    #expect(try AnswerConcept("words: a").share(of: text) == nil)
  }

  /// Answers that are known in place of those of a model without a language.
  private func steered(_ alpha: Float, _ texts: [String]) throws -> AblationResult {
    let fixture = try AblationFixture()
    var result = try fixture.runner().run(
      AblationSetup(
        .steer(alpha: alpha), target: .regions([0]), null: .region(1), depth: .generate))
    for condition in result.conditions {
      for (index, prompt) in result.prompts.filter({ $0.role == .benign }).enumerated() {
        let place = try #require(result.prompts.firstIndex { $0.id == prompt.id })
        result.prompts[place].answers[condition]?.text =
          condition == .steered ? texts[index % texts.count] : "no"
      }
    }
    try result.count(try AnswerConcept("script: Cyrillic"))
    return result
  }

  @Test func `shares are averaged over answers, told and kept`() throws {
    let result = try steered(4, ["да", "да no", "12"])
    let count = result.prompts.count { $0.role == .benign }
    try #require(count >= 3)
    let shares = (0..<count).map { [1, 0.5, 0][$0 % 3] }
    let found = try #require(result.letterShare(.steered, .benign))
    #expect(found.mean == shares.mean)
    let interval = try #require(found.interval)
    #expect(interval.lower < found.mean && found.mean < interval.upper)
    #expect(result.letterShare(.baseline, .benign) == LetterShare([0], seed: 0))
    #expect(result.counted(.steered, .benign)?.successes == shares.count { $0 == 1 })
    #expect(result.remarks.contains { $0.hasPrefix("letters that are Cyrillic, mean over benign") })
    let again = try AblationResult(savedContent: try result.savedContent(), id: 1)
    #expect(again.letterShare(.steered, .benign) == found)
    let record = JSONValue(encoding: AblationRecord.Outcomes(result)).text
    #expect(record.contains(#""letterShare":{"mean":\#(shares.mean)"#))
    #expect(record.contains(#""letterShare":0.5"#))
    var other = result
    try other.count(try AnswerConcept("words: да"))
    #expect(other.letterShare(.steered, .benign) == nil)
  }

  @Test func `a plot has a line for each condition, from the unedited answers on`() throws {
    let results = [try steered(8, ["да"]), try steered(4, ["да", "no"])]
    let plot = try #require(SteeringPlot.plot(results))
    guard case .curves(let curves, xAxis: "α", yAxis: let axis) = plot.content else {
      Issue.record("expected curves")
      return
    }
    #expect(axis == "share of letters that are Cyrillic, mean over answers")
    #expect(curves.map(\.name) == ["steered", "null region 1"])
    #expect(curves[0].points.map(\.x) == [0, 4, 8] && curves[1].points.map(\.x) == [0, 4, 8])
    let middle = try #require(results[1].letterShare(.steered, .benign))
    #expect(curves[0].points.map(\.y) == [0, middle.mean, 1])
    #expect(curves[0].points[1].interval == middle.interval)
    #expect(curves[1].points.allSatisfy { $0.y == 0 && $0.interval == nil })
    var counting = results
    for index in counting.indices { try counting[index].count(try AnswerConcept("words: да")) }
    let counted = try #require(SteeringPlot.plot(counting))
    guard
      case .curves(let lines, xAxis: _, yAxis: "share of answers with “words: да”") = counted
        .content
    else {
      Issue.record("expected curves of what is counted")
      return
    }
    #expect(lines[0].points.map(\.y) == [0, middle.mean, 1])
    #expect(SteeringPlot.plot([]) == nil)
  }
}

import Foundation
import LanguageModel
import Storage
import Testing

@testable import Experiments

struct FirstTokenTests {
  private func token(_ logits: [Float], _ baseline: [Float], _ refusal: [Int]?) -> FirstToken {
    logits.withUnsafeBufferPointer { logits in
      baseline.withUnsafeBufferPointer { baseline in
        FirstToken(logits: logits, baseline: baseline, refusal: refusal)
      }
    }
  }

  @Test func `divergence and log-odds are those of the distributions`() throws {
    let baseline: [Float] = [1, 2, 3, -1, 0.5]
    let logits: [Float] = [2, -0.5, 0.25, 3, 1]
    let found = token(logits, baseline, [0, 3])
    #expect(found.token == 3)
    let expected = try #require(NextTokens.divergence(from: logits, to: baseline))
    #expect(abs(found.divergence - expected) < 1e-6)
    let logs = try #require(NextTokens.logProbabilities(logits))
    let inside = exp(logs[0]) + exp(logs[3])
    #expect(abs((found.refusalLogOdds ?? 0) - log(inside / (1 - inside))) < 1e-5)
    #expect(token(baseline, baseline, nil).divergence == 0)
    #expect(token(baseline, baseline, nil).refusalLogOdds == nil)
  }

  @Test func `a near-certain refusal has finite log-odds`() throws {
    let odds = try #require(token([0, 60, 0], [0, 0, 0], [1]).refusalLogOdds)
    #expect(abs(odds - (60 - log(2))) < 1e-4)
  }

  @Test func `an impossible token adds nothing where the baseline never takes it`() {
    let found = token([1, -.infinity, 1], [1, -.infinity, 1], nil)
    #expect(found.divergence == 0)
  }

  @Test func `tokens count as refusing where refusals begin with them twice as often`() throws {
    let answers =
      [(7, true), (7, true), (7, true), (8, true), (8, true), (9, true)]
      + [(7, false), (5, false), (5, false), (8, false), (8, false), (6, false)]
    let tokens = try #require(RefusalTokens(answers.map { (token: $0.0, isRefused: $0.1) }))
    // 7: 3 of 6 refused and 1 of 6 others; 8: as often in both; 9: only once.
    #expect(tokens.ids == [7])
    #expect(tokens.refusedShare == 0.5 && abs(tokens.otherShare - 1.0 / 6) < 1e-12)
    #expect(RefusalTokens([(token: 3, isRefused: false)]) == nil)
  }

  @Test func `what all prompts share at their ends is the template`() {
    #expect(ResumeDepth.sharedEnds([[1, 2, 3, 9], [1, 2, 4, 5, 9]]) == (2, 1))
    #expect(ResumeDepth.sharedEnds([[1, 2], [1, 2]]) == (2, 0))
    #expect(ResumeDepth.sharedEnds([[4, 5, 6]]) == (1, 0))
  }
}

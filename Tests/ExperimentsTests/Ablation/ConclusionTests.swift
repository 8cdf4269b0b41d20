import Foundation
import Numerics
import Storage
import Testing

@testable import Experiments

struct ConclusionTests {
  /// A finished experiment of `count` harmful and as many benign prompts; refused are the first so many, degenerate the
  /// last.
  private func result(
    count: Int = 50, baseline: Int = 45, ablated: Int = 16, degenerate: Int = 0,
    null: Int? = 44, complete: Bool = true
  ) throws -> AblationResult {
    let fixture = try AblationFixture()
    let setup = AblationSetup(
      target: .regions([0]), basis: .exemplar, null: null == nil ? .none : .random,
      depth: .geometry)
    var result = try fixture.runner(model: false).run(setup)
    result.setup.depth = .generate
    let prompt = result.prompts[0]
    result.prompts = (0..<2 * count).map { index in
      var row = prompt
      row.role = index < count ? .harmful : .benign
      let place = index % count
      func answer(_ refused: Int, _ degenerate: Int = 0) -> Answer {
        let outcome: Outcome =
          place < refused ? .refused : place >= count - degenerate ? .degenerate : .complied
        return Answer(
          tokens: [], text: "", ending: "length",
          verdict: OutcomeVerdict(outcome: outcome, classifier: "test", reason: ""),
          origin: .generated)
      }
      let isHarmful = index < count
      row.answers[.baseline] = answer(isHarmful ? baseline : 0)
      row.answers[.ablated] = answer(isHarmful ? ablated : 0, isHarmful ? degenerate : 0)
      if let null { row.answers[.null] = answer(isHarmful ? null : 0) }
      return row
    }
    result.isComplete = complete
    return result
  }

  @Test func `a fall beyond chance and beyond the control is an effect`() throws {
    let conclusion = try result().conclusion
    #expect(conclusion.kind == .effect)
    #expect(conclusion.sentence.contains("45 → 16 of 50 harmful prompts refused"))
    #expect(conclusion.sentence.contains("random direction (seed 0) 45 → 44"))
  }

  @Test func `wrecked text is never a success`() throws {
    let wrecked = try result(ablated: 0, degenerate: 16)
    #expect(wrecked.conclusion.kind == .refused)
    #expect(
      wrecked.conclusion.sentence.contains("16 of 50 answers to harmful prompts are degenerate"))
    #expect(wrecked.table.contains { $0.contains("16 !! 32 %") })
    // Of 50, two are within what is let pass and three are not.
    #expect(try result(degenerate: 2).conclusion.kind == .effect)
    #expect(try result(degenerate: 3).conclusion.kind == .refused)
  }

  @Test func `a control that moves too forbids a conclusion, and so does none`() throws {
    #expect(try result(null: 20).conclusion.sentence.contains("the control moves too"))
    #expect(try result(null: nil).conclusion.sentence.contains("no control was run"))
  }

  @Test func `few prompts and a stopped run carry no conclusion`() throws {
    let few = try result(count: 10, baseline: 10, ablated: 0, null: 10)
    #expect(few.conclusion.sentence.contains("too few"))
    #expect(try result(complete: false).conclusion.kind == .refused)
  }

  @Test func `a change within chance is no effect`() throws {
    let conclusion = try result(ablated: 43).conclusion
    #expect(conclusion.kind == .noEffect)
    #expect(conclusion.sentence.contains("45 → 43"))
    #expect(
      conclusion.sentence.contains(
        "no effect shown: 45 → 43 of 50 harmful prompts refused, McNemar p = 0.5; with n = 50 a change under 12 points would be missed"
      ))
  }

  @Test(arguments: [(50, 0), (50, 3), (20, 0), (100, 10)])
  func `what would be missed is the least change that the test tells from chance`(
    _ count: Int, _ against: Int
  ) throws {
    let words = AblationResult.missed(McNemar(b: against, c: against), of: count)
    let points = try #require(
      words.firstMatch(of: /under ([0-9.]+) points/).flatMap { Double($0.output.1) })
    let least = Int((points / 100 * Double(count)).rounded())
    #expect(McNemar(b: against + least, c: against).p < 0.05)
    #expect(McNemar(b: against + least - 1, c: against).p >= 0.05)
  }

  @Test func `so few prompts that no change could be shown are said to be so`() {
    #expect(AblationResult.missed(McNemar(b: 0, c: 0), of: 5).contains("too few"))
  }

  @Test func `divergence and perplexity are both marked where they are large`() throws {
    var result = try result()
    for index in result.prompts.indices where result.prompts[index].role == .benign {
      result.prompts[index].firstTokens[.ablated] = FirstToken(
        token: 0, refusalLogOdds: nil, divergence: 0.9)
    }
    result.perplexities = [.baseline: 10, .ablated: 15.5]
    let remarks = result.remarks.joined(separator: "\n")
    #expect(remarks.contains("!! harmless text is changed too"))
    #expect(remarks.contains("!! harmless text is predicted worse"))
    result.perplexities = [.baseline: 10, .ablated: 14]
    #expect(!result.remarks.joined().contains("predicted worse"))
  }

  @Test func `what was predicted stands beside what was measured, each under its name`() throws {
    let result = try result()
    let predicted = result.predictions(.ablated, .harmful).count { $0 >= 0.5 }
    let remark = try #require(
      result.remarks.first {
        $0.hasPrefix("harmful prompts, predicted from the store beside measured")
      })
    #expect(remark.contains("ablated \(predicted)/50 beside 16/50"))
    var geometry = result
    geometry.setup.depth = .geometry
    #expect(geometry.predictedBesideMeasured(.harmful) == nil)
    #expect(geometry.remarks.joined().contains("does not validate"))
  }

  @Test func `flips leave degenerate pairs out where asked`() throws {
    let result = try result(baseline: 50, ablated: 30, degenerate: 15)
    #expect(result.flips(.harmful, from: .baseline, to: .ablated) == McNemar(b: 20, c: 0))
    #expect(
      result.flips(.harmful, from: .baseline, to: .ablated, validOnly: true)
        == McNemar(b: 5, c: 0))
    #expect(result.counts(.ablated, .harmful)?.left == 15)
  }
}

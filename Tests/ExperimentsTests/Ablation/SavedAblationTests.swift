import ExemplarPartitioning
import Foundation
import Numerics
import Storage
import TestSupport
import Testing

@testable import Experiments

struct SavedAblationTests {
  private let setup = AblationSetup(
    target: .regions([0]), basis: .exemplar, null: .random, depth: .generate)

  private func notebook(_ fixture: AblationFixture) throws -> Notebook {
    try Notebook(fixture.folder.file("notebook.sqlite"))
  }

  @Test(arguments: AblationSetup.Depth.allCases)
  func `an experiment comes back from the notebook as it was`(depth: AblationSetup.Depth) throws {
    let fixture = try AblationFixture()
    var setup = setup
    setup.depth = depth
    let runner = try fixture.runner()
    var result = try runner.run(setup)
    #expect(!result.remarks.contains { $0.hasPrefix("engine: torch") })
    result.provenance.engine = "torch 2.13, cuda, bf16"
    let notebook = try notebook(fixture)
    let id = try result.save(to: notebook)
    var (read, entry) = try AblationResult.saved(id, in: notebook)
    #expect(entry.title == result.title && entry.ablation == result.headline)
    #expect(read.table == result.table && read.remarks == result.remarks)
    #expect(read.remarks.contains("engine: torch 2.13, cuda, bf16"))
    #expect(read.markdown == result.markdown)
    #expect(read.json().text == result.json().text)
    #expect(read.prompts.map(\.landings) == result.prompts.map(\.landings))
    #expect(read.prompts.map(\.firstTokens) == result.prompts.map(\.firstTokens))
    try runner.complete(&read)
    for (mine, theirs) in zip(read.prompts, result.prompts) {
      #expect(mine.answers.mapValues(\.text) == theirs.answers.mapValues(\.text))
      #expect(mine.answers.values.allSatisfy { !$0.isOpening })
    }
  }

  @Test func `the notebook holds openings of answers, and no whole ones`() throws {
    let fixture = try AblationFixture()
    var result = try fixture.runner().run(setup)
    let whole = "one two three four five six seven eight nine"
    result.prompts[0].answers[.ablated] = Answer(
      tokens: [1], text: whole, ending: "length",
      verdict: OutcomeVerdict(outcome: .complied, classifier: "exemplar-v1", reason: ""),
      origin: .generated)
    let content = try result.savedContent()
    #expect(content.contains("one two three four five six…") && !content.contains("seven"))
    var read = try #require(
      try AblationResult(savedContent: content, id: 1).prompts[0].answers[.ablated])
    #expect(read.isOpening)
    read.complete(with: "another text")
    #expect(read.isOpening)
    read.complete(with: whole)
    #expect(!read.isOpening && read.text == whole)
  }

  @Test func `content of an earlier version, damaged content and a wrong number are told apart`()
    throws
  {
    let fixture = try AblationFixture()
    let notebook = try notebook(fixture)
    let entry = SavedExperiment(
      identity: "abc", kind: .ablation, title: "t", conclusion: "c", isComplete: true,
      date: Date())
    let old = try notebook.save(entry, content: #"{"depth":"generate"}"#)
    let damaged = try notebook.save(entry, content: "{")
    var probe = entry
    probe.kind = .probe
    let other = try notebook.save(probe, content: "{}")
    func message(_ id: Int64, on identity: String? = nil) -> String {
      do {
        _ = try AblationResult.saved(id, in: notebook, on: identity)
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(message(old).contains("run it again"))
    #expect(message(damaged).contains("cannot be read"))
    #expect(message(other).contains("of kind probe"))
    #expect(message(99).contains("found 99"))
    #expect(message(old, on: "xyz").contains("on this dictionary"))
    #expect(try notebook.experiments().allSatisfy { $0.ablation == nil })
  }

  @Test func `a person's verdicts stand beside the classifier's, or are counted`() throws {
    let fixture = try AblationFixture()
    var result = try fixture.runner().run(setup)
    let index = try #require(
      result.prompts.firstIndex { $0.outcome(.baseline) != .refused })
    let role = result.prompts[index].role
    let before = try #require(result.counts(.baseline, role))
    let key = try #require(result.key(result.prompts[index], .baseline))
    result.judge([key: .refused], counting: false)
    #expect(result.counts(.baseline, role) == before)
    #expect(result.prompts[index].answers[.baseline]?.personal == .refused)
    #expect(result.countedBy.contains("alone, a person's verdicts beside it"))
    #expect(result.agreement?.agreed == Proportion(0, of: 1))
    result.judge([key: .refused], counting: true)
    #expect(result.counts(.baseline, role)?.refused == before.refused + 1)
    #expect(result.countedBy.contains("1 verdict (1 unlike"))
    // The classifier's own word is not lost, and a text that changes loses the verdict.
    #expect(result.prompts[index].answers[.baseline]?.verdict.outcome != .refused)
    result.prompts[index].answers[.baseline]?.textHash = "0"
    result.judge([key: .refused], counting: true)
    #expect(result.counts(.baseline, role) == before && result.agreement == nil)
  }

  @Test func `the printed command names what an experiment depends on`() throws {
    let fixture = try AblationFixture()
    var setup = setup
    setup.limit = 3
    setup.seed = 7
    setup.intervention = .ablate(strength: 0.5)
    let result = try fixture.runner().run(setup)
    #expect(
      result.command
        == "exemplar ablate tiny.epdict --store tiny.epstore --model tiny --regions 0 --strength 0.5 "
        + "--basis exemplar --null random --depth generate --prompts heldout --max-new-tokens 5 "
        + "--limit 3 --seed 7 --classifier exemplar-v2")
    setup.intervention = .steer(alpha: -4)
    setup.depth = .geometry
    #expect(
      try fixture.runner(model: false).run(setup).command
        == "exemplar steer tiny.epdict --store tiny.epstore --region 0 --alpha=-4.0 --basis exemplar "
        + "--null random --depth geometry --prompts heldout --limit 3 --seed 7 --classifier exemplar-v2"
    )
  }

  @Test func `two experiments are compared prompt by prompt`() throws {
    let fixture = try AblationFixture()
    var a = try fixture.runner().run(setup)
    var b = a
    b.setup.basis = .mean
    // Harmful prompts are the first six: in A all refuse, in B the first two do not, and one is wrecked.
    func answer(_ outcome: Outcome) -> Answer {
      Answer(
        tokens: [], text: outcome.rawValue, ending: "length",
        verdict: OutcomeVerdict(outcome: outcome, classifier: "exemplar-v1", reason: ""),
        origin: .generated)
    }
    for index in a.prompts.indices {
      a.prompts[index].answers[.ablated] = answer(index < 6 ? .refused : .complied)
      b.prompts[index].answers[.ablated] = answer(
        index < 2 ? .complied : index == 2 ? .degenerate : index < 6 ? .refused : .complied)
    }
    let comparison = try AblationComparison(a, b)
    #expect(comparison.differences.map(\.name) == ["basis"])
    #expect(comparison.shared == 12)
    #expect(comparison.flips.map(\.id) == b.prompts.prefix(3).map(\.id))
    #expect(comparison.tests[.harmful] == McNemar(b: 3, c: 0))
    #expect(comparison.tests[.benign] == McNemar(b: 0, c: 0))
    let rates = try #require(
      comparison.rates.first { $0.role == .harmful && $0.condition == .ablated })
    #expect(rates.a == Proportion(6, of: 6) && rates.b == Proportion(3, of: 6))
    #expect(rates.degenerateA == 0 && rates.degenerateB == 1)
    #expect(comparison.sentences[0].contains("3 refuse only in A, 0 only in B"))
    b.prompts.removeLast(2)
    #expect(try AblationComparison(a, b).shared == 10)
    b.setup.depth = .resume
    #expect(throws: ExperimentError.self) { try AblationComparison(a, b) }
  }
}

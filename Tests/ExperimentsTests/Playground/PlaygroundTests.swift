import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

struct PlaygroundTests {
  private let fixture: AblationFixture
  private let playground: Playground
  private let prompts = ["12 34", "567"]

  init() throws {
    let fixture = try AblationFixture()
    let model = LoadedModel(
      Checkpoint(
        files: .hub(Fixtures.url("models/tiny-llama")), modelHash: "aa11", adapter: nil,
        adapterHash: nil, match: .same, notices: []), fixture.transformer, fixture.tokenizer)
    self.fixture = fixture
    playground = try Playground(fixture.dictionary, model)
  }

  private func setup(_ change: (inout PlaygroundSetup) -> Void = { _ in }) -> PlaygroundSetup {
    var setup = PlaygroundSetup(
      prompts: prompts, isChat: false, regions: [0], strength: 1, steering: .alpha(6),
      maxNewTokens: 4)
    change(&setup)
    return setup
  }

  private func tokens(_ text: String) throws -> [Int] {
    try fixture.tokenizer.tokens(ofOwn: text, isChat: false, as: nil).ids
  }

  @Test func `columns are what the edits of ablate and steer make of the same prompts`() throws {
    let result = try playground.run(setup())
    #expect(result.conditions == [.baseline, .ablated, .steered] && result.isComplete)
    let runner = try fixture.runner()
    let ids = try prompts.map(tokens)
    for (condition, intervention) in [
      (AblationCondition.ablated, AblationSetup.Intervention.ablate(strength: 1)),
      (.steered, .steer(alpha: 6)),
    ] {
      let asked = AblationSetup(intervention, target: .regions([0]), null: .none)
      let edit = try #require(
        try runner.conditions(
          asked, runner.subject.directions(asked), at: AblationFixture.hook.name)[1].edits.first)
      let expected = try fixture.transformer.generate(
        ids, GenerationOptions(maxNewTokens: 4, endTokens: fixture.tokenizer.stopIDs),
        editing: [edit])
      #expect(
        result.prompts.map { $0.answers[condition]?.tokens } == expected.map(\.tokens),
        "\(condition)")
    }
    let plain = try fixture.transformer.generate(
      ids, GenerationOptions(maxNewTokens: 4, endTokens: fixture.tokenizer.stopIDs))
    #expect(result.prompts.map { $0.answers[.baseline]?.tokens } == plain.map(\.tokens))
    #expect(result.prompts.map(\.tokenCount) == ids.map(\.count))
  }

  @Test func `a strength in norms is that many medians of the store's rows, or of the prompts'`()
    throws
  {
    let stored = try Playground.norm(of: fixture.store, at: AblationFixture.hook.name)
    #expect(stored == (try fixture.material().residualNorm(at: AblationFixture.hook.name)))
    let asked = setup { $0.steering = .norms(0.5) }
    let result = try playground.run(asked, norm: stored)
    #expect(result.residualNorm == stored && result.alpha == stored.alpha(0.5))
    #expect(result.norms == 0.5)
    let own = try playground.run(asked)
    let norm = try #require(own.residualNorm)
    #expect(norm.source == "these 2 prompts")
    #expect(norm.rows == (try prompts.map(tokens).map(\.count).reduce(0, +)))
    #expect(own.alpha == norm.alpha(0.5))
    // A unit of another hook is none here.
    var other = stored
    other.hook = "blocks.0.hook_resid_post"
    #expect(try playground.run(asked, norm: other).residualNorm == norm)
  }

  @Test func `only what changed is written again`() throws {
    let first = try playground.run(setup())
    var written: Set<AblationCondition> = []
    var answered: [AblationCondition] = []
    let second = try playground.run(
      setup {
        $0.steering = .alpha(-9)
        $0.prompts.append("89")
      }, after: first
    ) { event in
      switch event {
      case .text(let condition, let prompt, _) where prompt < 2: written.insert(condition)
      case .answered(let condition, prompt: 2, _): answered.append(condition)
      default: break
      }
    }
    #expect(written == [.steered] && Set(answered) == [.baseline, .ablated, .steered])
    let whole = try playground.run(second.setup)
    #expect(
      second.prompts.map { $0.answers.mapValues(\.tokens) }
        == whole.prompts.map { $0.answers.mapValues(\.tokens) })
    // Another length, region or basis leaves nothing of the edited columns.
    let longer = try playground.run(setup { $0.maxNewTokens = 6 }, after: first)
    #expect(longer.prompts.allSatisfy { ($0.answers[.baseline]?.tokens.count ?? 0) > 4 })
    #expect(longer.keys[.ablated] != first.keys[.ablated])
    let region = try playground.run(setup { $0.regions = [1] }, after: first)
    #expect(region.keys[.ablated] != first.keys[.ablated])
    #expect(region.keys[.baseline] == first.keys[.baseline])
  }

  @Test func `what was kept reads back, and says whether it comes out the same again`() throws {
    let notebook = try Notebook(fixture.folder.file("notebook.sqlite"))
    let result = try playground.run(setup())
    let id = try result.save(to: notebook)
    let entry = try #require(try notebook.experiments().first)
    #expect(entry.kind == .playground && entry.identity == fixture.dictionary.identity)
    let identity = fixture.dictionary.identity
    var kept = try PlaygroundResult.saved(id, in: notebook, on: identity)
    #expect(kept.setup == result.setup && kept.keys == result.keys)
    let again = try playground.run(kept.setup, after: kept)
    #expect(again.notices.contains("all 6 answers that were kept read the same again"))
    #expect(
      again.prompts.map { $0.answers.mapValues(\.text) }
        == result.prompts.map { $0.answers.mapValues(\.text) })
    kept.prompts[0].answers[.baseline]?.textHash = "00"
    let other = try playground.run(kept.setup, after: kept)
    #expect(other.notices.contains("1 of the 6 answers that were kept read otherwise now"))
    let content = try #require(try notebook.content(ofExperiment: id))
    let report = try #require(try ResultReport(content: content))
    #expect(report.rows.count == 2 && report.header.count == 4)
    #expect(throws: ExperimentError.self) {
      try PlaygroundResult.saved(id + 1, in: notebook, on: identity)
    }
    let steering = AblationSetup(
      .steer(alpha: 1), target: .regions([0]), null: .none, depth: .geometry)
    let otherKind = try fixture.runner(model: false).run(steering).save(to: notebook)
    #expect(throws: ExperimentError.self) {
      try PlaygroundResult.saved(otherKind, in: notebook, on: identity)
    }
  }

  @Test func `several regions are ablated together, and the first is steered along, which is said`()
    throws
  {
    let result = try playground.run(setup { $0.regions = [1, 0] })
    #expect(result.notices == ["the steering is along the first region, 1"])
    #expect(result.name(.ablated) == "ablated, regions 1, 0")
    #expect(result.name(.steered).hasPrefix("steered along 1, α 6"))
    let single = try playground.run(setup { $0.regions = [1] })
    #expect(result.keys[.steered] == single.keys[.steered])
    #expect(result.keys[.ablated] != single.keys[.ablated])
  }

  @Test func `what cannot be run is refused, naming it`() throws {
    func refused(_ word: String, _ change: (inout PlaygroundSetup) -> Void) {
      do {
        try playground.run(setup(change))
        Issue.record("expected a refusal that names \(word)")
      } catch {
        #expect("\(error)".contains(word), "\(error)")
      }
    }
    refused("found none") { $0.prompts = [] }
    refused("prompt 2") { $0.prompts[1] = " " }
    refused("found none") { $0.regions = [] }
    refused("found 7") { $0.regions = [0, 7] }
    refused("blocks.99") { $0.actionHook = "blocks.99.hook_resid_post" }
    refused("independent directions") { $0.regions = [0, 0] }
  }

  @Test func `the untouched model alone needs no regions`() throws {
    let result = try playground.run(
      setup { ($0.regions, $0.strength, $0.steering) = ([], nil, nil) })
    #expect(result.conditions == [.baseline] && result.prompts.allSatisfy { $0.answers.count == 1 })
    #expect(result.residualNorm == nil && result.alpha == nil)
  }
}

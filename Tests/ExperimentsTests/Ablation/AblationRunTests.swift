import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage
import Synchronization
import Testing

@testable import Experiments

struct AblationRunTests {
  private let setup = AblationSetup(
    target: .regions([0]), basis: .exemplar, null: .random, depth: .generate)

  @Test func `answers are counted in every condition, and the baseline is the store's`() throws {
    let fixture = try AblationFixture()
    let result = try fixture.runner().run(setup)
    #expect(result.isComplete && result.maxNewTokens == AblationFixture.maxNewTokens)
    #expect(result.conditions == [.baseline, .ablated, .null])
    #expect(
      result.prompts.map(\.role) == Array(repeating: .harmful, count: 6)
        + Array(repeating: .benign, count: 6))
    for condition in result.conditions {
      for role in AblationPrompt.Role.allCases {
        #expect(result.counts(condition, role)?.count == 6)
      }
    }
    #expect(result.prompts.allSatisfy { $0.answers[.baseline]?.origin == .store })
    #expect(
      result.prompts.allSatisfy {
        AblationFixture.answers.contains($0.answers[.baseline]?.tokens ?? [])
      })
    #expect(result.prompts.allSatisfy { $0.answers[.ablated]?.origin == .generated })
    #expect(result.firstTokenKL(.baseline) == 0)
    #expect(result.perplexities.count == 3)
  }

  @Test func `answers are those of generating with the edit, prompt by prompt`() throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    let result = try runner.run(setup)
    let edit = try #require(
      try runner.conditions(
        setup, try runner.subject.directions(setup), at: AblationFixture.hook.name)[1].edits.first)
    let prompts = try runner.subject.evaluated(setup)
    let alone = try fixture.transformer.generate(
      try prompts.map { try runner.subject.material.tokens(of: $0) },
      GenerationOptions(
        maxNewTokens: AblationFixture.maxNewTokens, endTokens: fixture.tokenizer.stopIDs),
      editing: [edit])
    #expect(result.prompts.map { $0.answers[.ablated]?.tokens } == alone.map(\.tokens))
  }

  @Test func `a second run takes the answers that the first kept`() throws {
    let fixture = try AblationFixture()
    let first = try fixture.runner().run(setup)
    let second = try fixture.runner().run(setup)
    #expect(second.prompts.allSatisfy { $0.answers[.ablated]?.origin == .journal })
    #expect(
      first.prompts.map { $0.answers[.null]?.tokens }
        == second.prompts.map { $0.answers[.null]?.tokens })
    var other = setup
    other.basis = .mean
    let third = try fixture.runner().run(other)
    // Another direction is another condition, but the control is the same.
    #expect(third.prompts.allSatisfy { $0.answers[.ablated]?.origin == .generated })
    #expect(third.prompts.allSatisfy { $0.answers[.null]?.origin == .journal })
    var longer = setup
    longer.maxNewTokens = AblationFixture.maxNewTokens + 1
    let fourth = try fixture.runner().run(longer)
    #expect(fourth.prompts.allSatisfy { $0.answers[.baseline]?.origin == .generated })
  }

  @Test func `a run that is stopped keeps what was answered, and goes on from it`() throws {
    struct Stop: Error {}
    let fixture = try AblationFixture()
    var partial: AblationResult?
    var answered = 0
    #expect(throws: Stop.self) {
      try fixture.runner().run(setup) { event in
        if case .began(let result) = event { partial = result } else { partial?.apply(event) }
        if case .answered(.ablated, _, _) = event { answered += 1 }
        if answered == 3 { throw Stop() }
      }
    }
    let stopped = try #require(partial)
    #expect(!stopped.isComplete)
    #expect(stopped.counts(.ablated, .harmful)?.count == 3)
    #expect(stopped.conclusion.kind == .refused)
    let whole = try fixture.runner().run(setup)
    #expect(whole.prompts.count { $0.answers[.ablated]?.origin == .journal } >= 3)
    #expect(whole.isComplete)
  }

  @Test func `a line that a kill cut short is passed over`() throws {
    let fixture = try AblationFixture()
    _ = try fixture.runner().run(setup)
    let folder = try #require(try fixture.material().journalFolder)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    for file in files {
      let url = folder.appending(path: file)
      let data = try Data(contentsOf: url)
      try data.dropLast(20).write(to: url)
    }
    let again = try fixture.runner().run(setup)
    let generated = again.prompts.count { $0.answers[.ablated]?.origin == .generated }
    #expect(generated == 1)
    let third = try fixture.runner().run(setup)
    #expect(third.prompts.allSatisfy { $0.answers[.ablated]?.origin == .journal })
  }

  @Test(arguments: [
    (#""ending":""#, #""ending":"x"#), (#""text":""#, #""text":"x"#),
    (#""tokens":["#, #""tokens":[3,"#),
  ])
  func `a line whose parts no longer agree is passed over`(_ sound: String, _ damaged: String)
    throws
  {
    let fixture = try AblationFixture()
    let first = try fixture.runner().run(setup)
    let folder = try #require(try fixture.material().journalFolder)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
      let url = folder.appending(path: file)
      let text = try String(contentsOf: url, encoding: .utf8)
      try #require(text.contains(sound))
      try Data(text.replacing(sound, with: damaged).utf8).write(to: url)
    }
    let again = try fixture.runner().run(setup)
    #expect(again.prompts.allSatisfy { $0.answers[.ablated]?.origin == .generated })
    #expect(
      again.prompts.map { $0.answers[.ablated]?.tokens }
        == first.prompts.map { $0.answers[.ablated]?.tokens })
  }

  @Test
  func `a model is called by its own name in what is built and found, and by its file in commands`()
    throws
  {
    var options = AblationFixture.Options()
    options.modelName = "Tiny Story 1B"
    let fixture = try AblationFixture(options)
    let built = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: try ActivationSource(fixture.store.url, positions: .last),
        calibration: .percentile(40, activations: 1000), options: BuildOptions(threads: 1)))
    #expect(built.provenance.modelTitle == "Tiny Story 1B (tiny)")
    #expect(StoreModels.words(of: fixture.store.provenance) == "Tiny Story 1B (tiny)")
    let recorded = RecordedCheckpoint(fixture.store.provenance, of: "s")
    #expect(recorded.modelWords == "Tiny Story 1B (tiny) of hash aa11")
    let model = AblationModel(
      engine: fixture.transformer, tokenizer: fixture.tokenizer, name: "tiny", modelHash: "aa11",
      adapterHash: nil, ownName: "Tiny Story 1B")
    let result = try AblationRunner(try fixture.subject(), model: model, threads: 1).run(setup)
    #expect(result.provenance.modelName == "Tiny Story 1B")
    #expect(result.markdown.contains("- model: Tiny Story 1B (tiny)"))
    #expect(result.command.contains("--model tiny "))
    let again = try AblationResult(savedContent: try result.savedContent(), id: 1)
    #expect(again.provenance == result.provenance)
  }

  @Test func `the stream gives the result that the call returns`() async throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    var streamed: AblationResult?
    for try await event in runner.events(setup) {
      if case .began(let result) = event { streamed = result } else { streamed?.apply(event) }
    }
    let result = try #require(streamed)
    #expect(result.isComplete)
    let table = result.table
    #expect(table == (try runner.run(setup)).table)
  }

  @Test func `steering adds the direction, and at nought changes nothing`() throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    var steering = setup
    steering.depth = .resume
    let results = try runner.run(runner.sweep(steering, alphas: [0, 30])).compactMap(\.self)
    #expect(results.count == 2)
    #expect(results[0].treated == .steered)
    #expect((results[0].firstTokenKL(.steered) ?? 1) < 1e-6)
    #expect((results[1].firstTokenKL(.steered) ?? 0) > 1e-3)
  }

  @Test func `strength nought is no ablation`() throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    var partial = setup
    partial.depth = .resume
    let results = try runner.run(runner.sweep(partial, strengths: [0, 0.5, 1])).compactMap(\.self)
    let divergences = results.compactMap { $0.firstTokenKL(.ablated) }
    #expect(divergences.count == 3 && divergences[0] < 1e-6 && divergences[2] > divergences[1])
  }

  @Test func `geometry needs no model and only predicts`() throws {
    let fixture = try AblationFixture()
    var geometry = setup
    geometry.depth = .geometry
    let result = try fixture.runner(model: false).run(geometry)
    #expect(result.conclusion.kind == .notMeasured)
    // With the region's own direction gone, what lay along it lies across it.
    let before = result.prompts.compactMap { $0.landings[.baseline]?.ratio }
    let after = result.prompts.compactMap { $0.landings[.ablated]?.ratio }
    #expect(before.count == 12 && after.allSatisfy { abs($0 - 2) < 1e-3 })
    #expect(before.contains { $0 < 1.9 })
    #expect(result.readoutAUROC != nil && result.readoutHeldOut == 12)
    #expect(result.table[0].contains("PREDICTED to refuse"))
    #expect(result.counts(.ablated, .harmful) == nil)
  }

  @Test func `the report holds openings, not answers`() throws {
    let fixture = try AblationFixture()
    let result = try fixture.runner().run(setup)
    let report = result.markdown
    #expect(report.contains("| baseline, harmful | 6 |"))
    #expect(report.contains("exemplar-v2") && report.contains("tiny.epstore"))
    #expect(
      AblationResult.opening("one two three four five six seven") == "one two three four five six…")
    #expect(AblationResult.opening("short") == "short")
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(result.json().text.utf8)) as? [String: Any])
    for key in [
      "depth", "hook", "basis", "regions", "nullRegion", "conditions", "mcnemar", "prompts",
    ] {
      #expect(object[key] != nil, "\(key)")
    }
    let conditions = try #require(object["conditions"] as? [String: [String: Any]])
    let harmful = try #require(conditions["ablated"]?["harmful"] as? [String: Any])
    for key in ["n", "refused", "complied", "degenerate", "unclear", "rate", "wilson95"] {
      #expect(harmful[key] != nil, "\(key)")
    }
    #expect(conditions["null"]?["firstTokenKL"] is Double)
  }
}

import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// A steering along refusal directions adds α median norms of each layer's own direction at every layer asked for.
struct DirectionSteeringTests {
  private static let samples = Fixtures.root.deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "sample-dicts")

  private func file(_ name: String) throws -> DictionaryFile {
    try DictionaryFile(Self.samples.appending(path: "\(name).epdict"))
  }

  private func subject(_ dictionary: String = "smollm2-refusal.last.p10") throws -> AblationSubject
  {
    let file = try file(dictionary)
    let store = try StoreFile(Self.samples.appending(path: "smollm2-refusal.epstore"))
    return try AblationSubject(
      file, dictionary: try file.load(), material: try AblationMaterial(store), threads: 1)
  }

  private func setup(
    _ alpha: Float = 0.5, _ source: RefusalDirections.Source = .exemplars,
    purity: RefusalDirections.Purity = .kept, _ change: (inout AblationSetup) -> Void = { _ in }
  ) -> AblationSetup {
    var setup = AblationSetup(
      .steer(alpha: alpha), target: .directions(DirectionChoice(source, purity: purity)))
    change(&setup)
    return setup
  }

  private func length(_ vector: [Float]) -> Double {
    vector.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  @Test func `What is added is a median norm of the direction that is scored`() throws {
    let subject = try subject()
    let made = try subject.directions(setup())
    let record = try #require(made.target.directions)
    #expect(record.prompts == 300 && record.heldOut == 100 && record.evaluatedAmongThem == 0)
    #expect(record.layers.map(\.hook) == ["blocks.16.hook_resid_post"])
    #expect(made.target.notices.isEmpty && made.target.rank == 1 && made.target.nullRank == 1)
    let prompts = subject.material.prompts.filter { $0.role != nil }
    let layer = DirectionLayer(
      hook: subject.hook, rows: try subject.material.lastRows(subject.hook, of: prompts),
      subject.dictionary, name: nil, identity: subject.identity, percentile: nil, threads: 1)
    var options = DirectionStudy.Options()
    (options.purity, options.controls) = (.kept, 1)
    let roles = prompts.compactMap(\.role)
    let study = try DirectionStudy.run(
      [layer], roles: roles,
      held: try HeldOutPrompts(
        .split("heldout"), roles: roles, splits: prompts.map(\.document.split), seed: 0,
        of: "sample"), options)
    let found = study.layers[0].directions
    #expect(record.layers[0].harmful == found[.exemplars].harmful)
    #expect(abs(record.layers[0].medianNorm - found.norm) < 1e-9)
    for source in [RefusalDirections.Source.exemplars, .promptMeans] {
      let steering = try subject.directions(setup(0.5, source)).steering[0]
      for (added, unit) in zip(steering.target, found[source].unit) {
        #expect(abs(Double(added) - found.norm * Double(unit)) < 1e-6 * found.norm)
      }
      #expect(abs(length(try #require(steering.null)) / found.norm - 1) < 1e-5)
    }
  }

  @Test func `Above 0 it is read on benign prompts, below on harmful ones`() throws {
    let runner = try AblationRunner(try subject(), threads: 1)
    for (alpha, role) in [(Float(0.5), AblationPrompt.Role.benign), (-0.5, .harmful)] {
      let result = try runner.run(setup(alpha))
      #expect(result.conditions == [.baseline, .steered, .null])
      #expect(result.aimedAt == role && result.headline.role == role)
      #expect(result.norms == Double(alpha) && result.residualNorm == nil)
      #expect(
        result.remarks.contains {
          $0.hasPrefix("the direction ep: the exemplars of 11 wholly harmful")
        })
      #expect(
        result.command.contains("--direction ep --norms=\(alpha) --purity kept --null random"))
      #expect(!result.command.contains("--region") && !result.command.contains("--basis"))
      let again = try AblationResult(savedContent: try result.savedContent(), id: 1)
      #expect(again == result)
    }
  }

  @Test func `What cannot be steered along is refused by name`() throws {
    let subject = try subject()
    func refused(_ words: String, _ setup: AblationSetup) {
      let error = #expect(throws: ExperimentError.self) { try subject.directions(setup) }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    refused("expected a steering", setup { $0.intervention = .ablate(strength: 1) })
    refused("found shuffled", setup(0.5, .shuffled))
    refused("expected no regions", setup { $0.null = .region(3) })
    refused(
      "dictionaries of 2 layers, found 1",
      setup { $0.target = .directions(DirectionChoice(.exemplars, layers: 2)) })
    #expect(throws: ExperimentError.self) {
      try self.subject("smollm2-refusal.last.p40").directions(setup())
    }
    let all = try subject.directions(setup { $0.split = "all" }).target
    #expect(all.notices.contains { $0.contains("200 of the evaluated prompts are among those") })
    let none = try subject.directions(setup { $0.null = .none })
    #expect(none.steering[0].null == nil && none.target.nullRank == 0)
  }

  @Test func `Dictionaries beside it are of other layers of the same model`() throws {
    let subject = try subject()
    func refused(_ words: String, _ name: String) throws {
      let file = try file(name)
      let error = #expect(throws: ExperimentError.self) {
        try subject.adding([file], isOtherAllowed: false)
      }
      #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
    try refused("different hooks", "smollm2-refusal.last.p40")
    let fixture = try AblationFixture()
    #expect(throws: ExperimentError.self) {
      try subject.adding([fixture.dictionary], isOtherAllowed: false)
    }
  }

  @Test func `Edits at several hooks are one run, of first tokens as of answers`() throws {
    let fixture = try AblationFixture()
    let width = fixture.transformer.configuration.hiddenSize
    let layers = (0..<2).map { layer in
      AblationSubject.LayerSteering(
        hook: .residualPost(layer: layer),
        target: RandomDirection.unit(dimension: width, seed: UInt64(layer)),
        null: RandomDirection.unit(dimension: width, seed: UInt64(7 + layer)))
    }
    let conditions = layers.conditions(alpha: 3)
    #expect(conditions.map(\.name) == [.baseline, .steered, .null])
    #expect(conditions.map(\.edits.count) == [0, 2, 2])
    let material = try fixture.material()
    let prompts = Array(material.prompts.prefix(3))
    let resume = ResumeDepth(
      model: fixture.transformer, material: material, refusal: RefusalTokens(material.prompts))
    // The store's hook lies above the lower edit.
    #expect(try resume.start(conditions) == nil)
    let read = try resume.firstTokens(prompts, conditions)
    let sideBySide = SideBySide(
      model: fixture.transformer, tokenizer: fixture.tokenizer, maxNewTokens: 4)
    let tokens = try prompts.map { try material.tokens(of: $0) }
    var answers: [Int: [Int]] = [:]
    let places = conditions.indices.map { SideBySide.Place(condition: $0, prompt: 1) }
    try sideBySide.run(tokens, conditions, at: places) { event in
      if case .finished(let place, let generation) = event {
        answers[place.condition] = generation.tokens
      }
    }
    let options = GenerationOptions(maxNewTokens: 4, endTokens: fixture.tokenizer.stopIDs)
    for (place, condition) in conditions.enumerated() {
      let alone = try fixture.transformer.forward(
        .tokens([tokens[1]]), editing: condition.edits, logits: .last)
      #expect(
        read[place][1].token == alone.logits.indices.max { alone.logits[$0] < alone.logits[$1] })
      let answer = try fixture.transformer.generate(
        [tokens[1]], options, editing: condition.edits)
      #expect(answers[place] == answer[0].tokens)
    }
    // Both edits count: neither alone gives the same.
    let last = try conditions[1].edits.map { edit in
      try fixture.transformer.forward(.tokens([tokens[1]]), editing: [edit], logits: .last).logits
    }
    let both = try fixture.transformer.forward(
      .tokens([tokens[1]]), editing: conditions[1].edits, logits: .last
    ).logits
    #expect(!last.contains(both))
  }

  @Test func `Answers under several edits are kept apart from those under one`() {
    let edits = (0..<2).map {
      Edit(at: .residualPost(layer: $0), .steer(direction: [1, 0], alpha: 1))
    }
    func key(_ edits: [Edit]) -> String {
      GenerationJournal.key(model: "m", edits: edits, maxNewTokens: 3)
    }
    #expect(Set([key([]), key([edits[0]]), key([edits[1]]), key(edits)]).count == 4)
  }
}

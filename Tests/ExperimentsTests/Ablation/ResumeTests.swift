import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage
import Testing

@testable import Experiments

struct ResumeTests {
  /// Conditions at a hook: nothing, a region and a random direction.
  private func conditions(_ fixture: AblationFixture, at hook: HookPoint) throws -> [RunCondition] {
    let runner = try fixture.runner()
    let setup = AblationSetup(
      target: .regions([0, 1]), basis: .mean, null: .random, depth: .resume,
      actionHook: hook.name)
    return try runner.conditions(setup, try runner.subject.directions(setup), at: hook.name)
  }

  @Test(arguments: [0, 1, 2])
  func `resuming gives the first token's distribution that generating does`(layer: Int) throws {
    let fixture = try AblationFixture()
    let hook = HookPoint.residualPost(layer: layer)
    let conditions = try conditions(fixture, at: hook)
    #expect(conditions.map(\.name) == [.baseline, .ablated, .null])
    let material = try fixture.material()
    let resume = ResumeDepth(model: fixture.transformer, material: material, refusal: nil)
    // The store's hook serves every edit after it; an earlier one needs the tokens.
    #expect(try resume.start(conditions) == (layer < 1 ? nil : AblationFixture.hook))
    let readings = try resume.firstTokens(material.prompts, conditions)
    let vocabulary = fixture.transformer.configuration.vocabularySize
    let baseline = try fixture.transformer.forward(.tokens(fixture.tokens), logits: .last).logits
    for (index, condition) in conditions.enumerated() {
      let edits = condition.edits
      let logits = try fixture.transformer.forward(
        .tokens(fixture.tokens), editing: edits, logits: .last
      ).logits
      let generations = try fixture.transformer.generate(
        fixture.tokens, GenerationOptions(maxNewTokens: 1), editing: edits)
      for prompt in fixture.tokens.indices {
        let rows = prompt * vocabulary..<(prompt + 1) * vocabulary
        let expected = try #require(
          NextTokens.divergence(from: Array(logits[rows]), to: Array(baseline[rows])))
        #expect(abs(readings[index][prompt].divergence - expected) < 1e-4)
        #expect(readings[index][prompt].token == generations[prompt].tokens.first)
      }
    }
    #expect(readings[1].contains { $0.divergence > 1e-3 })
  }

  /// Every way to make an edit and its control, for one basis.
  private func setups(_ basis: DirectionBasis) -> [AblationSetup] {
    let interventions: [AblationSetup.Intervention] = [
      .ablate(strength: 1), .ablate(strength: 0.5), .steer(alpha: 3), .steer(alpha: -3),
    ]
    let nulls: [AblationSetup.Null] = [.automatic, .random, .region(1), .none]
    return interventions.flatMap { intervention in
      nulls.map { null in
        AblationSetup(
          intervention, target: .regions([0]), basis: basis, null: null, depth: .resume)
      }
    }
  }

  @Test(arguments: DirectionBasis.allCases)
  func `resumed logits equal those of whole runs, and begin the answer, in every condition`(
    basis: DirectionBasis
  ) throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    let material = try fixture.material()
    let (rows, lengths) = try material.rows(AblationFixture.hook.name, of: material.prompts)
    let vocabulary = fixture.transformer.configuration.vocabularySize
    var seen: Set<AblationCondition> = []
    for setup in setups(basis) {
      let conditions = try runner.conditions(
        setup, try runner.subject.directions(setup), at: AblationFixture.hook.name)
      for condition in conditions {
        seen.insert(condition.name)
        let edits = condition.edits
        let resumed = try fixture.transformer.forward(
          .residual(rows, lengths: lengths, at: AblationFixture.hook), editing: edits, logits: .last
        ).logits
        let whole = try fixture.transformer.forward(
          .tokens(fixture.tokens), editing: edits, logits: .last
        ).logits
        let largest = whole.map(abs).max() ?? 1
        #expect(zip(resumed, whole).allSatisfy { abs($0 - $1) <= 1e-4 * largest })
        let answers = try fixture.transformer.generate(
          fixture.tokens, GenerationOptions(maxNewTokens: 1), editing: edits)
        for (prompt, answer) in answers.enumerated() {
          let row = resumed[prompt * vocabulary..<(prompt + 1) * vocabulary]
          let best = row.indices.max { (row[$0], $1) < (row[$1], $0) }
          #expect(best.map { $0 - prompt * vocabulary } == answer.tokens.first)
        }
      }
    }
    #expect(seen == [.baseline, .ablated, .steered, .null])
  }

  @Test func `perplexity is that of the prompts' own words`() throws {
    let fixture = try AblationFixture()
    let material = try fixture.material()
    let resume = ResumeDepth(model: fixture.transformer, material: material, refusal: nil)
    let found = try resume.perplexities(material.prompts, [RunCondition(.baseline)])
    let vocabulary = fixture.transformer.configuration.vocabularySize
    var logs: [Double] = []
    for ids in fixture.tokens {
      let logits = try fixture.transformer.forward(.tokens([ids])).logits
      // The template is three tokens before the words and two after.
      for position in 3..<ids.count - 2 {
        let row = Array(logits[(position - 1) * vocabulary..<position * vocabulary])
        logs.append(try #require(NextTokens.logProbabilities(row))[ids[position]])
      }
    }
    let expected = try #require(NextTokens.perplexity(logProbabilities: logs))
    #expect(abs((found[0] ?? 0) / expected - 1) < 1e-4)
  }

  @Test func `a search ranks regions by the fall of the refusal log-odds`() throws {
    let fixture = try AblationFixture()
    let runner = try fixture.runner()
    let setup = AblationSetup(basis: .exemplar, depth: .resume)
    let effects = try runner.search(setup)
    #expect(Set(effects.map(\.region)) == [0, 1])
    #expect(effects[0].logOddsChange <= effects[1].logOddsChange)
    var single = setup
    single.target = .regions([effects[0].region])
    let result = try runner.run(single)
    let change = try #require(
      result.meanLogOdds(.ablated, .harmful).flatMap { after in
        result.meanLogOdds(.baseline, .harmful).map { after - $0 }
      })
    #expect(abs(change - effects[0].logOddsChange) < 1e-4)
  }
}

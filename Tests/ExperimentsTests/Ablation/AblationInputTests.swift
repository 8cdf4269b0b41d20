import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import Testing

@testable import Experiments

/// What an ablation says of input that it cannot use.
struct AblationInputTests {
  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  private func targetMessage(
    _ setup: AblationSetup, _ options: AblationFixture.Options = .init()
  ) -> String {
    message { _ = try AblationFixture(options).subject().target(setup) }
  }

  @Test func `candidates need outcomes`() {
    let found = targetMessage(AblationSetup(), .init(outcomes: false))
    #expect(found.contains("no prompt has an outcome"))
  }

  @Test func `with nothing refused no region is a candidate`() throws {
    let options = AblationFixture.Options(everyAnswer: 1)
    #expect(targetMessage(AblationSetup(), options).contains("found at most 0.0; name regions"))
    let subject = try AblationFixture(options).subject()
    #expect(subject.notices.contains { $0.contains("none of the 20 prompts") })
  }

  @Test func `with everything refused the control is a random direction, and there is no readout`()
    throws
  {
    let fixture = try AblationFixture(.init(everyAnswer: 0))
    let result = try fixture.runner(model: false).run(AblationSetup(seed: 5))
    #expect(result.target.null == .random(seed: 5))
    #expect(result.notices.contains { $0.contains("all of the 20 prompts") })
    #expect(result.notices.contains { $0.contains("random direction, seed 5") })
    #expect(result.notices.contains { $0.contains("no readout") })
  }

  @Test func `more regions than candidates are refused`() {
    #expect(
      targetMessage(AblationSetup(target: .top(9, .reference))).contains("expected 1 to 1 regions"))
  }

  @Test func `directions that span less than as many dimensions are refused`() {
    let found = targetMessage(
      AblationSetup(target: .regions([0, 1]), basis: .exemplar), .init(twins: true))
    #expect(found.contains("expected 2 independent directions, found 1: that of region 1"))
  }

  @Test func `a region that is not there is refused`() {
    #expect(
      targetMessage(AblationSetup(target: .regions([2]))).contains("regions of 0…1, found 2"))
    #expect(
      targetMessage(AblationSetup(target: .regions([0]), null: .region(7))).contains("found 7"))
  }

  @Test func `a region without prompts is pointed out`() throws {
    let target = try AblationFixture(.init(twins: true)).subject()
      .target(AblationSetup(target: .regions([1]), basis: .exemplar))
    #expect(target.notices.contains("no prompt ends in region 1"))
  }

  @Test func `a store of another model than the weights names both hashes`() throws {
    let fixture = try AblationFixture()
    let found = message {
      _ = try AblationRunner(try fixture.subject(), model: fixture.model(hash: "bb22"), threads: 1)
    }
    #expect(found.contains("of hash aa11") && found.contains("is of bb22"))
  }

  @Test func `a dictionary of another model or hook than the store's is refused`() {
    let model = message { _ = try AblationFixture(.init(dictionaryHash: "cc33")).subject() }
    #expect(model.contains("cc33") && model.contains("aa11"))
    let hook = message {
      _ = try AblationFixture(.init(hook: "blocks.3.hook_resid_post")).subject()
    }
    #expect(
      hook.contains("no activations at blocks.3.hook_resid_post")
        && hook.contains("blocks.1.hook_resid_post"))
  }

  @Test func `a dictionary that does not say its hook is taken to be of the only one`() throws {
    let subject = try AblationFixture(.init(hook: nil)).subject()
    #expect(subject.hook == AblationFixture.hook.name)
    #expect(subject.notices.contains { $0.contains("does not say its hook") })
  }

  @Test func `a split that is not there is refused, with those there are`() {
    let found = message {
      _ = try AblationFixture().runner(model: false).run(AblationSetup(split: "test"))
    }
    #expect(found.contains("split test") && found.contains("heldout, train"))
  }

  @Test func `without a train split candidates come from all prompts, and it is said`() throws {
    let result = try AblationFixture(.init(split: false)).runner(model: false)
      .run(AblationSetup(split: "all"))
    #expect(result.notices.contains { $0.contains("the evaluated ones too") })
    #expect(result.prompts.count == 32)
  }

  @Test func `a depth that needs weights says that there are none`() {
    let found = message {
      _ = try AblationFixture().runner(model: false).run(AblationSetup(depth: .resume))
    }
    #expect(found.contains("depth resume needs the model's weights"))
  }

  @Test func `a prompt that fills the context is said to`() throws {
    let fixture = try AblationFixture()
    var setup = AblationSetup(
      target: .regions([0]), basis: .exemplar, null: .none, depth: .generate)
    setup.maxNewTokens = 400
    setup.limit = 1
    let result = try fixture.runner().run(setup)
    let endings = result.prompts.flatMap { $0.answers.values.map(\.ending) }
    #expect(
      endings.contains("context")
        == result.notices.contains { $0.contains("fill the model's context") }
    )
  }
}

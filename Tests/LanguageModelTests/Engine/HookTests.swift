import LanguageModel
import TestSupport
import Testing

struct HookTests {
  @Test func `every hook is spelled back as it was read`() throws {
    let names =
      ["hook_embed", "ln_final.hook_normalized"]
      + HookPoint.inLayer(12).map(\.name)
    for name in names { #expect(try HookPoint(name).name == name) }
    #expect(try HookPoint("blocks.7.attn.hook_z") == .heads(layer: 7))
  }

  @Test(arguments: [
    "", "hook_resid_post", "blocks.1.hook_resid", "blocks.-1.hook_resid_post",
    "blocks.01.hook_resid_post", "blocks.+1.hook_resid_post", "blocks..hook_resid_post",
    "blocks.99999999999999999999.hook_resid_post", "blocks.1.hook_resid_post.x", "BLOCKS.1.hook_z",
  ])
  func `a name that is not a hook is refused with those there are`(name: String) {
    #expect {
      try HookPoint(name)
    } throws: {
      ($0 as? ModelError)?.code == .unknownHook && "\($0)".contains("blocks.I.hook_resid_mid")
    }
  }

  @Test func `a hook the model does not have is refused`() throws {
    let llama = try GoldenModel("tiny-llama").transformer
    #expect(throws: ModelError.self) {
      try llama.forward(.tokens([[1]]), reading: [.residualPost(layer: 4)])
    }
    let neox = try GoldenModel("tiny-gpt-neox").transformer
    #expect(throws: ModelError.self) {
      try neox.forward(.tokens([[1]]), reading: [.residualMid(layer: 0)])
    }
  }

  @Test func `hooks agree with each other`() throws {
    let model = try GoldenModel("tiny-gemma2").transformer
    let hooks: [HookPoint] = [.embedding, .finalNormalised] + (0..<2).flatMap(HookPoint.inLayer)
    let output = try model.forward(.tokens([[5, 6, 7]]), reading: hooks)
    func rows(_ hook: HookPoint) throws -> [Float] { try #require(output.hooks[hook]) }
    #expect(try rows(.embedding) == rows(.residualPre(layer: 0)))
    #expect(try rows(.residualPost(layer: 0)) == rows(.residualPre(layer: 1)))
    let sum = try zip(rows(.residualMid(layer: 0)), rows(.feedForwardOut(layer: 0))).map(+)
    #expect(relativeError(sum, try rows(.residualPost(layer: 0))) < 1e-6)
    let normalised = try rows(.finalNormalised)
    let square = normalised.reduce(0) { $0 + $1 * $1 } / Float(normalised.count)
    #expect(abs(square - 1) < 1e-3)
    #expect(try rows(.heads(layer: 0)).count == 3 * model.configuration.queryWidth)
  }

  @Test func `reading hooks does not change the logits`() throws {
    let model = try GoldenModel("tiny-gpt-neox")
    let hooks = (0..<4).flatMap(HookPoint.inLayer).filter {
      if case .residualMid = $0 { false } else { true }
    }
    let plain = try model.transformer.forward(.tokens(try model.prompts))
    let read = try model.transformer.forward(
      .tokens(try model.prompts), reading: hooks + [.finalNormalised])
    #expect(relativeError(read.logits, plain.logits) < 1e-5)
  }
}

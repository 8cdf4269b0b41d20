import LanguageModel
import Testing

struct GoldenModelTests {
  static let names = ["tiny-llama", "tiny-qwen2", "tiny-gemma2", "tiny-gpt-neox"]

  @Test(arguments: names, ["", "ablated.", "steered."])
  func `logits and residual streams are those of the transformers library`(
    name: String, edit: String
  ) throws {
    let model = try GoldenModel(name)
    let output = try model.transformer.forward(
      .tokens(try model.prompts), reading: model.residualHooks, editing: try model.edits(edit))
    #expect(relativeError(output.logits, try model.golden.floats(edit + "logits")) < 1e-5)
    for hook in model.residualHooks {
      let golden = try model.golden.floats(edit + hook.name)
      #expect(relativeError(try #require(output.hooks[hook]), golden) < 1e-5, "\(hook)")
    }
  }

  @Test(arguments: [
    "tiny-gemma3", "tiny-phi3", "tiny-olmo2", "tiny-granite", "tiny-mixtral", "tiny-qwen3-moe",
  ])
  func `logits, what leaves each of seven blocks, and greedy text are the library's`(
    name: String
  ) throws {
    let model = try GoldenModel(name)
    let output = try model.transformer.forward(
      .tokens(try model.prompts), reading: model.residualHooks)
    #expect(relativeError(output.logits, try model.golden.floats("logits")) < 1e-5)
    for hook in model.residualHooks {
      let golden = try model.golden.floats(hook.name)
      #expect(relativeError(try #require(output.hooks[hook]), golden) < 1e-5, "\(hook)")
    }
    let greedy = try model.ids("greedy")
    let found = try model.transformer.generate(
      greedy.map { Array($0.prefix(12)) }, GenerationOptions(maxNewTokens: 16))
    #expect(found.map(\.tokens) == greedy.map { Array($0.dropFirst(12)) })
  }
}

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
}

import LanguageModel
import Testing

struct GenerationTests {
  @Test(arguments: GoldenModelTests.names, ["", "ablated.", "steered."])
  func `greedy continuations are those of the transformers library`(
    name: String, edit: String
  ) throws {
    let model = try GoldenModel(name)
    let golden = try model.ids(edit + "greedy_ids")
    let prompts = golden.map { Array($0.prefix(model.promptLength)) }
    let options = GenerationOptions(maxNewTokens: golden[0].count - model.promptLength)
    let found = try model.transformer.generate(
      prompts, options, editing: try model.edits(edit))
    for (generation, golden) in zip(found, golden) {
      #expect(generation.tokens == Array(golden.dropFirst(model.promptLength)))
      #expect(generation.ending == .length)
    }
  }
}

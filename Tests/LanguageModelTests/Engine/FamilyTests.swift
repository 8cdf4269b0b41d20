import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// Families, features and containers beyond those of `GoldenModelTests`.
struct FamilyTests {
  static let models = [
    "tiny-llama2", "tiny-llama3", "tiny-mistral", "tiny-qwen3", "tiny-gpt2", "tiny-gemma2-hooks",
    "tiny-neox-sequential", "tiny-gemma3-hooks", "tiny-phi3-hooks", "tiny-olmo2-hooks",
    "tiny-granite-hooks", "tiny-mixtral-hooks", "tiny-qwen3-moe-hooks",
  ]
  static let ggufModels = models.filter {
    FileManager.default.fileExists(atPath: Fixtures.url("models/\($0)/model.gguf").path)
  }

  @Test(arguments: models)
  func `a hub folder gives the golden logits, hooks and text`(name: String) throws {
    try check(name, path: "models/\(name)")
  }

  @Test(arguments: ggufModels)
  func `a GGUF file of the same weights gives the same numbers`(name: String) throws {
    try check(name, path: "models/\(name)/model.gguf")
  }

  @Test func `most models are there as GGUF files too`() {
    #expect(Self.ggufModels.count == Self.models.count - 2)
  }

  @Test func `rotary frequencies are exact unless asked, whatever lies beside the weights`() throws
  {
    let golden = try SafetensorsFile(Fixtures.url("models/tiny-qwen2/golden-loaded.safetensors"))
    let copy = try ModelCopy("tiny-qwen2")
    func error(_ precision: RotaryEmbedding.Precision) throws -> Float {
      let model = try Transformer(ModelDescription(.hub(copy.url), rotaryPrecision: precision))
      let output = try model.forward(.tokens(try golden.rows("input_ids")))
      return relativeError(output.logits, try golden.floats("logits"))
    }
    #expect(try error(.float32) < 1e-5)
    #expect(try error(.bfloat16) > 1e-4)
    let bare = try ModelDescription(.hub(copy.url))
    try Data("{}".utf8).write(to: copy.url.appending(path: "tokenizer_config.json"))
    let published = try ModelDescription(.hub(copy.url))
    #expect(bare.rotaryPrecision == .float32)
    #expect(published.rotaryPrecision == .float32)
    #expect(bare.castPrecision == .bfloat16)
  }

  private func check(_ name: String, path: String) throws {
    let model = try Transformer(Fixtures.url(path).path)
    let golden = try SafetensorsFile(Fixtures.url("models/\(name)/golden.safetensors"))
    let hooks = (0..<model.configuration.layerCount).flatMap(HookPoint.inLayer)
    let output = try model.forward(.tokens(try golden.rows("input_ids")), reading: hooks)
    #expect(relativeError(output.logits, try golden.floats("logits")) < 1e-5)
    for hook in hooks {
      let found = try #require(output.hooks[hook])
      #expect(relativeError(found, try golden.floats(hook.name)) < 1e-5, "\(hook)")
    }
    let greedy = try golden.rows("greedy_ids")
    let found = try model.generate(
      greedy.map { Array($0.prefix(6)) }, GenerationOptions(maxNewTokens: 12))
    #expect(found.map(\.tokens) == greedy.map { Array($0.dropFirst(6)) })
  }
}

extension SafetensorsFile {
  /// The rows of a two-dimensional tensor of ids.
  func rows(_ name: String) throws -> [[Int]] {
    let columns = try info(name).shape[1]
    let flat = try int64s(name).map(Int.init)
    return stride(from: 0, to: flat.count, by: columns).map { Array(flat[$0..<$0 + columns]) }
  }
}

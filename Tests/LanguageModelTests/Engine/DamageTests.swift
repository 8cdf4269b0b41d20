import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// Thousands of damaged model files: each must load and run, or give one of our errors.
struct DamageTests {
  /// - Parameter reach: how far into the file damage may go.
  private func mutate(
    _ file: String, of model: String, seed: UInt64, count: Int, reach: Int,
    _ open: (URL) throws -> ModelFiles
  ) throws -> Int {
    let copy = try ModelCopy(model)
    let url = copy.url.appending(path: file)
    let original = [UInt8](try Data(contentsOf: url))
    var damage = FileDamage(seed: seed)
    var loaded = 0
    for round in 0..<count {
      try Data(damage.copy(of: original, reach: reach)).write(to: url)
      do {
        let description = try ModelDescription(open(copy.url))
        // Nothing that 200 kB of files describe takes more.
        let model = try Transformer(description, threads: 1, availableMemory: 50_000_000)
        _ = try model.forward(.tokens([[3, 4]]), logits: .last)
        loaded += 1
      } catch is ModelError {
      } catch is TensorFileError {
      } catch {
        Issue.record("\(file) of \(model), seed \(seed), round \(round): \(error)")
      }
    }
    return loaded
  }

  @Test(arguments: [
    "tiny-llama3", "tiny-gemma2-hooks", "tiny-gpt2", "tiny-neox-sequential", "tiny-gemma3-hooks",
    "tiny-phi3-hooks", "tiny-mixtral-hooks",
  ])
  func `mutated configurations`(model: String) throws {
    let loaded = try mutate(
      "config.json", of: model, seed: 11, count: 500, reach: .max
    ) { .hub($0) }
    #expect(loaded > 10 && loaded < 490)
  }

  @Test func `mutated safetensors headers`() throws {
    let loaded = try mutate(
      "model.safetensors", of: "tiny-llama2", seed: 12, count: 500, reach: 2600
    ) { .hub($0) }
    #expect(loaded < 450)
  }

  @Test func `mutated safetensors indexes`() throws {
    let loaded = try mutate(
      "model.safetensors.index.json", of: "tiny-mistral", seed: 13, count: 400, reach: .max
    ) { .hub($0) }
    #expect(loaded < 390)
  }

  @Test(arguments: ["tiny-llama2", "tiny-gemma2-hooks", "tiny-gpt2", "tiny-mixtral-hooks"])
  func `mutated GGUF headers`(model: String) throws {
    let loaded = try mutate(
      "model.gguf", of: model, seed: 14, count: 400, reach: 5000
    ) { .gguf($0.appending(path: "model.gguf")) }
    #expect(loaded > 5 && loaded < 390)
  }

  @Test func `a configuration of a hundred thousand brackets is an error`() throws {
    let copy = try ModelCopy("tiny-llama2")
    let text = "{\"model_type\":" + String(repeating: "[", count: 100_000)
    try Data(text.utf8).write(to: copy.url.appending(path: "config.json"))
    #expect(throws: ModelError.self) { try copy.load() }
  }
}

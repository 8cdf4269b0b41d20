import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// An adapter folder under construction.
private struct AdapterBuilder {
  let folder: TemporaryFolder
  var configuration: [String: Any] = ["peft_type": "LORA", "r": 2, "lora_alpha": 6, "bias": "none"]
  var tensors: [String: SafetensorsTensor] = [:]

  init() throws { folder = try TemporaryFolder() }

  /// Adds a pair with reproducible numbers.
  mutating func add(_ module: String, inputs: Int, outputs: Int, rank: Int = 2) {
    func numbers(_ count: Int, _ seed: Int) -> [Float] {
      (0..<count).map { Float(($0 * 37 + seed * 11) % 19 - 9) / 40 }
    }
    let name = "base_model.model.\(module)"
    tensors[name + ".lora_A.weight"] = SafetensorsTensor(
      numbers(rank * inputs, 1), shape: [rank, inputs])
    tensors[name + ".lora_B.weight"] = SafetensorsTensor(
      numbers(outputs * rank, 2), shape: [outputs, rank])
  }

  func open() throws -> LoRAAdapter {
    try JSONSerialization.data(withJSONObject: configuration)
      .write(to: folder.file("adapter_config.json"))
    let file = folder.file("adapter_model.safetensors")
    try? FileManager.default.removeItem(at: file)
    try SafetensorsWriter.write(
      tensors.map { (name: $0.key, tensor: $0.value) }, to: file)
    return try LoRAAdapter(folder: folder.url)
  }
}

struct AdapterTests {
  private func logits(_ path: String, _ adapter: LoRAAdapter?) throws -> [Float] {
    let description = try ModelDescription(ModelFiles.find(Fixtures.url("models/\(path)").path))
    return try Transformer(description, adapter: adapter)
      .forward(.tokens([[3, 4, 5, 6], [7, 8]])).logits
  }

  @Test func `an adapter changes a hub folder and a GGUF file of one model alike`() throws {
    var builder = try AdapterBuilder()
    builder.add("model.layers.0.self_attn.q_proj", inputs: 32, outputs: 32)
    builder.add("model.layers.1.self_attn.k_proj", inputs: 32, outputs: 16)
    builder.add("model.layers.1.mlp.down_proj", inputs: 48, outputs: 32)
    let adapter = try builder.open()
    let plain = try logits("tiny-llama2", nil)
    let hub = try logits("tiny-llama2", adapter)
    let gguf = try logits("tiny-llama2/model.gguf", adapter)
    #expect(relativeError(hub, plain) > 0.01)
    #expect(relativeError(gguf, hub) < 1e-5)
  }

  @Test(arguments: [
    ("tiny-neox-sequential", "gpt_neox.layers.1.attention.query_key_value", 32, 96),
    ("tiny-gpt2", "transformer.h.0.attn.c_attn", 32, 96),
  ])
  func `an adapter of fused projections fits both layouts`(
    name: String, module: String, inputs: Int, outputs: Int
  ) throws {
    var builder = try AdapterBuilder()
    builder.add(module, inputs: inputs, outputs: outputs)
    let adapter = try builder.open()
    let hub = try logits(name, adapter)
    #expect(relativeError(hub, try logits(name, nil)) > 0.01)
    #expect(relativeError(try logits("\(name)/model.gguf", adapter), hub) < 1e-5)
  }

  @Test func `strength is α over r, or over its root, and can differ by module`() throws {
    func change(_ edit: (inout AdapterBuilder) -> Void) throws -> [Float] {
      var builder = try AdapterBuilder()
      builder.add("model.layers.1.mlp.up_proj", inputs: 32, outputs: 48)
      edit(&builder)
      return try logits("tiny-llama2", builder.open())
    }
    let plain = try change { _ in }
    // 6 / 2 = 3 = α / √2 for α = 3√2.
    let stabilised = try change {
      $0.configuration["use_rslora"] = true
      $0.configuration["lora_alpha"] = 3 * 2.0.squareRoot()
    }
    let pattern = try change {
      $0.configuration["lora_alpha"] = 1
      $0.configuration["alpha_pattern"] = ["mlp.up_proj": 6]
    }
    let weaker = try change { $0.configuration["lora_alpha"] = 1 }
    #expect(relativeError(stabilised, plain) < 1e-5)
    #expect(relativeError(pattern, plain) < 1e-5)
    #expect(relativeError(weaker, plain) > 1e-3)
  }

  @Test func `an adapter for another model is refused by module`() throws {
    for (module, inputs, outputs) in [
      ("model.layers.2.mlp.up_proj", 32, 48), ("model.layers.0.mlp.up_proj", 64, 48),
      ("model.layers.0.mlp.up_proj", 32, 64), ("transformer.h.0.attn.c_attn", 32, 96),
      ("model.layers.0.input_layernorm", 32, 32),
    ] {
      var builder = try AdapterBuilder()
      builder.configuration["base_model_name_or_path"] = "someone/else"
      builder.add(module, inputs: inputs, outputs: outputs)
      let adapter = try builder.open()
      #expect {
        try logits("tiny-llama2", adapter)
      } throws: {
        ($0 as? ModelError)?.code == .adapterMismatch && "\($0)".contains(module)
          && "\($0)".contains("someone/else")
      }
    }
  }

  @Test func `what is not a plain LoRA is refused`() throws {
    let changes: [(String, Any)] = [
      ("peft_type", "IA3"), ("use_dora", true), ("trainable_token_indices", [3]),
      ("init_lora_weights", "pissa"), ("init_lora_weights", "olora"), ("use_something_new", true),
      ("rank_pattern", [".*up_proj$": 4]), ("r", 3), ("r", "2"), ("rank_pattern", ["up_proj": 5]),
    ]
    for (key, value) in changes {
      var builder = try AdapterBuilder()
      builder.add("model.layers.0.mlp.up_proj", inputs: 32, outputs: 48)
      builder.configuration[key] = value
      #expect(throws: ModelError.self, "\(key): \(value)") { try builder.open() }
    }
    var builder = try AdapterBuilder()
    for name in [
      "lm_head.original_module.weight", "a.lora_magnitude_vector", "a.lora_A.x.y.weight",
    ] {
      builder.tensors = ["base_model.model.\(name)": SafetensorsTensor([1] as [Float], shape: [1])]
      #expect(throws: ModelError.self, "\(name)") { try builder.open() }
    }
    builder.tensors = [:]
    #expect(throws: ModelError.self) { try builder.open() }
    builder.tensors = ["x.lora_A.weight": SafetensorsTensor([1, 2] as [Float], shape: [2, 1])]
    #expect(throws: ModelError.self) { try builder.open() }
  }

  @Test func `tensors that PEFT would pass over are refused by the name of their module`() throws {
    func open(_ settings: [String: Any]) throws -> LoRAAdapter {
      var builder = try AdapterBuilder()
      builder.add("model.layers.0.self_attn.q_proj", inputs: 32, outputs: 32)
      builder.add("model.layers.1.mlp.down_proj", inputs: 48, outputs: 32)
      builder.configuration.merge(settings) { $1 }
      return try builder.open()
    }
    let both = ["q_proj", "down_proj"]
    let fitting: [[String: Any]] = [
      ["target_modules": both], ["target_modules": ["self_attn.q_proj", "mlp.down_proj"]],
      ["target_modules": #".*\.(q_proj|down_proj)"#], ["target_modules": "all-linear"], [:],
      ["target_modules": both, "layers_to_transform": [0, 1]],
      ["target_modules": both, "layers_to_transform": [1, 0], "layers_pattern": "layers"],
      ["target_modules": both, "exclude_modules": ["o_proj"]],
    ]
    for settings in fitting {
      #expect(throws: Never.self, "\(settings)") { try open(settings) }
    }
    let narrower: [([String: Any], String)] = [
      (["target_modules": ["q_proj"]], "down_proj"), (["target_modules": "q_proj"], "q_proj"),
      (["target_modules": #".*layers\.0\..*"#], "down_proj"),
      (["target_modules": both, "layers_to_transform": 0], "down_proj"),
      (
        ["target_modules": both, "layers_to_transform": [0, 1], "layers_pattern": ["h"]], "q_proj"
      ),
      (["target_modules": both, "exclude_modules": ["q_proj"]], "q_proj"),
      (["target_modules": both, "exclude_modules": ".*down_proj"], "down_proj"),
    ]
    for (settings, module) in narrower {
      let error = #expect(throws: ModelError.self, "\(settings)") { try open(settings) }
      #expect("\(error.map { "\($0)" } ?? "")".contains(module), "\(settings)")
    }
    var builder = try AdapterBuilder()
    builder.tensors = [
      "model.layers.0.self_attn.q_proj.lora_A.weight": SafetensorsTensor(
        [1, 2] as [Float], shape: [2, 1])
    ]
    let error = #expect(throws: ModelError.self) { try builder.open() }
    #expect("\(error.map { "\($0)" } ?? "")".contains("base_model.model."))
  }
}

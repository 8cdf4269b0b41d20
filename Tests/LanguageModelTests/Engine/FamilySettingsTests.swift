import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// What each family makes of its own settings, and what it refuses by name.
struct FamilySettingsTests {
  private func description(
    _ name: String, _ changes: [String: Any?] = [:]
  ) throws -> ModelDescription {
    let copy = try ModelCopy(name)
    try copy.configure(changes)
    return try ModelDescription(.hub(copy.url))
  }

  private func rotary(_ model: TransformerConfiguration) -> RotaryEmbedding? {
    if case .rotary(let rotary) = model.positions { rotary } else { nil }
  }

  private func message(_ name: String, _ changes: [String: Any?]) -> String {
    do {
      _ = try description(name, changes)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  @Test(arguments: [
    ("tiny-gemma3-hooks", "attn_logit_softcapping", "50"),
    ("tiny-gemma3-hooks", "use_bidirectional_attention", "true"),
    ("tiny-gemma3-hooks", "sliding_window", "null"), ("tiny-gemma3-hooks", "head_dim", "null"),
    ("tiny-gemma3-hooks", "sliding_window_pattern", "0"),
    ("tiny-gemma3-hooks", "rope_local_base_freq", "77"),
    ("tiny-gemma3-hooks", "rope_parameters", #"{"rope_type":"default","rope_theta":1e6}"#),
    ("tiny-gemma3-hooks", "rope_parameters", #"{"full_attention":{"rope_type":"yarn"}}"#),
    ("tiny-gemma3-hooks", "hidden_activation", #""relu2""#),
    ("tiny-phi3-hooks", "rope_parameters", #"{"rope_type":"longrope"}"#),
    ("tiny-phi3-hooks", "rope_parameters", #"{"rope_type":"linear","factor":2}"#),
    ("tiny-phi3-hooks", "layer_types", #"["full_attention","full_attention"]"#),
    ("tiny-phi3-hooks", "partial_rotary_factor", "0.5"), ("tiny-phi3-hooks", "head_dim", "null"),
    ("tiny-olmo2-hooks", "layer_types", #"["sliding_attention","full_attention"]"#),
    ("tiny-olmo2-hooks", "clip_qkv", "8"), ("tiny-olmo2-hooks", "partial_rotary_factor", "0.5"),
    ("tiny-granite-hooks", "residual_multiplier", "null"),
    ("tiny-granite-hooks", "logits_scaling", "0"), ("tiny-granite-hooks", "num_local_experts", "4"),
    ("tiny-mixtral-hooks", "num_experts", "4"), ("tiny-mixtral-hooks", "num_experts_per_tok", "6"),
    ("tiny-mixtral-hooks", "num_experts_per_tok", "0"),
    ("tiny-mixtral-hooks", "num_experts_per_tok", "null"),
    ("tiny-mixtral-hooks", "num_local_experts", "100000"),
    ("tiny-gemma3-hooks", "rope_local_base_freq", "null"),
    ("tiny-qwen3-moe-hooks", "decoder_sparse_step", "null"),
    ("tiny-mixtral-hooks", "layer_types", #"["full_attention","full_attention"]"#),
    ("tiny-mixtral-hooks", "moe_intermediate_size", "24"),
    ("tiny-qwen3-moe-hooks", "decoder_sparse_step", "0"),
    ("tiny-qwen3-moe-hooks", "n_routed_experts", "4"),
    ("tiny-qwen3-moe-hooks", "layer_types", #"["full_attention","full_attention"]"#),
    ("tiny-llama2", "num_experts", "4"),
  ])
  func `a setting that is not done is refused by name`(
    model: String, key: String, value: String
  ) throws {
    let object = try JSONSerialization.jsonObject(
      with: Data(value.utf8), options: .fragmentsAllowed)
    #expect(message(model, [:]) == "read")
    let found = message(model, [key: object])
    let names = [key, "yarn", "relu2", "longrope", "RoPE scaling", "experts", "finite scales"]
    #expect(found != "read" && names.contains(where: found.contains), "\(found)")
  }

  @Test func `defaults of each family are the library's`() throws {
    func silent(_ name: String, _ keys: [String]) throws -> TransformerConfiguration {
      try description(name, Dictionary(uniqueKeysWithValues: keys.map { ($0, nil as Any?) }))
        .configuration
    }
    let common = ["rms_norm_eps", "max_position_embeddings", "rope_parameters"]
    let phi = try silent("tiny-phi3-hooks", common + ["sliding_window"])
    #expect(phi.norm == .rootMeanSquare(epsilon: 1e-5) && phi.contextLength == 4096)
    #expect(rotary(phi)?.dimension == 8 && rotary(phi)?.base == 10_000)
    #expect(phi.slidingWindows == [nil, nil])
    let olmo = try silent("tiny-olmo2-hooks", common)
    #expect(olmo.norm == .rootMeanSquare(epsilon: 1e-5) && olmo.contextLength == 2048)
    let multipliers = [
      "attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling",
    ]
    let granite = try silent("tiny-granite-hooks", common + multipliers)
    #expect(granite.attentionScale == 1 && granite.embeddingScale == 1)
    #expect(granite.residualScale == 1 && granite.logitScale == 1)
    let mixtral = try silent("tiny-mixtral-hooks", common + ["num_experts_per_tok"])
    #expect(rotary(mixtral)?.dimension == 8 && rotary(mixtral)?.base == 1_000_000)
    #expect(mixtral.experts?.used == 2 && mixtral.experts?.normalisesShares == true)
    let qwen = try silent("tiny-qwen3-moe-hooks", common + ["norm_topk_prob", "mlp_only_layers"])
    #expect(qwen.experts?.normalisesShares == false && qwen.experts?.layers == [true, true])
    #expect(qwen.experts?.count == 6 && qwen.experts?.used == 3)
  }

  // MARK: - Experts

  @Test(arguments: ["tiny-mixtral", "tiny-qwen3-moe"])
  func `experts of a row do not depend on the rows beside it, nor on threads`(name: String) throws {
    let files = ModelFiles.hub(Fixtures.url("models/\(name)"))
    let ids = try SafetensorsFile(Fixtures.url("models/\(name)/golden.safetensors"))
      .rows("input_ids")
    func logits(_ prompts: [[Int]], threads: Int, rowsPerPass: Int) throws -> [Float] {
      try Transformer(ModelDescription(files), threads: threads, rowsPerPass: rowsPerPass)
        .forward(.tokens(prompts)).logits
    }
    let together = try logits(ids, threads: 1, rowsPerPass: 512)
    #expect(try logits(ids, threads: 3, rowsPerPass: 512) == together)
    #expect(try logits(ids, threads: 2, rowsPerPass: 7) == together)
    #expect(try ids.flatMap { try logits([$0], threads: 1, rowsPerPass: 512) } == together)
  }

  @Test func `of experts that a router likes the same the first are taken`() throws {
    let ids = try SafetensorsFile(Fixtures.url("models/tiny-mixtral-hooks/golden.safetensors"))
      .rows("input_ids")
    func logits(without: [String]) throws -> [Float] {
      let copy = try ModelCopy("tiny-mixtral-hooks")
      try copy.clear { name in
        name.contains("block_sparse_moe.gate")
          || without.contains { name.contains("experts.\($0).") }
      }
      return try copy.load().forward(.tokens(ids)).logits
    }
    let all = try logits(without: [])
    #expect(try logits(without: ["2", "3", "4"]) == all)
    #expect(try logits(without: ["1"]) != all)
  }

  @Test func `layers of a Qwen 3 MoE that have one MLP are those that the settings say`() throws {
    let copy = try ModelCopy("tiny-qwen3-moe-hooks")
    try copy.configure(["mlp_only_layers": [0]])
    #expect {
      try ModelDescription(.hub(copy.url))
    } throws: {
      "\($0)".contains(
        "model.layers.0.mlp.gate_proj.weight is missing: expected a tensor of shape [48, 32]")
    }
  }

  // MARK: - Gemma 3

  @Test func `Gemma 3 has two rotary embeddings, under the names of each version`() throws {
    let new = try description("tiny-gemma3-hooks")
    let old = try description(
      "tiny-gemma3-hooks",
      [
        "rope_parameters": nil as Any?, "rope_theta": 1e6, "rope_local_base_freq": 1e4,
        "rope_scaling": ["rope_type": "linear", "factor": 4],
      ])
    #expect(old.configuration.localRotary?.base == 1e4)
    #expect(old.rotarySettings == nil && new.rotarySettings == "rope_parameters")
    #expect(new.notices.contains { $0.contains("base 1000000, in layers with a window 10000") })
    for model in [old, new] {
      let rotary = try #require(self.rotary(model.configuration))
      #expect(rotary.base == 1e6 && rotary.scaling == .linear(factor: 4))
      #expect(model.configuration.localRotary?.scaling == RotaryEmbedding.Scaling.none)
    }
    let half = try ModelDescription(
      .hub(Fixtures.url("models/tiny-gemma3-hooks")), rotaryPrecision: .bfloat16)
    #expect(half.rotaryPrecision == .bfloat16)
    #expect(half.configuration.localRotary?.precision == .bfloat16)
  }

  @Test func `what Gemma 3 leaves out is the library's standard`() throws {
    let silent = try description(
      "tiny-gemma3-hooks",
      [
        "rope_parameters": nil as Any?, "layer_types": nil as Any?, "sliding_window": nil as Any?,
        "max_position_embeddings": nil as Any?, "query_pre_attn_scalar": nil as Any?,
        "tie_word_embeddings": nil as Any?, "rms_norm_eps": nil as Any?,
        "hidden_activation": nil as Any?,
      ]
    ).configuration
    #expect(rotary(silent)?.base == 1e6 && silent.localRotary?.base == 1e4)
    #expect(silent.slidingWindows == [4096, 4096, 4096, 4096, 4096, nil])
    #expect(silent.contextLength == 131_072 && silent.attentionScale == 1 / 16)
    #expect(silent.hasTiedHead && silent.logitSoftCap == nil && silent.activation == .geluTanh)
    let others = try description(
      "tiny-gemma3-hooks", ["layer_types": nil as Any?, "sliding_window_pattern": 2])
    #expect(others.configuration.slidingWindows == [5, nil, 5, nil, 5, nil])
  }

  @Test(arguments: ["model.language_model.", "language_model.model."])
  func `the decoder of a Gemma 3 that sees is read out of its folder`(place: String) throws {
    let copy = try ModelCopy("tiny-gemma3-hooks")
    let file = copy.url.appending(path: "config.json")
    let text = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    try JSONSerialization.data(withJSONObject: ["model_type": "gemma3", "text_config": text])
      .write(to: file)
    try copy.rename { place + $0.dropFirst("model.".count) }
    let golden = try SafetensorsFile(Fixtures.url("models/tiny-gemma3-hooks/golden.safetensors"))
    let output = try copy.load().forward(.tokens(try golden.rows("input_ids")))
    #expect(relativeError(output.logits, try golden.floats("logits")) < 1e-5)

    try copy.add("vision_tower.patches.weight")
    try copy.add("multi_modal_projector.mm_soft_emb_norm.weight")
    #expect(
      try ModelDescription(.hub(copy.url)).notices.contains { $0.contains("vision_tower.patches") })
    try copy.add(place + "layers.1.self_attn.q_proj.bias")
    #expect {
      try ModelDescription(.hub(copy.url))
    } throws: { "\($0)".contains("layers.1.self_attn.q_proj.bias") }
  }

  @Test func `a Gemma 3 that sees needs settings of its decoder that its own do not contradict`()
    throws
  {
    let copy = try ModelCopy("tiny-gemma3-hooks")
    let file = copy.url.appending(path: "config.json")
    var text = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    func failure(_ settings: [String: Any]) throws -> String {
      try JSONSerialization.data(withJSONObject: settings).write(to: file)
      do {
        _ = try ModelDescription(.hub(copy.url))
        return "read"
      } catch {
        return "\(error)"
      }
    }
    #expect(try failure(["model_type": "gemma3"]).contains("text_config is missing"))
    let untied: [String: Any] = [
      "model_type": "gemma3", "text_config": text, "tie_word_embeddings": false,
    ]
    #expect(try failure(untied).contains("tie_word_embeddings"))
    text["final_logit_softcapping"] = 30
    #expect(
      try failure(["model_type": "gemma3", "text_config": text]).contains("final_logit_softcapping")
    )
    text["final_logit_softcapping"] = nil
    text["num_experts"] = 4
    #expect(
      try failure(["model_type": "gemma3", "text_config": text])
        .contains("text_config: num_experts"))
  }
}

/// Qwen 3 with several MLPs in a block, of which a router picks some for every row.
enum Qwen3MoE: Architecture {
  static let hubTypes = ["qwen3_moe"]
  static let ggufNames = ["qwen3moe"]
  static let derivesHeads = false
  static let ownSettings: Set<String> = [
    "moe_intermediate_size", "num_experts", "num_local_experts",
  ]
  static let ownKeys: Set<String> = [
    "expert_count", "expert_feed_forward_length", "expert_used_count",
  ]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    try hub.refuseLayerTypes()
    try hub.refuseNull(
      "decoder_sparse_step", "moe_intermediate_size", "num_experts", "num_experts_per_tok",
      "num_key_value_heads", "num_local_experts")
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    let standardWindow = hub.has("sliding_window") ? nil : 4096
    let window =
      try hub.bool("use_sliding_window") == true
      ? try hub.integer("sliding_window") ?? standardWindow : nil
    return TransformerConfiguration(
      family: "qwen3_moe", vocabularySize: try hub.requiredInteger("vocab_size"),
      hiddenSize: hidden, layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads") ?? 4, headSize: headSize,
      feedForwardSize: try hub.integer("intermediate_size") ?? 6144,
      contextLength: try hub.integer("max_position_embeddings") ?? 32_768,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-6),
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(), queryKeyNorm: .head,
      slidingWindows: try hub.slidingWindows(layers: layers, window: window) { _ in true },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false,
      biases: try hub.bool("attention_bias") == true ? [.queryKeyValue, .attentionOutput] : [],
      experts: try experts(hub, layers))
  }

  private static func experts(
    _ hub: HubConfiguration, _ layers: Int
  ) throws -> TransformerConfiguration.Experts? {
    let step = try hub.integer("decoder_sparse_step") ?? 1
    guard step > 0 else {
      throw ModelError(
        .malformedConfiguration,
        "\(hub.name): expected a decoder_sparse_step of at least 1, found \(step)")
    }
    let dense = Set(try hub.integers("mlp_only_layers") ?? [])
    let count = try hub.expertCount(standard: 128)
    let have = (0..<max(0, min(layers, 1 << 12))).map {
      count > 0 && !dense.contains($0) && ($0 + 1) % step == 0
    }
    guard have.contains(true) else { return nil }
    return TransformerConfiguration.Experts(
      count: count, used: try hub.integer("num_experts_per_tok") ?? 8,
      size: try hub.integer("moe_intermediate_size") ?? 768,
      normalisesShares: try hub.bool("norm_topk_prob") ?? false, layers: have)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Qwen3.configuration(gguf)
    model.family = "qwen3_moe"
    model.experts = try gguf.experts(
      size: try gguf.requiredInteger("expert_feed_forward_length"), layers: model.layerCount)
    return model
  }
}

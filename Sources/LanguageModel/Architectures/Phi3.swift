/// Phi 3 and 4: queries, keys and values in one tensor, gate and up projection in another, heads that
/// may turn in part.
enum Phi3: Architecture {
  static let hubTypes = ["phi3"]
  static let ggufNames = ["phi3"]
  static let derivesHeads = false
  static let ownSettings: Set<String> = ["partial_rotary_factor"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    try hub.refuseLayerTypes()
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    let rotary = try hub.rotaryEmbedding(headSize: headSize, partial: 1)
    guard rotary.scaling == .none else {
      throw ModelError(
        .unsupported,
        "\(hub.name): expected no RoPE scaling, as the library has it for phi3, found "
          + "\(rotary.scaling)")
    }
    return TransformerConfiguration(
      family: "phi3", vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads") ?? heads, headSize: headSize,
      feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? 4096,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-5),
      positions: .rotary(rotary), attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: try hub.slidingWindows(
        layers: layers, window: try hub.integer("sliding_window")
      ) { _ in true },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    for name in ["rope_factors_long.weight", "rope_factors_short.weight"]
    where gguf.hasTensor(name) {
      throw ModelError(.unsupported, "\(name): RoPE scaling longrope is not implemented")
    }
    var model = try Llama.configuration(gguf)
    model.family = "phi3"
    // Converters write 0 for none.
    model.slidingWindows = model.slidingWindows.map { $0 == 0 ? nil : $0 }
    return model
  }

  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    guard case .layer(let layer, let part) = role else {
      return TensorRecipe(HubNames.name(role))
    }
    return fused(
      part, model, attention: "model.layers.\(layer).self_attn.qkv_proj.weight",
      feedForward: "model.layers.\(layer).mlp.gate_up_proj.weight")
      ?? TensorRecipe(HubNames.name(role))
  }

  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    guard case .layer(let layer, let part) = role else {
      return TensorRecipe(GGUFNames.name(role))
    }
    return fused(
      part, model, attention: GGUFNames.fusedAttention(layer, bias: false),
      feedForward: GGUFNames.name(.layer(layer, .up)))
      ?? TensorRecipe(GGUFNames.name(role))
  }

  private static func fused(
    _ part: LayerPart, _ model: TransformerConfiguration, attention: String, feedForward: String
  ) -> TensorRecipe? {
    let (queries, keys, inner) = (model.queryWidth, model.keyValueWidth, model.feedForwardSize)
    let all = queries + 2 * keys
    return switch part {
    case .query: .slice(attention, from: 0, of: all)
    case .key: .slice(attention, from: queries, of: all)
    case .value: .slice(attention, from: queries + keys, of: all)
    case .gate: .slice(feedForward, from: 0, of: 2 * inner)
    case .up: .slice(feedForward, from: inner, of: 2 * inner)
    default: nil
    }
  }
}

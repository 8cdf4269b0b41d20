/// GPT-NeoX, as the Pythia models: attention and MLP side by side, partial rotary embedding.
enum GPTNeoX: Architecture {
  static let hubTypes = ["gpt_neox"]
  static let ggufNames = ["gptneox"]
  static let ownSettings: Set<String> = [
    "partial_rotary_factor", "rotary_pct", "use_parallel_residual",
  ]
  static let ownKeys: Set<String> = ["use_parallel_residual"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = hidden / max(heads, 1)
    if let stated = try hub.integer("head_dim"), stated != headSize {
      throw ModelError(
        .unsupported, "gpt_neox: head_dim is \(stated), but heads have \(headSize) components")
    }
    var biases: TransformerConfiguration.Biases = [.feedForward]
    if try hub.isOn("attention_bias") {
      biases.formUnion([.queryKeyValue, .attentionOutput])
    }
    return TransformerConfiguration(
      family: "gpt_neox", vocabularySize: try hub.requiredInteger("vocab_size"),
      hiddenSize: hidden, layerCount: layers, headCount: heads, keyValueHeadCount: heads,
      headSize: headSize, feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? 2048,
      norm: .layer(epsilon: try hub.float("layer_norm_eps") ?? 1e-5),
      layout: try hub.isOn("use_parallel_residual")
        ? .parallel : .sequential,
      positions: .rotary(
        try hub.rotaryEmbedding(
          headSize: headSize, partial: 0.25,
          names: RotaryNames(base: "rotary_emb_base", share: "rotary_pct"))),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: try hub.slidingWindows(layers: layers, window: nil) { _ in false },
      activation: try hub.activation("hidden_act", standard: .gelu), isGated: false,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false, biases: biases)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    let heads = try gguf.requiredInteger("attention.head_count")
    let layers = try gguf.requiredInteger("block_count")
    let hidden = try gguf.requiredInteger("embedding_length")
    let headSize = hidden / max(heads, 1)
    return TransformerConfiguration(
      family: "gpt_neox", vocabularySize: try gguf.vocabularySize(), hiddenSize: hidden,
      layerCount: layers, headCount: heads, keyValueHeadCount: heads, headSize: headSize,
      feedForwardSize: try gguf.requiredInteger("feed_forward_length"),
      contextLength: try gguf.requiredInteger("context_length"),
      norm: .layer(epsilon: try gguf.requiredFloat("attention.layer_norm_epsilon")),
      layout: try gguf.bool("use_parallel_residual") ?? true ? .parallel : .sequential,
      positions: .rotary(try gguf.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: Array(repeating: nil, count: max(0, min(layers, 1 << 12))),
      activation: .gelu, isGated: false, hasTiedHead: !gguf.hasTensor("output.weight"),
      biases: [.queryKeyValue, .attentionOutput, .feedForward])
  }

  /// Queries, keys and values share a tensor, head by head.
  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    switch role {
    case .tokenEmbedding: return TensorRecipe("gpt_neox.embed_in.weight")
    case .head: return TensorRecipe("embed_out.weight")
    case .finalNorm: return TensorRecipe("gpt_neox.final_layer_norm.weight")
    case .finalNormBias: return TensorRecipe("gpt_neox.final_layer_norm.bias")
    case .positionEmbedding, .headBias, .expert: return TensorRecipe(HubNames.name(role))
    case .layer(let layer, let part):
      var recipe = TensorRecipe("gpt_neox.layers.\(layer).\(suffix(part))")
      let third: Int
      switch part {
      case .query, .queryBias: third = 0
      case .key, .keyBias: third = 1
      case .value, .valueBias: third = 2
      default: return recipe
      }
      let headSize = model.headSize
      recipe.outputs = (
        3 * model.queryWidth,
        { $0 / headSize * 3 * headSize + third * headSize + $0 % headSize }
      )
      return recipe
    }
  }

  private static func suffix(_ part: LayerPart) -> String {
    switch part {
    case .attentionNorm: "input_layernorm.weight"
    case .attentionNormBias: "input_layernorm.bias"
    case .feedForwardNorm: "post_attention_layernorm.weight"
    case .feedForwardNormBias: "post_attention_layernorm.bias"
    case .query, .key, .value: "attention.query_key_value.weight"
    case .queryBias, .keyBias, .valueBias: "attention.query_key_value.bias"
    case .attentionOutput: "attention.dense.weight"
    case .attentionOutputBias: "attention.dense.bias"
    case .up: "mlp.dense_h_to_4h.weight"
    case .upBias: "mlp.dense_h_to_4h.bias"
    case .down: "mlp.dense_4h_to_h.weight"
    case .downBias: "mlp.dense_4h_to_h.bias"
    case .queryNorm, .keyNorm, .postAttentionNorm, .router, .gate, .gateBias,
      .postFeedForwardNorm:
      part.rawValue
    }
  }

  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    GPT2.ggufTensor(role, model)
  }
}

/// Gemma 2: soft-capped attention and logits, sliding windows in every other layer, norms before
/// and after each half of a block, scaled embeddings.
enum Gemma2: Architecture {
  static let hubTypes = ["gemma2"]
  static let ggufNames = ["gemma2"]
  static let derivesHeads = false
  static let ownSettings: Set<String> = [
    "attn_logit_softcapping", "final_logit_softcapping", "query_pre_attn_scalar",
  ]
  static let ownKeys: Set<String> = ["attn_logit_softcapping", "final_logit_softcapping"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? 256
    let queryScalar = try hub.float("query_pre_attn_scalar") ?? 256
    let biases: TransformerConfiguration.Biases =
      try hub.bool("attention_bias") == true ? [.queryKeyValue, .attentionOutput] : []
    return TransformerConfiguration(
      family: "gemma2", vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: try hub.requiredInteger("num_attention_heads"),
      keyValueHeadCount: try hub.integer("num_key_value_heads") ?? 4,
      headSize: headSize, feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? 8192,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-6), layout: .sandwiched,
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / queryScalar.squareRoot(),
      // Left out, each has the library's standard; `null` takes it away.
      attentionSoftCap: hub.has("attn_logit_softcapping")
        ? try hub.float("attn_logit_softcapping") : 50,
      logitSoftCap: hub.has("final_logit_softcapping")
        ? try hub.float("final_logit_softcapping") : 30,
      slidingWindows: try hub.slidingWindows(
        layers: layers, window: try hub.integer("sliding_window") ?? 4096
      ) { $0 % 2 == 0 },
      // `hidden_act`, which published files have beside it, is not read.
      activation: try hub.activation("hidden_activation", standard: .geluTanh),
      isGated: true, embeddingScale: Float(max(hidden, 0)).squareRoot(),
      hasTiedHead: try hub.isOn("tie_word_embeddings"),
      biases: biases)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Llama.configuration(gguf)
    model.family = "gemma2"
    model.layout = .sandwiched
    model.activation = .geluTanh
    model.embeddingScale = Float(max(model.hiddenSize, 0)).squareRoot()
    model.attentionSoftCap = try gguf.float("attn_logit_softcapping") ?? 50
    model.logitSoftCap = try gguf.float("final_logit_softcapping") ?? 30
    let window = try gguf.integer("attention.sliding_window") ?? 4096
    for layer in model.slidingWindows.indices {
      model.slidingWindows[layer] = layer % 2 == 0 ? window : nil
    }
    // The files do not hold the query scalar: it is the head size, but for the 27B model (46
    // layers), whose queries are scaled by the hidden size per head.
    if model.layerCount == 46 {
      model.attentionScale =
        1 / (Float(model.hiddenSize) / Float(max(model.headCount, 1))).squareRoot()
    }
    return model
  }

  /// The hub's norm weights are stored less one; GGUF converters have added it.
  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    var recipe = TensorRecipe(HubNames.name(role))
    switch role {
    case .finalNorm, .layer(_, .attentionNorm), .layer(_, .postAttentionNorm),
      .layer(_, .postFeedForwardNorm):
      recipe.offset = 1
    case .layer(let layer, .feedForwardNorm):
      recipe.name = "model.layers.\(layer).pre_feedforward_layernorm.weight"
      recipe.offset = 1
    default: break
    }
    return recipe
  }
}

/// GPT-2: learned positions, LayerNorm, projections stored `[in, out]` on the hub.
enum GPT2: Architecture {
  static let hubTypes = ["gpt2"]
  static let ggufNames = ["gpt2"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    for key in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"]
    where try hub.bool(key) == true {
      throw ModelError(.unsupported, "gpt2: \(key) is not implemented")
    }
    for (own, shared) in [
      ("n_layer", "num_hidden_layers"), ("n_embd", "hidden_size"),
      ("n_head", "num_attention_heads"),
      ("n_positions", "max_position_embeddings"),
    ] {
      // The library takes the shared name, where both are there.
      guard let mine = try hub.integer(own), let other = try hub.integer(shared), mine != other
      else { continue }
      throw ModelError(
        .unsupported, "gpt2: \(own) is \(mine) and \(shared) is \(other); they are one setting")
    }
    let layers = try hub.requiredInteger("n_layer", "num_hidden_layers")
    let hidden = try hub.requiredInteger("n_embd", "hidden_size")
    let heads = try hub.requiredInteger("n_head", "num_attention_heads")
    let headSize = hidden / max(heads, 1)
    let scales = try hub.isOn("scale_attn_weights")
    let (fourfold, overflow) = hidden.multipliedReportingOverflow(by: 4)
    return TransformerConfiguration(
      family: "gpt2", vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: heads, keyValueHeadCount: heads, headSize: headSize,
      feedForwardSize: try hub.integer("n_inner") ?? (overflow ? 0 : fourfold),
      contextLength: try hub.integer("n_positions") ?? hub.integer("max_position_embeddings")
        ?? hub.integer("n_ctx") ?? 1024,
      norm: .layer(epsilon: try hub.float("layer_norm_epsilon") ?? 1e-5),
      positions: .learned, attentionScale: scales ? 1 / Float(headSize).squareRoot() : 1,
      slidingWindows: try hub.slidingWindows(layers: layers, window: nil) { _ in false },
      activation: try hub.activation("activation_function", standard: .geluTanh),
      isGated: false,
      hasTiedHead: try hub.isOn("tie_word_embeddings"),
      biases: [.queryKeyValue, .attentionOutput, .feedForward])
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try GPTNeoX.configuration(gguf)
    model.family = "gpt2"
    model.layout = .sequential
    model.positions = .learned
    model.activation = .geluTanh
    return model
  }

  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    switch role {
    case .tokenEmbedding: return TensorRecipe("transformer.wte.weight")
    case .positionEmbedding: return TensorRecipe("transformer.wpe.weight")
    case .finalNorm: return TensorRecipe("transformer.ln_f.weight")
    case .finalNormBias: return TensorRecipe("transformer.ln_f.bias")
    case .head, .headBias, .expert: return TensorRecipe(HubNames.name(role))
    case .layer(let layer, let part):
      var recipe = TensorRecipe("transformer.h.\(layer).\(suffix(part))")
      switch part {
      case .query, .key, .value, .attentionOutput, .up, .down: recipe.isTransposed = true
      default: break
      }
      recipe.outputs = third(part, model)
      return recipe
    }
  }

  /// Queries, then keys, then values, in one tensor.
  private static func third(
    _ part: LayerPart, _ model: TransformerConfiguration
  ) -> (Int, @Sendable (Int) -> Int)? {
    let width = model.queryWidth
    switch part {
    case .query, .queryBias: return (3 * width, { $0 })
    case .key, .keyBias: return (3 * width, { width + $0 })
    case .value, .valueBias: return (3 * width, { 2 * width + $0 })
    default: return nil
    }
  }

  private static func suffix(_ part: LayerPart) -> String {
    switch part {
    case .attentionNorm: "ln_1.weight"
    case .attentionNormBias: "ln_1.bias"
    case .feedForwardNorm: "ln_2.weight"
    case .feedForwardNormBias: "ln_2.bias"
    case .query, .key, .value: "attn.c_attn.weight"
    case .queryBias, .keyBias, .valueBias: "attn.c_attn.bias"
    case .attentionOutput: "attn.c_proj.weight"
    case .attentionOutputBias: "attn.c_proj.bias"
    case .up: "mlp.c_fc.weight"
    case .upBias: "mlp.c_fc.bias"
    case .down: "mlp.c_proj.weight"
    case .downBias: "mlp.c_proj.bias"
    case .queryNorm, .keyNorm, .postAttentionNorm, .router, .gate, .gateBias,
      .postFeedForwardNorm:
      part.rawValue
    }
  }

  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    var recipe = TensorRecipe(GGUFNames.name(role))
    if case .layer(let layer, let part) = role, let outputs = third(part, model) {
      recipe.name = GGUFNames.fusedAttention(
        layer, bias: [.queryBias, .keyBias, .valueBias].contains(part))
      recipe.outputs = outputs
    }
    return recipe
  }
}

/// Llama 1 to 3 and Mistral, and the many models that share their shape.
enum Llama: Architecture {
  static let hubTypes = ["llama", "mistral"]
  // Converters write Mistral as `llama` too.
  static let ggufNames = ["llama"]
  // A mixture of experts, as Mixtral, has the same name.
  static let ownKeys: Set<String> = ["expert_count", "expert_used_count"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let isMistral = try hub.string("model_type") == "mistral"
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    // Mistral's attention slides in every layer unless the file says `null`.
    let standardWindow = hub.has("sliding_window") ? nil : 4096
    let window = isMistral ? try hub.integer("sliding_window") ?? standardWindow : nil
    if hub.isSet("layer_types"), isMistral {
      throw ModelError(.unsupported, "mistral: layer_types is not implemented")
    }
    var biases: TransformerConfiguration.Biases = []
    if try hub.bool("attention_bias") == true, !isMistral {
      biases.formUnion([.queryKeyValue, .attentionOutput])
    }
    if try hub.bool("mlp_bias") == true, !isMistral { biases.insert(.feedForward) }
    return TransformerConfiguration(
      family: isMistral ? "mistral" : "llama",
      vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads")
        ?? (isMistral && !hub.has("num_key_value_heads") ? 8 : heads),
      headSize: headSize, feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? (isMistral ? 131_072 : 2048),
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-6),
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: try hub.slidingWindows(layers: layers, window: window) { _ in true },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false, biases: biases)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    let heads = try gguf.requiredInteger("attention.head_count")
    let layers = try gguf.requiredInteger("block_count")
    let hidden = try gguf.requiredInteger("embedding_length")
    let headSize = try gguf.integer("attention.key_length") ?? hidden / max(heads, 1)
    try gguf.checkHeads(
      headSize, turnsWhole: ["llama", "granite"].contains(gguf.architecture))
    var biases: TransformerConfiguration.Biases = []
    if gguf.hasTensor("blk.0.attn_q.bias") { biases.insert(.queryKeyValue) }
    if gguf.hasTensor("blk.0.attn_output.bias") { biases.insert(.attentionOutput) }
    if gguf.hasTensor("blk.0.ffn_up.bias") { biases.insert(.feedForward) }
    let window = try gguf.integer("attention.sliding_window")
    let experts = try gguf.experts(
      size: try gguf.requiredInteger("feed_forward_length"), layers: layers)
    return TransformerConfiguration(
      family: experts == nil ? "llama" : "mixtral",
      vocabularySize: try gguf.vocabularySize(), hiddenSize: hidden,
      layerCount: layers, headCount: heads,
      keyValueHeadCount: try gguf.integer("attention.head_count_kv") ?? heads,
      headSize: headSize, feedForwardSize: try gguf.requiredInteger("feed_forward_length"),
      contextLength: try gguf.requiredInteger("context_length"),
      norm: .rootMeanSquare(epsilon: try gguf.requiredFloat("attention.layer_norm_rms_epsilon")),
      positions: .rotary(try gguf.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: Array(repeating: window, count: max(0, min(layers, 1 << 12))),
      activation: .silu, isGated: true, hasTiedHead: !gguf.hasTensor("output.weight"),
      biases: biases, experts: experts)
  }

  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    model.experts == nil
      ? TensorRecipe(HubNames.name(role)) : Mixtral.hubTensor(role, model)
  }

  /// Llama's GGUF files pair neighbouring components for the rotary embedding, where the hub
  /// pairs halves: the rows of every head's query and key are put back.
  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    var recipe = GGUFNames.recipe(role, model)
    guard case .layer(_, let part) = role, case .rotary(let rotary) = model.positions else {
      return recipe
    }
    let width: Int
    switch part {
    case .query, .queryBias: width = model.queryWidth
    case .key, .keyBias: width = model.keyValueWidth
    default: return recipe
    }
    let (headSize, turning) = (model.headSize, rotary.dimension)
    recipe.outputs = (
      width,
      { output in
        let (head, component) = (output / headSize, output % headSize)
        guard component < turning else { return output }
        let half = turning / 2
        return head * headSize + component % half * 2 + component / half
      }
    )
    return recipe
  }
}

extension TransformerConfiguration {
  /// Files of these families do not say which layers a window is for.
  func refuseWindows(_ gguf: GGUFModelMetadata) throws {
    guard let window = slidingWindows.first ?? nil, window < contextLength else { return }
    throw ModelError(
      .unsupported,
      "\(gguf.architecture).attention.sliding_window is \(window) in a context of "
        + "\(contextLength): which layers it is for is not known")
  }
}

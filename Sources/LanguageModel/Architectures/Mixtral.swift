/// Mixtral: as Mistral, with several MLPs in a block, of which a router picks some for every row.
///
/// GGUF files of it are those of Llama.
enum Mixtral: Architecture {
  static let hubTypes = ["mixtral"]
  static let ggufNames: [String] = []
  static let ownSettings: Set<String> = ["num_experts", "num_local_experts"]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    let size = try hub.requiredInteger("intermediate_size")
    try hub.refuseLayerTypes()
    try hub.refuseNull("num_experts", "num_local_experts", "num_experts_per_tok")
    return TransformerConfiguration(
      family: "mixtral", vocabularySize: try hub.requiredInteger("vocab_size"),
      hiddenSize: hidden, layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads")
        ?? (hub.has("num_key_value_heads") ? heads : 8),
      headSize: headSize, feedForwardSize: size,
      contextLength: try hub.integer("max_position_embeddings") ?? 131_072,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-5),
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize, base: 1_000_000)),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: try hub.slidingWindows(
        layers: layers, window: try hub.integer("sliding_window")
      ) { _ in true },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false,
      experts: TransformerConfiguration.Experts(
        count: try hub.expertCount(standard: 8),
        used: try hub.integer("num_experts_per_tok") ?? 2, size: size, normalisesShares: true,
        layers: Array(repeating: true, count: max(0, min(layers, 1 << 12)))))
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    try Llama.configuration(gguf)
  }

  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    switch role {
    case .layer(let layer, .router):
      return TensorRecipe("model.layers.\(layer).block_sparse_moe.gate.weight")
    case .expert(let layer, let expert, let part):
      let name =
        switch part {
        case .gate: "w1"
        case .down: "w2"
        case .up: "w3"
        }
      return TensorRecipe(
        "model.layers.\(layer).block_sparse_moe.experts.\(expert).\(name).weight")
    default: return TensorRecipe(HubNames.name(role))
    }
  }
}

extension HubConfiguration {
  /// Under either of the names that transformers 5 takes for one another.
  func expertCount(standard: Int) throws -> Int {
    let (all, local) = (try integer("num_experts"), try integer("num_local_experts"))
    if let all, let local, all != local {
      throw ModelError(
        .unsupported,
        "\(name): num_experts is \(all) and num_local_experts is \(local); they are one setting")
    }
    return all ?? local ?? standard
  }

  /// - Throws: for settings of which the library makes nothing where they are `null`.
  func refuseNull(_ keys: String...) throws {
    guard let key = keys.first(where: isNull) else { return }
    throw ModelError(.malformedConfiguration, "\(name): expected a value for \(key), found null")
  }

  /// For families that pass over them.
  func refuseLayerTypes() throws {
    guard isSet("layer_types") else { return }
    throw ModelError(
      .unsupported,
      "\(name): layer_types is not a setting of \(try string("model_type") ?? "such") models")
  }
}

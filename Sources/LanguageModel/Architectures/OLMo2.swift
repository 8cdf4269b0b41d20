/// OLMo 2: no norm before the halves of a block but one after each, and norms over all queries and all
/// keys.
enum OLMo2: Architecture {
  static let hubTypes = ["olmo2"]
  static let ggufNames = ["olmo2"]
  static let derivesHeads = false

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    return TransformerConfiguration(
      family: "olmo2", vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads") ?? heads, headSize: headSize,
      feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? 2048,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-5), layout: .postNormed,
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(), queryKeyNorm: .whole,
      slidingWindows: try hub.slidingWindows(layers: layers, window: nil) { _ in false },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false,
      biases: try hub.bool("attention_bias") == true ? [.queryKeyValue, .attentionOutput] : [])
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Llama.configuration(gguf)
    model.family = "olmo2"
    model.layout = .postNormed
    model.queryKeyNorm = .whole
    // OLMo 3 has the same name, and windows.
    try model.refuseWindows(gguf)
    return model
  }
}

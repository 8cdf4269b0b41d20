/// Qwen 1.5, 2 and 2.5.
enum Qwen2: Architecture {
  static let hubTypes = ["qwen2"]
  static let ggufNames = ["qwen2"]
  static let derivesHeads = false

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let heads = try hub.requiredInteger("num_attention_heads")
    let layers = try hub.requiredInteger("num_hidden_layers")
    let hidden = try hub.requiredInteger("hidden_size")
    let headSize = try hub.integer("head_dim") ?? hidden / max(heads, 1)
    let slides = try hub.bool("use_sliding_window") ?? false
    let standardWindow = hub.has("sliding_window") ? nil : 4096
    let window = try hub.integer("sliding_window") ?? standardWindow
    let firstSliding = try hub.integer("max_window_layers") ?? 28
    return TransformerConfiguration(
      family: "qwen2", vocabularySize: try hub.requiredInteger("vocab_size"), hiddenSize: hidden,
      layerCount: layers, headCount: heads,
      keyValueHeadCount: try hub.integer("num_key_value_heads")
        ?? (hub.has("num_key_value_heads") ? heads : 32),
      headSize: headSize, feedForwardSize: try hub.requiredInteger("intermediate_size"),
      contextLength: try hub.integer("max_position_embeddings") ?? 32_768,
      norm: .rootMeanSquare(epsilon: try hub.float("rms_norm_eps") ?? 1e-6),
      positions: .rotary(try hub.rotaryEmbedding(headSize: headSize)),
      attentionScale: 1 / Float(headSize).squareRoot(),
      slidingWindows: try hub.slidingWindows(
        layers: layers, window: slides ? window : nil
      ) { $0 >= firstSliding },
      activation: try hub.activation("hidden_act", standard: .silu), isGated: true,
      hasTiedHead: try hub.bool("tie_word_embeddings") ?? false, biases: .queryKeyValue)
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Llama.configuration(gguf)
    model.family = "qwen2"
    try model.refuseWindows(gguf)
    return model
  }
}

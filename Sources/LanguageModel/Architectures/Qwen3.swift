/// Qwen 3: as Qwen 2, with a norm on every query and key head in place of their biases.
enum Qwen3: Architecture {
  static let hubTypes = ["qwen3"]
  static let ggufNames = ["qwen3"]
  static let derivesHeads = false

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    var model = try Qwen2.configuration(hub)
    let headSize = try hub.integer("head_dim") ?? 128
    model.family = "qwen3"
    model.headSize = headSize
    model.positions = .rotary(try hub.rotaryEmbedding(headSize: headSize))
    model.attentionScale = 1 / Float(headSize).squareRoot()
    model.queryKeyNorm = .head
    model.biases =
      try hub.bool("attention_bias") == true ? [.queryKeyValue, .attentionOutput] : []
    return model
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Llama.configuration(gguf)
    model.family = "qwen3"
    model.queryKeyNorm = .head
    try model.refuseWindows(gguf)
    return model
  }
}

/// Granite: as Llama, with multipliers of embeddings, attention, what is added to the residual stream, and
/// logits.
enum Granite: Architecture {
  static let hubTypes = ["granite"]
  static let ggufNames = ["granite"]
  static let derivesHeads = false
  static let ownSettings: Set<String> = [
    "attention_multiplier", "embedding_multiplier", "logits_scaling", "residual_multiplier",
  ]
  static let ownKeys: Set<String> = [
    "attention.scale", "embedding_scale", "logit_scale", "residual_scale",
  ]

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    func multiplier(_ key: String) throws -> Float {
      try hub.refuseNull(key)
      return try hub.float(key) ?? 1
    }
    var model = try Llama.configuration(hub)
    model.family = "granite"
    model.embeddingScale = try multiplier("embedding_multiplier")
    model.attentionScale = try multiplier("attention_multiplier")
    model.residualScale = try multiplier("residual_multiplier")
    model.logitScale = 1 / (try multiplier("logits_scaling"))
    return model
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    // llama.cpp takes zero for none.
    func scale(_ key: String) throws -> Float? {
      try gguf.float(key).flatMap { $0 == 0 ? nil : $0 }
    }
    if try gguf.bool("rope.scaling.finetuned") == false {
      throw ModelError(
        .unsupported, "granite.rope.scaling.finetuned is false: no positions is not implemented")
    }
    var model = try Llama.configuration(gguf)
    model.family = "granite"
    model.embeddingScale = try scale("embedding_scale") ?? 1
    model.attentionScale = try scale("attention.scale") ?? model.attentionScale
    model.residualScale = try scale("residual_scale") ?? 1
    model.logitScale = 1 / (try scale("logit_scale") ?? 1)
    return model
  }

  /// In pairs of neighbours, as Llama's files.
  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    Llama.ggufTensor(role, model)
  }
}

/// A model family: how its files are read into a `TransformerConfiguration` and named weights.
///
/// A new family is one type in one file beside this one, listed in `Architectures.all`.
protocol Architecture: Sendable {
  /// `model_type` in a `config.json`.
  static var hubTypes: [String] { get }
  /// `general.architecture` in a GGUF file; empty where GGUF files of the family are not read.
  static var ggufNames: [String] { get }
  /// Those of `OtherSettings.hub` that the family has itself.
  static var ownSettings: Set<String> { get }
  /// Keys of GGUF metadata, without the architecture's name, that the family has and not all have.
  static var ownKeys: Set<String> { get }
  /// Whether `head_dim` may be `null`: it then comes from the hidden size.
  static var derivesHeads: Bool { get }

  /// The settings of the decoder in those of a model, which may have other parts.
  static func decoder(of hub: HubConfiguration) throws -> HubConfiguration
  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration
  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration

  /// How the hub's files hold the tensor for `role`.
  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe
  /// How GGUF files hold it.
  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe
}

extension Architecture {
  static var ownSettings: Set<String> { [] }
  static var ownKeys: Set<String> { [] }
  static var derivesHeads: Bool { true }

  static func decoder(of hub: HubConfiguration) throws -> HubConfiguration { hub }

  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    TensorRecipe(HubNames.name(role))
  }

  static func ggufTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    GGUFNames.recipe(role, model)
  }
}

package enum Architectures {
  static let all: [any Architecture.Type] = [
    Llama.self, Mixtral.self, Qwen2.self, Qwen3.self, Qwen3MoE.self, Gemma2.self, Gemma3.self,
    Phi3.self, OLMo2.self, Granite.self, GPTNeoX.self, GPT2.self,
  ]

  /// The `model_type`s that are implemented.
  package static var hubTypes: [String] { all.flatMap { $0.hubTypes } }
  /// The GGUF architectures that are implemented.
  package static var ggufNames: [String] { all.flatMap { $0.ggufNames } }

  static func named(hubType: String) throws -> any Architecture.Type {
    guard let architecture = all.first(where: { $0.hubTypes.contains(hubType) }) else {
      throw unknown(hubType, hubTypes)
    }
    return architecture
  }

  static func named(gguf: String) throws -> any Architecture.Type {
    guard let architecture = all.first(where: { $0.ggufNames.contains(gguf) }) else {
      throw unknown(gguf, ggufNames)
    }
    return architecture
  }

  private static func unknown(_ name: String, _ known: [String]) -> ModelError {
    ModelError(
      .unsupported,
      "the architecture \(ModelError.printable(name)) is not implemented; those known are "
        + known.joined(separator: ", "))
  }
}

/// Tensor names on the hub, in the spelling that Llama began and most families share.
enum HubNames {
  static func name(_ role: WeightRole) -> String {
    switch role {
    case .tokenEmbedding: "model.embed_tokens.weight"
    case .positionEmbedding: "model.embed_positions.weight"
    case .finalNorm: "model.norm.weight"
    case .finalNormBias: "model.norm.bias"
    case .head: "lm_head.weight"
    case .headBias: "lm_head.bias"
    case .layer(let layer, let part): "model.layers.\(layer).\(name(part))"
    case .expert(let layer, let expert, let part):
      "model.layers.\(layer).mlp.experts.\(expert).\(part.rawValue)_proj.weight"
    }
  }

  private static func name(_ part: LayerPart) -> String {
    switch part {
    case .attentionNorm: "input_layernorm.weight"
    case .attentionNormBias: "input_layernorm.bias"
    case .query: "self_attn.q_proj.weight"
    case .queryBias: "self_attn.q_proj.bias"
    case .key: "self_attn.k_proj.weight"
    case .keyBias: "self_attn.k_proj.bias"
    case .value: "self_attn.v_proj.weight"
    case .valueBias: "self_attn.v_proj.bias"
    case .queryNorm: "self_attn.q_norm.weight"
    case .keyNorm: "self_attn.k_norm.weight"
    case .attentionOutput: "self_attn.o_proj.weight"
    case .attentionOutputBias: "self_attn.o_proj.bias"
    // Without a norm after attention, this is the name of the one before the MLP.
    case .postAttentionNorm, .feedForwardNorm: "post_attention_layernorm.weight"
    case .feedForwardNormBias: "post_attention_layernorm.bias"
    case .router: "mlp.gate.weight"
    case .gate: "mlp.gate_proj.weight"
    case .gateBias: "mlp.gate_proj.bias"
    case .up: "mlp.up_proj.weight"
    case .upBias: "mlp.up_proj.bias"
    case .down: "mlp.down_proj.weight"
    case .downBias: "mlp.down_proj.bias"
    case .postFeedForwardNorm: "post_feedforward_layernorm.weight"
    }
  }
}

/// Tensor names in GGUF files, the same for every family.
enum GGUFNames {
  static func name(_ role: WeightRole) -> String {
    switch role {
    case .tokenEmbedding: "token_embd.weight"
    case .positionEmbedding: "position_embd.weight"
    case .finalNorm: "output_norm.weight"
    case .finalNormBias: "output_norm.bias"
    case .head: "output.weight"
    case .headBias: "output.bias"
    case .layer(let layer, let part): "blk.\(layer).\(name(part))"
    // All experts of a layer in one tensor.
    case .expert(let layer, _, let part): "blk.\(layer).ffn_\(part.rawValue)_exps.weight"
    }
  }

  static func recipe(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    var recipe = TensorRecipe(name(role))
    if case .expert(_, let expert, _) = role {
      recipe.member = (expert, model.experts?.count ?? 0)
    }
    return recipe
  }

  private static func name(_ part: LayerPart) -> String {
    switch part {
    case .attentionNorm: "attn_norm.weight"
    case .attentionNormBias: "attn_norm.bias"
    case .query: "attn_q.weight"
    case .queryBias: "attn_q.bias"
    case .key: "attn_k.weight"
    case .keyBias: "attn_k.bias"
    case .value: "attn_v.weight"
    case .valueBias: "attn_v.bias"
    case .queryNorm: "attn_q_norm.weight"
    case .keyNorm: "attn_k_norm.weight"
    case .attentionOutput: "attn_output.weight"
    case .attentionOutputBias: "attn_output.bias"
    case .postAttentionNorm: "post_attention_norm.weight"
    case .feedForwardNorm: "ffn_norm.weight"
    case .feedForwardNormBias: "ffn_norm.bias"
    case .router: "ffn_gate_inp.weight"
    case .gate: "ffn_gate.weight"
    case .gateBias: "ffn_gate.bias"
    case .up: "ffn_up.weight"
    case .upBias: "ffn_up.bias"
    case .down: "ffn_down.weight"
    case .downBias: "ffn_down.bias"
    case .postFeedForwardNorm: "post_ffw_norm.weight"
    }
  }

  /// The name of queries, keys and values in one tensor.
  static func fusedAttention(_ layer: Int, bias: Bool) -> String {
    "blk.\(layer).attn_qkv.\(bias ? "bias" : "weight")"
  }
}

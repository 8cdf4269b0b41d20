import Foundation

/// Settings that change what a model computes, in one family or another, and that the family of a
/// file does not have: a file with one is not the model that its family's name says.
enum OtherSettings {
  /// Settings of decoders of the hub with the value that changes nothing, where one does beside
  /// `null`, `false`, zero and nothing.
  private static let hub: [String: Double?] = [
    "alibi": nil, "attention_chunk_size": nil,
    "attention_multiplier": 1, "attention_out_multiplier": 1, "attention_in_multiplier": 1,
    "attn_logit_softcapping": nil, "attn_temperature_tuning": nil, "clip_qkv": nil,
    "cross_attention_layers": nil, "embedding_multiplier": 1,
    "emb_scale": 1, "final_logit_softcapping": nil, "key_multiplier": 1, "kv_lora_rank": nil,
    "lm_head_multiplier": 1, "logit_scale": 1, "logits_scaling": 1,
    "mlp_multipliers": nil, "moe_intermediate_size": nil, "mup_width_multiplier": 1,
    "n_routed_experts": nil, "no_rope_layer_interval": nil, "no_rope_layers": nil,
    "num_experts": nil, "num_local_experts": nil, "partial_rotary_factor": 1, "pruned_heads": nil,
    "q_lora_rank": nil, "qk_layernorm": nil, "qk_norm": nil, "query_pre_attn_scalar": nil,
    "residual_multiplier": 1, "rope_interleaved": nil, "rope_local_base_freq": nil,
    "rotary_pct": 1, "scale_depth": nil, "scale_emb": 1, "sliding_window_pattern": nil,
    "use_alibi": nil, "use_bidirectional_attention": nil, "use_mrope": nil,
    "use_parallel_residual": nil, "use_qk_norm": nil,
  ]

  /// Settings of which the library makes nothing sensible where they are `null`.
  private static let neverNull = [
    "activation_function", "hidden_act", "hidden_activation", "hidden_size", "intermediate_size",
    "layer_norm_eps", "layer_norm_epsilon", "max_position_embeddings", "n_embd", "n_head",
    "n_layer", "n_positions", "num_attention_heads", "num_hidden_layers", "query_pre_attn_scalar",
    "rms_norm_eps", "rope_theta", "rotary_emb_base", "rotary_pct", "vocab_size",
  ]

  /// - Throws: `ModelError.unsupported` naming the setting.
  static func refuse(_ hub: HubConfiguration, _ architecture: any Architecture.Type) throws {
    for key in hub.keys {
      if neverNull.contains(key), hub.isNull(key) {
        throw ModelError(
          .malformedConfiguration, "\(hub.name): expected a value for \(key), found null")
      }
      guard let neutral = Self.hub[key], !architecture.ownSettings.contains(key) else { continue }
      let isOther = neutral.map { hub.isSetToOther(than: $0, key) } ?? hub.isSet(key)
      guard isOther else { continue }
      throw ModelError(
        .unsupported,
        "\(hub.name): \(key) is not a setting of \(architecture.hubTypes.joined(separator: " or ")) "
          + "models as they are implemented here, and may change what they compute")
    }
    if hub.isNull("head_dim"), !architecture.derivesHeads {
      throw ModelError(
        .malformedConfiguration, "\(hub.name): expected a value for head_dim, found null")
    }
    if hub.isFalse("is_causal") {
      throw ModelError(.unsupported, "\(hub.name): is_causal false is not implemented")
    }
  }
}

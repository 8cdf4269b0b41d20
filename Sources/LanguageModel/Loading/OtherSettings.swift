import Foundation
import TensorFiles

/// Settings that change what a model computes, in one family or another, and that the family of a
/// file does not have: a file with one is not the model that its family's name says.
enum OtherSettings {
  // MARK: - config.json

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
          .malformedConfiguration, "config.json: expected a value for \(key), found null")
      }
      guard let neutral = Self.hub[key], !architecture.ownSettings.contains(key) else { continue }
      let isOther = neutral.map { hub.isSetToOther(than: $0, key) } ?? hub.isSet(key)
      guard isOther else { continue }
      throw ModelError(
        .unsupported,
        "config.json: \(key) is not a setting of \(architecture.hubTypes.joined(separator: " or ")) "
          + "models as they are implemented here, and may change what they compute")
    }
    if hub.isNull("head_dim"), !architecture.derivesHeads {
      throw ModelError(
        .malformedConfiguration, "config.json: expected a value for head_dim, found null")
    }
    if hub.isFalse("is_causal") {
      throw ModelError(.unsupported, "config.json: is_causal false is not implemented")
    }
  }

  // MARK: - GGUF

  /// What a GGUF file may say of its architecture, without its name, as far as it is read here or
  /// changes nothing.
  private static let gguf: Set<String> = [
    "attention.causal", "attention.head_count", "attention.head_count_kv", "attention.key_length",
    "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "attention.sliding_window",
    "attention.value_length", "attn_logit_softcapping", "block_count", "context_length",
    "embedding_length", "expert_count", "expert_used_count", "feed_forward_length",
    "final_logit_softcapping", "pooling_type", "rope.dimension_count", "rope.freq_base",
    "rope.scale_linear", "rope.scaling.attn_factor", "rope.scaling.factor",
    "rope.scaling.finetuned", "rope.scaling.original_context_length", "rope.scaling.type",
    "tensor_data_layout", "use_parallel_residual", "vocab_size",
  ]

  /// - Throws: `ModelError.unsupported` naming the key.
  static func refuse(_ file: GGUFFile, _ architecture: String) throws {
    func refused(_ key: String, _ why: String) -> ModelError {
      ModelError(.unsupported, "\(ModelError.printable(key)) \(why)")
    }
    if let type = file.metadata["general.type"]?.string, type != "model" {
      throw refused(
        "general.type", "is \(ModelError.printable(type)): expected a model, or no such key")
    }
    let prefix = architecture + "."
    for key in file.metadata.keys.sorted() where key.hasPrefix(prefix) {
      let name = String(key.dropFirst(prefix.count))
      let value = file.metadata[key]
      guard gguf.contains(name) else { throw refused(key, "is not implemented") }
      switch name {
      case "expert_count":
        if let count = value?.integer, count == 0 { continue }
        throw refused(key, "is not 0: mixtures of experts are not implemented")
      case "attention.causal":
        if value?.bool != true { throw refused(key, "is not true, which is not implemented") }
      case "rope.scaling.attn_factor":
        if value?.number != 1 { throw refused(key, "is not 1, which is not implemented") }
      case "attn_logit_softcapping", "final_logit_softcapping":
        if architecture != "gemma2" { throw refused(key, "is not implemented") }
      case "use_parallel_residual":
        if architecture != "gptneox" { throw refused(key, "is not implemented") }
      default: continue
      }
    }
  }
}

/// Tensors that are no part of the model: what would have been done with them is not known.
enum OtherTensors {
  /// What older versions of the library saved, and what can be computed.
  private static let buffers = [
    ".attn.bias", ".attn.masked_bias", ".attention.bias", ".attention.masked_bias",
    ".rotary_emb.inv_freq",
  ]

  /// Refuses tensors of a GGUF file that llama.cpp has names for and the model does not use, and those
  /// of a hub folder that are in one of its layers, or the bias of its last norm or its head.
  ///
  /// The library passes over the latter with a warning; a bias that is left out is another model.
  static func refuse(
    _ files: ModelFiles, _ plan: WeightPlan, _ source: some WeightSource,
    _ model: TransformerConfiguration, _ architecture: any Architecture.Type
  ) throws {
    let used = plan.names
    let isOther: (String) -> Bool
    switch files {
    case .gguf:
      // A tensor of no name that llama.cpp knows lies there for somebody else.
      let known = ["blk.", "output", "position_embd", "rope_", "token_"]
      isOther = { name in
        known.contains { name.hasPrefix($0) } && name != "rope_freqs.weight"
          && !name.hasSuffix(".attn_rot_embd")
      }
    case .hub:
      let places = layerPlaces(model, architecture)
      let ends = [WeightRole.finalNormBias, .headBias].map {
        architecture.hubTensor($0, model).name
      }
      isOther = { name in
        guard !buffers.contains(where: name.hasSuffix) else { return false }
        return ends.contains(name) || places.contains { isInLayer(name, $0, model.layerCount) }
      }
    }
    guard let name = source.names.first(where: { !used.contains($0) && isOther($0) }) else {
      return
    }
    throw ModelError(
      .unsupported,
      "\(ModelError.printable(name)) is not a tensor of a \(model.family) model as its settings "
        + "describe it")
  }

  /// What stands before a layer's number in the names of its tensors, with the outermost module and
  /// without.
  private static func layerPlaces(
    _ model: TransformerConfiguration, _ architecture: any Architecture.Type
  ) -> [String] {
    let name = architecture.hubTensor(.layer(0, .attentionNorm), model).name
    guard let number = name.range(of: ".0.") else { return [] }
    let place = String(name[..<number.lowerBound]) + "."
    guard let dot = place.firstIndex(of: ".") else { return [place] }
    return [place, String(place[place.index(after: dot)...])]
  }

  private static func isInLayer(_ name: String, _ place: String, _ count: Int) -> Bool {
    guard name.hasPrefix(place) else { return false }
    let rest = name.dropFirst(place.count)
    // Layers beyond the model's are left out on purpose: that is how models are cut short.
    guard let dot = rest.firstIndex(of: "."), let layer = Int(rest[..<dot]) else { return true }
    return layer < count
  }
}

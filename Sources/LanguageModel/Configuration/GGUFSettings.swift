import TensorFiles

/// Settings of a GGUF file that change what a model computes and are not read: a file with one is not the
/// model that its architecture's name says.
enum GGUFSettings {
  /// What a GGUF file may say of its architecture, without its name, as far as it is read here or
  /// changes nothing.
  private static let known: Set<String> = [
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
      guard known.contains(name) else { throw refused(key, "is not implemented") }
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

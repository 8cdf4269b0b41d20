import TensorFiles

/// Settings of a GGUF file that change what a model computes and are not read: a file with one is not the
/// model that its architecture's name says.
enum GGUFSettings {
  /// What a GGUF file may say of its architecture, without its name, as far as it is read here or
  /// changes nothing.
  private static let known: Set<String> = [
    "attention.causal", "attention.head_count", "attention.head_count_kv", "attention.key_length",
    "attention.layer_norm_epsilon", "attention.layer_norm_rms_epsilon", "attention.sliding_window",
    "attention.value_length", "block_count", "context_length", "embedding_length", "expert_count",
    "expert_used_count", "feed_forward_length", "pooling_type", "rope.dimension_count",
    "rope.freq_base", "rope.scale_linear", "rope.scaling.attn_factor", "rope.scaling.factor",
    "rope.scaling.finetuned", "rope.scaling.original_context_length", "rope.scaling.type",
    "tensor_data_layout", "vocab_size",
  ]

  /// - Parameter own: keys that the architecture has and not all have.
  /// - Throws: `ModelError.unsupported` naming the key.
  static func refuse(_ file: GGUFFile, _ architecture: String, own: Set<String>) throws {
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
      if own.contains(name) { continue }
      guard known.contains(name) else { throw refused(key, "is not implemented") }
      switch name {
      case "expert_count":
        if let count = value?.integer, count == 0 { continue }
        throw refused(key, "is not 0: mixtures of experts are not implemented")
      case "attention.causal":
        if value?.bool != true { throw refused(key, "is not true, which is not implemented") }
      case "rope.scaling.attn_factor":
        if value?.number != 1 { throw refused(key, "is not 1, which is not implemented") }
      default: continue
      }
    }
  }
}

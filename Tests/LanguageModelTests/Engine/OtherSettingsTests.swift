import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// Settings of `config.json` and of GGUF metadata: done as the library does them, or refused by name.
struct OtherSettingsTests {
  private func configuration(
    _ name: String, _ changes: [String: Any?]
  ) throws -> TransformerConfiguration {
    let copy = try ModelCopy(name)
    try copy.configure(changes)
    return try ModelDescription(.hub(copy.url)).configuration
  }

  private func message(_ name: String, _ changes: [String: Any?]) -> String {
    do {
      _ = try configuration(name, changes)
      return "read"
    } catch {
      return "\(error)"
    }
  }

  @Test func `what Gemma 2 leaves out is the library's standard, and null is none`() throws {
    let whole = try configuration("tiny-gemma2-hooks", [:])
    let silent = try configuration(
      "tiny-gemma2-hooks",
      ["attn_logit_softcapping": nil as Any?, "final_logit_softcapping": nil as Any?])
    #expect(silent == whole)
    #expect(whole.attentionSoftCap == 50 && whole.logitSoftCap == 30)
    let none = try configuration(
      "tiny-gemma2-hooks",
      ["attn_logit_softcapping": NSNull(), "final_logit_softcapping": NSNull()])
    #expect(none.attentionSoftCap == nil && none.logitSoftCap == nil)
    // Published files have another name of it beside, which the library does not read.
    let activation = try configuration("tiny-gemma2-hooks", ["hidden_act": "silu"]).activation
    #expect(activation == whole.activation)
  }

  @Test func `Mistral's window is 4096 where the file does not say, and none where it is null`()
    throws
  {
    let silent = try configuration("tiny-mistral", ["sliding_window": nil as Any?])
    #expect(silent.slidingWindows.allSatisfy { $0 == 4096 })
    let none = try configuration("tiny-mistral", ["sliding_window": NSNull()])
    #expect(none.slidingWindows.allSatisfy { $0 == nil })
  }

  @Test(arguments: [
    ("tiny-llama2", "logit_scale", "2"), ("tiny-llama2", "attention_multiplier", "0.5"),
    ("tiny-llama2", "residual_multiplier", "0.3"), ("tiny-llama2", "embedding_multiplier", "4"),
    ("tiny-llama2", "final_logit_softcapping", "30"), ("tiny-llama2", "clip_qkv", "8"),
    ("tiny-llama2", "num_local_experts", "4"), ("tiny-llama2", "qk_layernorm", "true"),
    ("tiny-llama2", "partial_rotary_factor", "0.5"), ("tiny-llama2", "is_causal", "false"),
    ("tiny-llama2", "rms_norm_eps", "null"), ("tiny-llama2", "hidden_act", "null"),
    ("tiny-llama2", "pruned_heads", #"{"0":[1]}"#), ("tiny-llama2", "no_rope_layers", "[0,1]"),
    ("tiny-llama2", "layer_types", #"["sliding_attention","full_attention"]"#),
    ("tiny-mistral", "layer_types", #"["sliding_attention","full_attention"]"#),
    ("tiny-llama2", "rope_theta", "99"), ("tiny-llama2", "rope_scaling", #"{"factor":2}"#),
    ("tiny-llama2", "rope_parameters", #"{"rope_type":"linear","type":"default","factor":2}"#),
    ("tiny-llama2", "rope_parameters", #"{"rope_type":"default","mrope_section":[2,1,1]}"#),
    ("tiny-qwen2", "head_dim", "null"),
    ("tiny-qwen2", "layer_types", #"["sliding_attention","full_attention"]"#),
    ("tiny-neox-sequential", "partial_rotary_factor", "1"),
    ("tiny-neox-sequential", "rotary_emb_base", "77"), ("tiny-neox-sequential", "head_dim", "4"),
    ("tiny-gpt2", "num_attention_heads", "2"), ("tiny-gemma2-hooks", "sliding_window_pattern", "6"),
  ])
  func `a setting that changes numbers and is not done is refused by name`(
    model: String, key: String, value: String
  ) throws {
    let data = Data(value.utf8)
    let object = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
    #expect(message(model, [:]) == "read")
    let found = message(model, [key: object])
    #expect(found != "read" && found.contains(key), "\(found)")
  }

  @Test(arguments: [
    ("logit_scale", "1"), ("qk_layernorm", "false"), ("num_experts", "0"), ("use_mrope", "false"),
    ("partial_rotary_factor", "1.0"), ("rope_interleaved", "false"), ("pretraining_tp", "2"),
    ("unsloth_version", #""2024.9""#), ("attention_dropout", "0.1"),
  ])
  func `a setting that changes nothing is passed over`(key: String, value: String) throws {
    let object = try JSONSerialization.jsonObject(
      with: Data(value.utf8), options: .fragmentsAllowed)
    #expect(
      try configuration("tiny-llama2", [key: object]) == configuration("tiny-llama2", [:]))
  }

  @Test func `a tensor of a layer that the settings have no place for is refused`() throws {
    let copy = try ModelCopy("tiny-qwen3")
    try copy.configure(["model_type": "llama"])
    #expect {
      try ModelDescription(.hub(copy.url))
    } throws: { "\($0)".contains("q_norm.weight") || "\($0)".contains("k_norm.weight") }
  }

  @Test func `rope_parameters alone counts, and is said where earlier versions pass over it`()
    throws
  {
    func description(_ changes: [String: Any?]) throws -> ModelDescription {
      let copy = try ModelCopy("tiny-llama2")
      try copy.configure(changes)
      return try ModelDescription(.hub(copy.url))
    }
    let plain = try description([:])
    #expect(plain.notices.isEmpty && plain.rotarySettings == nil)
    let other = try description(["rope_parameters": ["rope_type": "default", "rope_theta": 5e5]])
    guard case .rotary(let rotary) = other.configuration.positions else {
      Issue.record("expected a rotary embedding")
      return
    }
    #expect(rotary.base == 5e5 && other.rotarySettings == "rope_parameters")
    #expect(other.notices.contains { $0.contains("rope_parameters (base 500000)") })
    let scaled = try description([
      "rope_parameters": ["rope_type": "linear", "factor": 2, "rope_theta": 1e4]
    ])
    #expect(scaled.rotarySettings != nil)
    let both = try description([
      "rope_theta": 5e5, "rope_parameters": ["rope_type": "default", "rope_theta": 5e5],
    ])
    #expect(both.rotarySettings == nil && both.notices.isEmpty)
  }

  @Test func `layers and tensors that the model leaves out are said`() throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.configure(["num_hidden_layers": 1])
    let cut = try ModelDescription(.hub(copy.url))
    #expect(cut.notices.count == 1)
    #expect(cut.notices[0].contains("layers up to 1 and the settings say 1"))
    try copy.add("value_head.summary.weight")
    #expect(
      try ModelDescription(.hub(copy.url)).notices.last?.contains("value_head.summary.weight")
        == true)
  }

  @Test(arguments: [
    "model.embed_tokens.lora_embedding_A.default", "lm_head.modules_to_save.weight",
  ])
  func `what an adapter left in a model's files is refused by name`(_ name: String) throws {
    let copy = try ModelCopy("tiny-llama2")
    try copy.add(name)
    #expect {
      try ModelDescription(.hub(copy.url))
    } throws: { "\($0)".contains(name) }
  }

  // MARK: - GGUF

  /// A GGUF model of the fixtures with entries of metadata, or a tensor, put in.
  private func gguf(
    _ model: String = "tiny-llama2", _ entries: [GGUFEntry] = [], tensor: String? = nil
  ) throws -> URL {
    let bytes = [UInt8](try Data(contentsOf: Fixtures.url("models/\(model)/model.gguf")))
    let url = FileManager.default.temporaryDirectory
      .appending(path: "settings-\(UUID().uuidString).gguf")
    try Data(GGUFEntry.insert(entries, tensor: tensor, into: bytes)).write(to: url)
    return url
  }

  private func message(_ entries: [GGUFEntry], tensor: String? = nil) throws -> String {
    let url = try gguf("tiny-llama2", entries, tensor: tensor)
    defer { try? FileManager.default.removeItem(at: url) }
    do {
      _ = try ModelDescription(.gguf(url))
      return "read"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a factor without a type scales linearly, as in llama.cpp`() throws {
    let url = try gguf("tiny-llama2", [.float("llama.rope.scaling.factor", 2)])
    defer { try? FileManager.default.removeItem(at: url) }
    let hub = try configuration(
      "tiny-llama2",
      [
        "rope_parameters": nil as Any?,
        "rope_scaling": ["rope_type": "linear", "factor": 2, "rope_theta": 10_000],
      ])
    #expect(try ModelDescription(.gguf(url)).configuration.positions == hub.positions)
    let none = try gguf(
      "tiny-llama2",
      [.float("llama.rope.scaling.factor", 2), .text("llama.rope.scaling.type", "none")])
    defer { try? FileManager.default.removeItem(at: none) }
    #expect(
      try ModelDescription(.gguf(none)).configuration.positions
        == configuration("tiny-llama2", [:]).positions)
  }

  @Test(arguments: [
    GGUFEntry.float("llama.attention.scale", 0.1), .float("llama.logit_scale", 2),
    .float("llama.attn_logit_softcapping", 50), .float("llama.rope.scaling.attn_factor", 1.2),
    .float("llama.rope.freq_base_swa", 10_000), .float("llama.embedding_scale", 12),
    .float("llama.attention.max_alibi_bias", 8), .float("llama.attention.clamp_kqv", 8),
    .integer("llama.attention.sliding_window_pattern", 2), .integer("llama.expert_shared_count", 8),
    .integer("llama.attention.value_length", 4), .text("llama.rope.scaling.type", "yarn"),
    .text("general.type", "adapter"),
  ])
  func `a key of GGUF metadata that changes numbers and is not done is refused by name`(
    entry: GGUFEntry
  ) throws {
    let found = try message([entry])
    #expect(found.contains(entry.key) || found.contains("yarn"), "\(found)")
  }

  @Test func `a GGUF file of experts needs to say how many are used, and their tensors`() throws {
    let count = GGUFEntry.integer("llama.expert_count", 8)
    #expect(try message([count]).contains("llama.expert_used_count is missing"))
    #expect(
      try message([count, .integer("llama.expert_used_count", 2)])
        .contains("blk.0.ffn_gate_inp.weight is missing"))
    let url = try gguf("tiny-qwen3", [.integer("qwen3.expert_count", 8)])
    defer { try? FileManager.default.removeItem(at: url) }
    #expect {
      try ModelDescription(.gguf(url))
    } throws: { "\($0)".contains("qwen3.expert_count") }
  }

  @Test func `a GGUF tensor that the model does not use is refused by name`() throws {
    #expect(try message([]) == "read")
    #expect(try message([], tensor: "blk.1.attn_q.bias").contains("blk.1.attn_q.bias"))
    #expect(try message([], tensor: "output.bias").contains("output.bias"))
  }
}

/// An entry of GGUF metadata to put into a file.
struct GGUFEntry: Sendable, CustomStringConvertible {
  var key: String
  var type: UInt32
  var bytes: [UInt8]

  var description: String { key }

  static func float(_ key: String, _ value: Float) -> GGUFEntry {
    GGUFEntry(key: key, type: 6, bytes: littleEndian(value.bitPattern))
  }

  static func integer(_ key: String, _ value: UInt32) -> GGUFEntry {
    GGUFEntry(key: key, type: 4, bytes: littleEndian(value))
  }

  static func text(_ key: String, _ value: String) -> GGUFEntry {
    GGUFEntry(key: key, type: 8, bytes: littleEndian(UInt64(value.utf8.count)) + value.utf8)
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// The file with the entries before its own, and a tensor of 32 floats, the file's first ones, before
  /// its own.
  static func insert(_ entries: [GGUFEntry], tensor: String?, into file: [UInt8]) -> [UInt8] {
    func integer(_ offset: Int) -> Int {
      (0..<8).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
    }
    let (tensors, count) = (integer(8), integer(16))
    var place = 24
    func size(_ type: Int) -> Int { [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] }
    func skip(_ type: Int) {
      switch type {
      case 8: place += 8 + integer(place)
      case 9:
        let (element, count) = (integer(place) & 0xffff_ffff, integer(place + 4))
        place += 12
        for _ in 0..<count { skip(element) }
      default: place += size(type)
      }
    }
    for _ in 0..<count {
      place += 8 + integer(place)
      let type = integer(place) & 0xffff_ffff
      place += 4
      skip(type)
    }
    let metadataEnd = place
    for _ in 0..<tensors {
      place += 8 + integer(place)
      let dimensions = integer(place) & 0xffff_ffff
      place += 4 + dimensions * 8 + 12
    }
    let data = (place + 31) / 32 * 32
    var result = Array(file[..<8])
    result += littleEndian(UInt64(tensors + (tensor == nil ? 0 : 1)))
    result += littleEndian(UInt64(count + entries.count))
    result += file[24..<metadataEnd]
    for entry in entries {
      result += littleEndian(UInt64(entry.key.utf8.count)) + Array(entry.key.utf8)
      result += littleEndian(entry.type) + entry.bytes
    }
    result += file[metadataEnd..<place]
    if let tensor {
      result += littleEndian(UInt64(tensor.utf8.count)) + Array(tensor.utf8)
      result += littleEndian(UInt32(1)) + littleEndian(UInt64(32))
      result += littleEndian(UInt32(0)) + littleEndian(UInt64(0))
    }
    while result.count % 32 != 0 { result.append(0) }
    return result + file[data...]
  }
}

import Foundation
import TensorFiles

/// A low-rank adapter in the layout of the PEFT library, opened and not yet applied.
package struct LoRAAdapter: Sendable {
  /// A module's update: its weight gains `scale · B · A`.
  struct Module: Sendable {
    /// The hub's name of the module, such as `model.layers.0.mlp.up_proj`.
    var name: String
    var rank: Int
    var inputs: Int
    var outputs: Int
    var scale: Float
    /// Names of A `[rank, inputs]` and B `[outputs, rank]` in the file.
    var down: String
    var up: String
  }

  package let folder: URL
  /// The model it was trained on, as its author wrote it.
  package let baseModel: String?
  let modules: [Module]
  let file: SafetensorsFile

  /// Reads `adapter_config.json` and the header of `adapter_model.safetensors`.
  ///
  /// - Throws: `ModelError.unsupported` for a kind of adapter that is not a plain LoRA,
  ///   `malformedConfiguration` and `misshapenTensor` where the two files contradict each other;
  ///   `TensorFileError`.
  package init(folder: URL) throws {
    let configuration = try HubConfiguration(folder.appending(path: "adapter_config.json"))
    let file = try SafetensorsFile(folder.appending(path: "adapter_model.safetensors"))
    self.folder = folder
    self.file = file
    baseModel = try configuration.string("base_model_name_or_path")
    try Self.checkKind(configuration)
    let scaling = try Scaling(configuration)
    modules = try Self.modules(file, scaling)
  }

  private static func checkKind(_ configuration: HubConfiguration) throws {
    let type = try configuration.string("peft_type") ?? ""
    guard type == "LORA" else {
      throw ModelError(
        .unsupported,
        "adapter_config.json: expected peft_type LORA, found \(ModelError.printable(type))")
    }
    let variants = [
      "use_dora", "use_qalora", "use_bdlora", "modules_to_save", "layer_replication",
      "trainable_token_indices", "target_parameters", "alora_invocation_tokens", "lora_bias",
      "megatron_config", "monteclora_config", "velora_config", "arrow_config", "kasa_config",
    ]
    for key in variants where configuration.isSet(key) {
      throw ModelError(.unsupported, "adapter_config.json: \(key) is not implemented")
    }
    if let bias = try configuration.string("bias"), bias != "none" {
      throw ModelError(
        .unsupported,
        "adapter_config.json: expected bias none, found \(ModelError.printable(bias))")
    }
  }

  /// Rank and strength of each module.
  private struct Scaling {
    private let rank: Int
    private let alpha: Double
    private let stabilised: Bool
    private let ranks: [String: Double]
    private let alphas: [String: Double]

    init(_ configuration: HubConfiguration) throws {
      rank = try configuration.requiredInteger("r")
      alpha = Double(try configuration.float("lora_alpha") ?? 8)
      stabilised = try configuration.bool("use_rslora") ?? false
      ranks = try configuration.numbers("rank_pattern")
      alphas = try configuration.numbers("alpha_pattern")
      for pattern in Array(ranks.keys) + Array(alphas.keys)
      where !pattern.allSatisfy({ $0.isLetter || $0.isNumber || "._-".contains($0) }) {
        throw ModelError(
          .unsupported,
          "adapter_config.json: the pattern \(ModelError.printable(pattern)) is a regular "
            + "expression; only module names are implemented")
      }
    }

    func rank(of module: String) -> Double { Self.match(ranks, module) ?? Double(rank) }

    func scale(of module: String) -> Float {
      let rank = rank(of: module)
      let alpha = Self.match(alphas, module) ?? alpha
      return Float(alpha / (stabilised ? rank.squareRoot() : rank))
    }

    /// A pattern fits a module whose path is it, or ends with it.
    private static func match(_ patterns: [String: Double], _ module: String) -> Double? {
      patterns.first { module == $0.key || module.hasSuffix("." + $0.key) }?.value
    }
  }

  private static func modules(_ file: SafetensorsFile, _ scaling: Scaling) throws -> [Module] {
    var modules: [Module] = []
    var used = 0
    for name in file.names where name.hasSuffix(".lora_A.weight") {
      let path = String(name.dropLast(".lora_A.weight".count))
      let prefix = "base_model.model."
      let module = path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
      let (down, up) = (name, path + ".lora_B.weight")
      guard let a = file.tensors[down]?.shape, let b = file.tensors[up]?.shape else {
        throw ModelError(.missingTensor, "\(ModelError.printable(up)) is missing from the adapter")
      }
      guard a.count == 2, b.count == 2, a[0] == b[1], a[0] > 0, a[1] > 0, b[0] > 0,
        Double(a[0]) == scaling.rank(of: module)
      else {
        throw ModelError(
          .misshapenTensor,
          "\(ModelError.printable(module)): expected matrices [\(scaling.rank(of: module)), in] "
            + "and [out, \(scaling.rank(of: module))] in the adapter, found \(a) and \(b)")
      }
      let scale = scaling.scale(of: module)
      guard scale.isFinite else {
        throw ModelError(
          .malformedConfiguration, "adapter_config.json: the strength \(scale) makes no sense")
      }
      modules.append(
        Module(
          name: module, rank: a[0], inputs: a[1], outputs: b[0], scale: scale, down: down, up: up))
      used += 2
    }
    if used != file.names.count {
      let odd = file.names.first {
        !$0.hasSuffix(".lora_A.weight") && !$0.hasSuffix(".lora_B.weight")
      }
      throw ModelError(
        .unsupported,
        "\(ModelError.printable(odd ?? "a lora_B without lora_A")) in the adapter is not part of a "
          + "plain LoRA")
    }
    return modules
  }
}

import Foundation
import TensorFiles

/// The `cfg.json` of SAELens, of any version: version 6 keeps what is known of the model under `metadata`; a training
/// run's file keeps the autoencoder's own settings under `sae`.
///
/// Every setting that changes a feature's activation is applied or refused by name. Settings of the training run and of
/// its data change none.
struct SAEConfiguration {
  let file: String
  private let object: [String: Any]
  private let metadata: [String: Any]

  init(_ url: URL) throws {
    file = "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)"
    guard let data = try? OrdinaryFile.data(url),
      var object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { throw ExperimentError(.invalidValue, "expected a JSON object", file: file) }
    metadata = object.removeValue(forKey: "metadata") as? [String: Any] ?? [:]
    if let inner = object.removeValue(forKey: "sae") as? [String: Any] {
      for (key, value) in inner {
        if let outer = object[key], !Self.areEqual(outer, value) {
          throw ExperimentError(
            .invalidValue,
            "\(key.prefix(60)): expected one value, found \(Self.text(outer)) and, under sae, \(Self.text(value))",
            file: file)
        }
        object[key] = value
      }
    }
    self.object = object
  }

  func wrong(_ name: String, _ message: String) -> ExperimentError {
    ExperimentError(.invalidValue, "\(name.prefix(60)): \(message)", file: file)
  }

  // MARK: - Values

  private static func areEqual(_ a: Any, _ b: Any) -> Bool {
    (a as? NSObject)?.isEqual(b) ?? false
  }

  private static func text(_ value: Any) -> String {
    if isBoolean(value) { return (value as? Bool) == true ? "true" : "false" }
    if value is NSNull { return "null" }
    return "'\("\(value)".replacing("\n", with: " ").prefix(60))'"
  }

  private static func isBoolean(_ value: Any) -> Bool {
    (value as? NSNumber).map { CFBooleanTest.isBoolean($0) } ?? false
  }

  /// A value that is there and not null, at the top or among the metadata.
  private func value(_ key: String) -> Any? {
    for table in [object, metadata] {
      if let value = table[key], !(value is NSNull) { return value }
    }
    return nil
  }

  private func string(_ key: String) throws -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value as? String else {
      throw wrong(key, "expected text, found \(Self.text(value))")
    }
    return text
  }

  private func flag(_ key: String, default standard: Bool) throws -> Bool {
    guard let value = value(key) else { return standard }
    guard Self.isBoolean(value), let flag = value as? Bool else {
      throw wrong(key, "expected true or false, found \(Self.text(value))")
    }
    return flag
  }

  private func number(_ key: String, in table: [String: Any]? = nil) throws -> Int? {
    guard let value = table.map({ $0[key] }) ?? value(key), !(value is NSNull) else { return nil }
    guard !Self.isBoolean(value), let number = value as? NSNumber,
      let whole = Int(exactly: number.doubleValue)
    else { throw wrong(key, "expected a whole number, found \(Self.text(value))") }
    return whole
  }

  private func table(_ key: String) throws -> [String: Any] {
    guard let value = value(key) else { return [:] }
    guard let table = value as? [String: Any] else {
      throw wrong(key, "expected an object, found \(Self.text(value))")
    }
    return table
  }

  /// The one value that several keys give, with the key.
  private func agreed(_ keys: [String]) throws -> (key: String, value: String)? {
    var found: (key: String, value: String)?
    for key in keys {
      for table in [object, metadata] {
        guard let value = table[key], !(value is NSNull) else { continue }
        guard let text = value as? String else {
          throw wrong(key, "expected text, found \(Self.text(value))")
        }
        if let found, found.value != text {
          throw wrong(
            key,
            "expected '\(found.value.prefix(60))' as \(found.key) says, found '\(text.prefix(60))'")
        }
        found = found ?? (key, text)
      }
    }
    return found
  }

  // MARK: - What it says

  var site: SparseAutoencoder.Site? {
    get throws {
      let head = try ["hook_head_index", "hook_point_head_index"].lazy
        .compactMap { try number($0).map { ($0, "") } }.first
      if let head {
        throw wrong("hook_head_index", "expected all heads, found head \(head.0) alone")
      }
      guard let found = try agreed(["hook_name", "hook_point"]) else { return nil }
      return SparseAutoencoder.Site(hook: found.value, source: "\(found.key) in cfg.json")
    }
  }

  var model: String? { get throws { try string("model_name") } }
  var subtractsDecoderBias: Bool {
    get throws { try flag("apply_b_dec_to_input", default: true) }
  }
  var scalesByDecoderNorm: Bool {
    get throws { try flag("rescale_acts_by_decoder_norm", default: false) }
  }

  enum Kind: Equatable {
    case standard, tanhReLU, jumpReLU, gated
    case topK(Int)
  }

  /// The architecture and its activation, in the spellings of every version.
  func kind(featureCount: Int) throws -> Kind {
    let architecture = try string("architecture") ?? "standard"
    let activation = try agreed(["activation_fn", "activation_fn_str"])
    let arguments = try table("activation_fn_kwargs")
    if let unknown = arguments.keys.sorted().first(where: { $0 != "k" && !($0.isEmpty) }),
      !(arguments[unknown] is NSNull)
    {
      throw wrong("activation_fn_kwargs", "expected k alone, found '\(unknown.prefix(40))'")
    }
    for key in ["d_out", "hook_name_out"] where value(key) != nil {
      let out = value(key).map(Self.text) ?? ""
      let own = try key == "d_out" ? number("d_in").map { "'\($0)'" } : site.map { "'\($0.hook)'" }
      guard out != own else { continue }
      throw wrong(key, "expected an autoencoder, found a transcoder, which writes \(out)")
    }
    let name = activation?.value ?? "relu"
    let isTopK = architecture == "topk" || name == "topk"
    if let activation, !["relu", "topk", "tanh-relu"].contains(name) {
      throw wrong(
        activation.key, "expected relu, topk or tanh-relu, found '\(name.prefix(40))'")
    }
    func need(_ expected: [String]) throws {
      guard expected.contains(name) else {
        throw wrong(
          activation?.key ?? "activation_fn",
          "expected \(expected.joined(separator: " or ")) in the architecture \(architecture), found '\(name.prefix(40))'"
        )
      }
    }
    if try scalesByDecoderNorm, !isTopK {
      throw wrong(
        "rescale_acts_by_decoder_norm",
        "expected it in the architecture topk alone, found it in \(architecture.prefix(40))")
    }
    switch architecture {
    case "standard", "topk":
      guard isTopK else { return name == "tanh-relu" ? .tanhReLU : .standard }
      // A file of the architecture topk that also names another function says two things.
      if architecture == "topk" { try need(["relu", "topk"]) }
      let (own, given) = (try number("k"), try number("k", in: arguments))
      if let own, let given, own != given {
        throw wrong("k", "expected one number, found \(own) and, in activation_fn_kwargs, \(given)")
      }
      guard let k = own ?? given else { throw wrong("k", "expected a number, found none") }
      guard k > 0, k <= featureCount else {
        throw wrong("k", "expected 1…\(featureCount), found \(k)")
      }
      return .topK(k)
    case "jumprelu":
      try need(["relu"])
      return .jumpReLU
    case "gated":
      try need(["relu"])
      return .gated
    case "batchtopk", "matryoshka_batchtopk":
      throw wrong(
        "architecture",
        "\(architecture) chooses features over a batch of its training; an export for inference has a threshold (architecture jumprelu)"
      )
    default:
      throw wrong(
        "architecture",
        "expected standard, topk, jumprelu or gated, found '\(architecture.prefix(40))'")
    }
  }

  // MARK: - What is done to a row first

  func check(width: Int, count: Int) throws {
    for (name, found) in [("d_in", width), ("d_sae", count)] {
      if let said = try number(name), said != found {
        throw ExperimentError(
          .mismatch, "\(name): expected \(found) as in the weights, found \(said)", file: file)
      }
    }
    if let type = try string("dtype") {
      let plain = type.hasPrefix("torch.") ? String(type.dropFirst("torch.".count)) : type
      let known = ["float32", "float", "bfloat16", "float16", "half", "float64", "double"]
      guard known.contains(plain) else {
        throw wrong(
          "dtype", "expected a type of floating-point numbers, found '\(type.prefix(40))'")
      }
    }
    let shape = try string("reshape_activations") ?? "none"
    guard shape == "none" || shape == "hook_z" else {
      throw wrong("reshape_activations", "expected none or hook_z, found '\(shape.prefix(40))'")
    }
    if shape == "hook_z", let site = try site, !site.hook.hasSuffix("_z") {
      throw wrong("reshape_activations", "expected none at \(site.hook.prefix(60)), found hook_z")
    }
    if let unknown = unknownKeys.first(where: Self.mayChangeNumbers) {
      throw wrong(
        unknown, "this setting is not known here, and by its name it may change activations")
    }
  }

  /// What is applied to rows before the encoder, in its order.
  func steps(at hook: String, override: SparseAutoencoder.PublishedOverride?) throws
    -> [SparseAutoencoder.InputStep]
  {
    var steps: [SparseAutoencoder.InputStep] = []
    if try isCentred(at: hook, override: override) { steps.append(.centred) }
    let key = "normalize_activations"
    var normalisation = "none"
    if let value = value(key) {
      if Self.isBoolean(value) {
        normalisation = (value as? Bool) == true ? "expected_average_only_in" : "none"
      } else {
        normalisation = try string(key) ?? "none"
      }
    }
    if let forced = override?.normalisation {
      guard normalisation == "none" || normalisation == forced else {
        throw wrong(
          key,
          "expected \(forced) as SAELens has of this repository, found '\(normalisation.prefix(40))'"
        )
      }
      normalisation = forced
    }
    switch normalisation {
    case "none": break
    case "layer_norm": steps.append(.layerNorm)
    case "constant_norm_rescale": steps.append(.constantNorm)
    case "expected_average_only_in":
      throw wrong(
        key,
        "\(normalisation) needs the mean norm of the training data, which the file does not have; fold it into the weights (fold_activation_norm_scaling_factor) and say none"
      )
    default:
      throw wrong(
        key,
        "expected none, layer_norm or constant_norm_rescale, found '\(normalisation.prefix(40))'")
    }
    return steps
  }

  /// Settings of the model that change what is read at `hook`.
  private func isCentred(
    at hook: String, override: SparseAutoencoder.PublishedOverride?
  ) throws -> Bool {
    let name = "model_from_pretrained_kwargs"
    let settings = try table(name)
    let readsHeads = hook.contains(".attn.")
    var isCentred = override?.isCentred ?? false
    for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
      if value is NSNull || (Self.isBoolean(value) && (value as? Bool) == false) {
        // Off, or as it is anyway.
        continue
      }
      switch key {
      case "center_writing_weights": isCentred = true
      // These move what the residual stream is multiplied by, and leave the stream itself alone.
      case "fold_ln", "center_unembed": break
      case "fold_value_biases", "refactor_factored_attn_matrices":
        guard !readsHeads else {
          throw wrong(
            name, "\(key) changes \(hook.prefix(60)), and rows here are of the model as it is")
        }
      case "device", "n_devices", "device_map", "move_to_device", "dtype", "torch_dtype",
        "trust_remote_code", "revision", "hf_model", "tokenizer", "default_prepend_bos",
        "default_padding_side", "cache_dir", "force_download", "local_files_only", "token",
        "low_cpu_mem_usage", "attn_implementation":
        break
      default:
        throw wrong(name, "expected settings that are known here, found '\(key.prefix(40))'")
      }
    }
    guard isCentred else { return false }
    let place = hook.split(separator: ".").last.map(String.init) ?? hook
    switch place {
    case "hook_z", "hook_normalized": return false
    case "hook_embed", "hook_resid_pre", "hook_resid_mid", "hook_resid_post", "hook_attn_out",
      "hook_mlp_out":
      break
    default:
      throw wrong(
        name, "center_writing_weights is not known of \(hook.prefix(60)), where it may change rows")
    }
    guard let model = try model, let kind = ModelNorm(model) else {
      throw wrong(
        name,
        "center_writing_weights takes the mean off rows of models with LayerNorm and does nothing to others; which \(try model.map { "'\($0.prefix(60))'" } ?? "the model") is, is not known here"
      )
    }
    return kind == .layerNorm
  }

  /// Which norm a model has, by its name: TransformerLens centres the weights of LayerNorm's alone.
  private enum ModelNorm {
    case layerNorm, rootMeanSquare

    init?(_ model: String) {
      let name = (model.split(separator: "/").last.map(String.init) ?? model).lowercased()
      let centring = [
        "gpt2", "distilgpt2", "gpt-neo", "gpt-j", "gptj", "pythia", "opt-", "bloom", "stablelm",
        "gelu-", "tiny-stories", "tinystories", "stanford-gpt2", "santacoder", "phi-1", "phi-2",
      ]
      let others = [
        "gemma", "llama", "meta-llama", "mistral", "mixtral", "qwen", "smollm", "tinyllama", "yi-",
        "phi-3", "phi-4", "olmo-2", "deepseek",
      ]
      if centring.contains(where: name.hasPrefix) {
        self = .layerNorm
      } else if others.contains(where: name.hasPrefix) {
        self = .rootMeanSquare
      } else {
        return nil
      }
    }
  }

  // MARK: - Other keys

  /// Keys that are applied, or are of the model or of training and change no activation.
  private static let known: Set<String> = [
    "architecture", "d_in", "d_sae", "dtype", "device", "apply_b_dec_to_input",
    "normalize_activations", "reshape_activations", "rescale_acts_by_decoder_norm", "k",
    "activation_fn", "activation_fn_str", "activation_fn_kwargs", "hook_name", "hook_point",
    "hook_layer", "hook_point_layer", "hook_head_index", "hook_point_head_index", "hook_eval",
    "model_name", "model_class_name", "model_from_pretrained_kwargs", "model_kwargs",
    "finetuning_scaling_factor", "d_out", "hook_name_out",
    // Of the training run.
    "normalize_sae_decoder", "scale_sparsity_penalty_by_decoder_norm", "mse_loss_normalization",
    "decoder_init_norm", "b_dec_init_method", "init_encoder_as_decoder_transpose",
    "decoder_heuristic_init", "decoder_heuristic_init_norm", "jumprelu_tanh_scale",
    "activations_mixing_fraction", "use_cached_activations", "cached_activations_path",
    "new_cached_activations_path", "noise_scale", "apply_decoder_norm", "autocast_sae",
    "use_sparse_activations", "n_batches_for_norm_estimate", "activations_path",
    "lp_norm", "log_activations_store_to_wandb",
  ]

  private var unknownKeys: [String] {
    (Set(object.keys).union(metadata.keys)).subtracting(Self.known).sorted().filter {
      guard let value = value($0) else { return false }
      if Self.isBoolean(value) { return (value as? Bool) == true }
      return (value as? String) != "none"
    }
  }

  private static func mayChangeNumbers(_ key: String) -> Bool {
    let key = key.lowercased()
    return [
      "norm", "activation", "scal", "cent", "whiten", "fold", "rescale", "bias", "threshold_fn",
      "transform", "preprocess", "postact", "temperature", "offset",
    ].contains { key.contains($0) }
  }
}

/// Whether a number of a JSON file was `true` or `false`.
private enum CFBooleanTest {
  static func isBoolean(_ number: NSNumber) -> Bool {
    // 1 and true are equal as numbers, and differ in the type that they were read as.
    String(cString: number.objCType) == "c" || String(cString: number.objCType) == "B"
  }
}

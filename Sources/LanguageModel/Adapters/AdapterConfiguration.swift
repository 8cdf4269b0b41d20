/// What an `adapter_config.json` says of how its weights are to be applied.
struct AdapterConfiguration: Sendable {
  /// The model it was trained on, as its author wrote it.
  let baseModel: String?
  /// Modules that were trained whole; a module is one where its path ends with a name of these.
  let savedModules: [String]
  /// Whether an embedding and a head that share their weights go on sharing them.
  let keepsTies: Bool

  /// Whether every adapted row has a length of its own (DoRA).
  let hasMagnitudes: Bool

  /// The modules that have updates.
  let targets: AdapterTargets
  private let rank: Int
  private let alpha: Double
  private let isStabilised: Bool
  private let ranks: [(pattern: NamePattern, value: Double)]
  private let alphas: [(pattern: NamePattern, value: Double)]

  /// - Throws: `ModelError.unsupported` for a kind of adapter that is not a LoRA as implemented
  ///   here, and for a setting that is not known; `malformedConfiguration`.
  init(_ configuration: HubConfiguration) throws {
    try Self.checkKind(configuration)
    try Self.checkStart(configuration)
    baseModel = try configuration.string("base_model_name_or_path")
    savedModules = try configuration.strings("modules_to_save") ?? []
    keepsTies = try configuration.bool("ensure_weight_tying") ?? false
    hasMagnitudes = try configuration.bool("use_dora") ?? false
    if hasMagnitudes, try configuration.bool("lora_bias") == true {
      throw ModelError(
        .unsupported, "adapter_config.json: lora_bias with use_dora is not implemented")
    }
    targets = try AdapterTargets(configuration)
    rank = try configuration.integer("r") ?? 8
    alpha = try configuration.double("lora_alpha") ?? 8
    isStabilised = try configuration.bool("use_rslora") ?? false
    ranks = try configuration.numbers("rank_pattern").map { (try NamePattern($0.name), $0.value) }
    alphas = try configuration.numbers("alpha_pattern").map { (try NamePattern($0.name), $0.value) }
  }

  // MARK: - What is understood

  /// Ways to begin training that leave the model's own weights as they are.
  static let plainStarts: Set<String> = ["eva", "gaussian", "orthogonal"]

  /// Settings that change nothing about what given weights do, or are read here.
  private static let known: Set<String> = [
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "corda_config",
    "ensure_weight_tying", "eva_config", "exclude_modules", "fan_in_fan_out", "inference_mode",
    "init_lora_weights", "layers_pattern", "layers_to_transform", "loftq_config", "lora_alpha",
    "lora_bias", "lora_dropout", "lora_ga_config", "megatron_core", "modules_to_save", "peft_type",
    "peft_version", "qalora_group_size", "r", "rank_pattern", "revision", "runtime_config",
    "target_modules", "task_type", "use_dora", "use_rslora",
  ]

  private static func checkKind(_ configuration: HubConfiguration) throws {
    let type = try configuration.string("peft_type") ?? ""
    guard type == "LORA" else {
      throw ModelError(
        .unsupported,
        "adapter_config.json: expected peft_type LORA, found \(ModelError.printable(type))")
    }
    for key in configuration.keys where configuration.isSet(key) && !known.contains(key) {
      throw ModelError(
        .unsupported, "adapter_config.json: \(ModelError.printable(key)) is not implemented")
    }
    if let bias = try configuration.string("bias"), !["none", "all", "lora_only"].contains(bias) {
      throw ModelError(
        .unsupported,
        "adapter_config.json: expected bias none, all or lora_only, found "
          + ModelError.printable(bias))
    }
  }

  /// Some ways to begin training take a part out of the model's own weights, which the adapter then
  /// stands for: without that part taken out, its numbers are not the trained model's.
  private static func checkStart(_ configuration: HubConfiguration) throws {
    let key = "init_lora_weights"
    if (try? configuration.bool(key)) != nil { return }
    guard let start = try configuration.string(key) else { return }
    if plainStarts.contains(start.lowercased()) { return }
    throw ModelError(
      .unsupported,
      "adapter_config.json: \(key) \(ModelError.printable(start)) changes the model's own weights; "
        + "save the adapter converted (save_pretrained with path_initial_model_for_weight_conversion)"
    )
  }

  // MARK: - Rank and strength

  /// The rank of the module at `path`: the first pattern that fits counts, in the file's order.
  func rank(of path: String) throws -> Double { try Self.first(ranks, path) ?? Double(rank) }

  /// What the module's product of matrices is multiplied by.
  func scale(of path: String) throws -> Float {
    let rank = try rank(of: path)
    let alpha = try Self.first(alphas, path) ?? alpha
    let scale = Float(alpha / (isStabilised ? rank.squareRoot() : rank))
    guard scale.isFinite else {
      throw ModelError(
        .malformedConfiguration,
        "adapter_config.json: the strength \(alpha) / \(rank) of \(ModelError.printable(path)) "
          + "makes no sense")
    }
    return scale
  }

  private static func first(
    _ patterns: [(pattern: NamePattern, value: Double)], _ path: String
  ) throws -> Double? {
    try patterns.first { try $0.pattern.matches(path) }?.value
  }

  /// Whether the module at `path` was trained whole.
  func isSaved(_ path: String) -> Bool { savedModules.contains { path.hasSuffix($0) } }
}

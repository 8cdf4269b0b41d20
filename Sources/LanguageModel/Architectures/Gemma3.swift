/// Gemma 3: five layers with a sliding window to one without, each kind with a rotary embedding of its
/// own; norms of query and key heads, and before and after each half of a block; scaled embeddings.
///
/// Of a model that also sees (`gemma3`), the decoder.
enum Gemma3: Architecture {
  static let hubTypes = ["gemma3_text", "gemma3"]
  static let ggufNames = ["gemma3"]
  static let derivesHeads = false
  static let ownSettings: Set<String> = [
    "final_logit_softcapping", "query_pre_attn_scalar", "rope_local_base_freq",
    "sliding_window_pattern",
  ]
  static let ownKeys: Set<String> = [
    "attention.sliding_window_pattern", "final_logit_softcapping", "rope.freq_base_swa",
  ]

  private static let (standardBase, standardLocalBase): (Float, Float) = (1_000_000, 10_000)

  static func decoder(of hub: HubConfiguration) throws -> HubConfiguration {
    guard try hub.string("model_type") == "gemma3" else { return hub }
    guard let text = try hub.object("text_config") else {
      throw ModelError(.malformedConfiguration, "\(hub.name): text_config is missing")
    }
    if let type = try text.string("model_type"), type != "gemma3_text" {
      throw ModelError(
        .unsupported,
        "\(text.name): expected the model_type gemma3_text, found \(ModelError.printable(type))")
    }
    // Versions of the library differ on which of the two counts.
    guard try hub.isOn("tie_word_embeddings") == text.isOn("tie_word_embeddings") else {
      throw ModelError(
        .unsupported, "\(hub.name): tie_word_embeddings is another in text_config")
    }
    if text.isSet("final_logit_softcapping") {
      throw ModelError(
        .unsupported, "\(text.name): final_logit_softcapping is not a setting of gemma3 models")
    }
    return text
  }

  static func configuration(_ hub: HubConfiguration) throws -> TransformerConfiguration {
    let text = try decoder(of: hub)
    let layers = try text.requiredInteger("num_hidden_layers")
    let hidden = try text.requiredInteger("hidden_size")
    let headSize = try text.integer("head_dim") ?? 256
    let queryScalar = try text.float("query_pre_attn_scalar") ?? 256
    let pattern = try text.integer("sliding_window_pattern") ?? 6
    guard pattern > 0 else {
      throw ModelError(
        .malformedConfiguration,
        "\(text.name): expected a sliding_window_pattern of at least 1, found \(pattern)")
    }
    try text.refuseNull(
      "num_key_value_heads", "rope_local_base_freq", "sliding_window", "sliding_window_pattern")
    let rotary = try rotaryEmbeddings(text, headSize)
    return TransformerConfiguration(
      family: try hub.string("model_type") ?? "gemma3_text",
      vocabularySize: try text.integer("vocab_size") ?? 262_208, hiddenSize: hidden,
      layerCount: layers, headCount: try text.integer("num_attention_heads") ?? 8,
      keyValueHeadCount: try text.integer("num_key_value_heads") ?? 4, headSize: headSize,
      feedForwardSize: try text.requiredInteger("intermediate_size"),
      contextLength: try text.integer("max_position_embeddings") ?? 131_072,
      norm: .rootMeanSquare(epsilon: try text.float("rms_norm_eps") ?? 1e-6), layout: .sandwiched,
      positions: .rotary(rotary.everywhere), localRotary: rotary.windowed,
      attentionScale: 1 / queryScalar.squareRoot(), queryKeyNorm: .head,
      logitSoftCap: try text.float("final_logit_softcapping"),
      slidingWindows: try text.slidingWindows(
        layers: layers, window: try text.integer("sliding_window") ?? 4096
      ) { ($0 + 1) % pattern != 0 },
      // `hidden_act`, which published files have beside it, is not read.
      activation: try text.activation("hidden_activation", standard: .geluTanh), isGated: true,
      embeddingScale: Float(max(hidden, 0)).squareRoot(),
      hasTiedHead: try text.isOn("tie_word_embeddings"),
      biases: try text.bool("attention_bias") == true ? [.queryKeyValue, .attentionOutput] : [])
  }

  /// `rope_parameters` has one entry a kind of layer; before it `rope_theta` and `rope_scaling` were those of layers without a
  /// window, and `rope_local_base_freq` of those with one.
  private static func rotaryEmbeddings(
    _ text: HubConfiguration, _ headSize: Int
  ) throws -> (everywhere: RotaryEmbedding, windowed: RotaryEmbedding) {
    let kinds = ["full_attention", "sliding_attention"]
    let new = try text.object("rope_parameters")
    if let new, let other = new.keys.first(where: { !kinds.contains($0) }) {
      throw ModelError(
        .unsupported,
        "\(new.name): expected \(kinds.joined(separator: " and ")), found "
          + ModelError.printable(other))
    }
    func rotary(
      _ kind: String, base: String, scaling: String?, standard: Float
    ) throws -> RotaryEmbedding {
      var own = HubConfiguration.Members()
      own[base] = text.member(base)
      if let scaling { own["rope_scaling"] = text.member(scaling) }
      if let new { own["rope_parameters"] = new.member(kind) ?? .null }
      return try HubConfiguration(own, name: text.name)
        .rotaryEmbedding(headSize: headSize, base: standard, names: RotaryNames(base: base))
    }
    return (
      try rotary(
        kinds[0], base: "rope_theta", scaling: "rope_scaling", standard: standardBase),
      try rotary(
        kinds[1], base: "rope_local_base_freq", scaling: nil, standard: standardLocalBase)
    )
  }

  static func configuration(_ gguf: GGUFModelMetadata) throws -> TransformerConfiguration {
    var model = try Llama.configuration(gguf)
    model.family = "gemma3_text"
    model.layout = .sandwiched
    model.activation = .geluTanh
    model.queryKeyNorm = .head
    model.embeddingScale = Float(max(model.hiddenSize, 0)).squareRoot()
    model.logitSoftCap = try gguf.float("final_logit_softcapping")
    model.localRotary = RotaryEmbedding(
      dimension: model.headSize, base: try gguf.float("rope.freq_base_swa") ?? standardLocalBase)
    let window = try gguf.requiredInteger("attention.sliding_window")
    let pattern = try gguf.float("attention.sliding_window_pattern") ?? 6
    guard let pattern = Int(exactly: pattern), pattern > 0 else {
      throw ModelError(
        .malformedConfiguration,
        "expected gemma3.attention.sliding_window_pattern to be at least 1, found \(pattern)")
    }
    for layer in model.slidingWindows.indices {
      model.slidingWindows[layer] = (layer + 1) % pattern != 0 ? window : nil
    }
    // The files do not hold the query scalar: it is the head size, but for the 27B model (62
    // layers), whose queries are scaled by the hidden size per head.
    if model.layerCount == 62 {
      model.attentionScale =
        1 / (Float(model.hiddenSize) / Float(max(model.headCount, 1))).squareRoot()
    }
    return model
  }

  /// The hub's norm weights are stored less one; GGUF converters have added it.
  static func hubTensor(_ role: WeightRole, _ model: TransformerConfiguration) -> TensorRecipe {
    var recipe = Gemma2.hubTensor(role, model)
    switch role {
    case .layer(_, .queryNorm), .layer(_, .keyNorm): recipe.offset = 1
    default: break
    }
    guard model.family == "gemma3" else { return recipe }
    if recipe.name.hasPrefix("model.") {
      let name = recipe.name.dropFirst("model.".count)
      recipe.name = "model.language_model.\(name)"
      recipe.olderName = "language_model.model.\(name)"
    } else {
      recipe.olderName = "language_model.\(recipe.name)"
    }
    return recipe
  }
}

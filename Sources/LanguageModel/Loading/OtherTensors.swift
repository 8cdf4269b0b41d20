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
      let places = layerPlaces(plan, model, architecture)
      let ends = [WeightRole.finalNormBias, .headBias].map {
        architecture.hubTensor($0, model).name
      }
      isOther = { name in
        guard !buffers.contains(where: name.hasSuffix) else { return false }
        return ends.contains(name) || places.contains { isInLayer(name, $0, model.layerCount) }
      }
    }
    let rest = source.names.filter { !used.contains($0) }
    guard let name = rest.first(where: { isOther($0) || isUpdate($0) }) else { return }
    throw ModelError(
      .unsupported,
      "\(ModelError.printable(name)) is not a tensor of a \(model.family) model as its settings "
        + "describe it")
  }

  /// What adapters are saved as: left out, the model is not the one that was trained.
  private static func isUpdate(_ name: String) -> Bool {
    let marks = ["lora_", "ia3_", "oft_", "modules_to_save", "prompt_embeddings"]
    return name.split(separator: ".").contains { part in
      marks.contains { part.hasPrefix($0) }
    }
  }

  /// What a person should know of tensors that are there and left out: layers beyond those that
  /// the settings say, and others by their names.
  static func notices(
    _ plan: WeightPlan, _ source: some WeightSource, _ model: TransformerConfiguration,
    _ architecture: any Architecture.Type
  ) -> [String] {
    let used = plan.names
    let places = layerPlaces(plan, model, architecture)
    var highest: Int?
    var others: [String] = []
    for name in source.names where !used.contains(name) {
      if buffers.contains(where: name.hasSuffix) || name == "rope_freqs.weight" { continue }
      if let layer = places.compactMap({ layer(of: name, $0) }).first, layer >= model.layerCount {
        highest = max(highest ?? 0, layer)
      } else {
        others.append(name)
      }
    }
    var notices: [String] = []
    if let highest {
      notices.append(
        "the weights hold layers up to \(highest) and the settings say \(model.layerCount): those from "
          + "\(model.layerCount) on are left out")
    }
    if !others.isEmpty {
      let shown = others.sorted().prefix(4).map { ModelError.printable($0) }
      let rest = others.count > shown.count ? " and \(others.count - shown.count) more" : ""
      notices.append(
        "tensors that no part of the model uses are left out: \(shown.joined(separator: ", "))\(rest)"
      )
    }
    return notices
  }

  /// What stands before a layer's number in the names of its tensors: with the outermost module and
  /// without, and as the files have it.
  private static func layerPlaces(
    _ plan: WeightPlan, _ model: TransformerConfiguration, _ architecture: any Architecture.Type
  ) -> [String] {
    func place(_ name: String?) -> String? {
      name?.range(of: ".0.").flatMap { number in name.map { $0[..<number.lowerBound] + "." } }
    }
    guard let usual = place(architecture.hubTensor(.layer(0, .down), model).name) else { return [] }
    let stored = plan.entries.first { $0.role == .layer(0, .query) }?.recipe.name
    let inner = usual.firstIndex(of: ".").map { String(usual[usual.index(after: $0)...]) }
    return [usual, inner, place(stored)].compactMap(\.self)
  }

  private static func isInLayer(_ name: String, _ place: String, _ count: Int) -> Bool {
    guard name.hasPrefix(place) else { return false }
    // Layers beyond the model's are left out on purpose: that is how models are cut short.
    return layer(of: name, place).map { $0 < count } ?? true
  }

  private static func layer(of name: String, _ place: String) -> Int? {
    guard name.hasPrefix(place) else { return nil }
    let rest = name.dropFirst(place.count)
    return rest.firstIndex(of: ".").flatMap { Int(rest[..<$0]) }
  }
}

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

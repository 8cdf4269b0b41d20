import TensorFiles

/// The metadata of a GGUF model under its architecture's prefix, with errors that name the key.
struct GGUFModelMetadata: Sendable {
  let architecture: String
  private let file: GGUFFile

  init(_ file: GGUFFile) throws {
    guard let architecture = file.metadata["general.architecture"]?.string else {
      throw ModelError(
        .malformedConfiguration,
        "\(ModelError.printable(file.url.lastPathComponent)): general.architecture is missing")
    }
    self.architecture = architecture
    self.file = file
  }

  func integer(_ key: String) throws -> Int? {
    guard let value = file.metadata["\(architecture).\(key)"] else { return nil }
    // Some converters list one number a layer; they are read where all are equal.
    if let values = value.integers, let first = values.first {
      guard values.allSatisfy({ $0 == first }) else {
        throw ModelError(
          .unsupported, "\(architecture).\(key): sizes that differ by layer are not implemented")
      }
      return first
    }
    guard let integer = value.integer else { throw wrong(key, "an integer", value) }
    return integer
  }

  func requiredInteger(_ key: String) throws -> Int {
    guard let value = try integer(key) else { throw missing(key) }
    return value
  }

  func float(_ key: String) throws -> Float? {
    guard let value = file.metadata["\(architecture).\(key)"] else { return nil }
    guard let number = value.number else { throw wrong(key, "a number", value) }
    return Float(number)
  }

  func requiredFloat(_ key: String) throws -> Float {
    guard let value = try float(key) else { throw missing(key) }
    return value
  }

  func bool(_ key: String) throws -> Bool? {
    guard let value = file.metadata["\(architecture).\(key)"] else { return nil }
    guard let bool = value.bool else { throw wrong(key, "true or false", value) }
    return bool
  }

  private func string(_ key: String) throws -> String? {
    guard let value = file.metadata["\(architecture).\(key)"] else { return nil }
    guard let string = value.string else { throw wrong(key, "a string", value) }
    return string
  }

  /// Whether the file has a tensor; GGUF says nothing else of biases and tied heads.
  func hasTensor(_ name: String) -> Bool { file.tensors[name] != nil }

  /// The number of rows of the token embedding, which every model has.
  func vocabularySize() throws -> Int {
    guard let embedding = file.tensors["token_embd.weight"] else {
      throw ModelError(.missingTensor, "token_embd.weight is missing")
    }
    return embedding.shape.count == 2 ? embedding.shape[0] : 1
  }

  /// The rotary embedding, with `rope_freqs.weight` where the file lists factors.
  func rotaryEmbedding(headSize: Int) throws -> RotaryEmbedding {
    var rotary = RotaryEmbedding(
      dimension: try integer("rope.dimension_count") ?? headSize,
      base: try float("rope.freq_base") ?? 10_000)
    // As llama.cpp reads it: a factor without a type scales linearly.
    let factor = try float("rope.scaling.factor") ?? float("rope.scale_linear") ?? 0
    switch try string("rope.scaling.type") ?? (factor == 0 ? "none" : "linear") {
    case "none": break
    case "linear":
      guard factor != 0 else { throw missing("rope.scaling.factor") }
      rotary.scaling = .linear(factor: factor)
    case let other:
      throw ModelError(
        .unsupported,
        "RoPE scaling \(ModelError.printable(other)) is not implemented; those known are none, "
          + "linear")
    }
    if hasTensor("rope_freqs.weight") {
      guard rotary.scaling == .none || rotary.scaling == .linear(factor: 1) else {
        throw ModelError(
          .unsupported, "rope_freqs.weight beside linear RoPE scaling is not implemented")
      }
      rotary.scaling = .factors(try file.floats("rope_freqs.weight"))
    }
    return rotary
  }

  /// The experts of a mixture, whose shares llama.cpp scales to a sum of 1; `nil` for other models.
  ///
  /// - Parameter size: of one.
  func experts(
    size: @autoclosure () throws -> Int, layers: Int
  ) throws -> TransformerConfiguration.Experts? {
    guard let count = try integer("expert_count"), count != 0 else { return nil }
    return TransformerConfiguration.Experts(
      count: count, used: try requiredInteger("expert_used_count"), size: try size(),
      normalisesShares: true, layers: Array(repeating: true, count: max(0, min(layers, 1 << 12))))
  }

  /// - Throws: where values are longer or shorter than keys, or a rotary embedding turns a part of a
  ///   head that turns whole in the family.
  func checkHeads(_ headSize: Int, turnsWhole: Bool) throws {
    if let length = try integer("attention.value_length"), length != headSize {
      throw ModelError(
        .unsupported,
        "\(architecture).attention.value_length is \(length) and keys have \(headSize): heads of "
          + "two sizes are not implemented")
    }
    if turnsWhole, let dimension = try integer("rope.dimension_count"), dimension != headSize {
      throw ModelError(
        .malformedConfiguration,
        "expected \(architecture).rope.dimension_count to be the head size \(headSize), found "
          + "\(dimension)")
    }
  }

  private func missing(_ key: String) -> ModelError {
    ModelError(
      .malformedConfiguration, "\(ModelError.printable(architecture)).\(key) is missing")
  }

  private func wrong(_ key: String, _ expected: String, _ found: GGUFValue) -> ModelError {
    ModelError(
      .malformedConfiguration,
      "expected \(ModelError.printable(architecture)).\(key) to be \(expected), found "
        + ModelError.printable("\(found)"))
  }
}

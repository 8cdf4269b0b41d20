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
    if hasTensor("rope_freqs.weight") {
      rotary.scaling = .factors(try file.floats("rope_freqs.weight"))
    }
    switch try string("rope.scaling.type") {
    case nil, "none": break
    case "linear":
      guard let factor = try float("rope.scaling.factor") else {
        throw missing("rope.scaling.factor")
      }
      rotary.scaling = .linear(factor: factor)
    case let other?:
      throw ModelError(
        .unsupported,
        "RoPE scaling \(ModelError.printable(other)) is not implemented; those known are none, "
          + "linear")
    }
    return rotary
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

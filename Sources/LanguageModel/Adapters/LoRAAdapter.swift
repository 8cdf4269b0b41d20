import Foundation
import TensorFiles

/// A low-rank adapter in the layout of the PEFT library, opened and not yet applied.
package struct LoRAAdapter: Sendable {
  /// A module's update: its weight gains `scale · B · A`, an embedding's the transpose of that.
  struct Module: Sendable {
    /// The hub's name of the module, such as `model.layers.0.mlp.up_proj`.
    var name: String
    /// Whether it looks rows up, so that A is `[rank, rows]` and B `[width, rank]`.
    var isEmbedding: Bool
    var rank: Int
    var inputs: Int
    var outputs: Int
    var scale: Float
    /// Names of A `[rank, inputs]` and B `[outputs, rank]` in the file.
    var down: String
    var up: String
    /// The name of what is added to the bias, times `scale`, where there is such.
    var bias: String?
    /// The name of the lengths that the updated rows are given, an embedding's columns, in DoRA.
    var magnitude: String?
  }

  /// A parameter that the adapter holds whole.
  struct Parameter: Sendable {
    /// The hub's name of it, such as `lm_head.weight`.
    var name: String
    /// Its name in the file.
    var key: String
    /// Whether it was trained apart from what shares its values in the model (`modules_to_save`).
    var isOwn: Bool
  }

  package let folder: URL
  /// The model it was trained on, as its author wrote it.
  package var baseModel: String? { configuration.baseModel }
  let configuration: AdapterConfiguration
  let modules: [Module]
  let parameters: [Parameter]
  let file: SafetensorsFile

  /// Reads `adapter_config.json` and the header of `adapter_model.safetensors`.
  ///
  /// - Throws: `ModelError.unsupported` for a kind of adapter that is not a LoRA as implemented
  ///   here, `malformedConfiguration`, `missingTensor` and `misshapenTensor` where the two files
  ///   contradict each other; `TensorFileError`.
  package init(folder: URL) throws {
    if GGUFFile.isGGUF(folder) {
      throw ModelError(
        .unsupported,
        "\(ModelError.printable(folder.lastPathComponent)) is an adapter in GGUF, which is not read; "
          + "expected the folder that PEFT saved it in")
    }
    let settings = folder.appending(path: "adapter_config.json")
    let weights = folder.appending(path: "adapter_model.safetensors")
    let pickle = folder.appending(path: "adapter_model.bin")
    func exists(_ url: URL) -> Bool {
      FileManager.default.fileExists(atPath: url.path(percentEncoded: false))
    }
    guard exists(settings) else {
      throw ModelError(
        .notFound,
        "\(ModelError.printable(folder.lastPathComponent)): expected a folder with "
          + "adapter_config.json and adapter_model.safetensors, found none")
    }
    let configuration = try AdapterConfiguration(HubConfiguration(settings))
    guard exists(weights) || !exists(pickle) else {
      throw ModelError(
        .unsupported,
        "adapter_model.bin is a pickle of PyTorch's, which is not read; load the adapter with PEFT "
          + "and save_pretrained it as adapter_model.safetensors")
    }
    let file = try TensorFileError.naming(weights) { try SafetensorsFile(weights) }
    self.folder = folder
    self.file = file
    self.configuration = configuration
    var keys = Keys()
    for name in file.names {
      guard file.tensors[name]?.elementType.isFloatingPoint == true else {
        throw ModelError(
          .unsupported, "\(ModelError.printable(name)) in the adapter does not hold floats")
      }
      try keys.add(name)
    }
    try keys.finish()
    // A head or an embedding that was adapted besides, and saved, was meant: trainers write no target for it.
    for pair in keys.pairs
    where try AdapterTargets.isOfBlock(pair.module) && !configuration.targets.hold(pair.module) {
      throw ModelError(
        .unsupported,
        "\(ModelError.printable(pair.module)) is in the adapter, but its settings (target_modules, exclude_modules, "
          + "layers_to_transform) leave it out, as PEFT would without a word")
    }
    modules = try keys.pairs.map { try Self.module($0, file, configuration) }
    parameters = keys.parameters.map {
      let path = $0.name[..<($0.name.lastIndex(of: ".") ?? $0.name.endIndex)]
      return Parameter(
        name: $0.name, key: $0.key, isOwn: $0.isOwn || configuration.isSaved(String(path)))
    }
    guard !modules.isEmpty || !parameters.isEmpty else {
      throw ModelError(.missingTensor, "adapter_model.safetensors: the adapter holds no tensors")
    }
    if let twice = Self.repeated(parameters.map(\.name)) {
      throw ModelError(
        .unsupported, "\(ModelError.printable(twice)) is in the adapter more than once")
    }
  }

  private static func repeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  private static func module(
    _ pair: Keys.Pair, _ file: SafetensorsFile, _ configuration: AdapterConfiguration
  ) throws -> Module {
    let name = ModelError.printable(pair.module)
    guard let down = pair.down, let up = pair.up, let a = file.tensors[down]?.shape,
      let b = file.tensors[up]?.shape
    else {
      throw ModelError(
        .missingTensor, "\(name): expected lora_A and lora_B in the adapter, found one of them")
    }
    let rank = try configuration.rank(of: pair.module)
    guard a.count == 2, b.count == 2, a[0] == b[1], a[0] > 0, a[1] > 0, b[0] > 0,
      Double(a[0]) == rank
    else {
      throw ModelError(
        .misshapenTensor,
        "\(name): expected matrices [\(rank.formatted()), in] and [out, \(rank.formatted())] in "
          + "the adapter, found \(a) and \(b)")
    }
    return Module(
      name: pair.module, isEmbedding: pair.isEmbedding, rank: a[0], inputs: a[1], outputs: b[0],
      scale: try configuration.scale(of: pair.module), down: down, up: up, bias: pair.bias,
      magnitude: try magnitude(pair, count: b[0], file, configuration))
  }

  /// The module's lengths, which an adapter has where, and only where, its settings say so.
  private static func magnitude(
    _ pair: Keys.Pair, count: Int, _ file: SafetensorsFile, _ configuration: AdapterConfiguration
  ) throws -> String? {
    let name = ModelError.printable(pair.module)
    guard configuration.hasMagnitudes else {
      guard pair.magnitude == nil else {
        throw ModelError(
          .unsupported,
          "\(name): lora_magnitude_vector in an adapter whose use_dora is not true")
      }
      return nil
    }
    guard let key = pair.magnitude, let shape = file.tensors[key]?.shape else {
      throw ModelError(
        .missingTensor, "\(name): expected lora_magnitude_vector in an adapter with use_dora")
    }
    guard shape == [count] else {
      throw ModelError(
        .misshapenTensor,
        "\(name): expected lora_magnitude_vector of \([count]) in the adapter, found \(shape)")
    }
    return key
  }
}

// MARK: - Names in the file

extension LoRAAdapter {
  /// What the names of an adapter's tensors say.
  private struct Keys {
    struct Pair {
      var module: String
      var isEmbedding: Bool
      var down: String?
      var up: String?
      var bias: String?
      var magnitude: String?
    }

    private(set) var parameters: [Parameter] = []
    private var places: [String: Int] = [:]
    private(set) var pairs: [Pair] = []
    private var magnitudes: [String: String] = [:]
    /// What the adapter was called while it was trained, where its names say so.
    private var adapterName: String?

    private static let prefix = "base_model.model."

    /// - Throws: `ModelError.unsupported`, naming what is not understood.
    mutating func add(_ key: String) throws {
      guard key.hasPrefix(Self.prefix) else {
        throw ModelError(
          .unsupported,
          "\(ModelError.printable(key)) in the adapter: expected a name that begins with "
            + "\(Self.prefix); PEFT passes over others")
      }
      let path = String(key.dropFirst(Self.prefix.count))
      let parts = path.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
      if let index = parts.lastIndex(where: { $0.hasPrefix("lora_") }) {
        let module = parts[..<index].joined(separator: ".")
        return try addUpdate(key, module, kind: parts[index], rest: Array(parts[(index + 1)...]))
      }
      let kind = parts.last ?? ""
      var owner = Array(parts.dropLast())
      guard ["weight", "bias"].contains(kind), !owner.isEmpty else { throw unknown(key) }
      var isOwn = false
      if owner.last == "base_layer" {
        owner.removeLast()
      } else if let index = owner.lastIndex(of: "modules_to_save") {
        try name(owner[(index + 1)...], key)
        owner.removeSubrange(index...)
        isOwn = true
      } else if owner.contains("original_module") || owner.contains("token_adapter") {
        throw unknown(key)
      }
      let name = (owner + [kind]).joined(separator: ".")
      parameters.append(Parameter(name: name, key: key, isOwn: isOwn))
    }

    private mutating func addUpdate(
      _ key: String, _ module: String, kind: String, rest: [String]
    ) throws {
      if kind == "lora_magnitude_vector" {
        try name((rest.last == "weight" ? rest.dropLast() : rest)[...], key)
        guard magnitudes.updateValue(key, forKey: module) == nil else { throw unknown(key) }
        return
      }
      let isEmbedding = kind.hasPrefix("lora_embedding_")
      let last = isEmbedding ? nil : rest.last
      // Between the two stands the adapter's name, where it was saved as it was in memory.
      try name((isEmbedding ? rest : rest.dropLast())[...], key)
      let place =
        places[module]
        ?? {
          pairs.append(Pair(module: module, isEmbedding: isEmbedding))
          places[module] = pairs.count - 1
          return pairs.count - 1
        }()
      guard pairs[place].isEmbedding == isEmbedding else { throw unknown(key) }
      switch (kind, last) {
      case ("lora_A", "weight"), ("lora_embedding_A", nil):
        guard pairs[place].down == nil else { throw unknown(key) }
        pairs[place].down = key
      case ("lora_B", "weight"), ("lora_embedding_B", nil):
        guard pairs[place].up == nil else { throw unknown(key) }
        pairs[place].up = key
      case ("lora_B", "bias"):
        guard pairs[place].bias == nil else { throw unknown(key) }
        pairs[place].bias = key
      default: throw unknown(key)
      }
    }

    /// Gives every pair its module's lengths.
    mutating func finish() throws {
      for place in pairs.indices {
        pairs[place].magnitude = magnitudes.removeValue(forKey: pairs[place].module)
      }
      if let key = magnitudes.values.min() { throw unknown(key) }
    }

    /// The parts of a tensor's name that may be an adapter's: none or one, always the same.
    private mutating func name(_ parts: ArraySlice<String>, _ key: String) throws {
      guard parts.count <= 1 else { throw unknown(key) }
      guard let name = parts.first else { return }
      guard adapterName == nil || adapterName == name else {
        throw ModelError(
          .unsupported,
          "the file holds more than one adapter: \(ModelError.printable(adapterName ?? "")) and "
            + ModelError.printable(name))
      }
      adapterName = name
    }

    private func unknown(_ key: String) -> ModelError {
      ModelError(
        .unsupported,
        "\(ModelError.printable(key)) in the adapter is not part of a LoRA as implemented here")
    }
  }
}

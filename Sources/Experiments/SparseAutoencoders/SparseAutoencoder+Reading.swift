import Foundation
import TensorFiles

extension SparseAutoencoder {
  /// Reads a folder of SAELens (`cfg.json`, `sae_weights.safetensors`) or Gemma Scope (`params.npz`).
  ///
  /// - Throws: `ExperimentError` for what is missing, of another shape, or of an architecture that is not known here.
  package init(_ url: URL) throws {
    var isFolder: ObjCBool = false
    let path = url.path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw ExperimentError(.missing, "no such file or folder", file: url.lastPathComponent)
    }
    let folder = isFolder.boolValue ? url : url.deletingLastPathComponent()
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(
        atPath: folder.appending(path: name).path(percentEncoded: false))
    }
    if url.pathExtension == "npz" {
      try self.init(gemmaScope: url)
    } else if has("cfg.json") {
      try self.init(saeLens: folder)
    } else if has("params.npz") {
      try self.init(gemmaScope: folder.appending(path: "params.npz"))
    } else {
      throw ExperimentError(
        .unknownLayout,
        "expected cfg.json with sae_weights.safetensors, or params.npz, found neither",
        file: url.lastPathComponent)
    }
  }

  private init(gemmaScope url: URL) throws {
    let file = url.lastPathComponent
    let weights = Weights(file: file) { name in
      let archive = try NPZArchive(url)
      guard archive.contains(name) else { return nil }
      let array = try archive.array(name)
      return (try array.floats(), array.shape)
    }
    let (width, count) = try weights.shape
    try self.init(
      name: url.deletingLastPathComponent().lastPathComponent, hook: Self.hook(inPath: url),
      model: nil, inputWidth: width, featureCount: count,
      activation: .jumpRelu(thresholds: weights.vector("threshold", count)),
      encoder: weights.encoder(width, count), bias: weights.vector("b_enc", count), inputBias: [])
  }

  /// Gemma Scope says the layer in the path, `layer_12/width_16k/…`, of the residual stream after the block.
  private static func hook(inPath url: URL) -> String? {
    for part in url.standardizedFileURL.pathComponents.reversed() where part.hasPrefix("layer_") {
      if let layer = Int(part.dropFirst("layer_".count)) {
        return "blocks.\(layer).hook_resid_post"
      }
    }
    return nil
  }

  private init(saeLens folder: URL) throws {
    let name = folder.lastPathComponent
    let config = try Config(folder.appending(path: "cfg.json"))
    let file = "\(name)/sae_weights.safetensors"
    let tensors: SafetensorsFile
    do {
      tensors = try SafetensorsFile(folder.appending(path: "sae_weights.safetensors"))
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
    let weights = Weights(file: file) { name in
      guard tensors.tensors[name] != nil || tensors.unread[name] != nil else { return nil }
      return (try tensors.floats(name), try tensors.info(name).shape)
    }
    let (width, count) = try weights.shape
    try config.check(width: width, count: count)
    let bias: [Float]
    let activation: Activation
    switch config.architecture {
    case "standard", "topk":
      bias = try weights.vector("b_enc", count)
      if let k = config.k {
        guard k > 0, k <= count else {
          throw config.wrong("k", "expected 1…\(count), found \(k)")
        }
        activation = .topK(k)
      } else {
        guard config.architecture == "standard" else {
          throw config.wrong("k", "expected a number, found none")
        }
        activation = .relu
      }
    case "jumprelu":
      bias = try weights.vector("b_enc", count)
      activation = .jumpRelu(thresholds: try weights.vector("threshold", count))
    case "gated":
      bias = try weights.vector("b_mag", count)
      activation = .gated(
        gateBias: try weights.vector("b_gate", count),
        scale: try weights.vector("r_mag", count).map { Float(exp(Double($0))) })
    default:
      throw config.wrong(
        "architecture",
        "expected standard, topk, jumprelu or gated, found '\(config.architecture.prefix(40))'")
    }
    try self.init(
      name: name, hook: config.hook, model: config.model, inputWidth: width, featureCount: count,
      activation: activation, encoder: weights.encoder(width, count), bias: bias,
      inputBias: config.subtractsDecoderBias ? weights.vector("b_dec", width) : [],
      decoderNorms: config.scalesByDecoderNorm ? weights.decoderNorms(width, count) : [])
  }

  /// Tensors by their published names, checked against one shape.
  private struct Weights {
    let file: String
    let find: (String) throws -> (values: [Float], shape: [Int])?

    func need(_ name: String) throws -> (values: [Float], shape: [Int]) {
      let found: (values: [Float], shape: [Int])?
      do {
        found = try find(name)
      } catch let error as TensorFileError {
        throw ExperimentError(.invalidValue, "\(error)", file: file)
      }
      guard let found else {
        throw ExperimentError(.missing, "expected a tensor \(name), found none", file: file)
      }
      guard found.values.allSatisfy(\.isFinite) else {
        throw ExperimentError(
          .invalidValue, "\(name): expected finite values, found NaN or infinity", file: file)
      }
      return found
    }

    /// D and F, of `W_enc [D, F]`.
    var shape: (Int, Int) {
      get throws {
        let shape = try need("W_enc").shape
        guard shape.count == 2, shape[0] > 0, shape[1] > 0 else {
          throw ExperimentError(
            .mismatch, "W_enc: expected shape [D, features], found \(shape)", file: file)
        }
        return (shape[0], shape[1])
      }
    }

    func vector(_ name: String, _ count: Int) throws -> [Float] {
      let (values, shape) = try need(name)
      guard shape == [count] else {
        throw ExperimentError(
          .mismatch, "\(name): expected shape [\(count)], found \(shape)", file: file)
      }
      return values
    }

    /// `[F, D]`.
    func encoder(_ width: Int, _ count: Int) throws -> [Float] {
      let values = try need("W_enc").values
      var result = [Float](repeating: 0, count: values.count)
      for i in 0..<width { for f in 0..<count { result[f * width + i] = values[i * count + f] } }
      return result
    }

    func decoderNorms(_ width: Int, _ count: Int) throws -> [Float] {
      let (values, shape) = try need("W_dec")
      guard shape == [count, width] else {
        throw ExperimentError(
          .mismatch, "W_dec: expected shape [\(count), \(width)], found \(shape)", file: file)
      }
      return (0..<count).map { f in
        values[f * width..<(f + 1) * width].reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
      }
    }
  }

  /// `cfg.json`; newer files keep the hook under `metadata`.
  private struct Config {
    let file: String
    private let object: [String: Any]
    private var metadata: [String: Any] { object["metadata"] as? [String: Any] ?? [:] }

    init(_ url: URL) throws {
      file = "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)"
      guard let data = try? Data(contentsOf: url),
        let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
      else { throw ExperimentError(.invalidValue, "expected a JSON object", file: file) }
      self.object = object
    }

    func wrong(_ name: String, _ message: String) -> ExperimentError {
      ExperimentError(.invalidValue, "\(name): \(message)", file: file)
    }

    var architecture: String { object["architecture"] as? String ?? "standard" }
    var hook: String? {
      (object["hook_name"] ?? metadata["hook_name"] ?? object["hook_point"]) as? String
    }
    var model: String? { (object["model_name"] ?? metadata["model_name"]) as? String }
    var subtractsDecoderBias: Bool { object["apply_b_dec_to_input"] as? Bool ?? true }
    var scalesByDecoderNorm: Bool { object["rescale_acts_by_decoder_norm"] as? Bool ?? false }

    /// Of a top-k activation, wherever the version of the file says it.
    var k: Int? {
      let arguments = object["activation_fn_kwargs"] as? [String: Any] ?? [:]
      let isTopK =
        architecture == "topk"
        || (object["activation_fn"] ?? object["activation_fn_str"]) as? String == "topk"
      return isTopK ? (object["k"] as? Int ?? arguments["k"] as? Int) : nil
    }

    func check(width: Int, count: Int) throws {
      for (name, found) in [("d_in", width), ("d_sae", count)] {
        if let said = object[name] as? Int, said != found {
          throw ExperimentError(
            .mismatch, "\(name): expected \(found) as in the weights, found \(said)", file: file)
        }
      }
      let normalisation = object["normalize_activations"] as? String ?? "none"
      guard normalisation == "none" else {
        throw wrong(
          "normalize_activations",
          "expected none (fold the scale into the weights), found '\(normalisation.prefix(40))'")
      }
    }
  }
}

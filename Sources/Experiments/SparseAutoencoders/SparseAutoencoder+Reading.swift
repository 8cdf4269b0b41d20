import Foundation
import TensorFiles

extension SparseAutoencoder {
  /// Reads a folder of SAELens (`cfg.json`, `sae_weights.safetensors`) or Gemma Scope (`params.npz`).
  ///
  /// - Parameter hook: the site, where no file or folder says it; where one does, it has to be the same.
  /// - Throws: `ExperimentError` for what is missing, of another shape, of an architecture or a setting that is not known
  ///   here, and where nothing says which site it is of.
  package init(_ url: URL, hook: String? = nil) throws {
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
      try self.init(gemmaScope: url, hook: hook)
    } else if has("cfg.json") {
      try self.init(saeLens: folder, hook: hook)
    } else if has("params.npz") {
      try self.init(gemmaScope: folder.appending(path: "params.npz"), hook: hook)
    } else {
      throw ExperimentError(
        .unknownLayout,
        "expected cfg.json with sae_weights.safetensors, or params.npz, found neither",
        file: url.lastPathComponent)
    }
  }

  /// The site that was read, or else the one that was given.
  ///
  /// - Throws: `missing` without either, `mismatch` naming both where they differ.
  private static func settle(_ read: Site?, given: String?, file: String) throws -> Site {
    guard let read else {
      guard let given else {
        throw ExperimentError(
          .missing,
          "expected the hook that it is of, in cfg.json or the names of Gemma Scope's folders, found none",
          file: file, remedy: "give it by \(.saeHook)")
      }
      return Site(hook: given, source: nil)
    }
    if let given, Site.canonical(given) != Site.canonical(read.hook) {
      throw ExperimentError(
        .mismatch,
        "expected an autoencoder of \(given), found one of \(read.hook) (\(read.source ?? "given"))",
        file: file, remedy: "\(.saeHook) says the former")
    }
    return read
  }

  private init(gemmaScope url: URL, hook: String?) throws {
    let file = url.lastPathComponent
    let name = url.deletingLastPathComponent().lastPathComponent
    let site = try Self.settle(try Self.gemmaScopeSite(url), given: hook, file: name)
    let archive: NPZArchive
    do {
      archive = try NPZArchive(url)
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
    let weights = Weights(file: file, names: archive.names) { name in
      guard archive.contains(name) else { return nil }
      let array = try archive.array(name)
      return (try array.floats(), array.shape)
    }
    let (width, count) = try weights.shape
    try weights.check(["threshold"], width: width, count: count)
    try self.init(
      name: name, site: site, model: nil, inputWidth: width, featureCount: count,
      activation: .jumpRelu(thresholds: weights.vector("threshold", count)),
      encoder: weights.encoder(width, count), bias: weights.vector("b_enc", count), inputBias: [])
  }

  private init(saeLens folder: URL, hook: String?) throws {
    let name = folder.lastPathComponent
    let config = try SAEConfiguration(folder.appending(path: "cfg.json"))
    let file = "\(name)/sae_weights.safetensors"
    let tensors: SafetensorsFile
    do {
      tensors = try SafetensorsFile(folder.appending(path: "sae_weights.safetensors"))
    } catch let error as TensorFileError {
      throw ExperimentError(.invalidValue, "\(error)", file: file)
    }
    let weights = Weights(file: file, names: Array(tensors.tensors.keys)) { name in
      guard tensors.tensors[name] != nil || tensors.unread[name] != nil else { return nil }
      return (try tensors.floats(name), try tensors.info(name).shape)
    }
    let (width, count) = try weights.shape
    try config.check(width: width, count: count)
    let kind = try config.kind(featureCount: count)
    let bias: [Float]
    let activation: Activation
    switch kind {
    case .standard, .tanhReLU, .topK:
      bias = try weights.vector("b_enc", count)
      try weights.check([], width: width, count: count)
      activation =
        switch kind {
        case .topK(let k): .topK(k)
        case .tanhReLU: .tanhReLU
        default: .relu
        }
    case .jumpReLU:
      bias = try weights.vector("b_enc", count)
      activation = .jumpRelu(thresholds: try weights.vector("threshold", count))
      try weights.check(["threshold"], width: width, count: count)
    case .gated:
      bias = try weights.vector("b_mag", count)
      activation = .gated(
        gateBias: try weights.vector("b_gate", count),
        scale: try weights.vector("r_mag", count).map { Float(exp(Double($0))) })
      try weights.check(["b_mag", "b_gate", "r_mag"], width: width, count: count)
    }
    let site = try Self.settle(try config.site, given: hook, file: name)
    try self.init(
      name: name, site: site, model: config.model,
      steps: config.steps(at: site.hook, override: PublishedOverride.of(folder)),
      inputWidth: width, featureCount: count, activation: activation,
      encoder: weights.encoder(width, count), bias: bias,
      inputBias: config.subtractsDecoderBias ? weights.vector("b_dec", width) : [],
      decoderNorms: config.scalesByDecoderNorm ? weights.decoderNorms(width, count) : [])
  }

  /// Tensors by their published names, checked against one shape.
  private struct Weights {
    let file: String
    /// Of all tensors in the file.
    let names: [String]
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

    /// Refuses tensors that are no part of the architecture, as the library does when it loads them.
    ///
    /// - Parameter own: those beside the encoder, the decoder and their biases.
    func check(_ own: [String], width: Int, count: Int) throws {
      let known = Set(["W_enc", "W_dec", "b_enc", "b_dec", "scaling_factor"] + own)
      if let stray = names.sorted().first(where: { !known.contains($0) }) {
        throw ExperimentError(
          .invalidValue,
          "expected the tensors of its architecture, found \(TensorFileError.printable(stray)) too",
          file: file)
      }
      if names.contains("W_dec") {
        let shape = try need("W_dec").shape
        guard shape == [count, width] else {
          throw ExperimentError(
            .mismatch,
            "W_dec: expected shape [\(count), \(width)], found \(shape): what does not write the width it reads is a transcoder",
            file: file)
        }
      }
      // A scale of what the decoder adds, from fine-tuning. Where it is 1 it was written for nothing.
      if names.contains("scaling_factor"),
        !(try need("scaling_factor").values.allSatisfy { abs($0 - 1) <= 1e-5 + 1e-8 })
      {
        throw ExperimentError(
          .invalidValue,
          "scaling_factor: expected ones, found others; an autoencoder with a fine-tuned scale is not read",
          file: file)
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
}

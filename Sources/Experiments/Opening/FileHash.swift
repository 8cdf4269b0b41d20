import Foundation
import LanguageModel
import Storage
import TensorFiles

/// SHA-256 of files that a capture is made with.
package enum FileHash {
  /// The hash of a model's weights: of its one file, or else of the lines `NAME HASH` of its files by name.
  package static func of(_ model: ModelFiles) throws -> String {
    switch model {
    case .gguf(let url): try of(files: try GGUFFile(url).parts)
    case .hub(let folder): try ofWeights(in: folder)
    }
  }

  private static func of(files: [URL]) throws -> String {
    if files.count == 1 { return try of(files[0]) }
    let lines = try files.map { "\($0.lastPathComponent) \(try of($0))\n" }
    return SHA256.hexDigest(of: lines.joined())
  }

  /// The same for the safetensors of a folder.
  package static func ofWeights(in folder: URL) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false)
    ).filter { $0.hasSuffix(".safetensors") }.sorted()
    guard !names.isEmpty else {
      throw ExperimentError(
        .missing, "expected weights in safetensors, found none", file: folder.lastPathComponent)
    }
    return try of(files: names.map { folder.appending(path: $0) })
  }

  /// What tells an adapter from others, as records have it (``AdapterIdentity``): the hash of its weights and that of the
  /// settings that say what they do.
  package static func ofAdapter(_ folder: URL) throws -> String {
    let settings = try AdapterSettings.canonical(folder: folder)
    return AdapterIdentity(
      weights: try ofAdapterWeights(folder), settings: settings.map { SHA256.hexDigest(of: $0) }
    ).recorded
  }

  /// The hash of an adapter's weights: of the one file that the PEFT library reads, or else of all there are.
  static func ofAdapterWeights(_ folder: URL) throws -> String {
    for name in ["adapter_model.safetensors", "adapter_model.bin"] {
      let file = folder.appending(path: name)
      if FileManager.default.fileExists(atPath: file.path(percentEncoded: false)) {
        return try of(file)
      }
    }
    return try ofWeights(in: folder)
  }

  /// The hash of one file, from the cache where the file is still the one that was hashed.
  package static func of(_ url: URL) throws -> String { try HashCache().hash(of: url) }
}

import Foundation
import LanguageModel
import Storage
import TensorFiles

/// SHA-256 of files that a capture is made with.
package enum FileHash {
  package static func of(_ file: MappedFile) -> String { DictionaryLocation.hash(file) }

  /// The hash of a model's weights: of its one file, or else of the lines `NAME HASH` of its files by name.
  package static func of(_ model: ModelFiles) throws -> String {
    switch model {
    case .gguf(let url): try of(files: try GGUFFile(url).parts)
    case .hub(let folder): try ofWeights(in: folder)
    }
  }

  private static func of(files: [URL]) throws -> String {
    if files.count == 1 { return of(try MappedFile(files[0])) }
    let lines = try files.map { "\($0.lastPathComponent) \(of(try MappedFile($0)))\n" }
    return SHA256.hexDigest(of: lines.joined())
  }

  /// The same for a folder, such as an adapter's.
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
}

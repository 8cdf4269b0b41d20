import Foundation

extension SparseAutoencoder {
  /// The place of a model that an autoencoder reads.
  package struct Site: Equatable, Sendable {
    /// As it was read, in TransformerLens' spelling.
    package var hook: String
    /// Where it was read: a file's key, a folder's name; `nil` where it was given.
    package var source: String?

    package init(hook: String, source: String?) {
      (self.hook, self.source) = (hook, source)
    }

    /// One spelling of every hook that reads the same numbers: what enters a block is what leaves the one below it.
    package static func canonical(_ hook: String) -> String {
      let parts = hook.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[0] == "blocks", parts[2] == "hook_resid_pre",
        let layer = Int(parts[1]), layer > 0, "\(layer)" == parts[1]
      else { return hook }
      return "blocks.\(layer - 1).hook_resid_post"
    }
  }

  /// What a folder of Gemma Scope is of, as SAELens reads it off the repository's name and the folders below it.
  ///
  /// - Returns: `nil` where the path names no repository or no layer.
  /// - Throws: `invalidValue` for transcoders, which read one site and write another.
  static func gemmaScopeSite(_ url: URL) throws -> Site? {
    // As it was given, and where it lies once links are followed: a cache of the hub has links.
    for url in [url.standardizedFileURL, url.resolvingSymlinksInPath()] {
      let parts = url.pathComponents
      guard
        let place = parts.lastIndex(where: { $0.lowercased().contains("gemma-scope") })
      else { continue }
      let repository = parts[place]
      let words = repository.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
      let below = parts[(place + 1)...]
      if words.contains(where: { $0.hasPrefix("transcoder") || $0 == "clt" }) {
        throw ExperimentError(
          .invalidValue,
          "expected an autoencoder, found transcoders, which read one site and write another",
          file: repository)
      }
      let layer = below.lazy.compactMap(layerNumber).first
      let kinds = ["res", "mlp", "att"].filter(words.contains)
      guard kinds.count == 1 else { continue }
      if kinds == ["res"], below.contains("embedding") {
        return Site(hook: "hook_embed", source: "the folder \(repository)/embedding")
      }
      guard let layer else { continue }
      let hook =
        switch kinds[0] {
        case "res": "hook_resid_post"
        case "mlp": "hook_mlp_out"
        default: "attn.hook_z"
        }
      return Site(
        hook: "blocks.\(layer).\(hook)", source: "the folders \(repository)/…layer_\(layer)")
    }
    return nil
  }

  /// Of a folder `layer_12`, or one whose name begins so.
  private static func layerNumber(_ part: String) -> Int? {
    guard part.hasPrefix("layer_") else { return nil }
    let digits = part.dropFirst("layer_".count).prefix { $0.isNumber && $0.isASCII }
    return Int(digits)
  }

  /// Settings that SAELens applies to a published repository whatever its files say.
  struct PublishedOverride {
    var repository: String
    var isCentred = false
    var normalisation: String?

    static let all = [
      PublishedOverride(repository: "GPT2-Small-SAEs-Reformatted", isCentred: true),
      PublishedOverride(
        repository: "GPT2-Small-Feature-Splitting-Experiment-Layer-8", isCentred: true),
      PublishedOverride(repository: "gpt2-small-mlp-out-saes", isCentred: true),
      PublishedOverride(
        repository: "Mistral-7B-Residual-Stream-SAEs", normalisation: "constant_norm_rescale"),
    ]

    /// The override of the repository that a folder lies in: a folder of that name, or the hub cache's.
    static func of(_ folder: URL) -> PublishedOverride? {
      let parts = Set(
        folder.standardizedFileURL.pathComponents + folder.resolvingSymlinksInPath().pathComponents)
      return all.first { override in
        parts.contains { $0 == override.repository || $0.hasSuffix("--\(override.repository)") }
      }
    }
  }
}

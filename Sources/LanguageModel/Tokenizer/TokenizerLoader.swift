import Foundation
import TensorFiles

/// Makes a tokenizer from the files that models come with. Those files come from strangers:
/// whatever is in them, the result is a tokenizer or a `TokenizerError`.
package enum TokenizerLoader {
  /// Larger files are not tokenizers; the largest published ones are below 40 MB.
  static let largestFile = 1 << 28

  /// Reads a hub-style `tokenizer.json`, and from the same folder, where they exist,
  /// `tokenizer_config.json` (its class, special tokens), `special_tokens_map.json`, `config.json` (the
  /// class where none is named), `added_tokens.json` (which may add nothing further), the chat templates and `generation_config.json` (stop tokens).
  ///
  /// Supported is what the hub's `tokenizers` library reads, but for what makes an encoding random;
  /// what is not supported is an error that names it.
  ///
  /// - Throws: `TokenizerError`.
  package static func fromTokenizerJSON(_ url: URL) throws -> Tokenizer {
    let folder = url.deletingLastPathComponent()
    func sibling(_ name: String) throws -> JSONNode? {
      try optionalFile(folder.appending(path: name)).map { bytes in
        try locating(folder.appending(path: name).path) { JSONNode(try JSONDocument(bytes)) }
      }
    }
    let bytes = try file(url)
    let config = try sibling("tokenizer_config.json")
    let generation = try sibling("generation_config.json")
    let special = try sibling("special_tokens_map.json")
    let model = try sibling("config.json")
    let chat = try locating(folder.path) { try ChatTemplateSource.ofFolder(folder) }
    return try locating(url.path) {
      var reader = try TokenizerJSONReader(bytes)
      try reader.readSettings(
        config: config, special: special, model: model, generation: generation)
      if let file = try sibling("added_tokens.json") { try reader.checkAdded(file, config: config) }
      reader.settings.chat = chat
      return try reader.tokenizer()
    }
  }

  /// Reads the tokenizer of a GGUF file: the models `gpt2` (byte-level byte-pair encoding) and
  /// `llama` (SentencePiece).
  ///
  /// - Throws: `TokenizerError` that names the metadata key.
  package static func fromGGUF(metadata: some TokenizerMetadata) throws -> Tokenizer {
    try TokenizerMetadataReader(metadata).tokenizer()
  }

  private static func locating<Result>(
    _ file: String, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch var error as TokenizerError {
      error.file = error.file ?? file
      throw error
    }
  }

  private static func file(_ url: URL) throws -> [UInt8] {
    do {
      return [UInt8](try OrdinaryFile.data(url, limit: largestFile))
    } catch let error as TensorFileError {
      throw TokenizerError(.unreadable, error.message, file: url.path)
    }
  }

  private static func optionalFile(_ url: URL) throws -> [UInt8]? {
    FileManager.default.fileExists(atPath: url.path) ? try file(url) : nil
  }
}

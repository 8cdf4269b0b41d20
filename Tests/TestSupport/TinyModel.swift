import Foundation

/// A tiny random model with a tokenizer of bytes, as a hub-style folder.
package enum TinyModel {
  /// Makes the folder at `url`: 4 layers, 64 wide, a context of 256 tokens, a token a byte.
  ///
  /// - Parameter tokenizer: another one of the fixtures.
  package static func write(
    to url: URL, model: String = "tiny-llama",
    tokenizer: String = "tokenizer-json/bytes.tokenizer.json"
  ) throws {
    let files = FileManager.default
    try files.createDirectory(at: url, withIntermediateDirectories: true)
    for name in ["config.json", "model.safetensors"] {
      try files.copyItem(
        at: Fixtures.url("models/\(model)/\(name)"), to: url.appending(path: name))
    }
    try files.copyItem(
      at: Fixtures.url(tokenizer),
      to: url.appending(path: "tokenizer.json"))
  }
}

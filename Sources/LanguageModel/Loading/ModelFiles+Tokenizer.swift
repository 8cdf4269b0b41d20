import Foundation
import TensorFiles

extension ModelFiles {
  /// The tokenizer that lies with the weights.
  ///
  /// - Throws: `TokenizerError`, `TensorFileError`.
  package func tokenizer() throws -> Tokenizer {
    switch self {
    case .gguf(let url):
      try TokenizerLoader.fromGGUF(metadata: try TensorFileError.naming(url) { try GGUFFile(url) })
    case .hub(let folder):
      try TokenizerLoader.fromTokenizerJSON(folder.appending(path: "tokenizer.json"))
    }
  }
}

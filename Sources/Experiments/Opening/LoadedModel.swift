import Foundation
import LanguageModel

/// A checkpoint's weights in memory, with the tokenizer that lies with them.
package struct LoadedModel: Sendable {
  package let checkpoint: Checkpoint
  package let transformer: Transformer
  package let tokenizer: Tokenizer

  package init(_ checkpoint: Checkpoint, _ transformer: Transformer, _ tokenizer: Tokenizer) {
    (self.checkpoint, self.transformer, self.tokenizer) = (checkpoint, transformer, tokenizer)
  }

  /// Reads the weights with the adapter, rotary frequencies rounded as the checkpoint has them.
  package init(
    _ checkpoint: Checkpoint, threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    let tokenizer = try checkpoint.files.tokenizer()
    let transformer = try Transformer(
      try checkpoint.description(),
      adapter: try checkpoint.adapter.map { try LoRAAdapter(folder: $0) }, threads: threads)
    self.init(checkpoint, transformer, tokenizer)
  }
}

extension Checkpoint {
  /// What is known before the weights are read.
  package func description() throws -> ModelDescription {
    try ModelDescription(files, rotaryPrecision: .init(recorded: rotaryPrecision))
  }
}

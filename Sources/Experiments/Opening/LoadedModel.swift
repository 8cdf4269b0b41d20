import Engines
import Foundation
import LanguageModel

/// A checkpoint that an engine has loaded, with the tokenizer that lies with it.
package struct LoadedModel: Sendable {
  package let checkpoint: Checkpoint
  package let engine: any Engine
  package let tokenizer: Tokenizer

  package init(_ checkpoint: Checkpoint, _ engine: any Engine, _ tokenizer: Tokenizer) {
    (self.checkpoint, self.engine, self.tokenizer) = (checkpoint, engine, tokenizer)
  }

  /// Reads the weights with the adapter, rotary frequencies rounded as the checkpoint has them; those that a worker has
  /// loaded stay there.
  package init(
    _ checkpoint: Checkpoint, threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    if let worker = checkpoint.worker {
      self.init(checkpoint, worker, worker.tokenizer)
      return
    }
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

  /// The width of the residual stream.
  package func width() throws -> Int {
    try worker?.description.hiddenSize ?? description().configuration.hiddenSize
  }
}

import Foundation
import Numerics
import TensorFiles

extension Transformer {
  /// Opens a model: its matrices stay in the files as they are stored; what else there is, and what an adapter changes, is read into
  /// memory as float32.
  ///
  /// - Parameters:
  ///   - threads: how many threads loading and later calls use.
  ///   - adapter: a LoRA whose updates are added to the weights.
  ///   - rowsPerPass: the most rows that go through the layers at once.
  ///   - availableMemory: the bytes that may be used; what the system reports where left out.
  /// - Throws: `ModelError.notEnoughMemory`, with both numbers, before anything is read;
  ///   `adapterMismatch` likewise; `MatrixProductError` where the machine computes wrong products.
  package convenience init(
    _ description: ModelDescription, adapter: LoRAAdapter? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    rowsPerPass: Int = Transformer.standardRowsPerPass,
    availableMemory: Int? = MemoryBudget.available()
  ) throws {
    try MatrixProducts.verify()
    let threads = max(1, threads)
    let name = description.files.url.lastPathComponent
    let adaptation = try adapter.map {
      try Adaptation($0, description.configuration, description.architecture)
    }
    let model = description.configuration.adding(adaptation?.changes.addedBiases ?? [])
    let plan = try adaptation.map { try description.plan(for: $0) } ?? description.plan
    try MemoryBudget.check(
      required: description.requiredByteCount(plan),
      available: availableMemory, model: ModelError.printable(name))
    let arena = try WeightArena(count: plan.totalCount)
    try plan.read(
      from: description.source, adapter: adapter?.file, into: arena, threads: threads)
    try adaptation?.merge(into: arena, plan)
    plan.arrange(arena, threads: threads)
    self.init(
      model, try TransformerWeights(model, plan, arena, source: description.source),
      threads: threads,
      rowsPerPass: max(1, rowsPerPass))
  }

  /// Loads the model at a path, or of a name in the hub cache.
  package convenience init(
    _ pathOrName: String, adapter: String? = nil,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    try self.init(
      ModelDescription(ModelFiles.find(pathOrName)),
      adapter: adapter.map { try LoRAAdapter(folder: URL(filePath: $0)) }, threads: threads)
  }
}

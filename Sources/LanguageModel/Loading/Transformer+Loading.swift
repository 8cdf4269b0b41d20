import Foundation
import MatrixProducts
import TensorFiles

extension Transformer {
  /// Reads a model's weights into memory, as float32.
  ///
  /// - Parameters:
  ///   - threads: how many threads loading and later calls use.
  ///   - availableMemory: the bytes that may be used; what the system reports where left out.
  /// - Throws: `ModelError.notEnoughMemory`, with both numbers, before anything is read;
  ///   `MatrixProductError` where the machine computes wrong products.
  package convenience init(
    _ description: ModelDescription,
    threads: Int = ProcessInfo.processInfo.activeProcessorCount,
    availableMemory: Int? = MemoryBudget.available()
  ) throws {
    try MatrixProducts.verify()
    let threads = max(1, threads)
    let name = description.files.url.lastPathComponent
    try MemoryBudget.check(
      required: description.requiredByteCount, available: availableMemory,
      model: ModelError.printable(name))
    let arena = try WeightArena(count: description.plan.totalCount)
    try description.plan.read(from: description.source, into: arena, threads: threads)
    self.init(
      description.configuration,
      TransformerWeights(description.configuration, description.plan, arena), threads: threads)
  }

  /// Loads the model at a path, or of a name in the hub cache.
  package convenience init(
    _ pathOrName: String, threads: Int = ProcessInfo.processInfo.activeProcessorCount
  ) throws {
    try self.init(ModelDescription(ModelFiles.find(pathOrName)), threads: threads)
  }
}

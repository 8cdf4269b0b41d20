import Foundation
import TensorFiles

/// What is known of a model before its weights are read.
package struct ModelDescription: Sendable {
  package let files: ModelFiles
  package let configuration: TransformerConfiguration
  /// The numbers in its weights; a tied head counts once.
  package let parameterCount: Int
  /// How many tensors there are of each stored type, such as `Q4_1`.
  package let storedTypes: [String: Int]
  package let fileByteCount: Int
  let plan: WeightPlan
  let source: any WeightSource
  let architecture: any Architecture.Type

  /// Opens a model's files and checks that every tensor is there with the shape it should have.
  ///
  /// - Parameter rotaryPrecision: what rotary frequencies are rounded to; `nil` for what the files
  ///   suggest: float32, but the type of the weights for a bare module in half precision.
  /// - Throws: `ModelError`, `TensorFileError`.
  /// - Complexity: O(size of the headers).
  package init(
    _ files: ModelFiles, rotaryPrecision: RotaryEmbedding.Precision? = nil
  ) throws {
    self.files = files
    var configuration: TransformerConfiguration
    var suggested = RotaryEmbedding.Precision.float32
    switch files {
    case .gguf(let url):
      let file = try GGUFFile(url)
      if let parts = file.metadata["split.count"]?.integer, parts > 1 {
        throw ModelError(
          .unsupported,
          "\(ModelError.printable(url.lastPathComponent)) is one of \(parts) parts of a model; "
            + "only whole GGUF files are read")
      }
      let metadata = try GGUFModelMetadata(file)
      architecture = try Architectures.named(gguf: metadata.architecture)
      configuration = try architecture.configuration(metadata)
      source = file
      try configuration.validate()
      plan = try WeightPlan(configuration, source: file, recipe: architecture.ggufTensor)
    case .hub(let folder):
      let hub = try HubConfiguration(folder.appending(path: "config.json"))
      guard let type = try hub.string("model_type") else {
        throw ModelError(.malformedConfiguration, "config.json: model_type is missing")
      }
      architecture = try Architectures.named(hubType: type)
      configuration = try architecture.configuration(hub)
      try configuration.validate()
      suggested = try hub.rotaryPrecision(in: folder)
      let weights = try HubWeights(folder: folder)
      source = weights
      plan = try WeightPlan(configuration, source: weights, recipe: architecture.hubTensor)
    }
    if case .rotary(var rotary) = configuration.positions {
      rotary.precision = rotaryPrecision ?? suggested
      configuration.positions = .rotary(rotary)
    }
    self.configuration = configuration
    parameterCount = plan.parameterCount
    fileByteCount = source.byteCount
    storedTypes = Dictionary(
      source.names.compactMap(source.typeName).map { ($0, 1) }, uniquingKeysWith: +)
  }

  /// The bytes that the weights take in memory, as float32; an embedding that is not the head as
  /// well stays in the file.
  package var weightByteCount: Int { plan.totalCount * MemoryLayout<Float>.stride }

  /// The bytes that the keys and values of one position take while text is generated.
  package var cacheBytesPerPosition: Int { KeyValueCache.bytesPerPosition(configuration) }

  /// The bytes that the model takes once loaded, with the buffers of one call.
  package var requiredByteCount: Int {
    let floatsPerRow =
      3 * configuration.hiddenSize + 2 * configuration.queryWidth
      + 2 * configuration.keyValueWidth + 2 * configuration.feedForwardSize
    return weightByteCount + Transformer.standardRowsPerPass * floatsPerRow
      * MemoryLayout<Float>.stride
  }
}

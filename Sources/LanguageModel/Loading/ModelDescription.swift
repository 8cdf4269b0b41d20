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
  /// What a cast of the whole module to the type of its weights would have rounded rotary
  /// frequencies to; `nil` where that is float32, and for GGUF files.
  package let castPrecision: RotaryEmbedding.Precision?
  /// What a person should know of how its files were read: a sentence each.
  package let notices: [String]
  let plan: WeightPlan
  let source: any WeightSource
  let architecture: any Architecture.Type

  /// Opens a model's files and checks that every tensor is there with the shape it should have.
  ///
  /// - Parameter rotaryPrecision: what rotary frequencies are rounded to: float32 unless asked.
  /// - Throws: `ModelError`, `TensorFileError`.
  /// - Complexity: O(size of the headers).
  package init(
    _ files: ModelFiles, rotaryPrecision: RotaryEmbedding.Precision = .float32
  ) throws {
    self.files = files
    var configuration: TransformerConfiguration
    switch files {
    case .gguf(let url):
      let file = try TensorFileError.naming(url) { try GGUFFile(url) }
      (architecture, configuration) = try ModelError.naming(url) {
        let metadata = try GGUFModelMetadata(file)
        let architecture = try Architectures.named(gguf: metadata.architecture)
        try GGUFSettings.refuse(file, metadata.architecture, own: architecture.ownKeys)
        return (architecture, try architecture.configuration(metadata))
      }
      source = file
      try configuration.validate()
      castPrecision = nil
    case .hub(let folder):
      let hub = try HubConfiguration(folder.appending(path: "config.json"))
      guard let type = try hub.string("model_type") else {
        throw ModelError(.malformedConfiguration, "config.json: model_type is missing")
      }
      architecture = try Architectures.named(hubType: type)
      let decoder = try architecture.decoder(of: hub)
      for settings in [hub, decoder] { try QuantisedCheckpoint.refuse(settings) }
      try OtherSettings.refuse(decoder, architecture)
      configuration = try architecture.configuration(hub)
      try configuration.validate()
      let weights = try HubWeights(folder: folder)
      try QuantisedCheckpoint.refuse(tensors: weights.names)
      source = weights
      castPrecision = hub.halfPrecision
    }
    configuration.rotaryPrecision = rotaryPrecision
    plan = try WeightPlan(
      configuration, source: source, recipe: Self.recipe(files, architecture))
    try OtherTensors.refuse(files, plan, source, configuration, architecture)
    notices =
      OtherTensors.notices(plan, source, configuration, architecture)
      + Self.rotaryNotices(configuration)
    self.configuration = configuration
    parameterCount = plan.parameterCount
    fileByteCount = source.byteCount
    storedTypes = Dictionary(
      source.names.compactMap(source.typeName).map { ($0, 1) }, uniquingKeysWith: +)
  }

  /// What rotary frequencies are rounded to; `nil` for a model that has none.
  package var rotaryPrecision: RotaryEmbedding.Precision? { configuration.rotaryPrecision }

  private static func rotaryNotices(_ model: TransformerConfiguration) -> [String] {
    guard model.rotarySettings != nil else { return [] }
    let style = FloatingPointFormatStyle<Float>.number.grouping(.never)
      .locale(.init(identifier: "en_US_POSIX"))
    let bases = model.rotaryEmbeddings.map { $0.base.formatted(style) }
    return [
      "the rotary embedding is that of rope_parameters (base "
        + "\(bases.joined(separator: ", in layers with a window "))), as in transformers 5; versions "
        + "before it pass over that and take another"
    ]
  }

  /// `rope_parameters` where the rotary embedding is by what transformers before version 5 passes over.
  package var rotarySettings: String? { configuration.rotarySettings }

  private static func recipe(
    _ files: ModelFiles, _ architecture: any Architecture.Type
  ) -> (WeightRole, TransformerConfiguration) -> TensorRecipe {
    switch files {
    case .gguf: { architecture.ggufTensor($0, $1) }
    case .hub: { architecture.hubTensor($0, $1) }
    }
  }

  /// Where the weights go once an adapter is applied.
  func plan(for adaptation: Adaptation) throws -> WeightPlan {
    try WeightPlan(
      configuration, source: source, recipe: Self.recipe(files, architecture),
      changes: adaptation.changes)
  }

  /// The bytes that the model takes in use, with the buffers of one call: its matrices as they are in their files, whose
  /// pages stay in memory if all is to go fast, and as float32 what does not stay there.
  package var requiredByteCount: Int { requiredByteCount(plan) }

  /// The same with an adapter.
  func requiredByteCount(_ plan: WeightPlan) -> Int {
    let floatsPerRow =
      3 * configuration.hiddenSize + 2 * configuration.queryWidth
      + 2 * configuration.keyValueWidth + 2 * configuration.widestFeedForward
      + (configuration.experts.map { $0.count + 2 * configuration.hiddenSize } ?? 0)
    let floats = plan.totalCount + Transformer.standardRowsPerPass * floatsPerRow
    return plan.storedByteCount + floats * MemoryLayout<Float>.stride
  }
}

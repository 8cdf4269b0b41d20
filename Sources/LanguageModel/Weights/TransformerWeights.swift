struct LayerWeights {
  var attentionNorm: NormWeights
  /// Queries, keys and values in one matrix.
  var queryKeyValue: Projection
  var queryNorm: UnsafePointer<Float>?
  var keyNorm: UnsafePointer<Float>?
  var attentionOutput: Projection
  var postAttentionNorm: NormWeights?
  var feedForwardNorm: NormWeights
  var gate: Projection?
  var up: Projection
  var down: Projection
  var postFeedForwardNorm: NormWeights?
}

/// The rows of the token embedding, `[vocabulary, hidden]`.
enum TokenEmbedding {
  /// Where it is the head as well.
  case memory(Panels)
  case file(any WeightSource, name: String)

  func copyRow(_ token: Int, into row: UnsafeMutablePointer<Float>, _ count: Int) {
    switch self {
    case .memory(let panels):
      let first = panels.base + token / Panels.width * panels.stride + token % Panels.width
      for index in 0..<count { row[index] = first[index * Panels.width] }
    case .file(let source, let name):
      do {
        try source.read(
          name, rows: token..<token + 1,
          into: UnsafeMutableBufferPointer(start: row, count: count))
      } catch {
        preconditionFailure("\(name) was read when the model was loaded: \(error)")
      }
    }
  }
}

/// Where in the arena each weight of the model is.
///
/// Unchecked because pointers are not Sendable: what they point to lives as long as the arena held
/// here, and is only read.
struct TransformerWeights: @unchecked Sendable {
  let tokenEmbedding: TokenEmbedding
  let positionEmbedding: UnsafePointer<Float>?
  let layers: [LayerWeights]
  let finalNorm: NormWeights
  let head: Projection
  private let arena: WeightArena

  /// - Throws: where a row of an embedding that stays in the file cannot be read.
  init(
    _ model: TransformerConfiguration, _ plan: WeightPlan, _ arena: WeightArena,
    source: some WeightSource
  ) throws {
    let offsets = Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.role, $0.offset) })
    func find(_ role: WeightRole) -> UnsafePointer<Float>? {
      offsets[role].map { UnsafePointer(arena.base + $0) }
    }
    func need(_ role: WeightRole) -> UnsafePointer<Float> {
      guard let pointer = find(role) else { preconditionFailure("\(role) is not planned") }
      return pointer
    }
    layers = (0..<model.layerCount).map { layer in
      func part(_ part: LayerPart) -> UnsafePointer<Float>? { find(.layer(layer, part)) }
      func projection(
        _ weight: LayerPart, _ bias: LayerPart, _ outputs: Int, _ inputs: Int
      ) -> Projection {
        Projection(
          weight: Panels(need(.layer(layer, weight)), depth: inputs), bias: part(bias),
          outputs: outputs, inputs: inputs)
      }
      func norm(_ weight: LayerPart, _ bias: LayerPart?) -> NormWeights? {
        part(weight).map { NormWeights(weight: $0, bias: bias.flatMap(part)) }
      }
      let (hidden, inner) = (model.hiddenSize, model.feedForwardSize)
      return LayerWeights(
        attentionNorm: NormWeights(
          weight: need(.layer(layer, .attentionNorm)), bias: part(.attentionNormBias)),
        queryKeyValue: projection(
          .query, .queryBias, model.queryWidth + 2 * model.keyValueWidth, hidden),
        queryNorm: part(.queryNorm), keyNorm: part(.keyNorm),
        attentionOutput: projection(
          .attentionOutput, .attentionOutputBias, hidden, model.queryWidth),
        postAttentionNorm: norm(.postAttentionNorm, nil),
        feedForwardNorm: NormWeights(
          weight: need(.layer(layer, .feedForwardNorm)), bias: part(.feedForwardNormBias)),
        gate: model.isGated ? projection(.gate, .gateBias, inner, hidden) : nil,
        up: projection(.up, .upBias, inner, hidden),
        down: projection(.down, .downBias, hidden, inner),
        postFeedForwardNorm: norm(.postFeedForwardNorm, nil))
    }
    if let entry = plan.embeddingInFile {
      var row = [Float](repeating: 0, count: model.hiddenSize)
      try row.withUnsafeMutableBufferPointer {
        try source.read(entry.recipe.name, rows: 0..<1, into: $0)
      }
      tokenEmbedding = .file(source, name: entry.recipe.name)
    } else {
      tokenEmbedding = .memory(Panels(need(.tokenEmbedding), depth: model.hiddenSize))
    }
    positionEmbedding = find(.positionEmbedding)
    finalNorm = NormWeights(weight: need(.finalNorm), bias: find(.finalNormBias))
    head = Projection(
      weight: Panels(find(.head) ?? need(.tokenEmbedding), depth: model.hiddenSize),
      bias: find(.headBias), outputs: model.vocabularySize, inputs: model.hiddenSize)
    self.arena = arena
  }
}

/// An MLP: an expert, or the only one of a block.
struct FeedForwardWeights {
  var gate: Projection?
  var up: Projection
  var down: Projection
}

enum FeedForward {
  case one(FeedForwardWeights)
  case experts(router: Projection, [FeedForwardWeights])
}

struct LayerWeights {
  var attentionNorm: NormWeights?
  /// Queries, keys and values in one matrix.
  var queryKeyValue: Projection
  var queryNorm: UnsafePointer<Float>?
  var keyNorm: UnsafePointer<Float>?
  var attentionOutput: Projection
  var postAttentionNorm: NormWeights?
  var feedForwardNorm: NormWeights?
  var feedForward: FeedForward
  var postFeedForwardNorm: NormWeights?
}

/// The rows of the token embedding, `[vocabulary, hidden]`.
enum TokenEmbedding {
  /// Where it is held in memory: with a head that is the same and does not stay in the file, or an adapter.
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

/// Where each weight of the model is, in the arena or in its file.
///
/// Unchecked because pointers are not Sendable: what they point to lives as long as the arena and the
/// source held here, and is only read.
struct TransformerWeights: @unchecked Sendable {
  let tokenEmbedding: TokenEmbedding
  let positionEmbedding: UnsafePointer<Float>?
  let layers: [LayerWeights]
  let finalNorm: NormWeights
  let head: Projection
  /// The floats that a worker needs room for in products.
  let room: Int
  private let arena: WeightArena
  private let source: any WeightSource

  /// Whether what was computed since the model was opened is of the weights that it was opened with.
  ///
  /// - Throws: where its file was written to.
  func checkUnchanged() throws { try source.checkUnchanged() }

  /// - Throws: where a row of an embedding that stays in the file cannot be read.
  init(
    _ model: TransformerConfiguration, _ plan: WeightPlan, _ arena: WeightArena,
    source: some WeightSource
  ) throws {
    try source.checkUnchanged()
    let entries = Dictionary(uniqueKeysWithValues: plan.entries.map { ($0.role, $0) })
    func find(_ role: WeightRole) -> UnsafePointer<Float>? {
      entries[role].map { UnsafePointer(arena.base + $0.offset) }
    }
    func need(_ role: WeightRole) -> UnsafePointer<Float> {
      guard let pointer = find(role) else { preconditionFailure("\(role) is not planned") }
      return pointer
    }
    /// The matrix of one tensor or, of queries, keys and values, three.
    func weight(_ roles: [WeightRole], _ inputs: Int) -> Projection.Weight {
      guard entries[roles[0]]?.isStored == true else {
        return .panels(Panels(need(roles[0]), depth: inputs))
      }
      var parts: [StoredMatrix.Part] = []
      for role in roles {
        guard let entry = entries[role], let tensor = source.stored(entry.recipe.name) else {
          preconditionFailure("\(role) was there when it was planned")
        }
        let start = parts.last?.columns.upperBound ?? 0
        let index = entry.recipe.outputs?.index ?? { $0 }
        let first =
          (entry.recipe.member?.index ?? 0) * (entry.recipe.outputs?.count ?? entry.shape[0])
        parts.append(
          StoredMatrix.Part(tensor, columns: start..<start + entry.shape[0]) { first + index($0) })
      }
      return .stored(StoredMatrix(parts: parts, depth: inputs))
    }
    layers = (0..<model.layerCount).map { layer in
      func part(_ part: LayerPart) -> UnsafePointer<Float>? { find(.layer(layer, part)) }
      func projection(
        _ weights: LayerPart..., bias: LayerPart, outputs: Int, inputs: Int
      ) -> Projection {
        Projection(
          weight: weight(weights.map { .layer(layer, $0) }, inputs), bias: part(bias),
          outputs: outputs, inputs: inputs)
      }
      func norm(_ weight: LayerPart, _ bias: LayerPart?) -> NormWeights? {
        part(weight).map { NormWeights(weight: $0, bias: bias.flatMap(part)) }
      }
      let (hidden, inner) = (model.hiddenSize, model.feedForwardSize)
      func feedForward() -> FeedForward {
        guard let experts = model.experts, experts.layers[layer] else {
          return .one(
            FeedForwardWeights(
              gate: model.isGated
                ? projection(.gate, bias: .gateBias, outputs: inner, inputs: hidden) : nil,
              up: projection(.up, bias: .upBias, outputs: inner, inputs: hidden),
              down: projection(.down, bias: .downBias, outputs: hidden, inputs: inner)))
        }
        return .experts(
          router: Projection(
            weight: weight([.layer(layer, .router)], hidden), outputs: experts.count,
            inputs: hidden),
          (0..<experts.count).map { expert in
            func projection(_ part: ExpertPart, _ outputs: Int, _ inputs: Int) -> Projection {
              Projection(
                weight: weight([.expert(layer: layer, expert, part)], inputs),
                outputs: outputs, inputs: inputs)
            }
            return FeedForwardWeights(
              gate: projection(.gate, experts.size, hidden),
              up: projection(.up, experts.size, hidden),
              down: projection(.down, hidden, experts.size))
          })
      }
      return LayerWeights(
        attentionNorm: norm(.attentionNorm, .attentionNormBias),
        queryKeyValue: projection(
          .query, .key, .value, bias: .queryBias,
          outputs: model.queryWidth + 2 * model.keyValueWidth, inputs: hidden),
        queryNorm: part(.queryNorm), keyNorm: part(.keyNorm),
        attentionOutput: projection(
          .attentionOutput, bias: .attentionOutputBias, outputs: hidden, inputs: model.queryWidth),
        postAttentionNorm: norm(.postAttentionNorm, nil),
        feedForwardNorm: norm(.feedForwardNorm, .feedForwardNormBias),
        feedForward: feedForward(),
        postFeedForwardNorm: norm(.postFeedForwardNorm, nil))
    }
    let embedding = entries[.tokenEmbedding]
    if let entry = plan.embeddingInFile ?? (embedding?.isStored == true ? embedding : nil) {
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
      weight: weight([entries[.head] == nil ? .tokenEmbedding : .head], model.hiddenSize),
      bias: find(.headBias), outputs: model.vocabularySize, inputs: model.hiddenSize)
    room = StoredMatrix.room(depth: plan.storedDepth)
    (self.arena, self.source) = (arena, source)
  }
}

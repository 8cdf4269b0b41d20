/// What a tensor is for, whatever a file calls it.
enum WeightRole: Hashable, Sendable {
  case tokenEmbedding
  case positionEmbedding
  case finalNorm
  case finalNormBias
  case head
  case headBias
  case layer(Int, LayerPart)
  case expert(layer: Int, Int, ExpertPart)
}

/// The tensors of one expert. Projections are `[out, in]`.
enum ExpertPart: String, Hashable, Sendable, CaseIterable {
  case gate, up, down
}

/// The tensors of one block. Projections are `[out, in]`.
///
/// Laid out in memory in this order, so that query, key and value are one matrix.
enum LayerPart: String, Hashable, Sendable, CaseIterable {
  case attentionNorm, attentionNormBias
  case query, key, value
  case queryBias, keyBias, valueBias
  case queryNorm, keyNorm
  case attentionOutput, attentionOutputBias
  case postAttentionNorm
  case feedForwardNorm, feedForwardNormBias
  case router
  case gate, gateBias, up, upBias, down, downBias
  case postFeedForwardNorm
}

extension TransformerConfiguration.Biases {
  static let all: Self = [.queryKeyValue, .attentionOutput, .feedForward, .head]

  /// Those that the bias of this role is one of; none for other roles.
  static func of(_ role: WeightRole) -> Self {
    switch role {
    case .headBias: .head
    case .layer(_, .queryBias), .layer(_, .keyBias), .layer(_, .valueBias): .queryKeyValue
    case .layer(_, .attentionOutputBias): .attentionOutput
    case .layer(_, .gateBias), .layer(_, .upBias), .layer(_, .downBias): .feedForward
    default: []
    }
  }
}

extension TransformerConfiguration {
  /// Every tensor of the model with the shape it has here.
  var weights: [(role: WeightRole, shape: [Int])] {
    var result: [(WeightRole, [Int])] = [(.tokenEmbedding, [vocabularySize, hiddenSize])]
    if positions == .learned { result.append((.positionEmbedding, [contextLength, hiddenSize])) }
    for layer in 0..<layerCount {
      for part in LayerPart.allCases {
        if let shape = shape(of: part, layer) { result.append((.layer(layer, part), shape)) }
      }
      guard let experts, experts.layers[layer] else { continue }
      for expert in 0..<experts.count {
        for part in ExpertPart.allCases {
          let shape =
            part == .down ? [hiddenSize, experts.size] : [experts.size, hiddenSize]
          result.append((.expert(layer: layer, expert, part), shape))
        }
      }
    }
    result.append((.finalNorm, [hiddenSize]))
    if hasNormBias { result.append((.finalNormBias, [hiddenSize])) }
    if !hasTiedHead { result.append((.head, [vocabularySize, hiddenSize])) }
    if biases.contains(.head) { result.append((.headBias, [vocabularySize])) }
    return result
  }

  var hasNormBias: Bool { if case .layer = norm { true } else { false } }

  /// `nil` where the model has no such tensor.
  func shape(of part: LayerPart, _ layer: Int) -> [Int]? {
    let isDense = !hasExperts(layer)
    func only(_ condition: Bool, _ shape: Int...) -> [Int]? { condition ? shape : nil }
    return switch part {
    case .attentionNorm, .feedForwardNorm: only(layout != .postNormed, hiddenSize)
    case .attentionNormBias, .feedForwardNormBias: only(hasNormBias, hiddenSize)
    case .query: [queryWidth, hiddenSize]
    case .key, .value: [keyValueWidth, hiddenSize]
    case .queryBias: only(biases.contains(.queryKeyValue), queryWidth)
    case .keyBias, .valueBias: only(biases.contains(.queryKeyValue), keyValueWidth)
    case .queryNorm:
      only(queryKeyNorm != nil, queryKeyNorm == .whole ? queryWidth : headSize)
    case .keyNorm:
      only(queryKeyNorm != nil, queryKeyNorm == .whole ? keyValueWidth : headSize)
    case .attentionOutput: [hiddenSize, queryWidth]
    case .attentionOutputBias: only(biases.contains(.attentionOutput), hiddenSize)
    case .postAttentionNorm, .postFeedForwardNorm:
      only(layout == .sandwiched || layout == .postNormed, hiddenSize)
    case .router: isDense ? nil : experts.map { [$0.count, hiddenSize] }
    case .gate: only(isDense && isGated, feedForwardSize, hiddenSize)
    case .gateBias: only(isDense && isGated && biases.contains(.feedForward), feedForwardSize)
    case .up: only(isDense, feedForwardSize, hiddenSize)
    case .upBias: only(isDense && biases.contains(.feedForward), feedForwardSize)
    case .down: only(isDense, hiddenSize, feedForwardSize)
    case .downBias: only(isDense && biases.contains(.feedForward), hiddenSize)
    }
  }
}

/// How a file holds the tensor for a role.
struct TensorRecipe: Sendable {
  var name: String
  /// What it is called in files that earlier versions of the library wrote, where that is another name.
  var olderName: String?
  /// Whether a projection is stored `[in, out]`.
  var isTransposed = false
  /// Where the stored tensor holds more outputs than the role takes, or has them in another
  /// order: how many it holds, and which of them is the role's `n`-th.
  var outputs: (count: Int, index: @Sendable (Int) -> Int)?
  /// Where the stored tensor is several matrices, one after the other: which of them, of how many.
  var member: (index: Int, count: Int)?
  /// Added to every value; the norm weights of some files are stored less one.
  var offset: Float = 0

  init(_ name: String) { self.name = name }

  /// The consecutive outputs that begin at `start`, out of `count`.
  static func slice(_ name: String, from start: Int, of count: Int) -> TensorRecipe {
    var recipe = TensorRecipe(name)
    recipe.outputs = (count, { start + $0 })
    return recipe
  }
}

/// What a tensor is for, whatever a file calls it.
enum WeightRole: Hashable, Sendable {
  case tokenEmbedding
  case positionEmbedding
  case finalNorm
  case finalNormBias
  case head
  case headBias
  case layer(Int, LayerPart)
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
        if let shape = shape(of: part) { result.append((.layer(layer, part), shape)) }
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
  func shape(of part: LayerPart) -> [Int]? {
    func only(_ condition: Bool, _ shape: Int...) -> [Int]? { condition ? shape : nil }
    return switch part {
    case .attentionNorm, .feedForwardNorm: [hiddenSize]
    case .attentionNormBias, .feedForwardNormBias: only(hasNormBias, hiddenSize)
    case .query: [queryWidth, hiddenSize]
    case .key, .value: [keyValueWidth, hiddenSize]
    case .queryBias: only(biases.contains(.queryKeyValue), queryWidth)
    case .keyBias, .valueBias: only(biases.contains(.queryKeyValue), keyValueWidth)
    case .queryNorm, .keyNorm: only(hasQueryKeyNorm, headSize)
    case .attentionOutput: [hiddenSize, queryWidth]
    case .attentionOutputBias: only(biases.contains(.attentionOutput), hiddenSize)
    case .postAttentionNorm, .postFeedForwardNorm: only(layout == .sandwiched, hiddenSize)
    case .gate: only(isGated, feedForwardSize, hiddenSize)
    case .gateBias: only(isGated && biases.contains(.feedForward), feedForwardSize)
    case .up: [feedForwardSize, hiddenSize]
    case .upBias: only(biases.contains(.feedForward), feedForwardSize)
    case .down: [hiddenSize, feedForwardSize]
    case .downBias: only(biases.contains(.feedForward), hiddenSize)
    }
  }
}

/// How a file holds the tensor for a role.
struct TensorRecipe: Sendable {
  var name: String
  /// Whether a projection is stored `[in, out]`.
  var isTransposed = false
  /// Where the stored tensor holds more outputs than the role takes, or has them in another
  /// order: how many it holds, and which of them is the role's `n`-th.
  var outputs: (count: Int, index: @Sendable (Int) -> Int)?
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

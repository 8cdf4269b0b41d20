/// What a decoder computes, in terms that all families share.
///
/// An architecture makes it from a hub configuration or from GGUF metadata; nothing after that
/// asks which family it was.
package struct TransformerConfiguration: Equatable, Sendable {
  package enum Norm: Equatable, Sendable {
    case rootMeanSquare(epsilon: Float)
    case layer(epsilon: Float)
  }

  package enum BlockLayout: Equatable, Sendable {
    /// x += attention(norm x), then x += mlp(norm x).
    case sequential
    /// As `sequential`, with a norm after attention and one after the MLP too (Gemma 2).
    case sandwiched
    /// x += attention(norm₁ x) + mlp(norm₂ x).
    case parallel
  }

  package enum PositionEncoding: Equatable, Sendable {
    case rotary(RotaryEmbedding)
    /// A vector a position, added to the embedding.
    case learned
  }

  package enum Activation: String, Equatable, Sendable {
    case silu
    /// x·Φ(x).
    case gelu
    /// The tanh approximation of x·Φ(x).
    case geluTanh
  }

  /// Which projections have a bias.
  package struct Biases: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    static let queryKeyValue = Biases(rawValue: 1)
    static let attentionOutput = Biases(rawValue: 2)
    static let feedForward = Biases(rawValue: 4)
    static let head = Biases(rawValue: 8)
  }

  /// The family's name.
  package var family: String
  package var vocabularySize: Int
  package var hiddenSize: Int
  package var layerCount: Int
  package var headCount: Int
  package var keyValueHeadCount: Int
  package var headSize: Int
  package var feedForwardSize: Int
  /// The longest sequence, in tokens.
  package var contextLength: Int
  package var norm: Norm
  package var layout: BlockLayout = .sequential
  package var positions: PositionEncoding
  /// What query–key products are multiplied by.
  package var attentionScale: Float
  package var hasQueryKeyNorm = false
  package var attentionSoftCap: Float?
  package var logitSoftCap: Float?
  /// Per layer the number of latest positions attended to, the own one included; `nil` for all.
  package var slidingWindows: [Int?]
  package var activation: Activation
  package var isGated: Bool
  package var embeddingScale: Float = 1
  /// Whether the output head is the token embedding.
  package var hasTiedHead: Bool
  package var biases: Biases = []

  /// `rope_parameters` where the rotary embedding is by what transformers before version 5 passes over.
  package var rotarySettings: String? {
    guard case .rotary(let rotary) = positions, rotary.isOfNewSettings else { return nil }
    return "rope_parameters"
  }

  /// What rotary frequencies are rounded to; `nil` for a model that has none.
  package var rotaryPrecision: RotaryEmbedding.Precision? {
    if case .rotary(let rotary) = positions { rotary.precision } else { nil }
  }

  /// The same model with more biases.
  func adding(_ more: Biases) -> TransformerConfiguration {
    var model = self
    model.biases.formUnion(more)
    return model
  }

  /// `headCount · headSize`.
  package var queryWidth: Int { headCount * headSize }
  /// `keyValueHeadCount · headSize`.
  package var keyValueWidth: Int { keyValueHeadCount * headSize }

  /// The number of floats a row has at `hook`.
  package func width(at hook: HookPoint) -> Int {
    if case .heads = hook { queryWidth } else { hiddenSize }
  }

  /// - Throws: `ModelError.unknownHook` where the model has no such layer or place.
  package func validate(_ hook: HookPoint) throws {
    if let layer = hook.layer, layer >= layerCount {
      throw ModelError(
        .unknownHook, "\(hook.name): expected a layer of 0…\(layerCount - 1), found \(layer)")
    }
    if case .residualMid = hook, layout == .parallel {
      throw ModelError(
        .unknownHook,
        "\(hook.name) does not exist in a \(family) model whose attention and MLP run side by side")
    }
  }

  /// Checks the sizes against each other and against any model that could exist, so that products
  /// of two or three of them cannot overflow.
  func validate() throws {
    func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
      guard condition else { throw ModelError(.malformedConfiguration, "\(family): \(message())") }
    }
    let sizes = [
      ("vocabulary size", vocabularySize), ("hidden size", hiddenSize), ("layer count", layerCount),
      ("head count", headCount), ("key-value head count", keyValueHeadCount),
      ("head size", headSize), ("MLP size", feedForwardSize), ("context length", contextLength),
    ]
    for (name, size) in sizes {
      try expect((1...1 << 24).contains(size), "expected a \(name) of 1…16777216, found \(size)")
    }
    try expect(layerCount <= 1 << 12, "expected at most 4096 layers, found \(layerCount)")
    try expect(
      headCount % keyValueHeadCount == 0,
      "\(headCount) heads do not divide into \(keyValueHeadCount) key-value heads")
    try expect(
      headCount <= 1 << 12 && headSize <= 1 << 12,
      "expected at most 4096 heads of at most 4096, found \(headCount) of \(headSize)")
    try expect(
      attentionScale.isFinite && embeddingScale.isFinite, "expected finite scales")
    for cap in [attentionSoftCap, logitSoftCap].compactMap(\.self) {
      try expect(cap > 0 && cap.isFinite, "expected a soft cap above 0, found \(cap)")
    }
    try expect(
      slidingWindows.count == layerCount && slidingWindows.allSatisfy { $0.map { $0 > 0 } ?? true },
      "expected \(layerCount) sliding windows of at least 1, found \(slidingWindows.count)")
    switch norm {
    case .rootMeanSquare(let epsilon), .layer(let epsilon):
      try expect(epsilon >= 0 && epsilon < 1, "expected a norm ε below 1, found \(epsilon)")
    }
    if case .rotary(let rotary) = positions { try rotary.validate(headSize: headSize) }
  }
}

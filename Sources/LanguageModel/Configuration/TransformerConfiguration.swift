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
    /// x += norm(attention x), then x += norm(mlp x) (OLMo 2).
    case postNormed
    /// x += attention(norm₁ x) + mlp(norm₂ x).
    case parallel
  }

  package enum PositionEncoding: Equatable, Sendable {
    case rotary(RotaryEmbedding)
    /// A vector a position, added to the embedding.
    case learned
  }

  /// What the norm of queries and of keys is over.
  package enum QueryKeyNorm: Equatable, Sendable {
    /// Each head by itself, with the same weights.
    case head
    /// All heads side by side.
    case whole
  }

  /// MLPs side by side in a block, of which a router picks some for every row.
  ///
  /// Of the softmax of the router's numbers the largest `used` count, the earlier expert first where two
  /// are equal, and what those experts make of the row is added up by these shares.
  package struct Experts: Equatable, Sendable {
    package var count: Int
    package var used: Int
    /// The components between an expert's first and last projections.
    package var size: Int
    /// Whether the shares of the experts that count are scaled to a sum of 1.
    package var normalisesShares: Bool
    /// Which layers have experts; the others have one MLP.
    package var layers: [Bool]
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
  /// The rotary embedding of layers with a sliding window, where they have one of their own (Gemma 3).
  package var localRotary: RotaryEmbedding?
  /// What query–key products are multiplied by.
  package var attentionScale: Float
  package var queryKeyNorm: QueryKeyNorm?
  package var attentionSoftCap: Float?
  package var logitSoftCap: Float?
  /// Per layer the number of latest positions attended to, the own one included; `nil` for all.
  package var slidingWindows: [Int?]
  package var activation: Activation
  package var isGated: Bool
  package var embeddingScale: Float = 1
  /// What each half of a block is multiplied by before it is added to the residual stream.
  package var residualScale: Float = 1
  package var logitScale: Float = 1
  /// Whether the output head is the token embedding.
  package var hasTiedHead: Bool
  package var biases: Biases = []
  package var experts: Experts?

  /// `rope_parameters` where the rotary embedding is by what transformers before version 5 passes over.
  package var rotarySettings: String? {
    rotaryEmbeddings.contains(where: \.isOfNewSettings) ? "rope_parameters" : nil
  }

  /// What rotary frequencies are rounded to; `nil` for a model that has none.
  package var rotaryPrecision: RotaryEmbedding.Precision? {
    get { rotaryEmbeddings.first?.precision }
    set {
      guard let newValue, case .rotary(var rotary) = positions else { return }
      rotary.precision = newValue
      positions = .rotary(rotary)
      localRotary?.precision = newValue
    }
  }

  /// That of the positions first; none for a model that has none.
  var rotaryEmbeddings: [RotaryEmbedding] {
    guard case .rotary(let rotary) = positions else { return [] }
    return [rotary] + [localRotary].compactMap(\.self)
  }

  /// The rotary embedding of a layer; `nil` for a model that has none.
  func rotary(ofLayer layer: Int) -> RotaryEmbedding? {
    guard case .rotary(let rotary) = positions else { return nil }
    return slidingWindows[layer] == nil ? rotary : localRotary ?? rotary
  }

  /// The same model with more biases.
  func adding(_ more: Biases) -> TransformerConfiguration {
    var model = self
    model.biases.formUnion(more)
    return model
  }

  func hasExperts(_ layer: Int) -> Bool { experts?.layers[layer] ?? false }

  /// The widest MLP there is, an expert counted as one.
  var widestFeedForward: Int {
    guard let experts else { return feedForwardSize }
    return experts.layers.contains(false) ? max(experts.size, feedForwardSize) : experts.size
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
      [attentionScale, embeddingScale, residualScale, logitScale].allSatisfy(\.isFinite),
      "expected finite scales")
    if let experts {
      try expect(
        (1...1 << 12).contains(experts.count) && (1...experts.count).contains(experts.used),
        "expected 1…4096 experts of which 1 or more are used, found \(experts.used) of "
          + "\(experts.count)")
      try expect(
        (1...1 << 24).contains(experts.size) && experts.layers.count == layerCount,
        "expected experts of a size of 1…16777216, found \(experts.size)")
      try expect(
        experts.count * layerCount <= 1 << 17,
        "expected at most 131072 experts in all layers, found \(experts.count) in each of "
          + "\(layerCount)")
    }
    for cap in [attentionSoftCap, logitSoftCap].compactMap(\.self) {
      try expect(cap > 0 && cap.isFinite, "expected a soft cap above 0, found \(cap)")
    }
    try expect(
      slidingWindows.count == layerCount,
      "expected sliding windows of \(layerCount) layers, found \(slidingWindows.count)")
    if let window = slidingWindows.compactMap(\.self).min() {
      try expect(window > 0, "expected a sliding window of at least 1, found \(window)")
    }
    switch norm {
    case .rootMeanSquare(let epsilon), .layer(let epsilon):
      try expect(epsilon >= 0 && epsilon < 1, "expected a norm ε below 1, found \(epsilon)")
    }
    for rotary in rotaryEmbeddings { try rotary.validate(headSize: headSize) }
  }
}

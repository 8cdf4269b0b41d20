/// Runs rows of activations through the layers.
///
/// Rows of several sequences are packed one after another, whatever their lengths. Work is split
/// over workers by output columns (products), rows (norms) or sequence and head (attention), and
/// every number is computed by one worker in one order: results are the same, to the bit, at any
/// number of threads.
///
/// Unchecked because the buffers are pointers: workers write to disjoint parts of them, and each
/// step ends before the next begins.
final class ForwardPass: @unchecked Sendable {
  let model: TransformerConfiguration
  let weights: TransformerWeights
  let pool: WorkerPool
  let scratch: Scratch
  let actions: HookActions

  /// The segments of the current step, and where its rows go in what readers collect.
  private(set) var segments: [Segment] = []
  private(set) var rowCount = 0
  private var outputRow = 0

  init(
    _ transformer: Transformer, rows: Int, positions: Int, actions: HookActions
  ) {
    model = transformer.configuration
    weights = transformer.weights
    pool = WorkerPool(workers: transformer.threads)
    self.actions = actions
    scratch = Scratch(
      model, rows: rows, positions: positions, workers: transformer.threads,
      panelRoom: weights.room)
  }

  /// What a step computes.
  struct Goal {
    /// The last hook whose activations are wanted, where no logits are.
    var lastHook: HookPoint?
    /// The rows whose logits are wanted, and where they go: `[logitRows.count, vocabulary]`.
    var logitRows: [Int] = []
    var logits: UnsafeMutablePointer<Float>?
  }

  /// Runs one step from token ids, one a row.
  func run(tokens: [Int], segments: [Segment], outputRow: Int, goal: Goal) {
    begin(segments, outputRow)
    defer { end() }
    precondition(tokens.count == rowCount, "expected \(rowCount) tokens, got \(tokens.count)")
    let hidden = model.hiddenSize
    for (row, token) in tokens.enumerated() {
      let target = scratch.residual + row * hidden
      weights.tokenEmbedding.copyRow(token, into: target, hidden)
      if model.embeddingScale != 1 {
        Rows.scale(target, by: model.embeddingScale, hidden)
      }
    }
    visit(.embedding, scratch.residual)
    addPositions()
    run(fromLayer: 0, goal: goal)
  }

  /// Runs one step from the activations at `hook`: `rows` is `[rowCount, hidden]`.
  func run(
    from hook: HookPoint, rows: UnsafePointer<Float>, segments: [Segment], outputRow: Int,
    goal: Goal
  ) {
    begin(segments, outputRow)
    defer { end() }
    scratch.residual.update(from: rows, count: rowCount * model.hiddenSize)
    switch hook {
    case .embedding:
      visit(hook, scratch.residual)
      addPositions()
      run(fromLayer: 0, goal: goal)
    case .residualPre(let layer):
      run(fromLayer: layer, goal: goal)
    case .residualMid(let layer):
      runFeedForward(layer)
      run(fromLayer: layer + 1, goal: goal)
    case .residualPost(let layer):
      visit(hook, scratch.residual)
      run(fromLayer: layer + 1, goal: goal)
    case .heads, .attentionOut, .feedForwardOut, .finalNormalised:
      preconditionFailure("\(hook) is not on the residual stream")
    }
  }

  private func begin(_ segments: [Segment], _ outputRow: Int) {
    self.segments = segments
    self.outputRow = outputRow
    rowCount = segments.reduce(0) { $0 + $1.count }
    precondition(
      rowCount <= scratch.rowCapacity,
      "expected at most \(scratch.rowCapacity) rows, got \(rowCount)")
  }

  /// Lets go of the segments, so that the caller's array stays its own to change.
  private func end() { segments = [] }

  private func addPositions() {
    guard let positions = weights.positionEmbedding else { return }
    for segment in segments {
      for row in 0..<segment.count {
        Rows.add(
          positions + (segment.firstPosition + row) * model.hiddenSize, times: 1,
          to: scratch.residual + (segment.firstRow + row) * model.hiddenSize, model.hiddenSize)
      }
    }
  }

  private func run(fromLayer first: Int, goal: Goal) {
    let end =
      if goal.logits == nil, let hook = goal.lastHook {
        hook == .finalNormalised ? model.layerCount : hook.layer.map { $0 + 1 } ?? 0
      } else {
        model.layerCount
      }
    for layer in stride(from: first, to: end, by: 1) {
      visit(.residualPre(layer: layer), scratch.residual)
      runAttention(layer)
      runFeedForward(layer)
    }
    if goal.logits != nil || goal.lastHook == .finalNormalised { runHead(goal) }
  }

  func visit(_ hook: HookPoint, _ rows: UnsafeMutablePointer<Float>) {
    actions.visit(hook, rows, segments, rowCount: rowCount, outputRow: outputRow)
  }

  // MARK: - Halves of a block

  private func runAttention(_ layer: Int) {
    let weights = weights.layers[layer]
    project(
      weights.queryKeyValue, input(weights.attentionNorm), into: scratch.queryKeyValue,
      adding: false)
    if model.queryKeyNorm == .whole { normaliseQueriesAndKeys(weights) }
    attend(layer)
    visit(.heads(layer: layer), scratch.heads)
    // Side by side, the MLP sees the stream as it was before attention added to it.
    if model.layout == .parallel, let norm = weights.feedForwardNorm {
      normalise(scratch.residual, norm, into: scratch.normed)
    }
    addToResidual(
      weights.attentionOutput, scratch.heads, weights.postAttentionNorm,
      .attentionOut(layer: layer))
  }

  /// What half of a block works on: the norm of the residual stream, where the half begins with one.
  private func input(_ norm: NormWeights?) -> UnsafePointer<Float> {
    guard let norm else { return UnsafePointer(scratch.residual) }
    normalise(scratch.residual, norm, into: scratch.normed)
    return UnsafePointer(scratch.normed)
  }

  private func runFeedForward(_ layer: Int) {
    let weights = weights.layers[layer]
    var input = UnsafePointer(scratch.normed)
    if model.layout != .parallel {
      visit(.residualMid(layer: layer), scratch.residual)
      input = self.input(weights.feedForwardNorm)
    }
    let hook = HookPoint.feedForwardOut(layer: layer)
    switch weights.feedForward {
    case .one(let one):
      expand(one, input, rows: rowCount)
      addToResidual(one.down, scratch.up, weights.postFeedForwardNorm, hook)
    case .experts(let router, let experts):
      mix(router, experts, input)
      addDelta(weights.postFeedForwardNorm, hook)
    }
    visit(.residualPost(layer: layer), scratch.residual)
  }

  /// Adds a projection, normalised where the block has a norm there, to the residual stream.
  private func addToResidual(
    _ projection: Projection, _ input: UnsafePointer<Float>, _ norm: NormWeights?,
    _ hook: HookPoint
  ) {
    guard norm != nil || model.residualScale != 1 || actions.concern(hook) else {
      return project(projection, input, into: scratch.residual, adding: true)
    }
    project(projection, input, into: scratch.delta, adding: false)
    addDelta(norm, hook)
  }

  /// Adds what a half of a block made, in `scratch.delta`.
  private func addDelta(_ norm: NormWeights?, _ hook: HookPoint) {
    if let norm { normalise(scratch.delta, norm, into: scratch.delta) }
    if model.residualScale != 1 {
      Rows.scale(scratch.delta, by: model.residualScale, rowCount * model.hiddenSize)
    }
    visit(hook, scratch.delta)
    Rows.add(scratch.delta, times: 1, to: scratch.residual, rowCount * model.hiddenSize)
  }

  /// An MLP up to its activation, into `scratch.up`.
  func expand(_ weights: FeedForwardWeights, _ input: UnsafePointer<Float>, rows: Int) {
    let inner = weights.up.outputs
    nonisolated(unsafe) let (weights, input) = (weights, input)
    let depth = model.hiddenSize * (weights.gate == nil ? 1 : 2)
    forColumns(inner, depth: depth, rows: rows) { [self] columns, room in
      weights.up.apply(columns, to: input, rows: rows, into: scratch.up, room: room)
      if let gate = weights.gate {
        gate.apply(columns, to: input, rows: rows, into: scratch.gate, room: room)
      }
      Rows.activate(
        scratch.up + columns.lowerBound,
        gate: weights.gate.map { _ in UnsafePointer(scratch.gate + columns.lowerBound) },
        model.activation, rows: rows, stride: inner, columns.count)
    }
  }

  private func runHead(_ goal: Goal) {
    let hidden = model.hiddenSize
    if actions.concern(.finalNormalised) {
      for row in 0..<rowCount {
        Rows.normalise(
          scratch.residual + row * hidden, model.norm, nil, into: scratch.normed + row * hidden,
          hidden)
      }
      visit(.finalNormalised, scratch.normed)
      for (index, row) in goal.logitRows.enumerated() {
        let target = scratch.delta + index * hidden
        target.update(from: scratch.normed + row * hidden, count: hidden)
        Rows.apply(weights.finalNorm, to: target, hidden)
      }
    } else {
      for (index, row) in goal.logitRows.enumerated() {
        Rows.normalise(
          scratch.residual + row * hidden, model.norm, weights.finalNorm,
          into: scratch.delta + index * hidden, hidden)
      }
    }
    guard let logits = goal.logits else { return }
    let rows = goal.logitRows.count
    nonisolated(unsafe) let output = logits
    forColumns(model.vocabularySize, depth: hidden, rows: rows) { [self] columns, room in
      weights.head.apply(columns, to: scratch.delta, rows: rows, into: output, room: room)
      guard model.logitScale != 1 || model.logitSoftCap != nil else { return }
      for row in 0..<rows {
        let logits = output + row * model.vocabularySize + columns.lowerBound
        Rows.scale(logits, by: model.logitScale, columns.count)
        if let cap = model.logitSoftCap { Rows.softCap(logits, at: cap, columns.count) }
      }
    }
  }

  // MARK: - Work shared by the workers

  /// The norm of every row with its weight and bias; `input` and `output` may be the same.
  private func normalise(
    _ input: UnsafePointer<Float>, _ weights: NormWeights,
    into output: UnsafeMutablePointer<Float>
  ) {
    let hidden = model.hiddenSize
    nonisolated(unsafe) let (input, weights, output) = (input, weights, output)
    // Few rows take less time than sharing them would.
    pool.forRanges(of: rowCount, by: max(16, (1 << 16) / hidden)) { [self] rows, _ in
      for row in rows {
        Rows.normalise(
          input + row * hidden, model.norm, weights, into: output + row * hidden, hidden)
      }
    }
  }

  /// The norm of every row's queries and of its keys, over all heads.
  private func normaliseQueriesAndKeys(_ weights: LayerWeights) {
    guard let query = weights.queryNorm, let key = weights.keyNorm else { return }
    let width = model.queryWidth + 2 * model.keyValueWidth
    nonisolated(unsafe) let norms = [
      (query, start: 0, count: model.queryWidth),
      (key, start: model.queryWidth, count: model.keyValueWidth),
    ]
    pool.forRanges(of: rowCount, by: max(16, (1 << 16) / width)) { [self] rows, _ in
      for row in rows {
        for (weight, start, count) in norms {
          let part = scratch.queryKeyValue + row * width + start
          Rows.normalise(
            part, model.norm, NormWeights(weight: weight, bias: nil), into: part, count)
        }
      }
    }
  }

  /// - Parameter rows: all of the step's where left out.
  func project(
    _ projection: Projection, _ input: UnsafePointer<Float>, rows: Int? = nil,
    into output: UnsafeMutablePointer<Float>, adding: Bool
  ) {
    let rows = rows ?? rowCount
    nonisolated(unsafe) let (projection, input, output) = (projection, input, output)
    forColumns(projection.outputs, depth: projection.inputs, rows: rows) { columns, room in
      projection.apply(columns, to: input, rows: rows, into: output, adding: adding, room: room)
    }
  }

  /// Cuts `count` columns between panels into pieces that are long beside the cost of handing one
  /// out and short beside the whole, so that a worker that is held up does not hold up the others.
  private func forColumns(
    _ count: Int, depth: Int, rows: Int? = nil,
    _ body: @Sendable (_ columns: Range<Int>, _ room: UnsafeMutablePointer<Float>) -> Void
  ) {
    let width = Panels.width
    let panels = (count + width - 1) / width
    let panelWork = max(1, (rows ?? rowCount) * depth * width)
    let piece = max(1, min(Self.pieceWork / panelWork, panels / (4 * pool.workers)))
    pool.forRanges(of: count, by: piece * width) { [self] columns, worker in
      body(columns, scratch.panels(worker: worker))
    }
  }

  /// Multiplications in a piece: some tens of microseconds.
  private static let pieceWork = 3_000_000
}

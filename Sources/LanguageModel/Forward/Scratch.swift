/// The buffers that the passes of one call share, allocated once.
final class Scratch {
  let rowCapacity: Int
  let residual: UnsafeMutablePointer<Float>  // [rows, hidden]
  let normed: UnsafeMutablePointer<Float>  // [rows, hidden]
  let delta: UnsafeMutablePointer<Float>  // [rows, hidden]
  let queryKeyValue: UnsafeMutablePointer<Float>  // [rows, query + 2 · key-value]
  let heads: UnsafeMutablePointer<Float>  // [rows, query]
  let gate: UnsafeMutablePointer<Float>  // [rows, inner]
  let up: UnsafeMutablePointer<Float>  // [rows, inner]
  let routes: UnsafeMutablePointer<Float>  // [rows, experts]
  /// Of the rows of one expert.
  let expertInput: UnsafeMutablePointer<Float>  // [rows, hidden]
  let expertOutput: UnsafeMutablePointer<Float>  // [rows, hidden]
  /// Cosines and sines, `[positions, rotary dimension]`.
  private let turns: UnsafeMutablePointer<Float>
  /// Those of layers with a window, where they have a rotary embedding of their own.
  private let localTurns: UnsafeMutablePointer<Float>?
  private let panels: UnsafeMutablePointer<Float>
  private let panelStride: Int
  private let attention: UnsafeMutablePointer<Float>
  private let attentionStride: Int
  private let memory: UnsafeMutablePointer<Float>

  /// Rows of queries, over all heads of a group, that attend in one product.
  static let attentionRows = 64

  /// - Parameters:
  ///   - rows: the most rows of a pass.
  ///   - positions: the length of the longest sequence.
  ///   - panelRoom: the floats that a worker needs for products.
  init(
    _ model: TransformerConfiguration, rows: Int, positions: Int, workers: Int, panelRoom: Int
  ) {
    rowCapacity = rows
    let hidden = rows * model.hiddenSize
    let fused = rows * (model.queryWidth + 2 * model.keyValueWidth)
    let inner = rows * model.widestFeedForward
    let expertRows = model.experts == nil ? 0 : hidden
    let block = max(Self.attentionRows, model.headCount / model.keyValueHeadCount)
    attentionStride = Self.aligned(block * (positions + 2 * model.headSize))
    panelStride = Self.aligned(panelRoom)
    let rotary = model.rotaryEmbeddings
    let sizes = [
      hidden, hidden, hidden, fused, rows * model.queryWidth, model.isGated ? inner : 0, inner,
      positions * (rotary.first?.dimension ?? 0), positions * (model.localRotary?.dimension ?? 0),
      workers * attentionStride, workers * panelStride, rows * (model.experts?.count ?? 0),
      expertRows, expertRows,
    ].map(Self.aligned)
    memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(sizes.reduce(0, +), 16) * MemoryLayout<Float>.stride, alignment: 64
    ).bindMemory(to: Float.self, capacity: sizes.reduce(0, +))
    var next = memory
    func take(_ size: Int) -> UnsafeMutablePointer<Float> {
      defer { next += size }
      return next
    }
    residual = take(sizes[0])
    normed = take(sizes[1])
    delta = take(sizes[2])
    queryKeyValue = take(sizes[3])
    heads = take(sizes[4])
    gate = take(sizes[5])
    up = take(sizes[6])
    turns = take(sizes[7])
    let ofWindows = take(sizes[8])
    localTurns = model.localRotary == nil ? nil : ofWindows
    attention = take(sizes[9])
    panels = take(sizes[10])
    routes = take(sizes[11])
    expertInput = take(sizes[12])
    expertOutput = take(sizes[13])
    for (rotary, table) in zip(rotary, [turns, ofWindows]) {
      let frequencies = rotary.frequencies
      for position in 0..<positions {
        RotaryEmbedding.turns(
          at: position, frequencies, into: table + position * rotary.dimension)
      }
    }
  }

  /// Cosines and sines of the rotary embedding that layers with or without a window have,
  /// `[positions, rotary dimension]`.
  func turns(isWindowed: Bool) -> UnsafePointer<Float> {
    UnsafePointer(isWindowed ? localTurns ?? turns : turns)
  }

  deinit { UnsafeMutableRawPointer(memory).deallocate() }

  /// A worker's own room for attention: queries, outputs and scores of a block.
  func attention(worker: Int) -> UnsafeMutablePointer<Float> {
    attention + worker * attentionStride
  }

  /// A worker's own room for panels of stored matrices.
  func panels(worker: Int) -> UnsafeMutablePointer<Float> { panels + worker * panelStride }

  private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}

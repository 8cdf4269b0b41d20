extension ForwardPass {
  /// Causal attention of every segment over its sequence so far, into `scratch.heads`.
  func attend(_ layer: Int) {
    let groups = model.keyValueHeadCount
    pool.forEach(segments.count * groups) { [self] item, worker in
      attend(
        segments[item / groups], layer: layer, group: item % groups,
        scratch.attention(worker: worker))
    }
  }

  /// One key-value head and the query heads that share it.
  private func attend(
    _ segment: Segment, layer: Int, group: Int, _ room: UnsafeMutablePointer<Float>
  ) {
    let cache = segment.cache
    precondition(
      segment.firstPosition + segment.count <= cache.capacity,
      "expected at most \(cache.capacity) positions, got \(segment.firstPosition + segment.count)")
    let (size, heads) = (model.headSize, model.headCount / model.keyValueHeadCount)
    store(segment, layer: layer, group: group, room)
    let keys = cache.keys(layer: layer, head: group)
    let values = cache.values(layer: layer, head: group)

    let blockRows = max(1, Scratch.attentionRows / heads)
    let queries = room
    let outputs = queries + blockRows * heads * size
    let scores = outputs + blockRows * heads * size
    let window = model.slidingWindows[layer] ?? Int.max
    for start in stride(from: 0, to: segment.count, by: blockRows) {
      let rows = min(blockRows, segment.count - start)
      let position = segment.firstPosition + start
      // From where a panel of keys begins.
      let first = max(0, position - (window - 1)) / Panels.width * Panels.width
      let context = position + rows - first
      gather(segment, start, rows, layer: layer, group: group, into: queries)
      keys.from(first).multiply(
        queries, inputStride: size, rows: rows * heads, depth: size, columns: context,
        into: scores, outputStride: context)
      for row in 0..<rows {
        let end = position + row - first + 1
        let visible = max(0, end - window)..<end
        for head in 0..<heads {
          weigh(scores + (row * heads + head) * context, visible, context)
        }
      }
      Panels(values.base + first * Panels.width, stride: values.stride).multiply(
        scores, inputStride: context, rows: rows * heads, depth: context, columns: size,
        into: outputs, outputStride: size)
      for row in 0..<rows {
        (scratch.heads + (segment.firstRow + start + row) * model.queryWidth + group * heads * size)
          .update(from: outputs + row * heads * size, count: heads * size)
      }
    }
  }

  /// Turns a row of scores into attention weights: zero outside `visible`.
  private func weigh(_ scores: UnsafeMutablePointer<Float>, _ visible: Range<Int>, _ count: Int) {
    let row = scores + visible.lowerBound
    if let cap = model.attentionSoftCap { Rows.softCap(row, at: cap, visible.count) }
    Rows.softmax(row, visible.count)
    for index in 0..<visible.lowerBound { scores[index] = 0 }
    for index in visible.upperBound..<max(count, visible.upperBound) { scores[index] = 0 }
  }

  /// Puts a segment's keys, turned to their positions, and values into the cache.
  ///
  /// - Parameter key: room for one.
  private func store(
    _ segment: Segment, layer: Int, group: Int, _ key: UnsafeMutablePointer<Float>
  ) {
    let size = model.headSize
    let width = model.queryWidth + 2 * model.keyValueWidth
    for row in 0..<segment.count {
      let source = scratch.queryKeyValue + (segment.firstRow + row) * width + model.queryWidth
      let position = segment.firstPosition + row
      key.update(from: source + group * size, count: size)
      prepare(key, weights.layers[layer].keyNorm, position, layer: layer)
      segment.cache.store(
        key, source + model.keyValueWidth + group * size, layer: layer, head: group,
        position: position)
    }
  }

  /// Copies queries of a block, `[rows, heads, size]`, turned and scaled.
  private func gather(
    _ segment: Segment, _ start: Int, _ rows: Int, layer: Int, group: Int,
    into queries: UnsafeMutablePointer<Float>
  ) {
    let (size, heads) = (model.headSize, model.headCount / model.keyValueHeadCount)
    let width = model.queryWidth + 2 * model.keyValueWidth
    for row in 0..<rows {
      let source =
        scratch.queryKeyValue + (segment.firstRow + start + row) * width + group * heads * size
      for head in 0..<heads {
        let query = queries + (row * heads + head) * size
        query.update(from: source + head * size, count: size)
        prepare(
          query, weights.layers[layer].queryNorm, segment.firstPosition + start + row, layer: layer)
      }
    }
    Rows.scale(queries, by: model.attentionScale, rows * heads * size)
  }

  /// The norm of a query or key head, where the model has one, and its rotation.
  private func prepare(
    _ head: UnsafeMutablePointer<Float>, _ norm: UnsafePointer<Float>?, _ position: Int, layer: Int
  ) {
    if let norm, model.queryKeyNorm == .head {
      Rows.normalise(
        head, model.norm, NormWeights(weight: norm, bias: nil), into: head, model.headSize)
    }
    if let rotary = model.rotary(ofLayer: layer) {
      let turns = scratch.turns(isWindowed: model.slidingWindows[layer] != nil)
      Rows.rotate(head, turns + position * rotary.dimension, half: rotary.dimension / 2)
    }
  }
}

/// One sequence that is changed again and again, mostly at its end, as when somebody types.
///
/// Keys and values of what came before are kept, so that a change costs the positions from the first that differs, up to
/// the last layer that a hook needs. Not for use from two threads at once.
package final class PrefixSession {
  /// What changed with an update.
  package struct Update: Sendable {
    /// Positions that are as they were; the activations of the others follow.
    package var reused: Int
    /// Per hook, `[count − reused, width]`.
    package var hooks: [HookPoint: [Float]]

    package init(reused: Int, hooks: [HookPoint: [Float]]) {
      (self.reused, self.hooks) = (reused, hooks)
    }
  }

  private let transformer: Transformer
  private let hooks: [HookPoint]
  private let lastHook: HookPoint
  private let rowCapacity: Int
  private let outputs: [UnsafeMutablePointer<Float>]
  private let actions: HookActions
  private var cache: KeyValueCache
  private var pass: ForwardPass
  /// The tokens that the cache holds.
  package private(set) var tokens: [Int] = []

  /// - Parameter hooks: what every update returns; at least one.
  /// - Throws: `unknownHook`.
  package init(_ transformer: Transformer, reading hooks: [HookPoint]) throws {
    guard let last = hooks.max(by: { $0.order < $1.order }) else {
      throw ModelError(.unknownHook, "expected a hook to read, found none")
    }
    let configuration = transformer.configuration
    for hook in hooks { try configuration.validate(hook) }
    self.transformer = transformer
    self.hooks = hooks
    lastHook = last
    rowCapacity = min(transformer.rowsPerPass, 128)
    let capacity = rowCapacity
    outputs = hooks.map { .allocate(capacity: capacity * configuration.width(at: $0)) }
    var actions = try HookActions(configuration, editing: [])
    for (hook, output) in zip(hooks, outputs) { actions.read(hook, into: output) }
    self.actions = actions
    let positions = min(256, configuration.contextLength)
    cache = KeyValueCache(configuration, capacity: positions, isShared: false)
    pass = ForwardPass(transformer, rows: rowCapacity, positions: positions, actions: actions)
  }

  deinit { for output in outputs { output.deallocate() } }

  /// Makes the sequence `next`.
  ///
  /// - Throws: `invalidPrompt` for an id outside the vocabulary or more tokens than the context has room for;
  ///   `TensorFileError` where the model's file was written to; `CancellationError` in a cancelled task. The sequence is then a prefix that both have.
  /// - Complexity: that of the positions from the first that differs.
  package func update(_ next: [Int]) throws -> Update {
    var rows = Dictionary(uniqueKeysWithValues: hooks.map { ($0, [Float]()) })
    guard !next.isEmpty else {
      tokens = []
      return Update(reused: 0, hooks: rows)
    }
    try transformer.validate([next])
    grow(to: next.count)
    let reused = zip(tokens, next).prefix { $0 == $1 }.count
    tokens.removeLast(tokens.count - reused)
    while tokens.count < next.count {
      try Task.checkCancellation()
      let first = tokens.count
      let chosen = Array(next[first..<min(first + rowCapacity, next.count)])
      pass.run(
        tokens: chosen,
        segments: [
          Segment(
            cache: cache, firstRow: 0, count: chosen.count, firstPosition: first, prompt: 0,
            promptLength: next.count)
        ], outputRow: 0, goal: ForwardPass.Goal(lastHook: lastHook))
      for (hook, output) in zip(hooks, outputs) {
        let width = transformer.configuration.width(at: hook)
        rows[hook]?.append(
          contentsOf: UnsafeBufferPointer(start: output, count: chosen.count * width))
      }
      tokens += chosen
    }
    do {
      try transformer.weights.checkUnchanged()
    } catch {
      tokens = []
      throw error
    }
    return Update(reused: reused, hooks: rows)
  }

  /// Makes room for `count` positions, and keeps what the cache holds.
  private func grow(to count: Int) {
    guard count > cache.capacity else { return }
    let configuration = transformer.configuration
    let positions = min(max(count, cache.capacity * 2), configuration.contextLength)
    let larger = KeyValueCache(configuration, capacity: positions, isShared: false)
    larger.copy(tokens.count, from: cache)
    cache = larger
    pass = ForwardPass(transformer, rows: rowCapacity, positions: positions, actions: actions)
  }
}

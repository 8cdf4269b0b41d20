import Numerics

extension Transformer {
  /// Continues every prompt.
  ///
  /// Prompts of any lengths share passes: while some sequences gain a token, waiting ones that
  /// find a place have their prompts read in the same pass. A continuation does not depend, beyond
  /// rounding, on the prompts beside it.
  ///
  /// - Parameters:
  ///   - editing: changes at hooks, for prompts and new tokens alike.
  ///   - reading: hooks whose activations over the prompts are handed to `onRead`, so that whoever
  ///     wants both does not run the prompts twice.
  ///   - onRead: called on this thread for every prompt once it is read, before its first token.
  ///   - onEvent: called on this thread as tokens appear; to stop, throw.
  /// - Returns: a continuation per prompt, in their order.
  /// - Throws: `ModelError` as `forward`; `CancellationError` in a cancelled task; what `onEvent`
  ///   throws.
  package func generate(
    _ prompts: [[Int]], _ options: GenerationOptions, editing: [Edit] = [],
    reading hooks: [HookPoint] = [], onEvent: (GenerationEvent) throws -> Void = { _ in },
    onRead: (PromptActivations) throws -> Void = { _ in }
  ) throws -> [Generation] {
    try options.validate()
    try validate(prompts)
    for hook in hooks { try configuration.validate(hook) }
    guard hooks.isEmpty || options.maxNewTokens > 0 else {
      throw ModelError(
        .invalidPrompt, "expected at least 1 new token where prompts are read, found 0")
    }
    let actions = try HookActions(configuration, editing: editing)
    guard !prompts.isEmpty else { return [] }
    var batch = GenerationBatch(self, prompts, options, actions, reading: hooks)
    while !batch.isDone {
      try Task.checkCancellation()
      try batch.step(onRead, onEvent)
    }
    return batch.finished.compactMap(\.self)
  }

  /// As `generate`, on a thread of its own; ending the iteration stops it.
  package func generations(
    _ prompts: [[Int]], _ options: GenerationOptions, editing: [Edit] = []
  ) -> AsyncThrowingStream<GenerationEvent, any Error> {
    AsyncThrowingStream { continuation in
      let work = Task.detached(priority: .userInitiated) {
        do {
          _ = try self.generate(prompts, options, editing: editing) { continuation.yield($0) }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in work.cancel() }
    }
  }
}

/// The sequences that are being continued together.
private struct GenerationBatch {
  private struct Sequence {
    var prompt: Int
    var cache: KeyValueCache
    var sampler: TokenSampler
    var tokens: [Int] = []
    /// How many positions are in the cache.
    var position = 0
    /// What was read of the prompt so far.
    var activations: [HookPoint: [Float]] = [:]
  }

  private let transformer: Transformer
  private let prompts: [[Int]]
  private let options: GenerationOptions
  private let pass: ForwardPass
  private let logits: UnsafeMutableBufferPointer<Float>
  private let logitsOwner: LogitBuffer
  private var active: [Sequence] = []
  private var nextPrompt = 0
  private(set) var finished: [Generation?]
  // Kept between steps, so that a step allocates nothing once they have grown.
  private var tokens: [Int] = []
  private var segments: [Segment] = []
  private var goal = ForwardPass.Goal()
  private var chosen: [Int] = []
  private var nextTokens: [Int] = []
  private let readings: Readings

  init(
    _ transformer: Transformer, _ prompts: [[Int]], _ options: GenerationOptions,
    _ actions: HookActions, reading hooks: [HookPoint]
  ) {
    self.transformer = transformer
    self.prompts = prompts
    self.options = options
    let context = transformer.configuration.contextLength
    let longest = prompts.map(\.count).max() ?? 0
    let size = min(options.batchSize, prompts.count)
    let capacity =
      longest > context - options.maxNewTokens ? context : longest + options.maxNewTokens
    let rows = max(transformer.rowsPerPass, size)
    readings = Readings(transformer.configuration, hooks, rows: rows)
    var actions = actions
    for (hook, buffer) in readings.buffers { actions.read(hook, into: buffer) }
    pass = ForwardPass(transformer, rows: rows, positions: capacity, actions: actions)
    logitsOwner = LogitBuffer(count: size * transformer.configuration.vocabularySize)
    logits = logitsOwner.values
    finished = Array(repeating: nil, count: prompts.count)
  }

  var isDone: Bool { active.isEmpty && nextPrompt == prompts.count }

  /// One pass: a token more for every sequence that has its prompt read, and as much of waiting
  /// prompts as there is room for.
  mutating func step(
    _ onRead: (PromptActivations) throws -> Void, _ onEvent: (GenerationEvent) throws -> Void
  ) throws {
    try admit(onEvent)
    guard !active.isEmpty else { return }
    plan()
    goal.logits = goal.logitRows.isEmpty ? nil : logits.baseAddress
    // Without logits a pass still has to fill the caches of every layer.
    goal.lastHook = .residualPost(layer: transformer.configuration.layerCount - 1)
    pass.run(tokens: tokens, segments: segments, outputRow: 0, goal: goal)
    try transformer.weights.checkUnchanged()
    if !readings.buffers.isEmpty { try collect(onRead) }
    try advance(onEvent)
  }

  private mutating func admit(_ onEvent: (GenerationEvent) throws -> Void) throws {
    while active.count < options.batchSize, nextPrompt < prompts.count {
      let length = prompts[nextPrompt].count
      let context = transformer.configuration.contextLength
      if options.maxNewTokens == 0 {
        try finish(nextPrompt, Generation(tokens: [], ending: .length), onEvent)
      } else {
        let capacity =
          length > context - options.maxNewTokens ? context : length + options.maxNewTokens
        active.append(
          Sequence(
            prompt: nextPrompt,
            cache: KeyValueCache(transformer.configuration, capacity: capacity, isShared: false),
            sampler: TokenSampler(options.sampling, prompt: nextPrompt)))
      }
      nextPrompt += 1
    }
  }

  /// Lays out the rows of the next pass; the sequences that get logits are those in `chosen`.
  private mutating func plan() {
    tokens.removeAll(keepingCapacity: true)
    segments.removeAll(keepingCapacity: true)
    goal.logitRows.removeAll(keepingCapacity: true)
    chosen.removeAll(keepingCapacity: true)
    // Rows for the sequences in full flow are set aside first, so that none waits for a prompt.
    var room = pass.scratch.rowCapacity
    for sequence in active where !sequence.tokens.isEmpty { room -= 1 }
    for index in active.indices {
      let sequence = active[index]
      let prompt = prompts[sequence.prompt]
      let first = tokens.count
      if let last = sequence.tokens.last {
        tokens.append(last)
      } else {
        let count = min(room, prompt.count - sequence.position)
        guard count > 0 else { continue }
        room -= count
        tokens += prompt[sequence.position..<sequence.position + count]
      }
      segments.append(
        Segment(
          cache: sequence.cache, firstRow: first, count: tokens.count - first,
          firstPosition: sequence.position, prompt: sequence.prompt, promptLength: prompt.count))
      active[index].position += tokens.count - first
      if active[index].position >= prompt.count {
        goal.logitRows.append(tokens.count - 1)
        chosen.append(index)
      }
    }
  }

  /// Keeps what the pass read of prompts, and hands out those that are complete.
  private mutating func collect(_ onRead: (PromptActivations) throws -> Void) throws {
    for index in active.indices where active[index].tokens.isEmpty {
      let prompt = active[index].prompt
      guard let segment = segments.first(where: { $0.prompt == prompt }) else { continue }
      for (hook, buffer) in readings.buffers {
        let width = transformer.configuration.width(at: hook)
        active[index].activations[hook, default: []].append(
          contentsOf: UnsafeBufferPointer(
            start: buffer + segment.firstRow * width, count: segment.count * width))
      }
      if active[index].position == prompts[prompt].count {
        try onRead(PromptActivations(prompt: prompt, hooks: active[index].activations))
        active[index].activations = [:]
      }
    }
  }

  /// Chooses the next tokens and retires the sequences that end.
  private mutating func advance(_ onEvent: (GenerationEvent) throws -> Void) throws {
    let vocabulary = transformer.configuration.vocabularySize
    guard let base = logits.baseAddress else { return }
    if options.sampling == .greedy { findLargest(base, vocabulary) }
    for (row, index) in chosen.enumerated() {
      let id =
        options.sampling == .greedy
        ? nextTokens[row] : active[index].sampler.next(base + row * vocabulary, vocabulary)
      let prompt = active[index].prompt
      var ending: Generation.Ending?
      if options.endTokens.contains(id) {
        ending = .endToken
      } else {
        active[index].tokens.append(id)
        try onEvent(.token(prompt: prompt, id: id))
        if active[index].tokens.count == options.maxNewTokens {
          ending = .length
        } else if active[index].position >= active[index].cache.capacity {
          ending = .context
        }
      }
      if let ending {
        try finish(prompt, Generation(tokens: active[index].tokens, ending: ending), onEvent)
      }
    }
    active.removeAll { finished[$0.prompt] != nil }
  }

  /// The likeliest token of every row of logits, on all workers: over the whole batch it is a pass
  /// over megabytes.
  private mutating func findLargest(_ logits: UnsafePointer<Float>, _ vocabulary: Int) {
    if nextTokens.count < chosen.count {
      nextTokens = Array(repeating: 0, count: min(options.batchSize, prompts.count))
    }
    nonisolated(unsafe) let logits = logits
    nextTokens.withUnsafeMutableBufferPointer { found in
      guard let found = found.baseAddress else { return }
      nonisolated(unsafe) let next = found
      pass.pool.forEach(chosen.count) { row, _ in
        next[row] = Rows.indexOfMaximum(logits + row * vocabulary, vocabulary)
      }
    }
  }

  private mutating func finish(
    _ prompt: Int, _ generation: Generation, _ onEvent: (GenerationEvent) throws -> Void
  ) throws {
    finished[prompt] = generation
    try onEvent(.finished(prompt: prompt, generation))
  }
}

/// Room for what is read in a step: `[rows, width]` a hook.
private final class Readings {
  let buffers: [HookPoint: UnsafeMutablePointer<Float>]

  init(_ model: TransformerConfiguration, _ hooks: [HookPoint], rows: Int) {
    buffers = Dictionary(
      Set(hooks).map { ($0, .allocate(capacity: rows * model.width(at: $0))) },
      uniquingKeysWith: { first, _ in first })
  }

  deinit { for buffer in buffers.values { buffer.deallocate() } }
}

/// Room for the logits of a step.
private final class LogitBuffer {
  let values: UnsafeMutableBufferPointer<Float>

  init(count: Int) { values = .allocate(capacity: count) }

  deinit { values.deallocate() }
}

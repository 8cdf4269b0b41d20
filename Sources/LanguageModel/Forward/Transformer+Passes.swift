extension Transformer {
  /// The number of positions of every prompt, with the input checked.
  func lengths(of input: Input) throws -> [Int] {
    switch input {
    case .tokens(let prompts):
      try validate(prompts)
      return prompts.map(\.count)
    case .residual(let rows, let lengths, let hook):
      try configuration.validate(hook)
      switch hook {
      case .embedding, .residualPre, .residualMid, .residualPost: break
      case .heads, .attentionOut, .feedForwardOut, .finalNormalised:
        throw ModelError(
          .unknownHook, "\(hook.name) is not on the residual stream: nothing can start from it")
      }
      for (index, length) in lengths.enumerated() { try validate(length: length, index) }
      let expected = lengths.reduce(0, +) * configuration.hiddenSize
      guard rows.count == expected else {
        throw ModelError(
          .invalidPrompt,
          "expected \(lengths.reduce(0, +)) rows of \(configuration.hiddenSize), "
            + "\(expected) numbers, found \(rows.count)")
      }
      return lengths
    }
  }

  /// - Throws: `ModelError.invalidPrompt`, with the prompt's index.
  func validate(_ prompts: [[Int]]) throws {
    for (index, prompt) in prompts.enumerated() {
      try validate(length: prompt.count, index)
      if let id = prompt.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
        throw ModelError(
          .invalidPrompt,
          "prompt \(index): expected token ids of 0…\(configuration.vocabularySize - 1), found "
            + "\(id)")
      }
    }
  }

  private func validate(length: Int, _ index: Int) throws {
    guard length > 0 else { throw ModelError(.invalidPrompt, "prompt \(index) is empty") }
    guard length <= configuration.contextLength else {
      throw ModelError(
        .invalidPrompt,
        "prompt \(index): \(length) tokens are more than the context of "
          + "\(configuration.contextLength)")
    }
  }

  /// Runs every prompt, as many whole ones at a time as fit in a pass.
  ///
  /// A prompt longer than a pass goes through in parts, with a cache of every layer in between.
  func run(
    _ input: Input, _ lengths: [Int], _ actions: HookActions, lastHook: HookPoint?,
    logits: LogitRows, into output: UnsafeMutablePointer<Float>?,
    progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws {
    let total = lengths.reduce(0, +)
    guard let longest = lengths.max() else { return }
    guard lastHook != nil || logits != .none else { return }
    let pass = ForwardPass(
      self, rows: min(total, rowsPerPass), positions: longest, actions: actions)
    var done = 0
    var prompt = 0
    while prompt < lengths.count {
      try Task.checkCancellation()
      if lengths[prompt] > rowsPerPass {
        let cache = KeyValueCache(configuration, capacity: lengths[prompt], isShared: false)
        for start in stride(from: 0, to: lengths[prompt], by: rowsPerPass) {
          try Task.checkCancellation()
          let count = min(rowsPerPass, lengths[prompt] - start)
          let segment = Segment(
            cache: cache, firstRow: 0, count: count, firstPosition: start, prompt: prompt,
            promptLength: lengths[prompt])
          step(pass, input, [segment], done, lastHook, logits, output)
          done += count
          try progress(done, total)
        }
        prompt += 1
      } else {
        var segments: [Segment] = []
        var rows = 0
        while prompt < lengths.count, rows + lengths[prompt] <= rowsPerPass {
          segments.append(
            Segment(
              cache: KeyValueCache(configuration, capacity: lengths[prompt], isShared: true),
              firstRow: rows, count: lengths[prompt], firstPosition: 0, prompt: prompt,
              promptLength: lengths[prompt]))
          rows += lengths[prompt]
          prompt += 1
        }
        step(pass, input, segments, done, lastHook, logits, output)
        done += rows
        try progress(done, total)
      }
    }
  }

  /// One pass over `segments`, whose first row is row `done` of the call.
  private func step(
    _ pass: ForwardPass, _ input: Input, _ segments: [Segment], _ done: Int,
    _ lastHook: HookPoint?, _ logits: LogitRows, _ output: UnsafeMutablePointer<Float>?
  ) {
    var goal = ForwardPass.Goal(lastHook: lastHook)
    let rowCount = segments.reduce(0) { $0 + $1.count }
    let logitsDone: Int
    switch logits {
    case .none: logitsDone = 0
    case .last:
      let ending = segments.filter { $0.firstPosition + $0.count == $0.promptLength }
      goal.logitRows = ending.map { $0.rows.upperBound - 1 }
      logitsDone = segments.first?.prompt ?? 0
    case .all:
      goal.logitRows = Array(0..<rowCount)
      logitsDone = done
    }
    if logits != .none, let output {
      goal.logits = output + logitsDone * configuration.vocabularySize
    }
    switch input {
    case .tokens(let prompts):
      let tokens = segments.flatMap { segment in
        prompts[segment.prompt][segment.firstPosition..<segment.firstPosition + segment.count]
      }
      pass.run(tokens: tokens, segments: segments, outputRow: done, goal: goal)
    case .residual(let rows, _, let hook):
      rows.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        pass.run(
          from: hook, rows: base + done * configuration.hiddenSize, segments: segments,
          outputRow: done, goal: goal)
      }
    }
  }
}

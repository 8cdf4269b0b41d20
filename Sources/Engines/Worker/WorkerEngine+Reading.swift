import LanguageModel
import TensorFiles

extension WorkerEngine {
  package func read(
    _ reading: EngineReading, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Transformer.Output {
    try collect(reading, progress).output
  }

  package func scores(_ prompts: [[Int]], editing edits: [Edit]) throws -> [[Double]] {
    var reading = EngineReading(input: .tokens(prompts), edits: edits)
    reading.isScored = true
    return try collect(reading) { _, _ in }.logitRows.map { $0.map(Double.init) }
  }

  private func collect(
    _ reading: EngineReading, _ progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Collected {
    let lengths = try lengths(of: reading.input)
    for hook in reading.hooks { try description.validate(hook) }
    var start: HookPoint?
    if case .residual(_, _, let hook) = reading.input {
      start = hook
      for later in reading.hooks + reading.edits.map(\.hook) where later < hook {
        throw ModelError(
          .unknownHook, "\(later.name) lies before \(hook.name), where the run starts")
      }
    }
    let hooks = Array(Set(reading.hooks)).sorted()
    let total = lengths.reduce(0, +)
    var collected = Collected(lengths, hooks, reading.logits)
    for range in Self.portions(lengths, width: start == nil ? 1 : description.hiddenSize) {
      try ask(reading, hooks, lengths, range, start, &collected) { done in
        try progress(done, total)
      }
    }
    return collected
  }

  /// What was received so far, by sequence.
  private struct Collected {
    let lengths: [Int]
    let hooks: [HookPoint]
    let logits: Transformer.LogitRows
    var rows: [HookPoint: [[Float]]]
    var logitRows: [[Float]]
    var isDone: [Bool]
    var done = 0

    init(_ lengths: [Int], _ hooks: [HookPoint], _ logits: Transformer.LogitRows) {
      (self.lengths, self.hooks, self.logits) = (lengths, hooks, logits)
      rows = Dictionary(
        uniqueKeysWithValues: hooks.map { ($0, Array(repeating: [], count: lengths.count)) })
      logitRows = Array(repeating: [], count: lengths.count)
      isDone = Array(repeating: false, count: lengths.count)
    }

    var output: Transformer.Output {
      Transformer.Output(
        lengths: lengths, logits: joined(logitRows), hooks: rows.mapValues { joined($0) })
    }

    private func joined(_ parts: [[Float]]) -> [Float] {
      var result: [Float] = []
      result.reserveCapacity(parts.reduce(0) { $0 + $1.count })
      for part in parts { result += part }
      return result
    }
  }

  /// One request, of some of the sequences.
  private func ask(
    _ reading: EngineReading, _ hooks: [HookPoint], _ lengths: [Int], _ range: Range<Int>,
    _ start: HookPoint?, _ collected: inout Collected, progress: (Int) throws -> Void
  ) throws {
    var request = WireRequest("read")
    request.hooks = hooks.map(\.name)
    request.logits = reading.isScored ? nil : reading.logits.word
    request.scores = reading.isScored ? true : nil
    request.from = start?.name
    let (edits, vectors) = try wire(reading.edits.compactMap { $0.part(range) })
    request.edits = edits
    var tensors = vectors
    tensors.append(("lengths", Message.integers(Array(lengths[range]))))
    switch reading.input {
    case .tokens(let prompts):
      tensors.append(("ids", Message.integers(prompts[range].flatMap(\.self))))
    case .residual(let rows, _, _):
      let width = description.hiddenSize
      let first = lengths[..<range.lowerBound].reduce(0, +)
      let count = lengths[range].reduce(0, +)
      tensors.append(
        (
          "rows",
          SafetensorsTensor(
            Array(rows[first * width..<(first + count) * width]), shape: [count, width])
        ))
    }
    var all = collected
    // Given up, so that what is received is not copied with it.
    collected = Collected([], [], .none)
    defer { collected = all }
    _ = try connection.ask(
      request, tensors, check: { try progress(all.done) },
      onPart: { reply, message in
        switch reply.reply {
        case "progress": break
        case "rows":
          try wrong {
            let parts = try RowParts(
              reply, message, lengths: Array(lengths[range]), hooks: hooks, description)
            for (place, local) in parts.sequences.enumerated() {
              let sequence = range.lowerBound + local
              guard !all.isDone[sequence] else {
                throw WorkerConnection.WrongAnswer(description: "rows of sequence \(local) twice")
              }
              all.isDone[sequence] = true
              for hook in hooks { all.rows[hook]?[sequence] = parts.rows(of: hook, place) }
              all.done += lengths[sequence]
            }
            if reading.isScored {
              try parts.takeScores { all.logitRows[range.lowerBound + $0] = $1 }
            }
            try parts.takeLogits(reading.logits, vocabulary: description.vocabularySize) {
              all.logitRows[range.lowerBound + $0] = $1
            }
          }
          try progress(all.done)
        default: try Self.passOverProgress(reply, message)
        }
      })
    if let missing = range.first(where: { !all.isDone[$0] }) {
      throw connection.abandon(for: "no rows of sequence \(missing - range.lowerBound)")
    }
  }

  /// Sequences that go into one request.
  static func portions(_ lengths: [Int], width: Int) -> [Range<Int>] {
    Portions.within(requestBytes, lengths.map { 4 * $0 * width })
  }

  // MARK: - Input

  private func lengths(of input: Transformer.Input) throws -> [Int] {
    switch input {
    case .tokens(let prompts):
      try validate(prompts)
      return prompts.map(\.count)
    case .residual(let rows, let lengths, let hook):
      try description.validate(hook)
      guard description.canStart(at: hook) else {
        throw ModelError(.unknownHook, "\(hook.name): this engine cannot start from there")
      }
      for (index, length) in lengths.enumerated() { try validate(length: length, index) }
      let expected = lengths.reduce(0, +)
      guard rows.count == expected * description.hiddenSize else {
        throw ModelError(
          .invalidPrompt,
          "expected \(expected) rows of \(description.hiddenSize), found \(rows.count) numbers")
      }
      return lengths
    }
  }

  func validate(_ prompts: [[Int]]) throws {
    for (index, prompt) in prompts.enumerated() {
      try validate(length: prompt.count, index)
      if let id = prompt.first(where: { $0 < 0 || $0 >= description.vocabularySize }) {
        throw ModelError(
          .invalidPrompt,
          "prompt \(index): expected token ids of 0…\(description.vocabularySize - 1), found \(id)")
      }
    }
  }

  private func validate(length: Int, _ index: Int) throws {
    guard length > 0 else { throw ModelError(.invalidPrompt, "prompt \(index) is empty") }
    guard length <= description.contextLength else {
      throw ModelError(
        .invalidPrompt,
        "prompt \(index): \(length) tokens are more than the context of "
          + "\(description.contextLength)")
    }
  }
}

extension Transformer.LogitRows {
  /// As the protocol spells it.
  var word: String {
    switch self {
    case .none: "none"
    case .last: "last"
    case .all: "all"
    }
  }
}

/// What is wrong with a message is wrong with the answer.
func wrong(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let error as Message.Malformed {
    throw WorkerConnection.WrongAnswer(description: error.description)
  } catch let error as TensorFileError {
    throw WorkerConnection.WrongAnswer(description: EngineText.line(error.description))
  }
}

/// A part reply of rows, checked against what was asked.
struct RowParts {
  /// Their numbers in the request.
  let sequences: [Int]
  let lengths: [Int]
  private let values: [HookPoint: [Float]]
  private let widths: [HookPoint: Int]
  private let message: Message

  init(
    _ reply: WireReply, _ message: Message, lengths asked: [Int], hooks: [HookPoint],
    _ model: EngineDescription
  ) throws {
    func wrong(_ text: String) -> WorkerConnection.WrongAnswer { .init(description: text) }
    guard let sequences = reply.sequences else { throw wrong("rows of no sequences") }
    for sequence in sequences where !asked.indices.contains(sequence) {
      throw wrong("rows of sequence \(sequence), expected 0…\(asked.count - 1)")
    }
    guard Set(sequences).count == sequences.count else { throw wrong("rows of a sequence twice") }
    let lengths = try message.integers("lengths", count: sequences.count)
    for (sequence, length) in zip(sequences, lengths) where asked[sequence] != length {
      throw wrong("expected \(asked[sequence]) rows of sequence \(sequence), found \(length)")
    }
    let total = lengths.reduce(0, +)
    let known = Set(hooks.map(\.name) + ["lengths", "logits", "scores"])
    if let other = message.tensorNames.first(where: { !known.contains($0) }) {
      throw wrong("a tensor \(EngineText.line(other, atMost: 60)) that nobody asked for")
    }
    var values: [HookPoint: [Float]] = [:]
    for hook in hooks {
      let rows = try message.floats(hook.name, shape: [total, model.width(at: hook)])
      guard rows.allSatisfy(\.isFinite) else {
        throw wrong("a row of \(hook.name) that is not finite")
      }
      values[hook] = rows
    }
    (self.sequences, self.lengths, self.values, self.message) = (
      sequences, lengths, values, message
    )
    widths = Dictionary(uniqueKeysWithValues: hooks.map { ($0, model.width(at: $0)) })
  }

  /// Of the sequence at `place` of `sequences`.
  func rows(of hook: HookPoint, _ place: Int) -> [Float] {
    guard let values = values[hook], let width = widths[hook] else { return [] }
    let first = lengths[..<place].reduce(0, +)
    if first == 0, lengths[place] * width == values.count { return values }
    return Array(values[first * width..<(first + lengths[place]) * width])
  }

  func takeScores(_ take: (_ sequence: Int, [Float]) -> Void) throws {
    let counts = lengths.map { $0 - 1 }
    let scores = try message.floats("scores", shape: [counts.reduce(0, +)])
    guard scores.allSatisfy({ $0 <= 1e-3 }) else {
      throw WorkerConnection.WrongAnswer(
        description: "a score above 0, which is no log-probability")
    }
    var first = 0
    for (sequence, count) in zip(sequences, counts) {
      take(sequence, Array(scores[first..<first + count]))
      first += count
    }
  }

  func takeLogits(
    _ asked: Transformer.LogitRows, vocabulary: Int, _ take: (_ sequence: Int, [Float]) -> Void
  ) throws {
    let counts: [Int]
    switch asked {
    case .none: return
    case .last: counts = lengths.map { _ in 1 }
    case .all: counts = lengths
    }
    let logits = try message.floats("logits", shape: [counts.reduce(0, +), vocabulary])
    guard logits.allSatisfy({ !$0.isNaN }) else {
      throw WorkerConnection.WrongAnswer(description: "logits that are no numbers")
    }
    var first = 0
    for (sequence, count) in zip(sequences, counts) {
      take(sequence, Array(logits[first * vocabulary..<(first + count) * vocabulary]))
      first += count
    }
  }
}

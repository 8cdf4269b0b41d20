import LanguageModel
import TensorFiles

extension WorkerEngine {
  package func proceed(
    _ continuation: EngineContinuation, onEvent: (GenerationEvent) throws -> Void,
    onRead: (PromptActivations) throws -> Void
  ) throws -> [Generation] {
    let (prompts, options) = (continuation.prompts, continuation.options)
    try options.check()
    try validate(prompts)
    let hooks = Array(Set(continuation.hooks)).sorted()
    for hook in hooks { try description.validate(hook) }
    guard hooks.isEmpty || options.maxNewTokens > 0 else {
      throw ModelError(
        .invalidPrompt, "expected at least 1 new token where prompts are read, found 0")
    }
    guard !prompts.isEmpty else { return [] }
    guard options.maxNewTokens > 0 else {
      return try prompts.indices.map { prompt in
        let generation = Generation(tokens: [], ending: .length)
        try onEvent(.finished(prompt: prompt, generation))
        return generation
      }
    }
    var request = WireRequest("continue")
    request.limit = options.maxNewTokens
    request.stops = options.endTokens.sorted()
    request.hooks = hooks.isEmpty ? nil : hooks.map(\.name)
    if case .seeded(let seed, let temperature, let topK, let topP) = options.sampling {
      try require("sample", "sample")
      request.sampling = WireSampling(
        temperature: temperature, topP: topP < 1 ? topP : nil, topK: topK, seed: seed)
    }
    let (edits, vectors) = try wire(continuation.edits)
    request.edits = edits
    let tensors =
      vectors + [
        ("lengths", Message.integers(prompts.map(\.count))),
        ("ids", Message.integers(prompts.flatMap(\.self))),
      ]
    var answers = Answers(prompts, options, hooks, description)
    func hear(_ reply: WireReply, _ message: Message) throws {
      switch reply.reply {
      case "progress": break
      case "rows":
        try wrong { try answers.takeRows(reply, message) }
        for read in answers.read { try onRead(read) }
        answers.read = []
      case "tokens":
        for event in try answers.takeTokens(reply) { try onEvent(event) }
      case "finished": try onEvent(try answers.takeEnd(reply))
      default: try Self.passOverProgress(reply, message)
      }
    }
    _ = try connection.ask(request, tensors, onPart: hear)
    return try checked { try answers.whole() }
  }

  /// What came of a continuation so far.
  private struct Answers {
    let prompts: [[Int]]
    let options: GenerationOptions
    let hooks: [HookPoint]
    let model: EngineDescription
    var tokens: [[Int]]
    var finished: [Generation?]
    var isRead: [Bool]
    /// Rows that nobody was told of yet.
    var read: [PromptActivations] = []

    init(
      _ prompts: [[Int]], _ options: GenerationOptions, _ hooks: [HookPoint],
      _ model: EngineDescription
    ) {
      (self.prompts, self.options) = (prompts, options)
      (self.hooks, self.model) = (hooks, model)
      tokens = Array(repeating: [], count: prompts.count)
      finished = Array(repeating: nil, count: prompts.count)
      isRead = Array(repeating: hooks.isEmpty, count: prompts.count)
    }

    private func wrong(_ text: String) -> WorkerConnection.WrongAnswer { .init(description: text) }

    mutating func takeRows(_ reply: WireReply, _ message: Message) throws {
      let parts = try RowParts(
        reply, message, lengths: prompts.map(\.count), hooks: hooks, model)
      for (place, prompt) in parts.sequences.enumerated() {
        guard !isRead[prompt] else { throw wrong("rows of sequence \(prompt) twice") }
        isRead[prompt] = true
        read.append(
          PromptActivations(
            prompt: prompt,
            hooks: Dictionary(
              uniqueKeysWithValues: hooks.map { ($0, parts.rows(of: $0, place)) })))
      }
    }

    private func running(_ sequence: Int?) throws -> Int {
      guard let sequence, prompts.indices.contains(sequence) else {
        throw wrong(
          "sequence \(sequence.map(String.init) ?? "unknown"), expected 0…\(prompts.count - 1)")
      }
      guard finished[sequence] == nil else {
        throw wrong("more of sequence \(sequence), which has finished")
      }
      return sequence
    }

    mutating func takeTokens(_ reply: WireReply) throws -> [GenerationEvent] {
      guard let pairs = reply.tokens else { throw wrong("tokens of no sequences") }
      return try pairs.map { pair in
        guard pair.count == 2 else { throw wrong("a token of \(pair.count) numbers") }
        let sequence = try running(pair[0])
        guard (0..<model.vocabularySize).contains(pair[1]) else {
          throw wrong("token \(pair[1]), expected 0…\(model.vocabularySize - 1)")
        }
        guard tokens[sequence].count < options.maxNewTokens else {
          throw wrong("more than the \(options.maxNewTokens) tokens of sequence \(sequence)")
        }
        guard !options.endTokens.contains(pair[1]) else {
          throw wrong("token \(pair[1]), which ends an answer, as part of sequence \(sequence)")
        }
        tokens[sequence].append(pair[1])
        return .token(prompt: sequence, id: pair[1])
      }
    }

    mutating func takeEnd(_ reply: WireReply) throws -> GenerationEvent {
      let sequence = try running(reply.sequence)
      let ending: Generation.Ending
      switch reply.ending {
      case "stop": ending = .endToken
      case "length": ending = .length
      case "context": ending = .context
      default:
        throw wrong(
          "an ending “\(EngineText.line(reply.ending ?? "", atMost: 40))”, expected stop, length or context"
        )
      }
      let count = tokens[sequence].count
      guard ending != .length || count == options.maxNewTokens else {
        throw wrong(
          "the length of sequence \(sequence) at \(count) of \(options.maxNewTokens) tokens")
      }
      guard ending != .context || prompts[sequence].count + count >= model.contextLength else {
        throw wrong(
          "a full context of sequence \(sequence) at \(prompts[sequence].count + count) of \(model.contextLength) tokens"
        )
      }
      let generation = Generation(tokens: tokens[sequence], ending: ending)
      finished[sequence] = generation
      return .finished(prompt: sequence, generation)
    }

    func whole() throws -> [Generation] {
      if let missing = isRead.firstIndex(of: false) {
        throw wrong("no rows of sequence \(missing)")
      }
      return try finished.enumerated().map { sequence, generation in
        guard let generation else { throw wrong("sequence \(sequence) has not finished") }
        return generation
      }
    }
  }

  // MARK: - Typing

  package func session(reading hooks: [HookPoint]) throws -> any TypingSession {
    guard !hooks.isEmpty else {
      throw ModelError(.unknownHook, "expected a hook to read, found none")
    }
    for hook in hooks { try description.validate(hook) }
    return WorkerSession(self, Array(Set(hooks)).sorted())
  }
}

/// A typed text at a worker, which keeps its keys and values.
final class WorkerSession: TypingSession {
  private let engine: WorkerEngine
  private let hooks: [HookPoint]
  private var name = WorkerSession.anyName()
  private(set) var tokens: [Int] = []

  init(_ engine: WorkerEngine, _ hooks: [HookPoint]) {
    (self.engine, self.hooks) = (engine, hooks)
  }

  /// A worker that knows another's session by this name would give rows of another text.
  private static func anyName() -> String { "\(UInt64.random(in: 0 ... .max))" }

  func update(_ next: [Int]) throws -> PrefixSession.Update {
    var request = WireRequest("follow")
    request.session = name
    guard !next.isEmpty else {
      // The worker's is ended by the next one: it may keep one alone.
      (tokens, name) = ([], Self.anyName())
      return PrefixSession.Update(
        reused: 0, hooks: Dictionary(uniqueKeysWithValues: hooks.map { ($0, []) }))
    }
    try engine.validate([next])
    request.hooks = hooks.map(\.name)
    let shared = zip(tokens, next).prefix { $0 == $1 }.count
    // Whatever comes of it, no more than this is as it was.
    tokens.removeLast(tokens.count - shared)
    let (reply, message): (WireReply, Message)
    do {
      // A key that follows soon does not stop it: what it computes for this one is of use to that one.
      (reply, message) = try engine.connection.ask(
        request, [("ids", Message.integers(next))], stops: false,
        onPart: WorkerEngine.passOverProgress)
    } catch {
      // How far it came nobody knows.
      (tokens, name) = ([], Self.anyName())
      throw error
    }
    let update = try engine.checked {
      guard let reused = reply.reused, (0...shared).contains(reused) else {
        throw WorkerConnection.WrongAnswer(
          description:
            "\(reply.reused.map(String.init) ?? "no") positions as before, expected 0…\(shared)")
      }
      var rows: [HookPoint: [Float]] = [:]
      for hook in hooks {
        let width = engine.description.width(at: hook)
        let values = try message.floats(hook.name, shape: [next.count - reused, width])
        guard values.allSatisfy(\.isFinite) else {
          throw WorkerConnection.WrongAnswer(
            description: "a row of \(hook.name) that is not finite")
        }
        rows[hook] = values
      }
      return PrefixSession.Update(reused: reused, hooks: rows)
    }
    tokens = next
    return update
  }
}

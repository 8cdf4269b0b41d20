import LanguageModel

/// Where a model runs: reads, edits, resumes and continues it.
///
/// Ours is ``LanguageModel/Transformer``; others are processes of their own (``WorkerEngine``). Whoever calls does not ask
/// which. Any number of calls may be made at once; a worker does them one after the other.
package protocol Engine: Sendable {
  var description: EngineDescription { get }
  /// How many threads a caller's own work beside the engine takes.
  var threads: Int { get }

  /// Runs sequences of any lengths, each from position 0.
  ///
  /// - Parameter progress: called now and then with the rows done so far and in all; to stop, throw.
  func read(
    _ reading: EngineReading, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Transformer.Output

  /// Continues sequences.
  ///
  /// - Parameters:
  ///   - onEvent: called on this thread as tokens appear; to stop, throw.
  ///   - onRead: called on this thread for every prompt of which hooks are read, once it is.
  func proceed(
    _ continuation: EngineContinuation, onEvent: (GenerationEvent) throws -> Void,
    onRead: (PromptActivations) throws -> Void
  ) throws -> [Generation]

  /// One sequence that is changed again and again.
  func session(reading hooks: [HookPoint]) throws -> any TypingSession

  /// Of every token but a sequence's first, its natural log-probability after those before it.
  func scores(_ prompts: [[Int]], editing edits: [Edit]) throws -> [[Double]]

  /// Rows through the final norm and the unembedding, without a soft cap: `[count, vocabularySize]`.
  func lens(_ rows: [Float], count: Int) throws -> [Float]

  /// - Throws: `EngineError.refused` where it computes no gradients with this model.
  func requireGradients() throws

  /// How a number changes with the rows of a hook.
  ///
  /// - Throws: as `requireGradients`.
  func gradient(_ asked: EngineGradient) throws -> EngineGradient.Answer
}

/// What is asked of a forward pass.
package struct EngineReading: Sendable {
  package var input: Transformer.Input
  package var hooks: [HookPoint]
  package var edits: [Edit]
  package var logits: Transformer.LogitRows
  /// Log-probabilities of the tokens, in the place of logits.
  var isScored = false

  package init(
    input: Transformer.Input, hooks: [HookPoint] = [], edits: [Edit] = [],
    logits: Transformer.LogitRows = .none
  ) {
    (self.input, self.hooks, self.edits, self.logits) = (input, hooks, edits, logits)
  }
}

/// What is asked of a continuation.
package struct EngineContinuation: Sendable {
  package var prompts: [[Int]]
  package var options: GenerationOptions
  package var edits: [Edit]
  package var hooks: [HookPoint]

  package init(
    prompts: [[Int]], options: GenerationOptions, edits: [Edit] = [], hooks: [HookPoint] = []
  ) {
    (self.prompts, self.options, self.edits, self.hooks) = (prompts, options, edits, hooks)
  }
}

/// One sequence that is changed again and again, mostly at its end, as when somebody types. Not for two threads at once.
package protocol TypingSession: AnyObject {
  /// The sequence as it was last made.
  var tokens: [Int] { get }

  /// Makes the sequence `next`; returns the rows of what is not as before.
  func update(_ next: [Int]) throws -> PrefixSession.Update
}

extension Engine {
  /// As ``LanguageModel/Transformer/forward(_:reading:editing:logits:progress:)``.
  package func forward(
    _ input: Transformer.Input, reading: [HookPoint] = [], editing: [Edit] = [],
    logits: Transformer.LogitRows = .all,
    progress: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Transformer.Output {
    try read(
      EngineReading(input: input, hooks: reading, edits: editing, logits: logits),
      progress: progress)
  }

  /// As ``LanguageModel/Transformer/generate(_:_:editing:reading:onEvent:onRead:)``.
  package func generate(
    _ prompts: [[Int]], _ options: GenerationOptions, editing: [Edit] = [],
    reading hooks: [HookPoint] = [], onEvent: (GenerationEvent) throws -> Void = { _ in },
    onRead: (PromptActivations) throws -> Void = { _ in }
  ) throws -> [Generation] {
    try proceed(
      EngineContinuation(prompts: prompts, options: options, edits: editing, hooks: hooks),
      onEvent: onEvent, onRead: onRead)
  }
}

extension Transformer: Engine {
  package var description: EngineDescription { EngineDescription(configuration) }

  package func read(
    _ reading: EngineReading, progress: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Output {
    try forward(
      reading.input, reading: reading.hooks, editing: reading.edits, logits: reading.logits,
      progress: progress)
  }

  package func proceed(
    _ continuation: EngineContinuation, onEvent: (GenerationEvent) throws -> Void,
    onRead: (PromptActivations) throws -> Void
  ) throws -> [Generation] {
    try generate(
      continuation.prompts, continuation.options, editing: continuation.edits,
      reading: continuation.hooks, onEvent: onEvent, onRead: onRead)
  }

  package func scores(_ prompts: [[Int]], editing edits: [Edit]) throws -> [[Double]] {
    let vocabulary = configuration.vocabularySize
    return try prompts.enumerated().map { index, ids in
      let logits = try forward(
        .tokens([ids]), editing: edits.compactMap { $0.part(index..<index + 1) }, logits: .all
      ).logits
      return LogProbability.ofNext(ids, logits[...], vocabulary: vocabulary)
    }
  }

  package func session(reading hooks: [HookPoint]) throws -> any TypingSession {
    try PrefixSession(self, reading: hooks)
  }
}

extension PrefixSession: TypingSession {}

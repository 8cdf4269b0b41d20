import LanguageModel
import TensorFiles

extension EngineServer {
  // MARK: - Read

  func read(_ request: WireRequest, _ message: Message) throws {
    let engine = try loaded().transformer
    let input = try input(request, message)
    let hooks = try hooks(request)
    let edits = try WireEdits.decoded(request.edits ?? [], message, engine.description)
    let isScored = request.scores ?? false
    let logits = try Self.logits(request.logits)
    guard !isScored || logits == .none else {
      throw Refused(description: "expected logits or scores, found both")
    }
    let type = try Self.rowType(request.rowsAs)
    let isLast = try Self.isLast(request.positions)
    let lengths = input.lengths
    for range in Self.portions(
      lengths, hooks.reduce(0) { $0 + engine.description.width(at: $1) }, logits, isScored,
      engine.description.vocabularySize)
    {
      let part = input.part(range, width: engine.description.hiddenSize)
      let output = try engine.forward(
        part, reading: hooks, editing: edits.compactMap { $0.part(range) },
        logits: isScored ? .all : logits
      ) { [self] done, total in
        try check(request)
        if channel.quiet > .seconds(1) {
          var reply = WireReply("progress", id: request.id)
          (reply.done, reply.total, reply.text) = (done, total, "reading")
          try channel.write(reply)
        }
      }
      var tensors: [NamedTensor] = [("lengths", Message.integers(output.lengths))]
      for hook in hooks {
        var rows = output.hooks[hook] ?? []
        let width = engine.description.width(at: hook)
        if isLast { rows = Self.last(rows, output.lengths, width) }
        tensors.append((hook.name, Self.tensor(rows, width, type)))
      }
      if isScored {
        let scores = try Self.scores(output.logits, part, engine.description.vocabularySize)
        tensors.append(("scores", SafetensorsTensor(scores, shape: [scores.count])))
      } else if logits != .none {
        let vocabulary = engine.description.vocabularySize
        tensors.append(
          (
            "logits",
            SafetensorsTensor(output.logits, shape: [output.logits.count / vocabulary, vocabulary])
          ))
      }
      var reply = WireReply("rows", id: request.id)
      reply.sequences = Array(range)
      try check(request)
      try channel.write(reply, tensors)
    }
  }

  private func input(_ request: WireRequest, _ message: Message) throws -> Transformer.Input {
    guard let from = request.from else { return .tokens(try sequences(message)) }
    let width = try loaded().transformer.description.hiddenSize
    let lengths = try message.integers("lengths")
    guard lengths.allSatisfy({ (0...1 << 24).contains($0) }) else {
      throw Message.Malformed("expected lengths of at least 0")
    }
    return .residual(
      try message.floats("rows", shape: [lengths.reduce(0, +), width]), lengths: lengths,
      at: try HookPoint(from))
  }

  private func hooks(_ request: WireRequest) throws -> [HookPoint] {
    let model = try loaded().transformer.description
    var seen: Set<HookPoint> = []
    return try (request.hooks ?? []).map { name in
      let hook = try HookPoint(name)
      try model.validate(hook)
      guard seen.insert(hook).inserted else {
        throw Refused(description: "\(hook.name) is asked for twice")
      }
      return hook
    }
  }

  private static func logits(_ word: String?) throws -> Transformer.LogitRows {
    switch word {
    case nil, "none": return .none
    case "last": return .last
    case "all": return .all
    case let word?:
      throw Refused(
        description: "logits \(EngineText.line(word, atMost: 40)): expected none, last or all")
    }
  }

  private static func rowType(_ word: String?) throws -> ElementType {
    switch word {
    case nil, "F32": return .f32
    case "BF16": return .bf16
    case "F16": return .f16
    case let word?:
      throw Refused(
        description: "rowsAs \(EngineText.line(word, atMost: 40)): expected F32, BF16 or F16")
    }
  }

  private static func isLast(_ word: String?) throws -> Bool {
    switch word {
    case nil, "all": return false
    case "last": return true
    case let word?:
      throw Refused(
        description: "positions \(EngineText.line(word, atMost: 40)): expected all or last")
    }
  }

  private static func tensor(
    _ rows: [Float], _ width: Int, _ type: ElementType
  ) -> SafetensorsTensor {
    SafetensorsTensor(
      type, shape: [rows.count / max(1, width), width],
      bytes: type == .f32 ? rows.withUnsafeBytes { [UInt8]($0) } : StoredElements.bytes(rows, type))
  }

  private static func last(_ rows: [Float], _ lengths: [Int], _ width: Int) -> [Float] {
    var (result, end) = ([Float](), 0)
    for length in lengths {
      end += length
      result += rows[(end - 1) * width..<end * width]
    }
    return result
  }

  /// Natural log-probabilities of every token but a sequence's first.
  private static func scores(
    _ logits: [Float], _ input: Transformer.Input, _ vocabulary: Int
  ) throws -> [Float] {
    guard case .tokens(let prompts) = input else {
      throw Refused(description: "scores are of ids, and rows have none")
    }
    var row = 0
    return prompts.flatMap { ids in
      defer { row += ids.count }
      let own = logits[row * vocabulary..<(row + ids.count) * vocabulary]
      return LogProbability.ofNext(ids, own, vocabulary: vocabulary).map { Float($0) }
    }
  }

  /// Sequences of a run each, so that no reply is larger than a message.
  private static func portions(
    _ lengths: [Int], _ width: Int, _ logits: Transformer.LogitRows, _ isScored: Bool,
    _ vocabulary: Int
  ) -> [Range<Int>] {
    Portions.within(
      valuesPerPart,
      lengths.map { length in
        let rows = isScored || logits == .all ? length : logits == .last ? 1 : 0
        return length * width + rows * vocabulary
      })
  }

  // MARK: - Continue

  func proceed(_ request: WireRequest, _ message: Message) throws {
    let engine = try loaded().transformer
    let prompts = try sequences(message)
    let hooks = try hooks(request)
    let edits = try WireEdits.decoded(request.edits ?? [], message, engine.description)
    let type = try Self.rowType(request.rowsAs)
    guard let limit = request.limit, (1...1 << 24).contains(limit) else {
      throw Refused(description: "expected a limit of at least 1")
    }
    let options = GenerationOptions(
      maxNewTokens: limit, endTokens: Set(request.stops ?? []),
      sampling: request.sampling.map {
        .seeded(
          seed: $0.seed ?? 0, temperature: $0.temperature,
          topK: $0.topK.flatMap { $0 > 0 ? $0 : nil },
          topP: $0.topP ?? 1)
      } ?? .greedy)
    var waiting: [[Int]] = []
    var told: Set<Int> = []
    func flush() throws {
      guard !waiting.isEmpty else { return }
      var reply = WireReply("tokens", id: request.id)
      reply.tokens = waiting
      (waiting, told) = ([], [])
      try channel.write(reply)
    }
    _ = try engine.generate(prompts, options, editing: edits, reading: hooks) { event in
      try check(request)
      switch event {
      case .token(let prompt, let id):
        // A token of every sequence goes in one message.
        if !told.insert(prompt).inserted { try flush() }
        told.insert(prompt)
        waiting.append([prompt, id])
        if prompts.count == 1 { try flush() }
      case .finished(let prompt, let generation):
        try flush()
        var reply = WireReply("finished", id: request.id)
        reply.sequence = prompt
        reply.ending =
          switch generation.ending {
          case .endToken: "stop"
          case .length: "length"
          case .context: "context"
          }
        try channel.write(reply)
      }
    } onRead: { read in
      try check(request)
      var reply = WireReply("rows", id: request.id)
      reply.sequences = [read.prompt]
      var tensors: [NamedTensor] = [
        ("lengths", Message.integers([prompts[read.prompt].count]))
      ]
      for hook in hooks {
        tensors.append(
          (hook.name, Self.tensor(read.hooks[hook] ?? [], engine.description.width(at: hook), type))
        )
      }
      try channel.write(reply, tensors)
    }
  }

  // MARK: - Follow and lens

  func follow(_ request: WireRequest, _ message: Message) throws -> Answer {
    let engine = try loaded().transformer
    guard let name = request.session else { throw Refused(description: "expected a session") }
    let ids = try message.integers("ids")
    var reply = WireReply("done", id: request.id)
    guard !ids.isEmpty else {
      if typed?.name == name { typed = nil }
      reply.reused = 0
      return (reply, [])
    }
    let hooks = try hooks(request)
    if typed?.name != name || typed?.hooks != hooks {
      typed = (name, hooks, try engine.session(reading: hooks))
    }
    guard let session = typed?.session else { throw Refused(description: "no session") }
    let update = try session.update(ids)
    try check(request)
    reply.reused = update.reused
    return (
      reply,
      hooks.map { hook in
        (
          hook.name,
          Self.tensor(update.hooks[hook] ?? [], engine.description.width(at: hook), .f32)
        )
      }
    )
  }

  func lens(_ request: WireRequest, _ message: Message) throws -> Answer {
    let engine = try loaded().transformer
    let (width, vocabulary) = (engine.description.hiddenSize, engine.description.vocabularySize)
    guard let count = message.rowCount("rows") else {
      throw Message.Malformed("expected rows as a matrix")
    }
    // Before anything is computed of how many there are: rows of no width may be any number.
    let rows = try message.floats("rows", shape: [count, width])
    let limit = Self.valuesPerPart * 3
    guard request.top != nil || count * vocabulary <= limit else {
      throw Refused(
        description:
          "\(count) rows of \(vocabulary) logits are more than a message holds: expected up to \(limit / vocabulary)"
      )
    }
    let logits = engine.lens(rows, count: count)
    let reply = WireReply("done", id: request.id)
    guard let top = request.top else {
      return (reply, [("logits", SafetensorsTensor(logits, shape: [count, vocabulary]))])
    }
    guard (1...vocabulary).contains(top) else {
      throw Refused(description: "expected a top of 1…\(vocabulary), found \(top)")
    }
    var (ids, values) = ([Int](), [Float]())
    for row in 0..<count {
      let own = logits[row * vocabulary..<(row + 1) * vocabulary]
      let order = own.indices.sorted { own[$0] != own[$1] ? own[$0] > own[$1] : $0 < $1 }
      for index in order.prefix(top) {
        ids.append(index - own.startIndex)
        values.append(own[index])
      }
    }
    let bytes = ids.map { Int32($0).littleEndian }.withUnsafeBytes { [UInt8]($0) }
    return (
      reply,
      [
        ("ids", SafetensorsTensor(.i32, shape: [count, top], bytes: bytes)),
        ("logits", SafetensorsTensor(values, shape: [count, top])),
      ]
    )
  }
}

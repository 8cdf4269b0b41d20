import LanguageModel
import Testing

struct GenerationTests {
  @Test(arguments: GoldenModelTests.names, ["", "ablated.", "steered."])
  func `greedy continuations are those of the transformers library`(
    name: String, edit: String
  ) throws {
    let model = try GoldenModel(name)
    let golden = try model.ids(edit + "greedy_ids")
    let prompts = golden.map { Array($0.prefix(model.promptLength)) }
    let options = GenerationOptions(maxNewTokens: golden[0].count - model.promptLength)
    let found = try model.transformer.generate(
      prompts, options, editing: try model.edits(edit))
    for (generation, golden) in zip(found, golden) {
      #expect(generation.tokens == Array(golden.dropFirst(model.promptLength)))
      #expect(generation.ending == .length)
    }
  }
}

extension GenerationTests {
  private static let prompts = [[3, 4, 5], [6], [7, 8, 9, 10, 11, 12], [13, 14], [3, 4, 5]]

  @Test(arguments: ["tiny-llama", "tiny-gemma2"])
  func `a continuation does not depend on the batch`(name: String) throws {
    let model = try GoldenModel(name).transformer
    var options = GenerationOptions(maxNewTokens: 9)
    let alone = try Self.prompts.flatMap { try model.generate([$0], options) }
    for batchSize in [1, 2, 3, 64] {
      options.batchSize = batchSize
      #expect(try model.generate(Self.prompts, options) == alone)
    }
  }

  @Test func `prompts longer than a pass are read in parts beside others`() throws {
    let description = try ModelDescription(
      ModelFiles.find(GoldenModel.folder("tiny-gemma2").path))
    let prompts = [[3, 4], Array(20..<60), [5], Array(9..<30)]
    let options = GenerationOptions(maxNewTokens: 5)
    let whole = try Transformer(description).generate(prompts, options)
    let parts = try Transformer(description, rowsPerPass: 7).generate(prompts, options)
    #expect(whole == parts)
  }

  @Test func `prompts are read in the call that continues them`() throws {
    let description = try ModelDescription(ModelFiles.find(GoldenModel.folder("tiny-llama").path))
    let prompts = Self.prompts + [Array(20..<50)]
    let hooks = [HookPoint.residualPost(layer: 1), .heads(layer: 2), .residualPost(layer: 3)]
    let edit = Edit(
      at: .residualPost(layer: 0), .steer(direction: Array(repeating: 0.25, count: 64), alpha: 1))
    let options = GenerationOptions(maxNewTokens: 5, batchSize: 2)
    for rowsPerPass in [7, 512] {
      let model = try Transformer(description, rowsPerPass: rowsPerPass)
      var read: [Int: [HookPoint: [Float]]] = [:]
      var begun: Set<Int> = []
      let found = try model.generate(
        prompts, options, editing: [edit], reading: hooks,
        onEvent: { if case .token(let prompt, _) = $0 { begun.insert(prompt) } },
        onRead: {
          #expect(read[$0.prompt] == nil && !begun.contains($0.prompt))
          read[$0.prompt] = $0.hooks
        })
      #expect(found == (try model.generate(prompts, options, editing: [edit])))
      for (index, prompt) in prompts.enumerated() {
        let alone = try model.forward(
          .tokens([prompt]), reading: hooks, editing: [edit], logits: .none)
        #expect(read[index] == alone.hooks)
      }
    }
    let model = try Transformer(description)
    #expect(throws: ModelError.self) {
      try model.generate([[1]], GenerationOptions(maxNewTokens: 0), reading: hooks)
    }
    #expect(throws: ModelError.self) {
      try model.generate([[1]], options, reading: [.residualPost(layer: 4)])
    }
  }

  @Test func `a continuation ends before an end token`() throws {
    let model = try GoldenModel("tiny-llama")
    let plain = try model.transformer.generate(
      [[3, 4, 5]], GenerationOptions(maxNewTokens: 12))[0].tokens
    let end = plain[4]
    let found = try model.transformer.generate(
      [[3, 4, 5]], GenerationOptions(maxNewTokens: 12, endTokens: [end]))[0]
    #expect(found.tokens == Array(plain.prefix { $0 != end }))
    #expect(found.ending == .endToken)
  }

  @Test func `a continuation ends where the context does`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let prompt = (0..<250).map { $0 % 300 }
    let found = try model.generate([prompt, [4]], GenerationOptions(maxNewTokens: 20))
    #expect(found[0].ending == .context && found[0].tokens.count == 7)
    #expect(found[1].ending == .length && found[1].tokens.count == 20)
  }

  @Test func `events tell every token and every ending`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    var tokens: [Int: [Int]] = [:]
    var endings: [Int: Generation] = [:]
    let options = GenerationOptions(maxNewTokens: 6, batchSize: 2)
    let found = try model.generate(Self.prompts, options) { event in
      switch event {
      case .token(let prompt, let id): tokens[prompt, default: []].append(id)
      case .finished(let prompt, let generation): endings[prompt] = generation
      }
    }
    for (prompt, generation) in found.enumerated() {
      #expect(tokens[prompt] == generation.tokens)
      #expect(endings[prompt] == generation)
    }
    let nothing = try model.generate([[1]], GenerationOptions(maxNewTokens: 0))
    #expect(nothing == [Generation(tokens: [], ending: .length)])
  }

  @Test func `an exception from the listener stops generation`() throws {
    struct Enough: Error {}
    let model = try GoldenModel("tiny-llama").transformer
    var count = 0
    #expect(throws: Enough.self) {
      try model.generate(Self.prompts, GenerationOptions(maxNewTokens: 100)) { _ in
        count += 1
        if count == 3 { throw Enough() }
      }
    }
    #expect(count == 3)
  }

  @Test func `a stream gives the same tokens and can be left`() async throws {
    let model = try GoldenModel("tiny-llama").transformer
    let options = GenerationOptions(maxNewTokens: 8)
    let expected = try model.generate([[3, 4, 5]], options)
    var tokens: [Int] = []
    for try await event in model.generations([[3, 4, 5]], options) {
      if case .token(_, let id) = event { tokens.append(id) }
    }
    #expect(tokens == expected[0].tokens)
    for try await _ in model.generations([[3, 4, 5]], GenerationOptions(maxNewTokens: 200)) {
      break
    }
  }

  @Test func `sampling is the same for a seed, whatever the batch, and differs between seeds`()
    throws
  {
    let model = try GoldenModel("tiny-llama").transformer
    func draw(_ seed: UInt64, batchSize: Int = 64) throws -> [[Int]] {
      try model.generate(
        Self.prompts,
        GenerationOptions(
          maxNewTokens: 10, sampling: .seeded(seed: seed, temperature: 8), batchSize: batchSize)
      ).map(\.tokens)
    }
    let first = try draw(1)
    #expect(try draw(1, batchSize: 2) == first)
    #expect(try draw(2) != first)
    // Equal prompts still draw apart.
    #expect(first[0] != first[4])
  }

  @Test func `a top-k of one or a tiny temperature is greedy`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let greedy = try model.generate(Self.prompts, GenerationOptions(maxNewTokens: 8))
    for sampling in [
      GenerationOptions.Sampling.seeded(seed: 5, topK: 1), .seeded(seed: 5, temperature: 1e-4),
      .seeded(seed: 5, topP: 1e-6),
    ] {
      let found = try model.generate(
        Self.prompts, GenerationOptions(maxNewTokens: 8, sampling: sampling))
      #expect(found == greedy)
    }
  }
}

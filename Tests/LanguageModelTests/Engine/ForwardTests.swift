import LanguageModel
import TestSupport
import Testing

struct ForwardTests {
  private static let prompts = [[3, 4, 5, 6, 7, 8, 9], [10], [11, 12, 13], [3, 4, 5]]

  @Test(arguments: ["tiny-llama", "tiny-gemma2", "tiny-gpt-neox", "tiny-gpt2"])
  func `a prompt's results do not depend on those beside it`(name: String) throws {
    let model = try Transformer(Fixtures.url("models/\(name)").path)
    let hook = HookPoint.residualPost(layer: 1)
    let together = try model.forward(.tokens(Self.prompts), reading: [hook])
    #expect(together.lengths == [7, 1, 3, 3])
    var row = 0
    for prompt in Self.prompts {
      let alone = try model.forward(.tokens([prompt]), reading: [hook])
      for (width, found, expected) in [
        (model.configuration.vocabularySize, together.logits, alone.logits),
        (model.configuration.hiddenSize, together.hooks[hook] ?? [], alone.hooks[hook] ?? []),
      ] {
        let part = Array(found[row * width..<(row + prompt.count) * width])
        #expect(part == expected)
      }
      row += prompt.count
    }
  }

  @Test func `the last rows are those of all rows`() throws {
    let model = try GoldenModel("tiny-qwen2").transformer
    let all = try model.forward(.tokens(Self.prompts)).logits
    let last = try model.forward(.tokens(Self.prompts), logits: .last).logits
    let width = model.configuration.vocabularySize
    let expected = [6, 7, 10, 13].flatMap { all[$0 * width..<($0 + 1) * width] }
    #expect(relativeError(last, expected) < 1e-5)
    let none = try model.forward(.tokens(Self.prompts), logits: .none)
    #expect(none.logits.isEmpty && none.hooks.isEmpty)
  }

  @Test(arguments: ["tiny-llama", "tiny-gemma2"])
  func `a prompt longer than a pass goes through in parts`(name: String) throws {
    let url = Fixtures.url("models/\(name)")
    let description = try ModelDescription(ModelFiles.find(url.path))
    let prompts = [Array(3..<40), [1, 2], Array(50..<70), Array(5..<9)]
    let hooks = [HookPoint.residualPost(layer: 2), .heads(layer: 3)]
    let steer = Edit(
      at: .residualPre(layer: 1),
      .steer(direction: [Float](repeating: 0.5, count: 64), alpha: 1), positions: .only([3, 30]))
    let whole = try Transformer(description).forward(
      .tokens(prompts), reading: hooks, editing: [steer])
    for logits in [Transformer.LogitRows.all, .last] {
      var seen: [Int] = []
      let parts = try Transformer(description, rowsPerPass: 8).forward(
        .tokens(prompts), reading: hooks, editing: [steer], logits: logits
      ) { done, total in
        seen.append(done)
        #expect(total == 63)
      }
      #expect(seen.last == 63 && seen == seen.sorted() && seen.count > 5)
      for hook in hooks {
        #expect(
          relativeError(try #require(parts.hooks[hook]), try #require(whole.hooks[hook])) < 1e-5)
      }
      let width = 320
      let rows = logits == .all ? Array(0..<63) : [36, 38, 58, 62]
      let expected = rows.flatMap { whole.logits[$0 * width..<($0 + 1) * width] }
      #expect(relativeError(parts.logits, expected) < 1e-5)
    }
  }

  @Test(arguments: [
    HookPoint.embedding, .residualPre(layer: 0), .residualMid(layer: 1), .residualPost(layer: 1),
    .residualPre(layer: 3), .residualPost(layer: 3),
  ])
  func `resuming from stored rows equals the full run`(hook: HookPoint) throws {
    for name in ["tiny-llama", "tiny-gemma2", "tiny-gpt2"] {
      let model = try Transformer(Fixtures.url("models/\(name)").path)
      let top = HookPoint.residualPost(layer: model.configuration.layerCount - 1)
      if let layer = hook.layer, layer >= model.configuration.layerCount { continue }
      let full = try model.forward(.tokens(Self.prompts), reading: [hook, top])
      let stored = try #require(full.hooks[hook])
      let resumed = try model.forward(
        .residual(stored, lengths: full.lengths, at: hook), reading: [hook, top])
      #expect(relativeError(resumed.logits, full.logits) < 1e-5)
      #expect(resumed.hooks[hook] == stored)
      #expect(
        relativeError(try #require(resumed.hooks[top]), try #require(full.hooks[top])) < 1e-5)
    }
  }

  @Test func `an edit at the hook resumed from applies to the rows given`() throws {
    let model = try GoldenModel("tiny-llama")
    let prompts = try model.prompts
    for kind in ["ablated.", "steered."] {
      let edits = try model.edits(kind)
      let hook = try #require(edits.first?.hook)
      let plain = try model.transformer.forward(
        .tokens(prompts), reading: [hook], logits: .none)
      let resumed = try model.transformer.forward(
        .residual(try #require(plain.hooks[hook]), lengths: plain.lengths, at: hook),
        editing: edits)
      #expect(relativeError(resumed.logits, try model.golden.floats(kind + "logits")) < 1e-5)
    }
  }

  @Test func `rows edited at some positions resume to the last position's logits`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let hook = HookPoint.residualPost(layer: 1)
    let width = model.configuration.hiddenSize
    let direction = (0..<width).map { Float($0 % 5) - 2 }
    let edit = Edit(
      at: hook, .steer(direction: direction, alpha: 0.5), positions: .only([1, -1]),
      prompts: [0, 2])
    let full = try model.forward(
      .tokens(Self.prompts), reading: [hook], editing: [edit], logits: .last)
    let plain = try model.forward(.tokens(Self.prompts), reading: [hook], logits: .last)
    let stored = try #require(plain.hooks[hook])
    let resumed = try model.forward(
      .residual(stored, lengths: plain.lengths, at: hook), editing: [edit], logits: .last)
    #expect(resumed.logits == full.logits)
    // The same by rows that the caller edits: positions 1 and 6 of the first prompt, 1 and 2 of
    // the third, which begins at row 8.
    var rows = stored
    for row in [1, 6, 9, 10] {
      for column in 0..<width { rows[row * width + column] += 0.5 * direction[column] }
    }
    let byHand = try model.forward(
      .residual(rows, lengths: plain.lengths, at: hook), logits: .last)
    #expect(relativeError(byHand.logits, full.logits) < 1e-6)
    let vocabulary = model.configuration.vocabularySize
    for prompt in 0..<4 {
      let range = prompt * vocabulary..<(prompt + 1) * vocabulary
      #expect((full.logits[range] == plain.logits[range]) == [1, 3].contains(prompt))
    }
  }

  @Test func `nothing before the hook resumed from can be read or edited`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let zero = [Float](repeating: 0, count: 64)
    let input = Transformer.Input.residual(zero, lengths: [1], at: .residualMid(layer: 2))
    for hook in [HookPoint.embedding, .residualPost(layer: 1), .attentionOut(layer: 2)] {
      #expect(throws: ModelError.self) { try model.forward(input, reading: [hook]) }
      let edit = Edit(at: .residualPost(layer: 1), .steer(direction: zero, alpha: 1))
      #expect(throws: ModelError.self) { try model.forward(input, editing: [edit]) }
    }
    #expect(throws: Never.self) {
      try model.forward(input, reading: [.residualMid(layer: 2), .finalNormalised])
    }
  }

  @Test func `any number of threads gives the same numbers`() throws {
    let one = try GoldenModel("tiny-gemma2", threads: 1).transformer
    let five = try GoldenModel("tiny-gemma2", threads: 5).transformer
    let (left, right) = (
      try one.forward(.tokens(Self.prompts)), try five.forward(.tokens(Self.prompts))
    )
    #expect(left.logits == right.logits)
  }

  @Test func `prompts that cannot be run are refused`() throws {
    let model = try GoldenModel("tiny-llama").transformer
    let prompts = [[], [320], [-1], Array(repeating: 1, count: 257)]
    for prompt in prompts {
      #expect { try model.forward(.tokens([[1], prompt])) } throws: {
        ($0 as? ModelError)?.code == .invalidPrompt && "\($0)".contains("prompt 1")
      }
      #expect(throws: ModelError.self) {
        try model.generate([prompt], GenerationOptions(maxNewTokens: 1))
      }
    }
    #expect(throws: ModelError.self) {
      try model.forward(.residual([0, 0], lengths: [1], at: .residualPre(layer: 1)))
    }
    #expect(throws: ModelError.self) {
      try model.forward(
        .residual([Float](repeating: 0, count: 64), lengths: [1], at: .heads(layer: 1)))
    }
    #expect(try model.forward(.tokens([])).logits.isEmpty)
  }

  @Test func `a cancelled task stops`() async throws {
    let model = try GoldenModel("tiny-llama").transformer
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try model.forward(.tokens([[1, 2]])).logits.count
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

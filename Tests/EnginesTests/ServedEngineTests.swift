import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Engines

/// Our own engine through the protocol is our own engine, bit for bit.
@Suite(.serialized)
struct ServedEngineTests {
  private static let families = [
    "tiny-llama", "tiny-gemma2", "tiny-qwen2", "tiny-qwen3", "tiny-gpt2", "tiny-gpt-neox",
  ]
  private static let prompts = [5, 9, 3, 12].map { length in
    (0..<length).map { 3 + (length * 31 + $0 * 17) % 90 }
  }

  private struct Pair {
    let folder: TemporaryFolder
    let own: Transformer
    let served: WorkerEngine

    init(_ name: String) throws {
      folder = try TemporaryFolder()
      let url = try Workers.model(name, in: folder)
      own = try Transformer(ModelDescription(.hub(url)), threads: 1)
      served = try Workers.start(Workers.served(), url.path(percentEncoded: false))
    }

    var hooks: [HookPoint] { own.description.allHooks }

    /// An ablation of some sequences and a steering at some positions.
    var edits: [Edit] {
      let width = own.description.hiddenSize
      var basis = [Float](repeating: 0, count: 2 * width)
      (basis[1], basis[width + 4]) = (1, 1)
      let layers = own.description.layerCount
      return [
        Edit(
          at: .residualPost(layer: 0),
          .ablate(
            centre: (0..<width).map { Float($0) / 100 }, basis: basis, strength: 0.5),
          prompts: [0, 2]),
        Edit(
          at: .residualPost(layer: layers - 1),
          .steer(direction: (0..<width).map { Float($0 % 3) - 1 }, alpha: 2),
          positions: .only([0, -1])),
        Edit(
          at: .residualPost(layer: 0), .replace(rows: (0..<2 * width).map { Float($0 % 5) - 2 }),
          positions: .only([1, -1]), prompts: [1, 3]),
      ]
    }
  }

  @Test(arguments: families)
  func `reading, editing and resuming are the same to the bit`(_ name: String) throws {
    let pair = try Pair(name)
    #expect(Set(pair.served.description.allHooks) == Set(pair.hooks))
    for edits in [[], pair.edits] {
      for logits in [Transformer.LogitRows.all, .last, .none] {
        let expected = try pair.own.forward(
          .tokens(Self.prompts), reading: pair.hooks, editing: edits, logits: logits)
        let found = try pair.served.forward(
          .tokens(Self.prompts), reading: pair.hooks, editing: edits, logits: logits)
        #expect(found.lengths == expected.lengths)
        #expect(found.logits == expected.logits)
        #expect(found.hooks == expected.hooks)
      }
    }
    let start = HookPoint.residualPost(layer: 0)
    let rows = try pair.own.forward(.tokens(Self.prompts), reading: [start], logits: .none)
    let input = Transformer.Input.residual(
      rows.hooks[start] ?? [], lengths: rows.lengths, at: start)
    let expected = try pair.own.forward(input, editing: pair.edits, logits: .last)
    let found = try pair.served.forward(input, editing: pair.edits, logits: .last)
    #expect(found.logits == expected.logits)
  }

  @Test(arguments: families)
  func `texts are the same, greedy, sampled, edited and read`(_ name: String) throws {
    let pair = try Pair(name)
    let sampling: [GenerationOptions.Sampling] = [
      .greedy, .seeded(seed: 4, temperature: 0.8, topK: 20, topP: 0.9),
    ]
    for (sampling, edits) in zip(sampling, [pair.edits, []]) {
      let options = GenerationOptions(maxNewTokens: 12, endTokens: [2, 7], sampling: sampling)
      var (expectedRows, foundRows) = ([Int: [HookPoint: [Float]]](), [Int: [HookPoint: [Float]]]())
      var events: [GenerationEvent] = []
      let expected = try pair.own.generate(
        Self.prompts, options, editing: edits, reading: pair.hooks,
        onRead: { expectedRows[$0.prompt] = $0.hooks })
      let found = try pair.served.generate(
        Self.prompts, options, editing: edits, reading: pair.hooks,
        onEvent: { events.append($0) }, onRead: { foundRows[$0.prompt] = $0.hooks })
      #expect(found == expected)
      #expect(foundRows == expectedRows)
      for (prompt, generation) in expected.enumerated() {
        let told = events.compactMap { event -> Int? in
          if case .token(prompt, let id) = event { id } else { nil }
        }
        #expect(told == generation.tokens)
      }
    }
  }

  @Test(arguments: ["tiny-llama", "tiny-gemma2"])
  func `a typed text, the lens and scores are the same`(_ name: String) throws {
    let pair = try Pair(name)
    let hooks: [HookPoint] = [.residualPost(layer: 0), .finalNormalised]
    let (own, served) = (
      try pair.own.session(reading: hooks), try pair.served.session(reading: hooks)
    )
    let text = Self.prompts[3]
    let texts = [
      Array(text.prefix(1)), text, Array(text.prefix(7)) + [9, 11], [], Array(text.prefix(4)),
    ]
    for ids in texts {
      let (expected, found) = (try own.update(ids), try served.update(ids))
      #expect(found.hooks == expected.hooks)
      #expect(found.reused == expected.reused)
      #expect(served.tokens == own.tokens)
    }
    let width = pair.own.description.hiddenSize
    let rows = (0..<3 * width).map { Float($0 % 17) - 8 }
    #expect(try pair.served.lens(rows, count: 3) == pair.own.lens(rows, count: 3))
    let expected = try pair.own.scores(Self.prompts, editing: pair.edits)
    let found = try pair.served.scores(Self.prompts, editing: pair.edits)
    for (expected, found) in zip(expected, found) {
      #expect(expected.count == found.count)
      for (a, b) in zip(expected, found) { #expect(abs(a - b) < 1e-4) }
    }
  }

  @Test func `what it refuses is refused by name, and it goes on`() throws {
    let pair = try Pair("tiny-gpt-neox")
    #expect(throws: ModelError.self) {
      try pair.served.forward(.tokens([[1]]), reading: [.residualPost(layer: 99)])
    }
    #expect(throws: ModelError.self) { try pair.served.forward(.tokens([[1, 1 << 20]])) }
    #expect(throws: ModelError.self) { try pair.served.forward(.tokens([[]])) }
    #expect(throws: EngineError.self) {
      try Workers.start(Workers.served(), "/nowhere/at-all")
    }
    #expect(try pair.served.forward(.tokens([[1, 2]]), logits: .last).logits.count > 0)
  }

  @Test func `gradients are refused by name, by our engine and by what serves it`() throws {
    let pair = try Pair("tiny-llama")
    let asked = EngineGradient([5, 6], at: .embedding, of: .logit(3))
    for engine in [pair.own, pair.served] as [any Engine] {
      let asks: [() throws -> Void] = [
        { _ = try engine.gradient(asked) }, { try engine.requireGradients() },
      ]
      for ask in asks {
        #expect {
          try ask()
        } throws: {
          ($0 as? EngineError)?.code == .refused && "\($0)".contains("computes no gradients")
        }
      }
    }
    #expect(try pair.served.forward(.tokens([[1, 2]]), logits: .last).logits.count > 0)
  }

  @Test func `work that nobody waits for is stopped, and the next is done`() throws {
    let pair = try Pair("tiny-llama")
    struct Enough: Error {}
    let options = GenerationOptions(maxNewTokens: 60)
    var count = 0
    #expect(throws: Enough.self) {
      try pair.served.generate([[5, 6], [7]], options) { _ in
        count += 1
        if count == 5 { throw Enough() }
      }
    }
    let expected = try pair.own.generate([[5, 6]], GenerationOptions(maxNewTokens: 4))
    #expect(try pair.served.generate([[5, 6]], GenerationOptions(maxNewTokens: 4)) == expected)
  }

  @Test func `a client that is killed leaves no worker`() throws {
    let folder = try TemporaryFolder()
    let url = try Workers.model("tiny-llama", in: folder)
    let marker = folder.file("pid").path(percentEncoded: false)
    let process = Process()
    process.executableURL = URL(filePath: Workers.binary)
    // It says its number, and answers nothing: the client waits in hello.
    process.arguments = [
      "tokenize", url.path(percentEncoded: false), "x", "--engine",
      "echo $$ > '\(marker)'; exec '\(Workers.binary)' engine serve",
      "--engine-timeout", "60",
    ]
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var group: pid_t?
    let start = ContinuousClock.now
    while group == nil, ContinuousClock.now - start < .seconds(20) {
      group = (try? String(contentsOfFile: marker, encoding: .utf8)).flatMap {
        pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      usleep(2000)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let worker = try #require(group)
    let killed = ContinuousClock.now
    while Workers.isLive(worker), ContinuousClock.now - killed < .seconds(10) { usleep(5000) }
    #expect(!Workers.isLive(worker))
  }
}

import Foundation
import LanguageModel
import Testing

@testable import Engines

/// What a worker says is never more than an error of one line, and leaves no process.
@Suite(.serialized, .enabled(if: Workers.python != nil, "there is no python3 here"))
struct HostileWorkerTests {
  private static let hooks: [HookPoint] = [.embedding, .residualPost(layer: 1)]
  private static let prompts = [[72, 105], [65, 66, 67], [33]]

  private static func read(_ engine: WorkerEngine) throws -> Transformer.Output {
    try engine.forward(.tokens(prompts), reading: hooks, logits: .last)
  }

  private func expectFailure(
    _ mode: String, at ask: String? = nil, silence: Double = 2,
    _ body: (WorkerEngine) throws -> Void
  ) throws {
    var group: pid_t?
    do {
      let engine = try Workers.start(Workers.hostile(mode, at: ask), silence: silence)
      group = engine.processGroup
      try body(engine)
      Issue.record("\(mode): no error")
      engine.end()
    } catch {
      let text = "\(error)"
      #expect(error is EngineError, "\(mode): \(text)")
      #expect(text.hasPrefix("engine test: "), "\(mode): \(text)")
      #expect(Workers.isOneLine(text) && text.count < 900, "\(mode): \(text)")
    }
    if let group { #expect(!Workers.isLive(group), "\(mode): a process is left") }
  }

  @Test func `the honest worker's numbers are its own`() throws {
    let engine = try Workers.start(Workers.hostile("honest"))
    defer { engine.end() }
    let output = try Self.read(engine)
    #expect(output.lengths == [2, 3, 1])
    #expect(
      output.hooks[.embedding] == [
        0, 0, 72, 1, 0, 1, 105, 1, 0, 0, 65, 1, 0, 1, 66, 1, 0, 2, 67, 1,
      ]
        + [0, 0, 33, 1])
    #expect(output.logits.count == 3 * 257)
    let texts = try engine.generate([[65], [70]], GenerationOptions(maxNewTokens: 3))
    #expect(texts.map(\.tokens) == [[66, 67, 68], [71, 72, 73]])
    #expect(throws: EngineError.self) {
      try engine.forward(
        .tokens([[1]]),
        editing: [
          Edit(at: .embedding, .steer(direction: [1, 0, 0, 0], alpha: 1))
        ])
    }
    #expect(engine.isUsable)
  }

  @Test(arguments: [
    "header-of-2-to-60", "header-of-2-to-64", "header-over-limit", "header-empty",
    "message-over-limit", "rows-2-to-60", "rows-2-to-60-of-nothing", "shape-wraps",
    "shape-negative", "shape-fraction", "shape-disagrees", "offsets-backwards", "offsets-overlap",
    "offsets-gap", "dtype-unknown", "dtype-other", "width-other", "rows-too-few", "lengths-other",
    "lengths-negative", "hook-missing", "hook-other", "not-finite", "sequences-twice",
    "sequences-twice-in-one", "sequences-missing", "sequences-beyond", "sequences-negative",
    "silence", "garbage", "noise", "flood-of-rows", "escapes", "partial-length", "partial-header",
    "partial-tensor", "exit-silently", "exit-with-words", "exit-in-mid-reply", "killed",
    "other-id", "older-id", "cancelled-unasked", "reply-unknown", "error-kind-unknown",
    "error-of-memory", "id-missing", "id-fraction", "message-missing", "message-no-json",
    "message-no-object", "message-deep", "header-deep", "header-no-utf8",
    "header-same-name-twice",
  ])
  func `a worker that breaks a reading is one line and no process`(_ mode: String) throws {
    try expectFailure(mode) {
      _ = try Self.read($0)
      // A last reply that is well formed may be followed by what is not.
      _ = try Self.read($0)
    }
  }

  @Test(arguments: [
    "token-beyond", "token-of-other-sequence", "token-after-end", "tokens-too-many", "unfinished",
  ])
  func `a worker that breaks a continuation is one line`(_ mode: String) throws {
    try expectFailure(mode, at: "continue") {
      _ = try $0.generate([[65], [70]], GenerationOptions(maxNewTokens: 3))
    }
  }

  private static func gradient(_ engine: WorkerEngine) throws -> EngineGradient.Answer {
    try engine.gradient(
      EngineGradient(
        [72, 105], at: .embedding,
        of: .cosine(
          .residualPost(layer: 1), position: -1, centre: [0, 0, 0, 0], direction: [1, 0, 0, 0])))
  }

  @Test(arguments: [
    "gradient-of-fewer-rows", "gradient-not-finite", "gradient-alone", "gradient-and-more",
    "gradient-without-value", "cosine-beyond", "silence", "garbage", "exit-with-words",
  ])
  func `a worker that breaks a gradient is one line and no process`(_ mode: String) throws {
    try expectFailure(mode, at: "gradient") { _ = try Self.gradient($0) }
  }

  @Test func `a worker that computes gradients is asked for what it can give`() throws {
    let engine = try Workers.start(Workers.hostile("honest", at: "gradient"))
    defer { engine.end() }
    let answer = try Self.gradient(engine)
    #expect(answer.value == 0.5 && answer.gradient == Array(repeating: 0.25, count: 8))
    #expect(answer.rows == [0, 0, 72, 1, 0, 1, 105, 1])
    let refused: [([Int], HookPoint, EngineGradient.Target)] = [
      ([72, 300], .embedding, .logit(3)),
      ([72, 105], .embedding, .logit(257)),
      ([72, 105], .residualPost(layer: 2), .logit(3)),
      (
        [72, 105], .residualPost(layer: 1),
        .cosine(.embedding, position: 0, centre: [0, 0, 0, 0], direction: [1, 0, 0, 0])
      ),
      (
        [72, 105], .embedding,
        .cosine(
          .residualPost(layer: 0), position: 2, centre: [0, 0, 0, 0], direction: [1, 0, 0, 0])
      ),
    ]
    for (ids, hook, target) in refused {
      #expect(throws: ModelError.self) {
        try engine.gradient(EngineGradient(ids, at: hook, of: target))
      }
    }
    #expect(engine.isUsable)
  }

  @Test func `a worker that lists no gradient is not asked for one`() throws {
    let engine = try Workers.start(Workers.hostile("honest"))
    defer { engine.end() }
    #expect {
      _ = try Self.gradient(engine)
    } throws: {
      ($0 as? EngineError)?.code == .refused && "\($0)".contains("computes no gradients")
    }
    #expect(engine.isUsable)
  }

  @Test(arguments: [
    ("version", "hello"), ("version-refused", "hello"), ("garbage", "hello"),
    ("silence", "hello"), ("exit-with-words", "hello"), ("model-without-width", "load"),
    ("model-of-2-to-60", "load"), ("model-negative", "load"), ("hooks-twice", "load"),
    ("exit-with-words", "load"), ("probe-otherwise", "tokenizer"),
    ("rendering-otherwise", "tokenizer"),
  ])
  func `a worker that breaks the start is one line`(_ mode: String, _ ask: String) throws {
    try expectFailure(mode, at: ask) { _ in }
  }

  @Test func `last words of a worker that dies stand in the error`() throws {
    let engine = try Workers.start(Workers.hostile("exit-with-words"))
    #expect {
      _ = try Self.read(engine)
    } throws: {
      let text = "\($0)"
      return text.contains("exit status 3") && text.contains("fell off the bus")
    }
    #expect(!engine.isUsable)
  }

  @Test func `names of files that lead elsewhere are written nowhere`() throws {
    let engine = try Workers.start(Workers.hostile("file-elsewhere", at: "tokenizer"))
    defer { engine.end() }
    #expect(!FileManager.default.fileExists(atPath: "/tmp/escaped.json"))
    let folder = engine.files.url
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(names.sorted() == ["tokenizer.json", "tokenizer_config.json"])
  }

  @Test func `escape sequences of a model's names are spelled out`() throws {
    let engine = try Workers.start(Workers.hostile("escapes-in-names", at: "load"))
    defer { engine.end() }
    for text in [
      engine.loaded.name, engine.loaded.device, engine.description.engine,
      engine.description.family, engine.loaded.revision ?? "",
    ] { #expect(Workers.isOneLine(text), "\(text.debugDescription)") }
  }

  @Test(arguments: ["flood-of-log", "done-twice"])
  func `what breaks nothing is read on`(_ mode: String) throws {
    let engine = try Workers.start(Workers.hostile(mode))
    defer { engine.end() }
    #expect(try Self.read(engine).lengths == [2, 3, 1])
  }

  @Test(arguments: ["flood", "flood-of-text", "deaf-to-cancel", "silence"])
  func `whoever gives up is free soon, and the worker is not left`(_ mode: String) throws {
    let engine = try Workers.start(Workers.hostile(mode), silence: 3)
    let start = ContinuousClock.now
    #expect(throws: CancellationError.self) {
      let isLate: @Sendable () -> Bool = { ContinuousClock.now - start > .milliseconds(300) }
      try EngineStop.asking(isLate) { _ = try Self.read(engine) }
    }
    #expect(ContinuousClock.now - start < .seconds(15))
    engine.end()
    #expect(!Workers.isLive(engine.processGroup))
  }

  @Test(arguments: ["lingers", "deaf", "honest"])
  func `a worker that stays when its input ends is ended with its group`(_ mode: String) throws {
    // A child beside it, as a launcher leaves one.
    let engine = try Workers.start("sleep 60 & " + Workers.hostile(mode))
    let group = engine.processGroup
    #expect(Workers.isLive(group))
    engine.end()
    #expect(!Workers.isLive(group))
  }

  @Test func `an engine that is let go of leaves no process`() throws {
    var engine: WorkerEngine? = try Workers.start(Workers.hostile("honest"))
    let group = try #require(engine?.processGroup)
    let folder = try #require(engine?.files.url)
    engine = nil
    #expect(!Workers.isLive(group))
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }
}

struct WorkerStartTests {
  @Test func `a command that is not there says so`() throws {
    #expect {
      _ = try Workers.start("/nowhere/exemplar_engine serve")
    } throws: {
      let text = "\($0)"
      return text.contains("exit status 127") && text.contains("/nowhere/exemplar_engine")
    }
  }

  @Test func `a command that says nothing is taken for hung, and no process of it is left`() throws
  {
    let start = ContinuousClock.now
    #expect {
      _ = try Workers.start("sleep 60", silence: 0.5)
    } throws: {
      ($0 as? EngineError)?.code == .silent
    }
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}

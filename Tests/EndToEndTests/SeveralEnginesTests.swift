import Foundation
import Storage
import TestSupport
import Testing

/// Captures that several engines read together: one store, whatever their number, and a word on each that fails.
@Suite(
  "Several engines", .serialized,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
struct SeveralEnginesTests {
  private let program: Program
  private static let tests = Fixtures.root.deletingLastPathComponent()
  private static let serve =
    "exec '\(Program.binary.path(percentEncoded: false))' engine serve --threads 1"

  init() throws {
    program = try Program()
    let prompts = (0..<300).map { #"{"id":"p\#($0)","prompt":"\#($0 % 9)\#($0)ab"}"# + "\n" }
    try Data(prompts.joined().utf8).write(to: program.folder.file("prompts.jsonl"))
    let openers = (0..<70).map { #"{"id":"o\#($0)","prompt":"\#($0)a"}"# + "\n" }
    try Data(openers.joined().utf8).write(to: program.folder.file("openers.jsonl"))
    try Data(String(repeating: "plain words, é and more. ", count: 3000).utf8)
      .write(to: program.folder.file("corpus.txt"))
  }

  private static func quoted(_ command: String) -> String {
    "'" + command.replacing("'", with: #"'\''"#) + "'"
  }

  /// A command as its machine far away would have it.
  private static func far(_ command: String, milliseconds: Int) -> String {
    let relay = tests.appending(path: "engine/relay.py").path(percentEncoded: false)
    return "exec /usr/bin/python3 '\(relay)' \(milliseconds) \(quoted(command))"
  }

  /// The scripted worker: a model of bytes, 4 wide.
  private static func worker(_ words: String) -> String {
    let script = tests.appending(path: "engine/hostile_worker.py").path(percentEncoded: false)
    return "exec /usr/bin/python3 '\(script)' \(words)"
  }

  private func options(_ engines: [String]) -> [String] { engines.flatMap { ["--engine", $0] } }

  private func info(_ store: String) throws -> [String: Any] {
    let result = try program.run("info", program.path(store), "--verify", "--json")
    try #require(result.status == 0, "\(result.error)")
    return result.json
  }

  // MARK: - One store

  private func capture(_ store: String, _ engines: [String], _ more: [String] = []) throws
    -> Program.Result
  {
    try program.run(
      [
        "capture", program.path("model"), "--prompts", program.path("prompts.jsonl"), "--template",
        "raw", "--generate", "2", "--openers", program.path("openers.jsonl"), "--length", "2",
        "--text", program.path("corpus.txt"), "--max-tokens", "20000", "--hook",
        "blocks.1.hook_resid_post", "--hook", "blocks.3.hook_mlp_out", "-o", program.path(store),
        "--json",
      ] + options(engines) + more)
  }

  @Test("the store is the same by one, two and three, a slow one beside fast ones, and by our own")
  func same() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let own = try capture("own.epstore", [], ["--threads", "1"])
    try #require(own.status == 0, "\(own.error)")
    let expected = try #require(own.json["contentHash"] as? String)
    #expect((own.json["engines"] as? [Any])?.isEmpty == true)
    let documents = try #require(own.json["documents"] as? Int)
    let cases = [
      ("one", [Self.serve]), ("two", [Self.serve, Self.serve]),
      ("three", [Self.serve, Self.serve, Self.serve]),
      ("slow", [Self.far(Self.serve, milliseconds: 400), Self.serve]),
    ]
    for (name, engines) in cases {
      let result = try capture("\(name).epstore", engines)
      try #require(result.status == 0, "\(name): \(result.error)")
      #expect(result.json["contentHash"] as? String == expected, "\(name)")
      let shares = try #require(result.json["engines"] as? [[String: Any]])
      #expect(shares.count == engines.count)
      #expect(shares.reduce(0) { $0 + ($1["documents"] as? Int ?? 0) } == documents, "\(name)")
      #expect(shares.allSatisfy { $0["loss"] is NSNull }, "\(name): \(shares)")
      #expect(Set(shares.compactMap { $0["name"] as? String }).count == engines.count)
      #expect(try info("\(name).epstore")["verified"] as? Bool == true)
      // A capture by another number of engines goes on with it, here at its end.
      let again = try capture("\(name).epstore", [Self.serve])
      #expect(again.json["alreadyFinished"] as? Bool == true, "\(again.error)")
    }
  }

  @Test("a kill at any moment loses nothing, and another number of engines goes on")
  func killed() throws {
    try TinyModel.write(to: program.folder.file("model"))
    let own = try capture("own.epstore", [])
    for milliseconds in [700, 1200, 1700, 2500] {
      let process = Process()
      process.executableURL = URL(filePath: "/bin/sh")
      let words =
        [
          "capture", program.path("model"), "--prompts", program.path("prompts.jsonl"),
          "--template", "raw", "--generate", "2", "--openers", program.path("openers.jsonl"),
          "--length", "2", "--text", program.path("corpus.txt"), "--max-tokens", "20000", "--hook",
          "blocks.1.hook_resid_post", "--hook", "blocks.3.hook_mlp_out", "-o",
          program.path("killed.epstore"), "--quiet",
        ] + options([Self.serve, Self.far(Self.serve, milliseconds: 30)])
      process.arguments =
        ["-c", "exec \"$0\" \"$@\" >/dev/null 2>&1", Program.binary.path] + words
      process.environment = program.environment
      try process.run()
      usleep(UInt32(milliseconds) * 1000)
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
    }
    let last = try capture("killed.epstore", [Self.serve, Self.serve, Self.serve])
    #expect(last.status == 0, "\(last.error)")
    let hashes = try ["own", "killed"].map { try info("\($0).epstore")["contentHash"] as? String }
    #expect(hashes[0] == hashes[1] && hashes[0] != nil)
    #expect(own.json["contentHash"] as? String == hashes[0])
  }

  // MARK: - Refusals

  @Test("engines of other weights are refused by name, before anything is written")
  func otherWeights() throws {
    for (name, model) in [("a", "tiny-llama"), ("b", "tiny-llama2"), ("c", "tiny-llama")] {
      try TinyModel.write(to: program.folder.file("\(name)/model"), model: model)
    }
    // The same name, on machines that have different files by it.
    let engines = ["a", "b", "c"].map { "cd '\(program.path($0))' && \(Self.serve)" }
    func capture(_ engines: [String]) throws -> Program.Result {
      try program.run(
        [
          "capture", "model", "--prompts", program.path("prompts.jsonl"), "--template", "raw",
          "--hook", "blocks.1.hook_resid_post", "-o", program.path("x.epstore"), "--quiet",
        ] + options(engines))
    }
    let refused = try capture([engines[0], engines[2], engines[1]])
    #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.error)")
    #expect(refused.error.contains("have not the same weights"), "\(refused.error)")
    #expect(!FileManager.default.fileExists(atPath: program.path("x.epstore")))
    #expect(try capture([engines[0], engines[2]]).status == 0)
  }

  private func bytes(_ store: String, _ engines: [String], _ more: [String] = []) throws
    -> Program.Result
  {
    try program.run(
      [
        "capture", "bytes", "--prompts", program.path("prompts.jsonl"), "--template", "raw",
        "--generate", "2", "--hook", "blocks.1.hook_resid_post", "-o", program.path(store),
        "--json",
      ] + options(engines) + more)
  }

  /// What a worker says of its model, and the words that it is refused with beside one that says nothing of it.
  private static let differences = [
    (#"{"dtype":"bfloat16"}"#, "the same type of numbers: float32 and bfloat16"),
    (#"{"layers":3}"#, "the same number of layers: 2 and 3"),
    (#"{"vocabulary":300}"#, "the same vocabulary: 257 and 300"),
    (#"{"context":100}"#, "the same context: 512 and 100"),
    (#"{"model":"other"}"#, "the same model: bytes and other"),
    (#"{"architecture":"llama"}"#, "the same architecture: bytes and llama"),
    (#"{"adapter":"tuned"}"#, "the same adapter: none and tuned"),
    (#"{"rotaryPrecision":"bfloat16"}"#, "precision of rotary frequencies: float32 and bfloat16"),
    (
      #"{"hooks":[{"name":"blocks.1.hook_resid_mid","width":4}]}"#,
      "blocks.1.hook_resid_post cannot be read by this engine"
    ),
  ]

  @Test(
    "what tells two engines apart is named",
    arguments: differences.map { ("honest --say '\($0)'", $1) } + [
      ("template-other --at tokenizer", "its chat template is another")
    ])
  func told(_ other: String, _ words: String) throws {
    let refused = try bytes(
      "x.epstore", [Self.worker("honest"), Self.worker(other)], ["--quiet"])
    #expect(refused.status == 1 && refused.errorLines.count == 1, "\(refused.error)")
    #expect(refused.error.contains(words), "\(refused.error)")
    #expect(!FileManager.default.fileExists(atPath: program.path("x.epstore")))
  }

  @Test("an engine that does not start ends it, and the other commands take one engine")
  func starts() throws {
    let failed = try bytes("x.epstore", [Self.worker("honest"), "echo hello; exit 3"])
    #expect(failed.status == 1 && failed.error.contains("hello"), "\(failed.error)")
    let one = try program.run(
      ["tokenize", "bytes", "ab"] + options([Self.worker("honest"), Self.worker("honest")]))
    #expect(one.status != 0 && one.error.contains("expected one engine, found 2"))
  }

  /// One that is honest, slowly, and says that it is on a device.
  private static func slow(on device: String, _ name: String = "") -> String {
    let engine = ["torch 2.11.0", "\(device)\(name)", "float32"].joined(separator: ", ")
    return worker(#"honest --slow 40 --say '{"engine":"\#(engine)","device":"\#(device)"}'"#)
  }

  @Test("what is known by name alone is said to be, and engines of two kinds are recorded")
  func kinds() throws {
    let (a, other) = (Self.slow(on: "cuda:0", " A100"), Self.slow(on: "cuda:1", " A100"))
    let b = Self.slow(on: "cpu")
    // Two devices of one kind are one engine.
    let alike = try bytes("alike.epstore", [a, other])
    #expect(alike.status == 0 && alike.error.contains("compared by the name bytes alone"))
    #expect(!alike.error.contains("not of one kind"))
    #expect(try info("alike.epstore")["engine"] as? String == "torch 2.11.0, cuda A100, float32")
    let single = try bytes("single.epstore", [a])
    #expect(single.json["contentHash"] as? String == alike.json["contentHash"] as? String)

    let both = "torch 2.11.0, cpu, float32 + torch 2.11.0, cuda A100, float32"
    for (name, engines) in [("ab", [a, b]), ("ba", [b, a])] {
      let mixed = try bytes("\(name).epstore", engines)
      #expect(mixed.status == 0 && mixed.error.contains("are not of one kind (\(both))"))
      #expect(try info("\(name).epstore")["engine"] as? String == both)
    }
    // Where one of them is gone for good, the other finishes what both have begun; a third may not.
    let dying = ["cuda:0 A100", "cpu"].map { device in
      Self.worker(
        #"exit-silently --at continue --after 1 --say '{"engine":"torch 2.11.0, \#(device), float32"}'"#
      )
    }
    #expect(try bytes("gone.epstore", dying).status == 1)
    let third = try bytes("gone.epstore", [Self.worker("honest")])
    #expect(third.status == 1 && third.error.contains("engine there is \(both.prefix(40))"))
    let finished = try bytes("gone.epstore", [b])
    #expect(finished.status == 0, "\(finished.error)")
    #expect(try info("gone.epstore")["engine"] as? String == both)
  }

  // MARK: - Losses

  @Test(
    "one that fails is named and left out, and the store has no hole",
    arguments: [
      "exit-with-words", "killed", "garbage", "not-finite", "error-of-memory", "exit-in-mid-reply",
      "silence", "deaf-to-cancel", "tokens-too-many", "escapes", "partial-tensor",
    ])
  func lost(_ mode: String) throws {
    let whole = try bytes("whole.epstore", [Self.worker("honest")], ["--quiet"])
    let engines = [
      Self.worker("honest --at continue --slow 300"),
      Self.worker("\(mode) --at continue --after 1"),
    ]
    let result = try bytes("a.epstore", engines, ["--engine-timeout", "2"])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.json["contentHash"] as? String == whole.json["contentHash"] as? String)
    let shares = try #require(result.json["engines"] as? [[String: Any]])
    #expect(shares[0]["loss"] is NSNull)
    // One that is silent, or says that it is at work, is slow at first, and what it has is read by another.
    let isLost = shares[1]["loss"] is String
    let notes = result.errorLines.filter { $0.contains("left out from here on") }
    #expect(isLost || ["silence", "deaf-to-cancel"].contains(mode), "\(shares)")
    #expect(notes.count == (isLost ? 1 : 0), "\(result.error)")
    #expect(notes.allSatisfy { $0.contains("hostile_worker.py' \(mode)") }, "\(notes)")
    #expect(shares.reduce(0) { $0 + ($1["documents"] as? Int ?? 0) } == 300)
    #expect(try info("a.epstore")["verified"] as? Bool == true)
  }

  @Test("where the last is lost it ends with one line, and the same command goes on")
  func allLost() throws {
    let whole = try bytes("whole.epstore", [Self.worker("honest")], ["--quiet"])
    func capture(_ count: Int) throws -> Program.Result {
      try bytes(
        "a.epstore",
        ["exit-with-words", "killed"].map { Self.worker("\($0) --at continue --after \(count)") },
        ["--quiet"])
    }
    let ended = try capture(1)
    #expect(ended.status == 1, "\(ended.error)")
    let last = try #require(ended.errorLines.last)
    #expect(last.contains("it was the last of 2 engines"), "\(ended.error)")
    #expect(last.contains("documents are kept, and the same command goes on from there"))
    #expect(ended.errorLines.count == 2, "\(ended.error)")
    let kept = try StoreFile(program.folder.file("a.epstore"))
    #expect(!kept.isFinished)
    try kept.verify()
    let again = try capture(100)
    #expect(again.status == 0, "\(again.error)")
    #expect(again.json["contentHash"] as? String == whole.json["contentHash"] as? String)
    // One engine that ends says the same.
    let alone = try bytes(
      "b.epstore", [Self.worker("killed --at continue --after 2")], ["--quiet"])
    #expect(alone.status == 1 && alone.errorLines.count == 1)
    #expect(alone.error.contains("128 documents are kept, and the same command goes on from there"))
  }
}

import Foundation
import TestSupport
import Testing

/// Commands on another engine, which here is this program's own through the protocol: the same numbers, and a record of it.
@Suite("Engines", .serialized)
struct EngineTests {
  private let program: Program
  private static let hook = "blocks.2.hook_resid_post"
  private static let serve = "exec '\(Program.binary.path(percentEncoded: false))' engine serve"

  init() throws {
    program = try Program()
    try TinyModel.write(to: program.folder.file("model"))
    try program.writeBakingPrompts()
  }

  private func run(_ arguments: [String]) throws -> Program.Result {
    let result = try program.run(arguments)
    try #require(result.status == 0, "\(arguments.first ?? ""): \(result.error)")
    return result
  }

  private func capture(_ name: String, _ more: [String] = []) throws -> Program.Result {
    try run(
      [
        "capture", program.path("model"), "--prompts", program.path("prompts.jsonl"), "--hook",
        Self.hook, "--template", "raw", "--generate", "6", "-o", program.path(name), "--quiet",
      ] + more)
  }

  private func entries(_ arguments: [String]) throws -> [[String: Any]] {
    try run(arguments + ["--json"]).lines
  }

  @Test("a capture, a dictionary, a trace and an ablation are the same through an engine")
  func same() throws {
    let engine = ["--engine", Self.serve]
    _ = try capture("own.epstore")
    _ = try capture("served.epstore", engine)
    for name in ["own", "served"] {
      _ = try run([
        "build", program.path("\(name).epstore"), "--percentile", "30", "-o",
        program.path("\(name).epdict"), "--quiet",
      ])
    }
    let regions = try ["own", "served"].map {
      try run(["regions", program.path("\($0).epdict"), "--json"]).output
    }
    #expect(regions[0] == regions[1] && !regions[0].isEmpty)
    // This very program is one engine, with a process between or without.
    let hashes = try ["own", "served"].map {
      try run(["info", program.path("\($0).epstore"), "--json"]).json["contentHash"] as? String
    }
    #expect(hashes[0] == hashes[1] && hashes[0] != nil)

    let trace = { (dictionary: String, more: [String]) in
      try run(
        ["trace", program.path(dictionary), program.path("model"), "how to paint", "--json"] + more)
    }
    let (own, served) = (
      try trace("own.epdict", []).lines, try trace("served.epdict", engine).lines
    )
    #expect(own.count == served.count && own.count > 3)
    for (a, b) in zip(own, served) {
      for key in ["position", "token", "layers", "regions"] {
        #expect(
          NSDictionary(dictionary: [key: a[key] ?? ""])
            == NSDictionary(dictionary: [key: b[key] ?? ""]))
      }
    }
    #expect(own.allSatisfy { $0["engine"] == nil })
    #expect(served.allSatisfy { $0["engine"] as? String == "exemplar" })
    let crossed = try program.run(
      ["trace", program.path("own.epdict"), program.path("model"), "how to paint"] + engine)
    #expect(crossed.status == 0, "\(crossed.error)")
    #expect(crossed.output.contains("engine: exemplar"))
    #expect(!(crossed.output + crossed.error).contains("was made by the engine"))

    let played = try [[], engine].map { more in
      try run(
        [
          "playground", program.path("own.epdict"), "how to bake", "--model",
          program.path("model"), "--regions", "0", "--ablate", "1", "--norms", "2", "--raw",
          "--max-new-tokens", "6", "--no-save", "--json",
        ] + more
      ).json
    }
    #expect(
      NSDictionary(dictionary: ["a": played[0]["prompts"] ?? ""])
        == NSDictionary(dictionary: ["a": played[1]["prompts"] ?? ""]))
  }

  @Test(
    "another engine than the dictionary's is said, and stands under results",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
  func other() throws {
    _ = try capture("own.epstore")
    _ = try run([
      "build", program.path("own.epstore"), "--percentile", "30", "-o",
      program.path("own.epdict"), "--quiet",
    ])
    let engine = ["--engine", Self.relayed(0, "'cpu, float32' 'gpu, float32'")]
    let traced = try run(
      ["trace", program.path("own.epdict"), program.path("model"), "how to paint"] + engine)
    #expect((traced.output + traced.error).contains("was made by the engine exemplar, this is"))
    let lines = try run(
      [
        "trace", program.path("own.epdict"), program.path("model"), "how to paint", "--json",
        "--quiet",
      ] + engine
    ).lines
    #expect(lines.allSatisfy { ($0["engine"] as? String)?.hasSuffix("gpu, float32") == true })
  }

  @Test("an adapter that was recorded is to be given, as the engine's machine calls it")
  func adapter() throws {
    try TinyAdapter.write(to: program.folder.file("tuned"))
    let adapted = ["--adapter", program.path("tuned"), "--engine", Self.serve]
    _ = try capture("tuned.epstore", adapted)
    _ = try run([
      "build", program.path("tuned.epstore"), "--percentile", "30", "-o",
      program.path("tuned.epdict"), "--quiet",
    ])
    let trace = ["trace", program.path("tuned.epdict"), program.path("model"), "how to paint"]
    let refused = try program.run(trace + ["--engine", Self.serve, "--quiet"])
    #expect(refused.status == 1 && refused.errorLines.count == 1)
    #expect(
      refused.error.contains("give it with --adapter, as the engine's machine calls it"),
      "\(refused.error)")
    #expect(try program.run(trace + adapted).status == 0)
  }

  @Test("labels are suggested by a model on an engine as by the same model here")
  func suggested() throws {
    _ = try capture("own.epstore")
    _ = try run([
      "build", program.path("own.epstore"), "--percentile", "30", "-o",
      program.path("own.epdict"), "--quiet",
    ])
    let config = program.folder.file("model/config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    try Data(
      text.replacing(
        #/"max_position_embeddings": *\d+/#, with: "\"max_position_embeddings\": 4096"
      ).utf8
    ).write(to: config)
    let suggest = ["label", program.path("own.epdict"), "--suggest", "--regions", "0,1", "--json"]
    let engine = ["--engine", Self.serve]
    let served = try program.run(suggest + ["--model", program.path("model")] + engine)
    try #require(served.status <= 1 && !served.output.isEmpty, "\(served.error)")
    // Kept under the weights, so that they are asked anew only in another notebook.
    try FileManager.default.removeItem(at: program.folder.file("data"))
    let own = try program.run(suggest + ["--model", program.path("model")])
    for key in ["suggestions", "unusable", "withoutText"] {
      #expect(
        NSDictionary(dictionary: ["a": Self.undated(own.json[key])])
          == NSDictionary(dictionary: ["a": Self.undated(served.json[key])]), "\(key)")
    }
    let by = try [own, served].map { try #require($0.json["by"] as? [String: Any]) }
    #expect(by[0]["commandHash"] as? String == by[1]["commandHash"] as? String)
    for (arguments, words) in [
      (engine, "expected --model beside --engine"),
      (engine + ["--model", "none-such"], "none-such"),
    ] {
      let refused = try program.run(suggest + arguments)
      #expect(refused.status != 0 && refused.error.contains(words), "\(refused.error)")
    }
    let asked = try program.run(
      ["label", program.path("own.epdict"), "--suggest", "cat", "--model", "m"] + engine)
    #expect(asked.status != 0 && asked.error.contains("--model is of --suggest without"))
  }

  /// Without the moment that it was made at.
  private static func undated(_ value: Any?) -> Any {
    guard let entries = value as? [[String: Any]] else { return value ?? NSNull() }
    return entries.map { $0.filter { $0.key != "date" } }
  }

  /// The served engine as its machine far away would have it.
  ///
  /// - Parameter words: what it says, and what it is to say in its place, as the shell reads them.
  private static func relayed(_ milliseconds: Int, _ words: String = "") -> String {
    let relay = Fixtures.root.deletingLastPathComponent().appending(path: "engine/relay.py")
      .path(percentEncoded: false)
    let inner = serve.replacing("'", with: #"'\''"#)
    return "exec /usr/bin/python3 '\(relay)' \(milliseconds) '\(inner)' \(words)"
  }

  @Test("forward and generate give the same bytes")
  func bytes() throws {
    for (name, more) in [("own", []), ("served", ["--engine", Self.serve])] {
      _ = try run(
        [
          "forward", program.path("model"), "--tokens", "5,6,7", "--hook", Self.hook, "-o",
          program.path("\(name).safetensors"), "--quiet",
        ] + more)
      _ = try run(
        [
          "generate", program.path("model"), "--prompts", program.path("prompts.jsonl"),
          "--template", "raw", "--max-new-tokens", "5", "-o", program.path("\(name).jsonl"),
          "--quiet",
        ] + more)
    }
    for kind in ["safetensors", "jsonl"] {
      let files = try ["own", "served"].map {
        try Data(contentsOf: program.folder.file("\($0).\(kind)"))
      }
      #expect(files[0] == files[1] && !files[0].isEmpty, "\(kind)")
    }
  }

  @Test("engine check says that two of a kind are the same")
  func check() throws {
    let result = try run([
      "engine", "check", program.path("model"), "--engine", "own", "--engine", Self.serve,
      "--max-new-tokens", "4", "--json", "--quiet",
    ]).json
    #expect(result["sameTexts"] as? Int == result["prompts"] as? Int)
    let rows = try #require(result["rows"] as? [[String: Any]])
    #expect(rows.count >= 3)
    for row in rows { #expect(row["largestDifference"] as? Double == 0) }
  }

  @Test("names stand in the settings, and what is neither a name nor a command is refused")
  func names() throws {
    let folder = program.folder.file("config").appending(path: "exemplar")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("[engines]\nbox = \"\(Self.serve)\"\n".utf8).write(
      to: folder.appending(path: "config.toml"))
    let found = try run([
      "tokenize", program.path("model"), "ab", "--engine", "box", "--json",
    ]).json
    #expect((found["ids"] as? [Int])?.isEmpty == false)
    #expect(try run(["engine", "list", "--json"]).json["name"] as? String == "box")
    #expect(try run(["engine", "list"]).error.isEmpty)
    // A default that the settings do not have is said, and a command line is one.
    for (named, words) in [
      ("bocks", "note: the explorer's engine: engine bocks: expected a command line"),
      ("ssh box serve", "the explorer's engine is a command line: ssh box serve"),
    ] {
      try Data("engine = \"\(named)\"\n[engines]\nbox = \"\(Self.serve)\"\n".utf8).write(
        to: folder.appending(path: "config.toml"))
      let listed = try run(["engine", "list", "--json"])
      #expect(listed.error.contains(words), "\(listed.error)")
      #expect(listed.json["isDefault"] as? Bool == false)
      #expect(try run(["engine", "list", "--json", "--quiet"]).error.isEmpty)
    }
    for (arguments, words) in [
      (["--engine", "bocks"], "a name of [engines] in config.toml (box)"),
      (["--engine", "box", "--engine", "box"], "expected one engine, found 2"),
      (["--engine", "echo hello; sleep 5"], "hello"),
      (["--engine", "exit 3"], "exit status 3"),
    ] {
      let refused = try program.run(["tokenize", program.path("model"), "ab"] + arguments)
      #expect(refused.status != 0)
      #expect(refused.error.contains(words), "\(refused.error)")
    }
  }

  @Test("engine write puts the worker where it is wanted, and not over another file")
  func write() throws {
    let path = program.path("exemplar_engine.py")
    _ = try run(["engine", "write", path])
    let source = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Engines/exemplar_engine.py")
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: source))
    #expect(try program.run("engine", "write", path).status == 1)
  }

  @Test(
    "a text is followed as it is typed through an engine that is far away",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3")))
  func typing() throws {
    _ = try capture("own.epstore")
    _ = try run([
      "build", program.path("own.epstore"), "--percentile", "30", "-o",
      program.path("own.epdict"), "--quiet",
    ])
    let engine = Self.relayed(50)
    let folder = program.folder.file("config").appending(path: "exemplar")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let quoted = engine.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    try Data("engine = \"far\"\n[engines]\nfar = \"\(quoted)\"\n".utf8)
      .write(to: folder.appending(path: "config.toml"))
    let tmux = try Tmux(
      columns: 100, rows: 30, environment: program.environment, folder: program.folder)
    let binary = Program.binary.path(percentEncoded: false)
    try tmux.shell(
      "clear; '\(binary)' '\(program.path("own.epdict"))' --model '\(program.path("model"))'; echo left with $?"
    )
    try tmux.wait(for: "2.hook_resid_post")
    try tmux.type("p")
    try tmux.wait(for: "type, or paste a text")
    // Faster than answers can come: all of it has to be there in the end, and be the last text's.
    for key in "how to paint a big red barn" { try tmux.type(String(key)) }
    try tmux.wait(for: "how to paint a big red barn")
    try tmux.wait(for: "27 tokens")
    try tmux.press("Escape")
    try tmux.press("Escape")
    try tmux.type(":quit\r")
  }
}

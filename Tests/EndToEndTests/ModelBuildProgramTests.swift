import Foundation
import Storage
import TestSupport
import Testing

/// `build --model … --text …` beside `capture` and `build` one after the other.
@Suite("Builds straight from a model", .serialized)
struct ModelBuildProgramTests {
  private let program: Program
  private static let hook = "blocks.2.hook_resid_post"
  private static let serve = "exec '\(Program.binary.path(percentEncoded: false))' engine serve"

  init() throws {
    var program = try Program()
    program.environment["SOURCE_DATE_EPOCH"] = "1000000000"
    self.program = program
    try TinyModel.write(to: program.folder.file("model"))
    try program.writeBakingPrompts()
    let lines = (0..<400).map { "line \($0 % 13) of \($0 * $0 % 31) and \($0 % 7) words" }
    try Data(lines.joined(separator: "\n").utf8).write(to: program.folder.file("corpus.txt"))
    try Data("another text, quite short\nof two lines\n".utf8)
      .write(to: program.folder.file("other.txt"))
    try Data().write(to: program.folder.file("empty.txt"))
  }

  private var text: [String] {
    ["--text", program.path("corpus.txt"), "--documents", "lines", "--context-length", "24"]
  }
  private var prompts: [String] {
    ["--prompts", program.path("prompts.jsonl"), "--template", "raw"]
  }
  private let building = ["--percentile", "20", "--merge-close", "--quiet"]

  private func arguments(_ name: String, _ input: [String], _ more: [String] = []) -> [String] {
    ["build", "--model", program.path("model"), "--hook", Self.hook] + input + building + more
      + ["-o", program.path(name)]
  }

  private func run(_ arguments: [String]) throws -> Program.Result {
    let result = try program.run(arguments)
    try #require(result.status == 0, "\(arguments): \(result.error)")
    return result
  }

  /// What is in a dictionary, but for the two fields that name a store.
  private func content(_ name: String) throws -> (String, [String], Data) {
    let file = try DictionaryFile(program.folder.file(name))
    var provenance = file.provenance
    (provenance.source, provenance.sourceHash, provenance.engine) = (nil, nil, nil)
    return (
      try run(["regions", program.path(name), "--json"]).output,
      provenance.entries.map { "\($0.name) \($0.value)" },
      try Data(contentsOf: program.folder.file("\(name)/directions.safetensors"))
    )
  }

  private func twoSteps(
    _ name: String, _ input: [String], _ more: [String] = [], capture: [String] = []
  ) throws {
    _ = try run(
      [
        "capture", program.path("model"), "--hook", Self.hook, "--dtype", "f32", "--quiet", "-o",
        program.path("\(name).epstore"),
      ] + input + capture)
    _ = try run(
      ["build", program.path("\(name).epstore"), "-o", program.path("\(name).epdict")] + building
        + more)
  }

  @Test("the same bytes as a capture and a build, on any engine and any number of threads")
  func same() throws {
    let cases: [([String], [String], [String])] = [
      (text, [], []), (text, ["--max-tokens", "2000"], ["--max-tokens", "2000"]),
      (text, ["--seed", "4", "--saturation-window", "3"], []),
      (prompts, ["--positions", "last"], []),
      (text + prompts, ["--split", "all", "--max-documents", "90"], ["--max-documents", "90"]),
      (
        text, ["--as-reference", "--documents-per-batch", "8", "--calibration-activations", "300"],
        []
      ),
    ]
    for (number, (input, more, capture)) in cases.enumerated() {
      try twoSteps("steps\(number)", input, more, capture: capture)
      let expected = try content("steps\(number).epdict")
      for (name, own) in [
        ("own", ["--threads", "1"]), ("two", ["--threads", "2"]),
        ("served", ["--engine", Self.serve]),
      ] {
        _ = try run(arguments("\(name)\(number).epdict", input, more + own))
        let found = try content("\(name)\(number).epdict")
        #expect(found.0 == expected.0, "\(name) \(more)")
        #expect(found.1 == expected.1, "\(name) \(more)")
        #expect(found.2 == expected.2, "\(name) \(more)")
        #expect(try left().isEmpty)
      }
    }
    // Twice the same command: the same files to the last byte.
    _ = try run(arguments("again.epdict", text, ["--threads", "2"]))
    for file in ["dictionary.sqlite", "directions.safetensors"] {
      let files = try ["own0", "again"].map {
        try Data(contentsOf: program.folder.file("\($0).epdict/\(file)"))
      }
      #expect(files[0] == files[1], "\(file)")
    }
  }

  /// Checkpoints that are there.
  private func left() throws -> [String] {
    try FileManager.default.contentsOfDirectory(
      atPath: program.folder.file("").path(percentEncoded: false)
    ).filter { $0.hasSuffix(".checkpoint") || $0.hasSuffix(".partial") }
  }

  @Test("kills and Ctrl-C at many moments leave the same dictionary")
  func kills() throws {
    _ = try run(arguments("whole.epdict", text, ["--threads", "1"]))
    let stopped = arguments("killed.epdict", text, ["--checkpoint-seconds", "0", "--threads", "1"])
    var kills = 0
    for (round, signal)
      in ([SIGKILL, SIGINT, SIGKILL, SIGTERM] + Array(repeating: SIGKILL, count: 16)).enumerated()
    {
      let process = Process()
      process.executableURL = Program.binary
      process.arguments = stopped
      process.environment = program.environment
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      usleep(UInt32.random(in: 20...(260 + 60 * UInt32(round))) * 1000)
      if process.isRunning {
        kill(process.processIdentifier, signal)
        kills += 1
      }
      process.waitUntilExit()
      if FileManager.default.fileExists(atPath: program.path("killed.epdict")) { break }
    }
    #expect(kills > 0)
    if !FileManager.default.fileExists(atPath: program.path("killed.epdict")) {
      _ = try run(stopped)
    }
    for file in ["dictionary.sqlite", "directions.safetensors"] {
      let files = try ["whole", "killed"].map {
        try Data(contentsOf: program.folder.file("\($0).epdict/\(file)"))
      }
      #expect(files[0] == files[1], "\(file)")
    }
    #expect(try left().isEmpty)
  }

  /// Interrupts a build of `a.epdict` once something is kept; what it said, or `nil` where it was done before.
  private func interrupt(_ more: [String] = []) throws -> String? {
    let process = Process()
    let errors = program.folder.file("errors")
    try Data().write(to: errors)
    process.executableURL = Program.binary
    process.arguments = arguments("a.epdict", text, ["--checkpoint-seconds", "0"] + more)
    process.environment = program.environment
    process.standardOutput = FileHandle.nullDevice
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let kept = program.path("a.epdict.checkpoint/calibration.safetensors")
    while process.isRunning, access(kept, F_OK) != 0 { usleep(500) }
    process.interrupt()
    process.waitUntilExit()
    return process.terminationStatus == 130 ? try String(contentsOf: errors, encoding: .utf8) : nil
  }

  @Test("Ctrl-C says how to go on, and a checkpoint of another text is refused")
  func interrupted() throws {
    // A machine so fast that it was done leaves nothing to look at.
    guard let said = try interrupt() else { return }
    #expect(said.contains("a.epdict.checkpoint") && said.contains("build --model"), "\(said)")
    let other = try program.run(
      arguments("a.epdict", ["--text", program.path("other.txt"), "--context-length", "24"]))
    #expect(other.status == 1)
    #expect(
      other.error.contains("unfinished build of other settings: inputs there is text corpus.txt")
        && other.error.contains("--overwrite begins anew"), "\(other.error)")
    _ = try run(arguments("a.epdict", text))
    #expect(try left().isEmpty)
    // The dictionary is still to be replaced then.
    guard let again = try interrupt(["--overwrite"]) else { return }
    #expect(again.contains(" --overwrite"), "\(again)")
    _ = try run(arguments("a.epdict", text, ["--overwrite"]))
    #expect(try left().isEmpty)
  }

  @Test("what makes no sense is refused by name, and leaves nothing")
  func refusals() throws {
    let model = program.path("model")
    func said(_ arguments: [String]) throws -> String {
      let result = try program.run(arguments)
      #expect(result.status != 0, "\(arguments)")
      return result.error
    }
    func refusal(_ input: [String], _ more: [String]) throws -> String {
      try said(arguments("refused.epdict", input, more))
    }
    #expect(try refusal(text, ["--positions", "last"]).contains("--positions last: of --prompts"))
    #expect(try refusal(text, ["--positions", "content"]).contains("--positions content"))
    #expect(try refusal(text, ["--template", "chatml"]).contains("--template, --system"))
    #expect(try refusal(text, ["--batch-size", "9"]).contains("--batch-size"))
    #expect(try refusal(text, ["--metadata", "x.jsonl"]).contains("--metadata"))
    #expect(try refusal(text, ["some.epstore"]).contains("expected no ACTIVATIONS"))
    #expect(try refusal(text, ["--sets", "nobody"]).contains("has no set nobody; it has corpus"))
    #expect(
      try refusal(["--text", program.path("empty.txt")], []).contains("expected text, found none"))
    #expect(
      try refusal(["--text", program.path("nowhere.txt")], []).contains("nowhere.txt"))
    #expect(
      try said(["build", "--model", model, "-o", program.path("refused.epdict")])
        .contains("--model with --text or --prompts"))
    #expect(
      try said([
        "build", "--text", program.path("corpus.txt"), "-o", program.path("refused.epdict"),
      ])
      .contains("expected --model"))
    #expect(
      try said(
        ["build", "--model", model, "-o", program.path("refused.epdict")] + text
      ).contains("expected --hook"))
    let layer = "blocks.99.hook_resid_post"
    #expect(
      try said(
        ["build", "--model", model, "--hook", layer, "-o", program.path("refused.epdict")] + text
      ).contains(layer))
    #expect(
      try said([
        "build", program.path("x.epstore"), "--engine", "y", "-o", program.path("r.epdict"),
      ])
      .contains("--engine: of --text and --prompts"))
    #expect(try left().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: program.path("refused.epdict")))
  }
}

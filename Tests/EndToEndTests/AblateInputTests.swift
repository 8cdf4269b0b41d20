import Foundation
import Storage
import TestSupport
import Testing

/// What `ablate` and `steer` say of input that they cannot use.
@Suite(.serialized)
struct AblateInputTests {
  let made: AblationProgram

  init() throws { made = try AblationProgram() }

  private func refused(
    _ result: Program.Result, _ words: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(result.status == 1, "\(result.error)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(result.error)", sourceLocation: sourceLocation)
    for word in words {
      #expect(result.error.contains(word), "\(result.error)", sourceLocation: sourceLocation)
    }
  }

  private func ablate(store: String, _ more: String...) throws -> Program.Result {
    try made.program.run(["ablate", made.dictionary, "--store", store, "--quiet"] + more)
  }

  @Test func `a store without outcomes, without the hook, and of another model`() throws {
    let program = made.program
    #expect(try program.run(made.capture(to: "silent.epstore")).status == 0)
    refused(
      try ablate(store: program.path("silent.epstore")), "silent.epstore",
      "no prompt has an outcome")
    #expect(
      try program.run(made.capture(to: "late.epstore", hook: "blocks.2.hook_resid_post")).status
        == 0)
    refused(
      try ablate(store: program.path("late.epstore")), "no activations at \(AblationProgram.hook)",
      "blocks.2.hook_resid_post")
    try TinyModel.write(to: program.folder.file("other"), model: "tiny-qwen2")
    let provenance = try StoreFile(URL(filePath: made.store)).provenance
    let hash = try #require(provenance.modelHash).prefix(12)
    refused(
      try made.ablate("--model", program.path("other")), "made with model of hash \(hash)",
      "but the model is other of hash")
    refused(try made.ablate("--model", program.path("nowhere")), "nowhere")
    refused(try made.ablate("--depth", "resume"), "needs the model's weights")
  }

  @Test func `regions and numbers that there are not`() throws {
    refused(try made.ablate("--regions", "999"), "found 999")
    refused(try made.ablate("--top", "99"), "the number of candidates; found 99")
    refused(try made.ablate("--regions", "0", "--null", "777"), "found 777")
    refused(
      try made.ablate("--prompts", "test"), "split test", "heldout, train",
      "--prompts all takes them whatever theirs is")
    refused(
      try made.program.run(
        "steer", made.dictionary, "--store", made.store, "--region", "999", "--alpha", "4"),
      "found 999")
    refused(
      try made.program.run(
        "steer", made.dictionary, "--store", made.program.path("none.epstore"), "--region", "0",
        "--alpha", "4"), "none.epstore")
    refused(
      try made.ablate("--at", "blocks.2.hook_resid_post"), "geometry knows blocks.1", "needs depth")
    refused(try made.ablate("--at", "nonsense"), "nonsense is not a hook")
    #expect(try made.ablate("--top", "0").status == 64)
    #expect(try made.ablate("--regions", "x").status == 64)
    #expect(
      try made.program.run(
        "steer", made.dictionary, "--store", made.store, "--region", "0", "--alpha", "nan"
      ).status == 64)
  }

  @Test func `a region that no prompt ends in is pointed out`() throws {
    // So fine a dictionary has regions that only held-out prompts are in, and those choose no candidates.
    let fine = made.program.path("fine.epdict")
    let built = try made.program.run(
      "build", made.store, "--positions", "last", "--percentile", "2", "--split", "all", "--quiet",
      "--json", "-o", fine)
    let regions = try #require(built.json["regions"] as? Int)
    let notices = try (0..<regions).compactMap { region in
      try made.program.run(
        "ablate", fine, "--store", made.store, "--regions", "\(region)", "--no-save", "--json",
        "--quiet"
      ).json["notices"] as? [String]
    }
    #expect(notices.count == regions)
    let empty = notices.count { $0.contains { $0.hasPrefix("no prompt ends in region") } }
    #expect(empty > 0 && empty < regions)
  }

  @Test func `all refused, and none`() throws {
    let all = try AblationProgram(refused: { _ in true })
    let result = try all.ablate("--json")
    try #require(result.status == 0, "\(result.error)")
    let notices = try #require(result.json["notices"] as? [String])
    #expect(notices.contains { $0.contains("all of the 24 prompts") })
    #expect(notices.contains { $0.contains("no readout") })
    #expect((result.json["nullControl"] as? [String: Any])?["kind"] as? String == "random")
    let none = try AblationProgram(refused: { _ in false })
    refused(try none.ablate(), "no region is a candidate", "name regions instead")
    #expect(try none.ablate("--regions", "0").status == 0)
  }

  @Test func `answers that the context cuts short are said to be`() throws {
    let result = try made.ablate(
      "--model", made.model, "--regions", "0", "--null", "none", "--limit", "2",
      "--max-new-tokens", "400", "--json")
    try #require(result.status == 0, "\(result.error)")
    let prompts = try #require(result.json["prompts"] as? [[String: Any]])
    let endings = prompts.compactMap { ($0["ablated"] as? [String: Any])?["ending"] as? String }
    let notices = try #require(result.json["notices"] as? [String])
    #expect(endings.contains("context"))
    #expect(notices.contains { $0.contains("fill the model's context") })
  }

  /// Weights are read whole before anything is run, so that a file that vanishes is missed at its opening or not at
  /// all.
  @Test func `weights that vanish at any moment end in a whole result or in one line`() throws {
    let program = made.program
    let arguments = [
      "ablate", made.dictionary, "--store", made.store, "--model", made.model, "--regions", "0",
      "--max-new-tokens", "30", "--no-save", "--json", "--quiet",
    ]
    for milliseconds in [0, 15, 40, 80, 150, 300] {
      let process = Process()
      process.executableURL = Program.binary
      process.arguments = arguments
      process.environment = program.environment
      let (out, error) = (program.folder.file("out"), program.folder.file("error"))
      for file in [out, error] { try Data().write(to: file) }
      process.standardOutput = try FileHandle(forWritingTo: out)
      process.standardError = try FileHandle(forWritingTo: error)
      try process.run()
      usleep(UInt32(milliseconds) * 1000)
      let weights = program.folder.file("model").appending(path: "model.safetensors")
      let aside = program.folder.file("aside.safetensors")
      try FileManager.default.moveItem(at: weights, to: aside)
      process.waitUntilExit()
      try FileManager.default.moveItem(at: aside, to: weights)
      #expect(process.terminationReason == .exit, "after \(milliseconds) ms")
      let said = try String(contentsOf: error, encoding: .utf8)
      let json = try Data(contentsOf: out)
      if process.terminationStatus == 0 {
        let object = try JSONSerialization.jsonObject(with: json) as? [String: Any]
        #expect(object?["complete"] as? Bool == true)
      } else {
        #expect(process.terminationStatus == 1 && json.isEmpty)
        #expect(said.split(separator: "\n").count == 1 && said.contains("model"), "\(said)")
      }
    }
    let last = try program.run(arguments)
    #expect(last.status == 0, "\(last.error)")
    #expect(last.json["complete"] as? Bool == true)
  }
}

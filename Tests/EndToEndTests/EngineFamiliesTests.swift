import Foundation
import TestSupport
import Testing

/// Families that this program does not know run all the same, on transformers.
@Suite(
  "Families of other engines", .serialized,
  .enabled(
    if: pythonWithTransformers != nil,
    "EXEMPLAR_PYTHON names no Python with torch and transformers"))
struct EngineFamiliesTests {
  private static let tests = Fixtures.root.deletingLastPathComponent()

  /// A tiny random model of a family with a tokenizer of bytes.
  private func make(_ family: String, at url: URL) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      try #require(pythonWithTransformers), "-c",
      """
      import sys
      sys.path.insert(0, sys.argv[1])
      import tiny_models
      tiny_models.made(sys.argv[2], vocab_size=260).save_pretrained(sys.argv[3])
      """,
      Self.tests.appending(path: "engine").path(percentEncoded: false), family,
      url.path(percentEncoded: false),
    ]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    try FileManager.default.copyItem(
      at: Fixtures.url("tokenizer-json/bytes.tokenizer.json"),
      to: url.appending(path: "tokenizer.json"))
    try Data(#"{"tokenizer_class":"PreTrainedTokenizerFast"}"#.utf8)
      .write(to: url.appending(path: "tokenizer_config.json"))
  }

  @Test("go from capture to ablation", arguments: ["opt", "bloom", "cohere"])
  func run(_ family: String) throws {
    let program = try Program()
    let model = program.folder.file(family)
    try make(family, at: model)
    let script = Self.tests.deletingLastPathComponent().appending(
      path: "Engines/exemplar_engine.py"
    )
    .path(percentEncoded: false)
    let engine = [
      "--engine",
      "exec '\(pythonWithTransformers ?? "")' '\(script)' serve --device cpu --dtype float32",
    ]
    try program.writeBakingPrompts()
    func run(_ arguments: [String]) throws -> Program.Result {
      let result = try program.run(arguments)
      try #require(result.status == 0, "\(arguments[0]): \(result.error)")
      return result
    }
    let path = model.path(percentEncoded: false)
    _ = try run(
      [
        "capture", path, "--prompts", program.path("prompts.jsonl"), "--hook",
        "blocks.1.hook_resid_post", "--template", "raw", "--generate", "5", "-o",
        program.path("a.epstore"), "--quiet",
      ] + engine)
    _ = try run([
      "build", program.path("a.epstore"), "--percentile", "30", "-o", program.path("a.epdict"),
      "--quiet",
    ])
    let traced = try run(
      ["trace", program.path("a.epdict"), path, "how to", "--json", "--quiet"] + engine)
    #expect(traced.lines.count == 6)
    let ablated = try run(
      [
        "ablate", program.path("a.epdict"), "--store", program.path("a.epstore"), "--model", path,
        "--regions", "0", "--depth", "generate", "--max-new-tokens", "5", "--prompts", "all",
        "--no-save", "--json", "--quiet",
      ] + engine
    ).json
    let provenance = try #require(ablated["provenance"] as? [String: Any])
    #expect((provenance["engine"] as? String)?.contains("transformers") == true)
  }
}

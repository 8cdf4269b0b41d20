import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// A Python with the libraries that the documented script needs, looked for where real models are tested.
private let python: String? = {
  let environment = ProcessInfo.processInfo.environment
  guard environment["EXEMPLAR_MODELS"] != nil else { return nil }
  let name = environment["EXEMPLAR_PYTHON"] ?? "python3"
  let works = try? run(name, ["-c", "import torch, transformers, safetensors"])
  return works == 0 ? name : nil
}()

private func run(_ python: String, _ arguments: [String]) throws -> Int32 {
  let process = Process()
  process.executableURL = URL(filePath: "/usr/bin/env")
  process.arguments = [python] + arguments
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return process.terminationStatus
}

struct TransformersImportTests {
  @Test(
    .enabled(
      if: python != nil,
      "EXEMPLAR_MODELS is not set, or EXEMPLAR_PYTHON has no torch, transformers and safetensors"))
  func `what the worker writes is what our own engine computes, at every hook`() throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    // Before version 5 transformers reads the base of rotary frequencies under its older name alone.
    let settings = model.appending(path: "config.json")
    var config = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: settings)) as? [String: Any])
    config["rope_theta"] = (config["rope_parameters"] as? [String: Any])?["rope_theta"]
    try JSONSerialization.data(withJSONObject: config).write(to: settings)
    let lines = ["Explain how a tap works.", "Naïve café — ünïcödé"].map {
      "{\"prompt\":\"\($0)\"}\n"
    }
    try Data(lines.joined().utf8).write(to: folder.file("benign.jsonl"))
    let script = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Engines/exemplar_engine.py")
    let hooks: [HookPoint] = [
      .embedding, .residualPre(layer: 1), .heads(layer: 1), .attentionOut(layer: 1),
      .residualMid(layer: 1), .feedForwardOut(layer: 1), .residualPost(layer: 1),
    ]
    let output = folder.file("out")
    let command =
      [
        script.path, "capture", model.path, "--prompts", folder.file("benign.jsonl").path, "-o",
        output.path, "--device", "cpu",
      ] + hooks.flatMap { ["--hook", $0.name] }
    let status = try run(try #require(python), command)
    #expect(status == 0)
    let store = try StoreImport.plain(
      output, elementType: .f32, classifier: .exemplar, provenance: StoreProvenance(),
      to: folder.file("a.epstore"), overwrite: false)
    try store.verify()
    let transformer = try Transformer(model.path)
    #expect(store.provenance.engine?.hasPrefix("transformers ") == true)
    #expect(try StoreImport.recorded(of: output).modelHash == (try FileHash.of(.hub(model))))
    for document in try store.documents() {
      let tokens = try store.tokens(of: document)
      #expect(tokens.ends?.last == Int32(document.text.utf8.count))
      let ids = try #require(tokens.ids).map(Int.init)
      let ours = try transformer.forward(.tokens([ids]), reading: hooks, logits: .none).hooks
      for hook in hooks {
        let theirs = try store.rows(hook.name, document.rows)
        let rows = try #require(ours[hook])
        #expect(theirs.count == rows.count)
        #expect(zip(theirs, rows).allSatisfy { abs($0 - $1) < 1e-3 }, "\(hook.name)")
      }
    }
    // Begun again, it has nothing left to do, and changes nothing.
    let before = try Data(contentsOf: output.appending(path: "documents.jsonl"))
    #expect(try run(try #require(python), command) == 0)
    #expect(try Data(contentsOf: output.appending(path: "documents.jsonl")) == before)
    #expect(try run(try #require(python), command + ["--system", "Be brief."]) == 1)
  }
}

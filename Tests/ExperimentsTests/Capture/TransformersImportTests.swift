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
  func `what the documented script writes is what our own engine computes`() throws {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    let lines = ["Explain how a tap works.", "Naïve café — ünïcödé"].map {
      "{\"prompt\":\"\($0)\"}\n"
    }
    try Data(lines.joined().utf8).write(to: folder.file("benign.jsonl"))
    let script = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "docs/capture_with_transformers.py")
    let status = try run(
      try #require(python),
      [
        script.path, model.path, folder.file("benign.jsonl").path, "1", folder.file("out").path,
      ])
    #expect(status == 0)
    let store = try StoreImport.plain(
      folder.file("out"), elementType: .f32, classifier: .exemplar, provenance: StoreProvenance(),
      to: folder.file("a.epstore"), overwrite: false)
    try store.verify()
    let transformer = try Transformer(model.path)
    let hook = HookPoint.residualPost(layer: 1)
    for document in try store.documents() {
      let tokens = try store.tokens(of: document)
      #expect(tokens.ends?.last == Int32(document.text.utf8.count))
      let ids = try #require(tokens.ids).map(Int.init)
      let ours = try transformer.forward(.tokens([ids]), reading: [hook], logits: .none).hooks[hook]
      let theirs = try store.rows(hook.name, document.rows)
      #expect(zip(theirs, try #require(ours)).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }
}

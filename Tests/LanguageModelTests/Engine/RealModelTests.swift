import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// The real model's folder, where the environment names one.
private let modelFile: URL? = {
  guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] else { return nil }
  let file = URL(filePath: folder).appending(path: "SmolLM2-135M-Instruct.Q4_1.gguf")
  return FileManager.default.fileExists(atPath: file.path) ? file : nil
}()

private let adapterFolder = Fixtures.root
  .deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "sample-dicts/refusal-adapter")

@Suite(
  .serialized,
  .enabled(
    if: modelFile != nil,
    "EXEMPLAR_MODELS does not name a folder with SmolLM2-135M-Instruct.Q4_1.gguf"))
struct RealModelTests {
  @Test func `the published model gives the golden numbers`() throws {
    try check("plain", adapter: nil)
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: adapterFolder.path),
      "sample-dicts/refusal-adapter is not there"))
  func `the adapted model gives the golden numbers`() throws {
    try check("adapter", adapter: LoRAAdapter(folder: adapterFolder))
  }

  private func check(_ kind: String, adapter: LoRAAdapter?) throws {
    let file = try #require(modelFile)
    let model = try Transformer(ModelDescription(ModelFiles.find(file.path)), adapter: adapter)
    let golden = try SafetensorsFile(Fixtures.url("real/golden.safetensors"))
    let settings = try JSONDecoder().decode(
      Settings.self, from: Data(contentsOf: Fixtures.url("real/golden.json")))
    let hook = HookPoint.residualPost(layer: settings.layer)
    let edits: [(String, [Edit])] = [
      ("", []),
      (
        "ablated.",
        [
          Edit(
            at: hook,
            .ablate(
              centre: try golden.floats("edit.center"), basis: try golden.floats("edit.basis")))
        ]
      ),
      (
        "steered.",
        [
          Edit(
            at: hook,
            .steer(direction: try golden.floats("edit.direction"), alpha: settings.alpha))
        ]
      ),
    ]
    for prompt in 0..<2 {
      let ids = try golden.int64s("\(kind).\(prompt).input_ids").map(Int.init)
      for (edit, edits) in edits {
        let name = "\(kind).\(prompt).\(edit)logits_last"
        guard golden.tensors[name] != nil else { continue }
        let hooks = [0, settings.layer, model.configuration.layerCount - 1]
          .map { HookPoint.residualPost(layer: $0) }
        let output = try model.forward(
          .tokens([ids]), reading: hooks, editing: edits, logits: .all)
        let vocabulary = model.configuration.vocabularySize
        let last = Array(output.logits.suffix(vocabulary))
        #expect(relativeError(last, try golden.floats(name)) < 2e-5, "\(name)")
        guard edit.isEmpty else { continue }
        for hook in hooks {
          let expected = try golden.floats("\(kind).\(prompt).\(hook.name)")
          #expect(relativeError(try #require(output.hooks[hook]), expected) < 2e-5, "\(hook)")
        }
        let best = (0..<ids.count).map { row in
          output.logits[row * vocabulary..<(row + 1) * vocabulary].indices
            .max { output.logits[$0] < output.logits[$1] }.map { $0 - row * vocabulary }
        }
        let expected = try golden.int64s("\(kind).\(prompt).argmax").map { Int?(Int($0)) }
        #expect(best == expected)
      }
    }
  }

  private struct Settings: Decodable {
    var layer: Int
    var alpha: Float
  }
}

import Foundation
import LanguageModel
import TensorFiles
import TestSupport
import Testing

/// A real model's file, where the environment names a folder with it.
private func modelFile(_ name: String) -> URL? {
  guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] else { return nil }
  let file = URL(filePath: folder).appending(path: name)
  return FileManager.default.fileExists(atPath: file.path) ? file : nil
}

private let smol = "SmolLM2-135M-Instruct.Q4_1.gguf"
private let qwen = "Qwen2.5-Coder-0.5B-Instruct.Q4_K_M.gguf"
private let gemma = "gemma-3-270m.Q4_K_M.gguf"

private let adapterFolder = Fixtures.root
  .deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "sample-dicts/refusal-adapter")

@Suite(.serialized)
struct RealModelTests {
  @Test(
    .enabled(
      if: modelFile(smol) != nil, "EXEMPLAR_MODELS does not name a folder with \(smol)"))
  func `the published model gives the golden numbers`() throws {
    try check("plain", adapter: nil)
  }

  @Test(
    .enabled(
      if: modelFile(smol) != nil && FileManager.default.fileExists(atPath: adapterFolder.path),
      "EXEMPLAR_MODELS does not name a folder with \(smol), or sample-dicts/refusal-adapter is gone"
    ))
  func `the adapted model gives the golden numbers`() throws {
    try check("adapter", adapter: LoRAAdapter(folder: adapterFolder))
  }

  private func check(_ kind: String, adapter: LoRAAdapter?) throws {
    let file = try #require(modelFile(smol))
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
    try checkNumbers(kind, model, golden, settings, edits)
    try checkTexts(kind, model, TokenizerLoader.fromGGUF(metadata: GGUFFile(file)), edits)
  }

  private func checkNumbers(
    _ kind: String, _ model: Transformer, _ golden: SafetensorsFile, _ settings: Settings,
    _ edits: [(String, [Edit])]
  ) throws {
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

  /// Greedy texts are equal, or part after a step whose two best tokens are as good as tied.
  private func checkTexts(
    _ kind: String, _ model: Transformer, _ tokenizer: Tokenizer, _ edits: [(String, [Edit])]
  ) throws {
    let file = try Data(contentsOf: Fixtures.url("real/golden.json"))
    let golden = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
    let prompts = try #require(golden["texts"] as? [String]).map {
      tokenizer.encode($0, addSpecial: false, parseSpecial: true)
    }
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let options = GenerationOptions(
      maxNewTokens: try #require(golden["max_new_tokens"] as? Int), endTokens: [end])
    for (edit, edits) in edits {
      let name = edit.isEmpty ? kind : "\(kind).\(edit.dropLast())"
      let texts = try #require(golden[name] as? [String])
      let generations = try model.generate(prompts, options, editing: edits)
      for ((generation, expected), prompt) in zip(zip(generations, texts), prompts) {
        let text = tokenizer.decode(generation.tokens, skipSpecial: true)
        guard text != expected else { continue }
        let shared = generation.tokens.indices.reversed().first { count in
          expected.hasPrefix(
            tokenizer.decode(generation.tokens.prefix(count), skipSpecial: true))
        }
        let tokens = prompt + generation.tokens.prefix(shared ?? 0)
        let logits = try model.forward(.tokens([tokens]), editing: edits, logits: .last).logits
        let best = logits.sorted(by: >).prefix(2)
        #expect(best[0] - best[1] < 1e-3, "\(name): \(text)")
      }
    }
  }

  @Test(
    .enabled(
      if: modelFile(qwen) != nil, "EXEMPLAR_MODELS does not name a folder with \(qwen)"))
  func `a quantised Qwen answers`() throws {
    let file = try #require(modelFile(qwen))
    let description = try ModelDescription(ModelFiles.find(file.path))
    #expect(description.requiredByteCount < 700_000_000)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(file))
    let prompt = tokenizer.encode(
      "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n",
      addSpecial: false, parseSpecial: true)
    let end = try #require(tokenizer.id(of: "<|im_end|>"))
    let found = try Transformer(description).generate(
      [prompt], GenerationOptions(maxNewTokens: 16, endTokens: [end]))
    #expect(tokenizer.decode(found[0].tokens, skipSpecial: true).contains("Paris"))
  }

  @Test(
    .enabled(
      if: modelFile(gemma) != nil, "EXEMPLAR_MODELS does not name a folder with \(gemma)"))
  func `a quantised Gemma 3 gives the golden ids, rows, logits and texts`() throws {
    struct Golden: Decodable {
      var layers: [Int]
      /// Every how many-th token's logit is kept.
      var stride: Int
      var prompts: [Prompt]
    }
    struct Prompt: Decodable {
      var text: String
      var ids: [Int]
      var greedy: [Int]
    }
    let file = try #require(modelFile(gemma))
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: Fixtures.url("real/gemma-3-270m.json")))
    let numbers = try SafetensorsFile(Fixtures.url("real/gemma-3-270m.safetensors"))
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(file))
    let model = try Transformer(ModelDescription(ModelFiles.find(file.path)))
    let hooks = golden.layers.map { HookPoint.residualPost(layer: $0) }
    for (number, prompt) in golden.prompts.enumerated() {
      #expect(tokenizer.encode(prompt.text, addSpecial: true, parseSpecial: false) == prompt.ids)
      let output = try model.forward(.tokens([prompt.ids]), reading: hooks, logits: .last)
      let kept = stride(from: 0, to: output.logits.count, by: golden.stride)
        .map { output.logits[$0] }
      #expect(relativeError(kept, try numbers.floats("\(number).logits")) < 2e-5)
      for hook in hooks {
        let row = Array(try #require(output.hooks[hook]).suffix(model.configuration.hiddenSize))
        #expect(relativeError(row, try numbers.floats("\(number).\(hook.name)")) < 2e-5, "\(hook)")
      }
      let options = GenerationOptions(maxNewTokens: prompt.greedy.count)
      #expect(try model.generate([prompt.ids], options).map(\.tokens) == [prompt.greedy])
    }
  }

  private struct Settings: Decodable {
    var layer: Int
    var alpha: Float
  }
}

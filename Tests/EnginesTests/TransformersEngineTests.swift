import Foundation
import LanguageModel
import TestSupport
import Testing

@testable import Engines

/// The worker on transformers computes what our own engine computes, to rounding.
@Suite(
  .serialized,
  .enabled(
    if: pythonWithTransformers != nil,
    "EXEMPLAR_PYTHON names no Python with torch and transformers"))
struct TransformersEngineTests {
  private static let script = Workers.tests.deletingLastPathComponent()
    .appending(path: "Engines/exemplar_engine.py").path(percentEncoded: false)

  private static func worker(_ model: URL) throws -> WorkerEngine {
    try Workers.start(
      "exec '\(pythonWithTransformers ?? "")' '\(script)' serve --device cpu --dtype float32",
      model.path(percentEncoded: false), silence: 60)
  }

  private static func relative(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    let scale = a.map(abs).max() ?? 1
    return zip(a, b).map { abs($0 - $1) }.max().map { $0 / max(scale, 1e-6) } ?? 0
  }

  @Test(arguments: ["tiny-llama", "tiny-gemma2", "tiny-qwen2", "tiny-gpt2", "tiny-gpt-neox"])
  func `a tiny model is the same at every hook, edited and not, and continued`(
    _ name: String
  ) throws {
    let folder = try TemporaryFolder()
    let model = folder.file(name)
    try TinyModel.write(to: model, model: name)
    // Before version 5 transformers reads the base of rotary frequencies under its older name alone.
    let settings = model.appending(path: "config.json")
    var config = try #require(
      JSONSerialization.jsonObject(with: Data(contentsOf: settings)) as? [String: Any])
    if let base = (config["rope_parameters"] as? [String: Any])?["rope_theta"] {
      config["rope_theta"] = base
      try JSONSerialization.data(withJSONObject: config).write(to: settings)
    }
    let own = try Transformer(ModelDescription(.hub(model)), threads: 2)
    let theirs = try Self.worker(model)
    defer { theirs.end() }
    let hooks = own.description.allHooks.filter {
      (try? theirs.description.validate($0)) != nil
    }
    #expect(hooks.count >= own.description.layerCount * 4, "\(hooks.map(\.name))")
    let width = own.description.hiddenSize
    var basis = [Float](repeating: 0, count: width)
    basis[3] = 1
    let edits = [
      Edit(
        at: .residualPost(layer: 0),
        .ablate(centre: (0..<width).map { Float($0) / 90 }, basis: basis), prompts: [0]),
      Edit(
        at: .residualPost(layer: 1), .steer(direction: basis, alpha: 3), positions: .only([-1])),
    ]
    let prompts = [[72, 21, 88, 88, 31], [65, 66], [74, 11, 89, 32, 56, 11, 32]]
    for edits in [[], edits] {
      let expected = try own.forward(.tokens(prompts), reading: hooks, editing: edits)
      let found = try theirs.forward(.tokens(prompts), reading: hooks, editing: edits)
      for hook in hooks {
        let difference = Self.relative(expected.hooks[hook] ?? [], found.hooks[hook] ?? [])
        #expect(difference < 1e-4, "\(hook.name)")
      }
      #expect(Self.relative(expected.logits, found.logits) < 1e-4)
      let options = GenerationOptions(maxNewTokens: 10)
      #expect(
        try own.generate(prompts, options, editing: edits)
          == theirs.generate(prompts, options, editing: edits))
    }
    let session = try theirs.session(reading: [.residualPost(layer: 1)])
    let typed = try own.session(reading: [.residualPost(layer: 1)])
    for count in [2, 5, 7, 3] {
      let ids = Array(prompts[2].prefix(count))
      let (expected, found) = (try typed.update(ids), try session.update(ids))
      #expect(expected.reused >= found.reused)
      let rows = expected.hooks[.residualPost(layer: 1)] ?? []
      let others = found.hooks[.residualPost(layer: 1)] ?? []
      #expect(Self.relative(rows, Array(others.suffix(rows.count))) < 1e-4)
    }
  }

  /// A tiny random model of a family, made by transformers, with a tokenizer of bytes.
  private static func make(_ family: String, at url: URL) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      pythonWithTransformers ?? "", "-c",
      """
      import sys
      sys.path.insert(0, sys.argv[1])
      import tiny_models
      tiny_models.made(sys.argv[2], vocab_size=260).save_pretrained(sys.argv[3])
      """, Workers.tests.appending(path: "engine").path(percentEncoded: false), family,
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

  /// What is read of `attribution_by_hand.py`.
  private struct ByHand: Decodable {
    var similarity: Double
    var attributions: [Double]
    var logit: Double
    var logitAttributions: [Double]
  }

  @Test(arguments: ["llama", "gemma2", "gpt2", "opt"])
  func `gradients by embeddings are those of autograd`(_ family: String) throws {
    let folder = try TemporaryFolder()
    let model = folder.file(family)
    try Self.make(family, at: model)
    let engine = try Self.worker(model)
    defer { engine.end() }
    let width = engine.description.hiddenSize
    let ids = [72, 101, 108, 108, 111, 44, 32]
    let (centre, direction) = (
      (0..<width).map { Float($0 % 5) / 4 - 0.4 }, (0..<width).map { Float($0 % 7) / 3 - 1.1 }
    )
    let known = try JSONDecoder().decode(
      ByHand.self,
      from: pythonOutput(
        "attribution_by_hand.py", model.path(percentEncoded: false),
        asking: [
          "ids": ids, "layer": 2, "position": 4, "token": 65, "centre": centre,
          "direction": direction,
        ]))
    func attributions(_ target: EngineGradient.Target) throws -> (Double, [Double]) {
      let found = try engine.gradient(EngineGradient(ids, at: .embedding, of: target))
      return (
        found.value,
        ids.indices.map { token in
          (token * width..<(token + 1) * width).reduce(0) {
            $0 + Double(found.rows[$1]) * Double(found.gradient[$1])
          }
        }
      )
    }
    let (value, found) = try attributions(
      .cosine(.residualPost(layer: 2), position: 4, centre: centre, direction: direction))
    #expect(abs(value - known.similarity) < 1e-5)
    for (a, b) in zip(found, known.attributions) { #expect(abs(a - b) < 1e-5) }
    #expect(found[5] == 0 && found[6] == 0 && found[...4].contains { abs($0) > 1e-3 })
    let (logit, ofLogit) = try attributions(.logit(65))
    let scale = known.logitAttributions.map(abs).max() ?? 1
    #expect(abs(logit - known.logit) < 1e-4 * max(1, abs(known.logit)))
    for (a, b) in zip(ofLogit, known.logitAttributions) { #expect(abs(a - b) < 1e-4 * scale) }
  }

  @Test(arguments: ["opt", "bloom", "cohere"])
  func `a family that this program does not know is read, edited, resumed and continued`(
    _ family: String
  ) throws {
    let folder = try TemporaryFolder()
    let model = folder.file(family)
    try Self.make(family, at: model)
    #expect(throws: (any Error).self) { try ModelDescription(.hub(model)) }
    let engine = try Self.worker(model)
    defer { engine.end() }
    let hook = HookPoint.residualPost(layer: 1)
    let prompts = [[72, 101, 108, 108, 111], [65, 66]]
    let plain = try engine.forward(.tokens(prompts), reading: [hook], logits: .last)
    let width = engine.description.hiddenSize
    let rows = try #require(plain.hooks[hook])
    #expect(rows.count == 7 * width)
    let resumed = try engine.forward(
      .residual(rows, lengths: [5, 2], at: hook), logits: .last)
    #expect(Self.relative(plain.logits, resumed.logits) < 1e-4)
    let direction = (0..<width).map { Float($0 % 3) - 1 }
    let edit = Edit(at: hook, .steer(direction: direction, alpha: 2), prompts: [1])
    let steered = try engine.forward(
      .tokens(prompts), reading: [hook], editing: [edit], logits: .last)
    let moved = rows.indices.map { index in
      rows[index] + (index < 5 * width ? 0 : 2 * direction[index % width])
    }
    #expect(Self.relative(moved, steered.hooks[hook] ?? []) < 1e-5)
    let texts = try engine.generate(
      prompts, GenerationOptions(maxNewTokens: 4), editing: [edit])
    let vocabulary = engine.description.vocabularySize
    for (prompt, text) in texts.enumerated() {
      let logits = steered.logits[prompt * vocabulary..<(prompt + 1) * vocabulary]
      let best = try #require(logits.indices.max { (logits[$0], $1) < (logits[$1], $0) })
      #expect(text.tokens.first == best - prompt * vocabulary)
    }
  }
}

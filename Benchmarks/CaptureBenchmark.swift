import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

/// Capture of prompts and of running text beside the engine's own reading of the same tokens, on SmolLM2-135M-Instruct:
/// what is lost to planning, to the store and to the disk.
enum CaptureBenchmark {
  private static let rounds = 5

  static func run(_ settings: Settings) throws {
    guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"],
      case let model = URL(filePath: folder).appending(path: LanguageModelBenchmark.file),
      FileManager.default.fileExists(atPath: model.path(percentEncoded: false))
    else {
      print("skipped: EXEMPLAR_MODELS names no folder with SmolLM2")
      return
    }
    let scratch = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-capture-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let transformer = try Transformer(
      ModelDescription(ModelFiles.gguf(model)), threads: settings.threads)
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: GGUFFile(model))
    let texts = LanguageModelBenchmark.texts

    let prompts = scratch.appending(path: "prompts.jsonl")
    let encoder = JSONEncoder()
    let lines = try texts.enumerated().map { index, text in
      String(decoding: try encoder.encode(["id": "p\(index)", "prompt": text]), as: UTF8.self)
    }
    try Data(lines.joined(separator: "\n").utf8).write(to: prompts)
    let corpus = scratch.appending(path: "corpus.txt")
    try Data(Array(repeating: texts.joined(separator: " "), count: 2).joined(separator: " ").utf8)
      .write(to: corpus)

    print("capture of layer 17 and of two hooks, 32-bit; medians of \(rounds) paired rounds")
    for (name, input, hooks) in [
      ("64 prompts", CaptureInput.prompts(prompts), [HookPoint.residualPost(layer: 16)]),
      ("running text", .text(corpus), [.residualPost(layer: 16)]),
      (
        "running text, two hooks", .text(corpus),
        [.residualPost(layer: 16), .residualMid(layer: 16)]
      ),
    ] {
      let request = CaptureRequest(
        inputs: [input], hooks: hooks, template: ChatTemplate(.chatml))
      let plan = try CapturePlan(
        request, tokenizer: tokenizer, configuration: transformer.configuration)
      var (ratios, rates) = ([Double](), [Double]())
      var sequences: [[Int]] = []
      for round in 0...rounds {
        let url = scratch.appending(path: "\(round).epstore")
        let (result, ours) = try seconds {
          let writer = try StoreWriter(
            url, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
          return try Capture.run(plan, transformer, into: writer)
        }
        // The engine reads just the tokens that the store holds.
        if sequences.isEmpty {
          let store = try StoreFile(url)
          sequences = try store.documents().map {
            try store.tokens(of: $0).ids?.map(Int.init) ?? []
          }
        }
        let (_, plain) = try seconds {
          try transformer.forward(.tokens(sequences), reading: hooks, logits: .none)
        }
        try FileManager.default.removeItem(at: url)
        // The first round warms caches.
        if round > 0 {
          ratios.append(plain / ours)
          rates.append(Double(result.tokensRead) / ours)
        }
      }
      print(
        "\(name): \(sequences.reduce(0) { $0 + $1.count }) tokens in \(sequences.count) documents, "
          + "\(column(median(rates), 0, digits: 0)) tokens a second, "
          + "\(column(median(ratios), 0)) of the engine's own reading (at least 0.9)")
    }
  }
}

import ExemplarPartitioning
import Foundation
import LanguageModel
import Storage
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

private let modelFile: URL? = {
  guard let folder = ProcessInfo.processInfo.environment["EXEMPLAR_MODELS"] else { return nil }
  let file = URL(filePath: folder).appending(path: "SmolLM2-135M-Instruct.Q4_1.gguf")
  return FileManager.default.fileExists(atPath: file.path) ? file : nil
}()

private let samples = Fixtures.root.deletingLastPathComponent().deletingLastPathComponent()
  .appending(path: "sample-dicts")

struct RealAblationTests {
  @Test(.enabled(if: modelFile != nil, "EXEMPLAR_MODELS does not name a folder with SmolLM2"))
  func `on a real model the resumed first token is the first of the answer`() throws {
    let folder = try TemporaryFolder()
    let url = try #require(modelFile)
    let adapter = samples.appending(path: "refusal-adapter")
    let transformer = try Transformer(
      ModelDescription(ModelFiles.find(url.path)),
      adapter: LoRAAdapter(folder: adapter))
    let tokenizer = try TokenizerLoader.fromGGUF(metadata: try GGUFFile(url))
    let template = ChatTemplate(.chatml)
    let words = [
      "Explain how to repair a dripping kitchen tap.", "Name three rivers.",
      "Explain how to kill a process that hangs on Linux.", "Write a short poem about rain.",
    ]
    let tokens = try words.map { tokenizer.encode(try template.render(prompt: $0, system: .none)) }
    let hook = HookPoint.residualPost(layer: 16)
    let rows =
      try transformer.forward(.tokens(tokens), reading: [hook], logits: .none)
      .hooks[hook] ?? []
    var provenance = StoreProvenance()
    provenance.modelHash = try FileHash.of(.gguf(url))
    provenance.adapter = adapter.lastPathComponent
    provenance.adapterHash = try FileHash.ofWeights(in: adapter)
    let writer = try StoreWriter(
      folder.file("real.epstore"), provenance: provenance,
      hooks: [StoreHook(name: hook.name, dimension: 576)], elementType: .f32)
    try writer.append(
      StoreUnit(
        entries: words.indices.map { index in
          StoreUnit.Entry(
            document: StoreDocument(
              id: "benign-\(index)", kind: .prompt, set: "benign", split: "heldout",
              prompt: words[index], text: words[index], rowCount: tokens[index].count,
              tokenCount: tokens[index].count),
            tokens: StoreTokens(ids: tokens[index].map(Int32.init), ends: nil))
        }, rows: [rows]))
    try writer.finish()
    let file = try DictionaryFile(samples.appending(path: "smollm2-refusal.last.p40.epdict"))
    let subject = try AblationSubject(
      file, dictionary: try file.load(),
      material: try AblationMaterial(StoreFile(folder.file("real.epstore"))), threads: 2)
    let model = AblationModel(
      engine: transformer, tokenizer: tokenizer, name: "SmolLM2",
      modelHash: provenance.modelHash, adapterHash: provenance.adapterHash)
    let runner = try AblationRunner(subject, model: model, threads: 2)
    let result = try runner.run(
      AblationSetup(
        target: .regions([0, 1]), basis: .exemplar, null: .random, depth: .generate,
        maxNewTokens: 4))
    for prompt in result.prompts {
      for condition in result.conditions {
        let first = try #require(prompt.answers[condition]?.tokens.first)
        #expect(prompt.firstTokens[condition]?.token == first)
      }
    }
    #expect(result.firstTokenKL(.baseline) == 0)
    #expect((result.firstTokenKL(.ablated) ?? 0) > 0)
  }
}

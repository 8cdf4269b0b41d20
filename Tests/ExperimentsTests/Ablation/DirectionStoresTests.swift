import Foundation
import LanguageModel
import Storage
import TestSupport
import Testing

@testable import Experiments

/// Several stores are of the same prompts only where they were read as the same text and count alike.
struct DirectionStoresTests {
  private let folder: TemporaryFolder
  private let transformer: Transformer
  private let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
  }

  private func store(
    _ name: String, layer: Int, _ format: ChatTemplate.Format = .chatml,
    sets: [String] = ["harmful", "benign"], splits: [String] = ["train", "heldout"]
  ) throws -> StoreFile {
    let lines = (0..<8).map { index in
      #"{"id":"p\#(index)","set":"\#(sets[index % 2])","split":"\#(splits[index / 4])","prompt":"words of \#(index)"}"#
    }
    let prompts = folder.file("\(name).jsonl")
    try Data(lines.joined(separator: "\n").utf8).write(to: prompts)
    let request = CaptureRequest(
      inputs: [.prompts(prompts)], hooks: [.residualPost(layer: layer)],
      template: ChatTemplate(format), contextLength: 64)
    let plan = try CapturePlan(
      request, tokenizer: tokenizer, configuration: transformer.configuration)
    let url = folder.file("\(name).epstore")
    let writer = try StoreWriter(
      url, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    return try StoreFile(url)
  }

  @Test func `stores of the same prompts are taken, by layer`() throws {
    let found = try DirectionStores(
      [try store("high", layer: 1), try store("low", layer: 0)], hooks: nil)
    #expect(found.places.map(\.hook) == ["blocks.0.hook_resid_post", "blocks.1.hook_resid_post"])
    #expect(found.roles.count == 8)
  }

  @Test func `prompts that were rendered otherwise, or are of another kind or split, are refused`()
    throws
  {
    let first = try store("first", layer: 0)
    for (other, words) in [
      (try store("other", layer: 1, .gemma), "expected prompt p0 rendered as in first.epstore"),
      (
        try store("sides", layer: 1, sets: ["benign", "harmful"]),
        "expected prompt p0 in set harmful as in first.epstore, found it in set benign"
      ),
      (
        try store("splits", layer: 1, splits: ["heldout", "train"]),
        "expected prompt p0 of split train as in first.epstore, found it of split heldout"
      ),
    ] {
      let error = #expect(throws: ExperimentError.self) {
        try DirectionStores([first, other], hooks: nil)
      }
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
  }
}

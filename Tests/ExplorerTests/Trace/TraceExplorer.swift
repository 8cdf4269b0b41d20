import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage
import TestSupport

@testable import Explorer

/// An explorer on dictionaries of two layers of a tiny model, and a store of both; all of it real.
enum TraceExplorer {
  static let hooks = [HookPoint.residualPost(layer: 0), .residualPost(layer: 2)]

  private static let prompts =
    (0..<24).map { index in
      let words = ["steal", "bake", "forge", "paint", "break", "plant"]
      return
        #"{"id":"p\#(index)","category":"c","prompt":"how to \#(words[index % 6]) thing \#(index)"}"#
    }.joined(separator: "\n") + "\n"

  static func make(
    columns: Int = 80, rows: Int = 24, withStore: Bool = true, withModel: Bool = true,
    positions: Positions = .all
  ) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    let path = model.path(percentEncoded: false)
    let transformer = try Transformer(path, threads: 1)
    let tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
    try Data(prompts.utf8).write(to: folder.file("prompts.jsonl"))
    var provenance = StoreProvenance()
    provenance.model = "tiny"
    provenance.modelHash = try FileHash.of(try ModelFiles.find(path))
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.prompts(folder.file("prompts.jsonl"))], hooks: hooks,
        template: ChatTemplate(.raw),
        provenance: provenance), tokenizer: tokenizer, configuration: transformer.configuration)
    let store = folder.file("tiny.epstore")
    let writer = try StoreWriter(
      store, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    for (hook, name) in zip(hooks, ["sample", "upper"]) {
      let built = try DictionaryBuild.run(
        DictionaryBuildRequest(
          source: try ActivationSource(
            store, positions: positions, selection: StoreSelection(hook: hook.name)),
          calibration: .percentile(30, activations: 1000), options: BuildOptions()))
      try DictionaryWriter.write(
        built.dictionary, provenance: built.provenance, to: folder.file("\(name).epdict"))
    }
    if !withStore { try FileManager.default.removeItem(at: store) }
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: folder, model: withModel ? path : nil)
  }
}

extension TraceReading {
  /// The text without what a template puts around it.
  var ownText: String { String(decoding: Array(text.utf8)[own], as: UTF8.self) }
}

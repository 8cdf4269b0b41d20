import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Storage
import TestSupport

@testable import Explorer

/// An explorer on a dictionary and a store of a tiny model's, all of it real.
enum LabExplorer {
  static let hook = HookPoint.residualPost(layer: 1)
  private static let verbs = ["steal", "bake", "forge", "paint", "break", "plant"]

  /// 12 prompts of each role, half of them held out.
  private static func prompts(_ role: String) -> String {
    (0..<12).map { index in
      let verb = verbs[(index + (role == "harmful" ? 0 : 1)) % verbs.count]
      let split = index < 6 ? "train" : "heldout"
      return
        #"{"id":"\#(role)-\#(index)","split":"\#(split)","category":"c","prompt":"how to \#(verb) \#(index)"}"#
    }.joined(separator: "\n") + "\n"
  }

  /// - Parameter withStore: whether a store lies beside the dictionary.
  static func make(
    columns: Int = 80, rows: Int = 24, withStore: Bool = true, withModel: Bool = true
  ) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    let path = model.path(percentEncoded: false)
    let transformer = try Transformer(path, threads: 1)
    let tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
    for role in ["harmful", "benign"] {
      try Data(prompts(role).utf8).write(to: folder.file("\(role).jsonl"))
    }
    var provenance = StoreProvenance()
    provenance.model = "model"
    provenance.modelHash = try FileHash.of(try ModelFiles.find(path))
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.prompts(folder.file("harmful.jsonl")), .prompts(folder.file("benign.jsonl"))],
        hooks: [hook], template: ChatTemplate(.chatml), maxNewTokens: 4, provenance: provenance),
      tokenizer: tokenizer, configuration: transformer.configuration)
    let store = folder.file("tiny.epstore")
    let writer = try StoreWriter(
      store, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    let built = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: try ActivationSource(store, positions: .last),
        calibration: .percentile(40, activations: 1000), options: BuildOptions()))
    try DictionaryWriter.write(
      built.dictionary, provenance: built.provenance, to: folder.file("sample.epdict"))
    if !withStore { try FileManager.default.removeItem(at: store) }
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: folder, model: withModel ? path : nil)
  }
}

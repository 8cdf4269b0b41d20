import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
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

  /// - Parameters:
  ///   - withStore: whether a store lies beside the dictionary.
  ///   - percentile: of the distances between activations, which θ is.
  ///   - refusing: whether the store says that harmful prompts were refused, which no random model does.
  static func make(
    columns: Int = 80, rows: Int = 24, withStore: Bool = true, withModel: Bool = true,
    refusing: Bool = false, percentile: Double = 40
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
    let captured = folder.file(refusing ? "captured.epstore" : "tiny.epstore")
    let store = folder.file("tiny.epstore")
    let writer = try StoreWriter(
      captured, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    if refusing {
      try refuse(from: captured, to: store, plan, tokenizer)
      try FileManager.default.removeItem(at: captured)
    }
    let built = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: try ActivationSource(store, positions: .last),
        calibration: .percentile(percentile, activations: 1000), options: BuildOptions()))
    try DictionaryWriter.write(
      built.dictionary, provenance: built.provenance, to: folder.file("sample.epdict"))
    if !withStore { try FileManager.default.removeItem(at: store) }
    return try ScriptedExplorer(
      columns: columns, rows: rows, folder: folder, model: withModel ? path : nil)
  }

  /// Writes the store again, with refusals as answers to the harmful prompts.
  private static func refuse(
    from captured: URL, to url: URL, _ plan: CapturePlan, _ tokenizer: Tokenizer
  ) throws {
    let store = try StoreFile(captured)
    let documents = try store.documents()
    let answers = Dictionary(grouping: try store.continuations(), by: \.document)
    let refusal = "I cannot help with that."
    let entries = try documents.map { document in
      StoreUnit.Entry(
        document: document, tokens: try store.tokens(of: document),
        continuations: (answers[document.index] ?? []).map { answer in
          guard document.set == "harmful" else { return answer }
          return StoreContinuation(
            text: refusal,
            tokens: tokenizer.encode(refusal, addSpecial: false, parseSpecial: false).map(
              Int32.init),
            ending: "endToken")
        })
    }
    let writer = try StoreWriter(
      url, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    let rows = try store.rows(hook.name, at: documents.flatMap { Array($0.rows) })
    try writer.append(StoreUnit(entries: entries, rows: [rows]))
    try writer.finish()
  }
}

import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage
import TestSupport

@testable import Explorer

/// An explorer on a dictionary of all positions of rendered prompts, with a store that marks the template's tokens or not.
enum TemplateExplorer {
  static let words = ["steal", "bake", "forge", "paint", "break", "plant"]

  static func make(
    columns: Int = 80, rows: Int = 24, positions: Positions = .all, isMarked: Bool = true,
    recordsTemplate: Bool = true, withStore: Bool = true
  ) throws -> ScriptedExplorer {
    let folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    let transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    let tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
    let lines = (0..<24).map { index in
      #"{"id":"p\#(index)","prompt":"how to \#(words[index % 6]) thing \#(index)"}"#
    }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: folder.file("prompts.jsonl"))
    var provenance = StoreProvenance()
    provenance.model = "model"
    provenance.modelHash = try FileHash.of(
      try ModelFiles.find(model.path(percentEncoded: false)))
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.prompts(folder.file("prompts.jsonl"))], hooks: [.residualPost(layer: 1)],
        template: ChatTemplate(.chatml), provenance: provenance),
      tokenizer: tokenizer, configuration: transformer.configuration)
    let captured = folder.file("captured")
    let writer = try StoreWriter(
      captured, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    let store = folder.file("tiny.epstore")
    try rewrite(captured, to: store, isMarked: isMarked, recordsTemplate: recordsTemplate)
    try FileManager.default.removeItem(at: captured)
    let built = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: try ActivationSource(store, positions: positions),
        calibration: .percentile(30, activations: 1000), options: BuildOptions()))
    try DictionaryWriter.write(
      built.dictionary, provenance: built.provenance, tokenEnds: built.tokenEnds,
      to: folder.file("sample.epdict"))
    if !withStore { try FileManager.default.removeItem(at: store) }
    return try ScriptedExplorer(columns: columns, rows: rows, folder: folder)
  }

  private static func rewrite(
    _ captured: URL, to url: URL, isMarked: Bool, recordsTemplate: Bool
  ) throws {
    let file = try StoreFile(captured)
    var provenance = file.provenance
    if !recordsTemplate { provenance.template = nil }
    let writer = try StoreWriter(
      url, provenance: provenance, hooks: file.hooks, elementType: .f32)
    let rows = try file.rows(file.hooks[0].name, 0..<file.rowCount)
    try writer.append(
      StoreUnit(
        entries: try file.documents().map { document in
          var tokens = try file.tokens(of: document)
          if !isMarked { tokens.template = nil }
          return StoreUnit.Entry(document: document, tokens: tokens)
        }, rows: [rows]))
    try writer.finish()
  }
}

extension ScriptedExplorer {
  /// The store beside the dictionary, read anew.
  func openedStore() throws -> StoreFile { try StoreFile(folder.file("tiny.epstore")) }
}

import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage
import TestSupport
import Testing

@testable import Experiments

/// Which tokens of a capture are the template's own, and dictionaries without them.
struct TemplateMarkTests {
  let folder: TemporaryFolder
  let transformer: Transformer
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    let model = folder.file("model")
    try TinyModel.write(to: model)
    transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
  }

  private func capture(
    _ prompts: [String], _ template: ChatTemplate, system: SystemTurn = .none
  ) throws -> StoreFile {
    let lines = try prompts.enumerated().map { index, prompt in
      String(
        decoding: try JSONSerialization.data(withJSONObject: ["id": "\(index)", "prompt": prompt]),
        as: UTF8.self) + "\n"
    }
    try Data(lines.joined().utf8).write(to: folder.file("prompts.jsonl"))
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.prompts(folder.file("prompts.jsonl"))], hooks: [.residualPost(layer: 1)],
        template: template, system: system),
      tokenizer: tokenizer, configuration: transformer.configuration)
    let url = folder.file("a.epstore")
    let writer = try StoreWriter(
      url, provenance: plan.provenance, hooks: plan.hooks, elementType: .f32, overwrite: true)
    _ = try Capture.run(plan, transformer, into: writer)
    return try StoreFile(url)
  }

  /// What the tokens say that are not marked.
  private func said(_ document: StoreDocument, _ store: StoreFile) throws -> String {
    let tokens = try store.tokens(of: document)
    let own = Set(try #require(tokens.template))
    let ends = try #require(tokens.ends)
    let bytes = Array(document.text.utf8)
    var said: [UInt8] = []
    for position in ends.indices where !own.contains(Int32(position)) {
      said += bytes[(position == 0 ? 0 : Int(ends[position - 1]))..<Int(ends[position])]
    }
    return String(decoding: said, as: UTF8.self)
  }

  /// Prompts that spell what the template writes, and characters of several bytes.
  private static let prompts = [
    "user", "\nassistant\n", "hé — 👩‍👩‍👧", "yes <|im_end|>\n<|im_start|>assistant", " a ",
    "plain words",
  ]

  @Test(arguments: [ChatTemplate.Format.chatml, .llama3, .gemma, .mistral, .raw])
  func `all that is not marked is what the prompt says`(_ format: ChatTemplate.Format) throws {
    let store = try capture(Self.prompts, ChatTemplate(format))
    #expect(store.marksTemplate)
    try store.verify()
    for document in try store.documents() {
      let said = try said(document, store)
      // Some formats trim what is said.
      let trimmed = document.prompt.trimmingCharacters(in: .whitespacesAndNewlines)
      #expect([document.prompt, trimmed].contains(said), "\(format): \(document.text)")
    }
  }

  @Test func `a system text that is given is said, and one that the template writes is not`() throws
  {
    let text =
      "{% if messages[0]['role'] != 'system' %}<s>Be kind.</s>{% endif %}"
      + "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] | trim }}</m>{% endfor %}"
      + "{% if add_generation_prompt %}<assistant>{% endif %}"
    let own = try ChatTemplate(text, source: tokenizer.chat)
    let byDefault = try capture(["user"], own, system: .templateDefault)
    #expect(try byDefault.documents()[0].text == "<s>Be kind.</s><user>user</m><assistant>")
    #expect(try said(byDefault.documents()[0], byDefault) == "user")
    let given = try capture(["user"], own, system: .text("Be brief."))
    #expect(try said(given.documents()[0], given) == "Be brief.user")
  }

  @Test func `content positions leave out the template's tokens and the first`() throws {
    let store = try capture(Self.prompts, ChatTemplate(.chatml))
    let source = try ActivationSource(store.url, positions: .content)
    let rows = try ActivationRows.read(source)
    let documents = try store.documents()
    var expected: [[Int32]] = []
    for (index, document) in documents.enumerated() {
      let own = Set(try #require(try store.tokens(of: document).template))
      for position in 1..<Int32(document.tokenCount) where !own.contains(position) {
        expected.append([Int32(index), position])
      }
    }
    #expect(zip(rows.documentOfRow, rows.positions).map { [$0, $1] } == expected)
    let wanted = try documents.enumerated().flatMap { index, document in
      try expected.filter { $0[0] == Int32(index) }.flatMap { place in
        try store.rows(
          "blocks.1.hook_resid_post", at: [try #require(document.row(at: Int(place[1])))])
      }
    }
    #expect(rows.rows == wanted)
    let built = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: source, calibration: .percentile(20, activations: 1000), options: BuildOptions()))
    #expect(built.provenance.positions == "content")
  }

  @Test func `a store that does not say which they are is refused by name`() throws {
    let store = try capture(Self.prompts, ChatTemplate(.chatml))
    let documents = try store.documents()
    let plain = try StoreWriter(
      folder.file("plain.epstore"), provenance: store.provenance, hooks: store.hooks,
      elementType: .f32)
    let rows = try store.rows(store.hooks[0].name, 0..<store.rowCount)
    try plain.append(
      StoreUnit(
        entries: try documents.map {
          var tokens = try store.tokens(of: $0)
          // One that does not say it is enough.
          if $0.index == 2 { tokens.template = nil }
          return StoreUnit.Entry(document: $0, tokens: tokens)
        }, rows: [rows]))
    try plain.finish()
    #expect(try !StoreFile(plain.url).marksTemplate)
    let error = #expect(throws: ExperimentError.self) {
      try ActivationSource(plain.url, positions: .content)
    }
    #expect(error?.description.contains("plain.epstore") == true)
    #expect(error?.description.contains("5 of 6 documents") == true)
  }
}

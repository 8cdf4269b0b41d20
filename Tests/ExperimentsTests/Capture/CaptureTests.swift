import ExemplarPartitioning
import Foundation
import LanguageModel
import Numerics
import Storage
import TestSupport
import Testing

@testable import Experiments

struct CaptureTests {
  let folder: TemporaryFolder
  let model: URL
  let transformer: Transformer
  let tokenizer: Tokenizer

  init() throws {
    folder = try TemporaryFolder()
    model = folder.file("model")
    try TinyModel.write(to: model)
    transformer = try Transformer(model.path(percentEncoded: false), threads: 1)
    tokenizer = try TokenizerLoader.fromTokenizerJSON(model.appending(path: "tokenizer.json"))
  }

  private func file(_ name: String, _ lines: [String]) throws -> URL {
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: folder.file(name))
    return folder.file(name)
  }

  private func plan(
    _ inputs: [CaptureInput], template: ChatTemplate = ChatTemplate(.chatml), generate: Int = 0,
    contextLength: Int = 16, openerLength: Int = 4, seed: UInt64 = 0
  ) throws -> CapturePlan {
    try CapturePlan(
      CaptureRequest(
        inputs: inputs, hooks: [.residualPost(layer: 1), .residualPost(layer: 3)],
        template: template, maxNewTokens: generate, contextLength: contextLength,
        openerLength: openerLength,
        temperature: 8, seed: seed),
      tokenizer: tokenizer, configuration: transformer.configuration)
  }

  private func capture(_ plan: CapturePlan, _ name: String = "a.epstore") throws -> StoreFile {
    let writer = try StoreWriter(
      folder.file(name), provenance: plan.provenance, hooks: plan.hooks, elementType: .f32)
    _ = try Capture.run(plan, transformer, into: writer)
    return try StoreFile(folder.file(name))
  }

  @Test func `prompts come with tokens, activations, continuations and outcomes`() throws {
    let prompts = try file(
      "harmful.jsonl",
      [
        #"{"id":"a","split":"train","category":"c","topic":"t","prompt":"hé"}"#,
        #"{"id":"b","prompt":"yes <|im_end|>"}"#,
      ])
    let store = try capture(plan([.prompts(prompts)], generate: 3))
    try store.verify()
    let documents = try store.documents()
    #expect(documents.map(\.id) == ["a", "b"] && documents.allSatisfy { $0.set == "harmful" })
    #expect(
      documents[0].prompt == "hé" && documents[0].topic == "t" && documents[0].kind == .prompt)
    #expect(documents[0].text == "<|im_start|>user\nhé<|im_end|>\n<|im_start|>assistant\n")
    for document in documents {
      let tokens = try store.tokens(of: document)
      let ids = try #require(tokens.ids).map(Int.init)
      #expect(tokens.ends?.last == Int32(document.text.utf8.count))
      let expected = try transformer.forward(
        .tokens([ids]), reading: [.residualPost(layer: 1)], logits: .none)
      let found = try store.rows("blocks.1.hook_resid_post", document.rows)
      let wanted = try #require(expected.hooks[.residualPost(layer: 1)])
      #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 })
      let answer = try #require(try store.continuations(of: document.index).first)
      let greedy = try transformer.generate(
        [ids], GenerationOptions(maxNewTokens: 3, endTokens: tokenizer.stopIDs))
      #expect(answer.tokens?.map(Int.init) == greedy[0].tokens)
      #expect(answer.verdict?.classifier == OutcomeClassifier.exemplar.name)
    }
    // What people typed is text, even where it spells a special token.
    #expect(try store.tokens(of: documents[1]).ids?.filter { $0 == 257 }.count == 1)
  }

  @Test func `running text is cut into contexts that together are the text`() throws {
    let words = "naïve café — ünïcödé, and plain words. "
    let text = try file("corpus.txt", [String(repeating: words, count: 6)])
    let store = try capture(plan([.text(text)], contextLength: 16))
    let documents = try store.documents()
    #expect(documents.allSatisfy { $0.kind == .text && $0.tokenCount <= 16 })
    #expect(documents.map(\.text).joined() == String(repeating: words, count: 6) + "\n")
    #expect(documents[0].id == "corpus-000000")
  }

  private func textPlan(_ input: URL, _ change: (inout CaptureRequest) -> Void) throws
    -> CapturePlan
  {
    var request = CaptureRequest(
      inputs: [.text(input)], hooks: [.residualPost(layer: 1)], template: ChatTemplate(.raw),
      contextLength: 16)
    change(&request)
    return try CapturePlan(request, tokenizer: tokenizer, configuration: transformer.configuration)
  }

  @Test func `every line is a text of its own, named by its number`() throws {
    let long = String(repeating: "plain words ", count: 4)
    let text = try file("lines.txt", ["first line", "", long + "\r", "last"])
    let plan = try textPlan(text) { $0.textUnit = .lines }
    let documents = try capture(plan).documents()
    let ids = documents.map(\.id)
    #expect(ids.first == "lines-000000" && ids.last == "lines-000003")
    #expect(ids.filter { $0.hasPrefix("lines-000002") }.count == 3)
    #expect(ids.contains("lines-000002.2"))
    #expect(documents[0].text == "first line")
    #expect(documents.filter { $0.id.hasPrefix("lines-000002") }.map(\.text).joined() == long)
    // Another unit makes another store.
    #expect(try plan.provenance.inputs != textPlan(text) { _ in }.provenance.inputs)
  }

  @Test func `every row of a table is a text of its own`() throws {
    let table = try file(
      "rows.jsonl",
      [#"{"body": "one\ntwo", "n": 1}"#, #"{"body": "three", "n": 2}"#])
    let documents = try capture(textPlan(table) { $0.textUnit = .rows(column: "body") }).documents()
    #expect(documents.map(\.text) == ["one\ntwo", "three"])
    #expect(documents.map(\.id) == ["rows-000000", "rows-000001"])
    #expect(throws: ExperimentError.self) {
      _ = try textPlan(table) { $0.textUnit = .rows(column: "n") }
    }
    #expect(throws: ExperimentError.self) {
      _ = try textPlan(table) { $0.textUnit = .rows(column: "text") }
    }
  }

  @Test func `text is read up to a number of tokens or of contexts, and the limit is recorded`()
    throws
  {
    let text = try file("corpus.txt", [String(repeating: "plain words ", count: 40)])
    let whole = try capture(textPlan(text) { _ in }, "whole.epstore").documents()
    let some = try textPlan(text) { $0.mostTextTokens = 40 }
    let tokens = try capture(some, "tokens.epstore").documents()
    #expect(tokens.map(\.tokenCount) == [16, 16])
    #expect(tokens.map(\.text) == whole.prefix(2).map(\.text))
    #expect(some.provenance.inputs?.hasSuffix("\nat most 40 tokens of text") == true)
    let few = try capture(textPlan(text) { $0.mostTextDocuments = 3 }, "few.epstore").documents()
    #expect(few.map(\.text) == whole.prefix(3).map(\.text))
  }

  @Test func `text that no context fits or comes of is an error, and makes no store`() throws {
    let text = try file("corpus.txt", [String(repeating: "plain words ", count: 40)])
    #expect {
      _ = try textPlan(text) { $0.mostTextTokens = 5 }
    } throws: { "\($0)".contains("first context has 16 tokens, and at most 5") }
    let short = folder.file("short.txt")
    try Data("a".utf8).write(to: short)
    #expect {
      _ = try textPlan(short) { _ in }
    } throws: { "\($0)".hasPrefix("short.txt: expected text of at least two tokens") }
  }

  @Test func `a column of a table is spelled as the table has it`() throws {
    let lines = try file("rows.jsonl", [#"{"Text": "one two", "n": 1}"#])
    let sheet = try file("rows.csv", ["Text,n", "one two,1"])
    for (table, found) in [
      (lines, "found Text"), (sheet, "found Text, n"),
      (Fixtures.url("claims/parquet/delta.parquet"), "found text, word, small"),
    ] {
      let column = table == lines || table == sheet ? "text" : "Text"
      #expect {
        _ = try textPlan(table) { $0.textUnit = .rows(column: column) }
      } throws: { "\($0)".contains("\(column), \(found)") }
    }
  }

  @Test func `an empty system turn of a conversation is one`() throws {
    let turns = #"[{"role":"system","content":""},{"role":"user","content":"a"}]"#
    let set = try PromptSet(Data("{\"messages\":\(turns)}".utf8), file: "p.jsonl")
    #expect(set.prompts[0].messages.map(\.role) == [.system, .user])
    let chat = try ChatTemplate(.chatml).render(set.prompts[0], system: .none)
    #expect(chat.text.hasPrefix("<|im_start|>system\n<|im_end|>\n<|im_start|>user\na"))
  }

  @Test func `progress says what share of all is done, of earlier runs too`() throws {
    let text = try file("corpus.txt", [String(repeating: "plain words ", count: 2000)])
    for (most, last) in [(nil as Int?, 1.0), (1000, 0.99)] {
      let plan = try textPlan(text) { $0.mostTextTokens = most }
      let writer = try StoreWriter(
        folder.file("\(most ?? 0).epstore"), provenance: plan.provenance, hooks: plan.hooks,
        elementType: .f32)
      var shares: [Double] = []
      _ = try Capture.run(plan, transformer, into: writer) { shares.append($0.share) }
      #expect(shares == shares.sorted() && shares[0] < 0.5)
      #expect(try #require(shares.last) >= last - 0.01 && shares.last ?? 0 <= 1)
    }
  }

  @Test func `a beginning is counted beside a context's own tokens, for text and for random ids`()
    throws
  {
    let config =
      #"{"tokenizer_class": "LlamaTokenizer", "bos_token": "<|im_start|>", "eos_token": null}"#
    try Data(config.utf8).write(to: model.appending(path: "tokenizer_config.json"))
    let beginning = try TokenizerLoader.fromTokenizerJSON(
      model.appending(path: "tokenizer.json"))
    let text = try file("corpus.txt", [String(repeating: "plain words ", count: 30)])
    let plan = try CapturePlan(
      CaptureRequest(
        inputs: [.text(text)], hooks: [.residualPost(layer: 1)],
        template: ChatTemplate(.raw), contextLength: 16),
      tokenizer: beginning, configuration: transformer.configuration)
    #expect(plan.provenance.contextLength == 16)
    #expect(plan.provenance.contextBeside == 1)
    let documents = try capture(plan).documents()
    #expect(documents.first?.tokenCount == 17)
    #expect(try self.plan([.text(text)]).provenance.contextBeside == nil)

    let random = CapturedSource.randomDocuments(
      activations: 300, vocabularySize: 256, beginning, seed: 1)
    #expect(random.count == 3)
    #expect(random.allSatisfy { $0.count == 129 && $0.first == 256 })
    let lines = try CapturedSource.documents(
      ofLines: String(repeating: "a", count: 500), beginning, file: "t")
    #expect(lines.map(\.count) == [129])
    #expect(lines[0].first == 256)
  }

  @Test func `openings are continued by seed, each with draws of its own`() throws {
    let lines = (0..<70).map { #"{"id":"o\#($0)","prompt":"Once"}"# }
    let openers = try file("openers.jsonl", lines)
    let store = try capture(plan([.openers(openers)], seed: 5))
    let documents = try store.documents()
    #expect(documents.allSatisfy { $0.text.hasPrefix("Once") && $0.prompt == "Once" })
    #expect(documents.allSatisfy { $0.tokenCount == 8 && $0.kind == .text })
    // The first of the second unit draws other numbers than the first of the first.
    let (first, second) = (
      try store.tokens(of: documents[0]).ids, try store.tokens(of: documents[64]).ids
    )
    #expect(first != second)
    let again = try capture(plan([.openers(openers)], seed: 5), "b.epstore")
    #expect(again.contentHash == store.contentHash && again.storeID == store.storeID)
    let other = try capture(plan([.openers(openers)], seed: 6), "c.epstore")
    #expect(other.contentHash != store.contentHash)
  }

  @Test(arguments: [
    (
      ["{\"prompt\":\"a\"}", "{\"prompt\":"],
      "p.jsonl:2: expected a JSON object: the text ends inside a value"
    ),
    (["{\"prompt\":\" \"}"], "p.jsonl:1: expected a prompt, found none"),
    (
      ["{\"id\":\"x\",\"prompt\":\"a\"}", "", "{\"id\":\"x\",\"prompt\":\"b\"}"],
      "p.jsonl:3: the id x was there before, in line 1"
    ),
    ([""], "p.jsonl: expected prompts, found none"),
  ])
  func `a bad prompt file is told by its line`(lines: [String], message: String) throws {
    let prompts = try file("p.jsonl", lines)
    #expect {
      _ = try plan([.prompts(prompts)])
    } throws: { "\($0)" == message }
  }

  @Test func `a prompt past the context, and an id in two files, are told by file and line`() throws
  {
    let long = String(repeating: "x", count: 300)
    let first = try file("a.jsonl", [#"{"id":"x","prompt":"a"}"#])
    let second = try file("b.jsonl", [#"{"id":"y","prompt":"a"}"#, #"{"id":"x","prompt":"a"}"#])
    let third = try file("c.jsonl", [#"{"id":"z","prompt":"\#(long)"}"#])
    #expect {
      _ = try plan([.prompts(first), .prompts(second)])
    } throws: { "\($0)" == "b.jsonl:2: the id x was there before, in a.jsonl:1" }
    #expect {
      _ = try plan([.prompts(third)])
    } throws: { "\($0)".hasPrefix("c.jsonl:1: z: expected 1 to 256 tokens") }
  }

  @Test func `numbers that two files have in common are told apart by the file's name`() throws {
    let first = try file("a.jsonl", [#"{"id":0,"prompt":"a"}"#, #"{"id":1,"prompt":"b"}"#])
    let second = try file("b.jsonl", [#"{"id":"0","prompt":"c"}"#, #"{"id":7,"prompt":"d"}"#])
    let third = try file("c.jsonl", [#"{"id":9,"prompt":"e"}"#])
    let plan = try plan([.prompts(first), .prompts(second), .prompts(third)])
    #expect(
      plan.notices == ["a.jsonl, b.jsonl have ids in common: theirs are kept as NAME:ID, a:0"])
    let documents = try capture(plan).documents()
    #expect(documents.map(\.id) == ["a:0", "a:1", "b:0", "b:7", "9"])
    #expect(documents.map(\.prompt) == ["a", "b", "c", "d", "e"])
    #expect(try self.plan([.prompts(first), .prompts(third)]).notices.isEmpty)
    // One file twice is one prompt twice.
    #expect {
      _ = try self.plan([.prompts(first), .prompts(first)])
    } throws: { "\($0)".contains("the id 0 was there before") }
  }

  @Test func `BOS and EOS are known in a store, wherever they stand, and left out of means`() throws
  {
    let prompts = try file(
      "p.jsonl",
      [
        #"{"prompt":"abcb","category":"x"}"#, #"{"prompt":"bbbb","category":"y"}"#,
        #"{"prompt":"acca","category":"y"}"#,
      ])
    let plan = try plan([.prompts(prompts)], template: ChatTemplate(.raw))
    func store(_ name: String, edges: String?) throws -> StoreFile {
      var provenance = plan.provenance
      provenance.edgeTokens = edges
      let writer = try StoreWriter(
        folder.file(name), provenance: provenance, hooks: plan.hooks, elementType: .f32)
      _ = try Capture.run(plan, transformer, into: writer)
      return try StoreFile(folder.file(name))
    }
    let edged = try store("edges.epstore", edges: "98")
    #expect(edged.provenance.edgeTokens == "98")
    #expect(try store("silent.epstore", edges: nil).storeID == edged.storeID)
    func rows(_ name: String) throws -> (ActivationSource, ActivationRows) {
      let source = try ActivationSource(
        folder.file(name), positions: .all,
        selection: StoreSelection(hook: "blocks.1.hook_resid_post"))
      return (source, try ActivationRows.read(source))
    }
    let (source, read) = try rows("edges.epstore")
    // Position 0 of each is left out before.
    #expect(read.count == 9)
    let known = try #require(try source.edgeRows(of: read))
    #expect(known == [0, 2, 3, 4, 5])
    let (silent, other) = try rows("silent.epstore")
    #expect(try silent.edgeRows(of: other) == nil)
    let fields = try DocumentFields(store: edged)
    let data = try LabelledRows(
      read, fields, target: "category", pooling: .mean, leavingOut: known)
    // Of the second nothing is left.
    #expect(data.classes.count == 2 && data.unitOfRow == [0, 1, 1, 1])
    #expect(data.rows == read.rows(at: [1, 6, 7, 8]))
  }

  @Test func `a dictionary is built from a store, and knows it`() throws {
    let lines = (0..<20).map {
      #"{"id":"p\#($0)","prompt":"\#(String(repeating: "ab", count: $0 % 3 + 1))"}"#
    }
    let prompts = try file("benign.jsonl", lines)
    let store = try capture(plan([.prompts(prompts)], template: ChatTemplate(.raw)))
    let hook = "blocks.1.hook_resid_post"
    let source = try ActivationSource(store.url, selection: StoreSelection(hook: hook))
    var sizes: [Int] = []
    var rows: [Float] = []
    try source.forEachBatch { batch in
      sizes.append(batch.documents.count)
      rows += batch.rows
      #expect(!batch.positions.contains(0))
      return true
    }
    #expect(sizes == [16, 4])
    let first = try store.documents()[0]
    #expect(
      Array(rows.prefix(64)) == (try store.rows(hook, first.firstRow + 1..<first.firstRow + 2)))
    let result = try DictionaryBuild.run(
      DictionaryBuildRequest(
        source: source, calibration: .percentile(60, activations: 1000),
        options: BuildOptions(seed: 0, threads: 1)))
    #expect(result.provenance.storeID == store.storeID)
    #expect(result.provenance.sourceHash == store.contentHash)
    #expect(result.provenance.hook == hook)
    #expect(result.tokenEnds?.first??.count == first.tokenCount)
    #expect(throws: ExperimentError.self) { _ = try ActivationSource(store.url) }
    #expect(throws: StorageError.self) {
      _ = try ActivationSource(
        store.url, selection: StoreSelection(hook: hook, sets: ["harmful"]))
    }
  }

  @Test func `documents are shuffled as NumPy shuffles a list`() {
    // numpy.random.default_rng(seed).shuffle(list(range(n)))
    var ten = Array(0..<10)
    var generator = NumPyGenerator(seed: 0)
    generator.shuffle(&ten)
    #expect(ten == [4, 6, 2, 7, 3, 5, 9, 0, 8, 1])
    var many = Array(0..<20)
    generator = NumPyGenerator(seed: 12_345_678_901)
    generator.shuffle(&many)
    #expect(many == [18, 3, 11, 0, 9, 12, 15, 7, 6, 14, 8, 19, 1, 13, 4, 17, 5, 16, 10, 2])
  }
}

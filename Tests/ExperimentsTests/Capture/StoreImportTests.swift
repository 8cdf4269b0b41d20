import Foundation
import Storage
import TensorFiles
import TestSupport
import Testing

@testable import Experiments

struct StoreImportTests {
  @Test func `the reference's shards become a store with the same rows`() throws {
    let folder = try TemporaryFolder()
    let shards = Fixtures.url("ep/p10/activations")
    let store = try StoreImport.shards(
      shards, hook: "blocks.3.hook_resid_post", elementType: .f32, provenance: StoreProvenance(),
      to: folder.file("a.epstore"), overwrite: false)
    try store.verify()
    var (row, texts) = (0, [String]())
    try ActivationSource(shards).forEachBatch { batch in
      // A store keeps a document's rows together, in the order of their positions.
      let order = (0..<batch.count).sorted {
        (batch.documentOfRow[$0], batch.positions[$0]) < (
          batch.documentOfRow[$1], batch.positions[$1]
        )
      }
      let expected = order.flatMap { batch.rows[$0 * batch.dimension..<($0 + 1) * batch.dimension] }
      let found = try store.rows("blocks.3.hook_resid_post", row..<row + batch.count)
      #expect(found == expected)
      row += batch.count
      texts += batch.documents
      return true
    }
    #expect(row == store.rowCount)
    #expect(try store.documents().map(\.text) == texts)
  }

  @Test func `a folder that any script can write becomes a store`() throws {
    let folder = try TemporaryFolder()
    let input = folder.file("in")
    try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
    let lines = [
      #"{"id":"a","set":"benign","prompt":"hi","text":"<u>hi","ids":[1,2,3],"ends":[3,4,5],"continuation":"I cannot help with that."}"#,
      #"{"text":"hé","ids":[4,5]}"#,
    ]
    try Data(lines.joined(separator: "\n").utf8).write(to: input.appending(path: "documents.jsonl"))
    let rows = SafetensorsTensor((0..<10).map(Float.init), shape: [5, 2])
    try SafetensorsWriter.write(
      [("blocks.0.hook_resid_post", rows)], to: input.appending(path: "rows.safetensors"))
    func run(_ name: String) throws -> StoreFile {
      try StoreImport.plain(
        input, elementType: .f16, classifier: .exemplar, provenance: StoreProvenance(),
        to: folder.file(name), overwrite: false)
    }
    let store = try run("a.epstore")
    try store.verify()
    let documents = try store.documents()
    #expect(documents.map(\.id) == ["a", "document-1"] && documents[1].kind == .text)
    #expect(try store.rows("blocks.0.hook_resid_post", documents[1].rows) == [6, 7, 8, 9])
    #expect(try store.tokens(of: documents[0]).ends == [3, 4, 5])
    #expect(try store.continuations().first?.verdict?.outcome == .refused)
    try Data((lines[0] + "\n{\"ids\":[1]}\n").utf8).write(
      to: input.appending(path: "documents.jsonl"))
    #expect {
      _ = try run("b.epstore")
    } throws: { "\($0)".hasPrefix("documents.jsonl:2: expected a JSON object") }
    try Data(lines[0].utf8).write(to: input.appending(path: "documents.jsonl"))
    #expect {
      _ = try run("c.epstore")
    } throws: { "\($0)".contains("expected 3 rows") }
  }

  @Test func `documents without ids have as many rows as they say, at the positions they say`()
    throws
  {
    let folder = try TemporaryFolder()
    let input = folder.file("in")
    try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
    func run(_ lines: [String], _ name: String) throws -> StoreFile {
      try Data(lines.joined(separator: "\n").utf8).write(
        to: input.appending(path: "documents.jsonl"))
      let rows = SafetensorsTensor((0..<12).map(Float.init), shape: [6, 2])
      try SafetensorsWriter.write(
        [("blocks.0.hook_resid_post", rows)], to: input.appending(path: "rows.safetensors"))
      return try StoreImport.plain(
        input, elementType: .f32, classifier: .exemplar, provenance: StoreProvenance(),
        to: folder.file(name), overwrite: false)
    }
    let store = try run(
      [
        #"{"text":"one two three","ends":[3,7,13]}"#, #"{"text":"last","position":8}"#,
        #"{"text":"ab","rows":2,"position":1}"#,
      ], "a.epstore")
    try store.verify()
    let documents = try store.documents()
    #expect(documents.map(\.rowCount) == [3, 1, 2])
    #expect(documents.map(\.firstPosition) == [0, 8, 1])
    #expect(try store.tokens(of: documents[0]).ids == nil)
    #expect(try store.rows("blocks.0.hook_resid_post", documents[2].rows) == [8, 9, 10, 11])
    for line in [
      #"{"text":"a","rows":0}"#, #"{"text":"a","position":-1}"#,
      #"{"text":"a","ids":[1,2],"rows":3}"#, #"{"text":"a","ids":[1],"position":2}"#,
      #"{"text":"ab","rows":2,"ends":[1]}"#, #"{"text":"a","rows":9223372036854775807}"#,
      #"{"text":"a","position":2147483647}"#, #"{"text":"a","position":2147483646,"rows":2}"#,
    ] {
      #expect {
        _ = try run([line], "b.epstore")
      } throws: { "\($0)".hasPrefix("documents.jsonl:1: expected") }
    }
  }

  @Test func `what a worker recorded beside its rows is recorded, and held against what is given`()
    throws
  {
    let folder = try TemporaryFolder()
    let hook = "blocks.0.hook_resid_post"
    let source = folder.file("captured")
    try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
    func put(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: source.appending(path: name))
    }
    try put("documents.jsonl", "{\"id\":\"a\",\"text\":\"ab\",\"ids\":[1,2],\"ends\":[1,2]}\n")
    try SafetensorsWriter.write(
      [(hook, SafetensorsTensor((1...6).map(Float.init), shape: [2, 3]))],
      to: source.appending(path: "rows-00000.safetensors"))
    func record(_ documents: Int, _ hook: String) -> String {
      #"{"model":"org/name","engine":"transformers 4.57, torch 2.9, cuda, bfloat16","template":"own","#
        + #""templateHash":"00","revision":"abc","hooks":["\#(hook)"],"documents":\#(documents)}"#
    }
    func imported(_ provenance: StoreProvenance = StoreProvenance()) throws -> StoreFile {
      try StoreImport.plain(
        source, elementType: .f32, classifier: .exemplar, provenance: provenance,
        to: folder.file("\(UUID()).epstore"), overwrite: false)
    }
    try put("capture.json", record(1, hook))
    let known = try imported().provenance
    #expect(known.engine == "transformers 4.57, torch 2.9, cuda, bfloat16")
    #expect(known.template == "own" && known.templateHash == "00" && known.notes == "revision abc")
    #expect(try StoreImport.recorded(of: source).model == "org/name")

    var given = StoreProvenance()
    given.engine = "jax"
    #expect { try imported(given) } throws: {
      "\($0)".contains("jax") && "\($0)".contains("transformers 4.57")
    }
    try put("capture.json", record(2, hook))
    #expect { try imported() } throws: { "\($0)".contains("expected 2 documents, found 1") }
    try put("capture.json", record(1, "blocks.1.hook_resid_post"))
    #expect { try imported() } throws: { "\($0)".contains("blocks.1.hook_resid_post") }
    try put("capture.json", "[]")
    #expect { try imported() } throws: { "\($0)".contains("capture.json") }
  }
}

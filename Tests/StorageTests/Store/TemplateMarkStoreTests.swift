import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// The table of the tokens that nobody said.
struct TemplateMarkStoreTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func store(_ mark: (Int) -> [Int32]?) throws -> URL {
    let url = folder.file("a.epstore")
    var unit = SampleStore.unit(0..<6)
    for index in unit.entries.indices { unit.entries[index].tokens.template = mark(index) }
    let writer = try StoreWriter(
      url, provenance: SampleStore.provenance, hooks: SampleStore.hooks, elementType: .f32)
    try writer.append(unit)
    try writer.finish()
    return url
  }

  private func change(_ url: URL, _ sql: String) throws {
    try DatabaseQueue(path: url.appending(path: "store.sqlite").path(percentEncoded: false))
      .write { try $0.execute(sql: sql) }
  }

  @Test func `marks come back, an empty list as one that says none`() throws {
    let store = try StoreFile(store { $0 == 1 ? [] : [0] })
    #expect(store.marksTemplate)
    let documents = try store.documents()
    #expect(try store.tokens(of: documents[0]).template == [0])
    #expect(try store.tokens(of: documents[1]).template == [])
    #expect(try store.templatePositions(of: documents).count == 6)
    try store.verify()
  }

  @Test func `a store without marks has no table of them, and says so`() throws {
    let store = try StoreFile(store { _ in nil })
    #expect(!store.marksTemplate && !store.hasTemplateTable)
    #expect(try store.tokens(of: store.documents()[0]).template == nil)
  }

  @Test func `marks that were changed do not pass the hash`() throws {
    let url = try store { _ in [0] }
    try change(url, "UPDATE templateToken SET positions = x'02' WHERE document = 0")
    #expect(throws: StorageError.self) { try StoreFile(url).verify() }
  }

  @Test(arguments: ["x'00ff'", "x'0200'", "x'c801'"])
  func `positions that do not ascend within the document are refused`(_ bytes: String) throws {
    let url = try store { _ in [0] }
    try change(url, "UPDATE templateToken SET positions = \(bytes) WHERE document = 0")
    let file = try StoreFile(url)
    #expect(throws: StorageError.self) { try file.tokens(of: try file.documents()[0]) }
  }

  @Test func `a stranger's view under the table's name is refused`() throws {
    let url = try store { _ in [0] }
    try change(
      url,
      "DROP TABLE templateToken; CREATE VIEW templateToken AS SELECT 0 AS document, x'00' AS positions"
    )
    #expect(throws: StorageError.self) { try StoreFile(url) }
  }

  @Test(arguments: [
    ("<|im_start|>", true), ("<s>", true), ("</s>", true), ("<bos>", true), ("[INST]", true),
    ("<｜end▁of▁sentence｜>", true), ("<start_of_turn>", true), ("user", false), ("<b>", false),
    ("[1]", false), ("<|>", false), ("a < b > c", false), ("", false),
  ])
  func `special tokens are told by their spelling`(_ text: String, _ isSpecial: Bool) {
    #expect(SpecialSpelling.isSpecial(Array(text.utf8)[...]) == isSpecial)
  }
}

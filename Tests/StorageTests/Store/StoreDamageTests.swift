import Foundation
import TestSupport
import Testing

@testable import Storage

struct StoreDamageTests {
  let folder: TemporaryFolder
  let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("a.epstore")
    try SampleStore.write(url)
  }

  private func shard(_ index: Int) -> URL {
    url.appending(path: "activations/00000\(index).safetensors")
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func `a shard that is missing, cut or altered is named`() throws {
    let bytes = try Data(contentsOf: shard(1))
    try FileManager.default.removeItem(at: shard(1))
    let store = try StoreFile(url)
    #expect(message { try store.verify() }.hasPrefix("a.epstore/activations/000001.safetensors"))
    try bytes.dropLast(1).write(to: shard(1))
    #expect(
      message { try StoreFile(url).verify() }
        == "a.epstore/activations/000001.safetensors: expected \(bytes.count) bytes, found \(bytes.count - 1)"
    )
    var altered = bytes
    altered[altered.count - 1] ^= 1
    try altered.write(to: shard(1))
    #expect(message { try StoreFile(url).verify() }.contains("expected SHA-256"))
    // Rows of the other shards are read all the same.
    #expect(try StoreFile(url).rows(SampleStore.hooks[0].name, 0..<6).count == 18)
    try bytes.write(to: shard(1))
    try StoreFile(url).verify()
  }

  @Test func `an altered database is noticed`() throws {
    let queue = try StoreConnection.write(url.appending(path: StoreSchema.database))
    try queue.write { try $0.execute(sql: "UPDATE document SET topic = 'x' WHERE id = 2") }
    try queue.close()
    #expect(message { try StoreFile(url).verify() }.contains("altered"))
  }

  @Test func `a document at a position that no list of tokens has is damage`() throws {
    let queue = try StoreConnection.write(url.appending(path: StoreSchema.database))
    try queue.write {
      try $0.execute(
        sql:
          "UPDATE document SET firstPosition = 2147483647, tokenCount = 2147483647 + rowCount WHERE id = 2"
      )
    }
    try queue.close()
    #expect(
      message { _ = try StoreFile(url).documents() }.contains(
        "document 2: its rows and tokens do not fit the store"))
  }

  @Test func `a database overwritten anywhere gives an error or a store, never a crash`() throws {
    let database = url.appending(path: StoreSchema.database)
    let original = [UInt8](try Data(contentsOf: database))
    var damage = FileDamage(seed: 11)
    for _ in 0..<150 {
      try Data(damage.copy(of: original)).write(to: database)
      do {
        let store = try StoreFile(url)
        for document in try store.documents() { _ = try store.tokens(of: document) }
        _ = try store.continuations()
        try store.verify()
      } catch {
        #expect(error is StorageError, "\(error)")
      }
    }
  }

  @Test func `a shard overwritten anywhere gives an error or numbers, never a crash`() throws {
    let original = [UInt8](try Data(contentsOf: shard(0)))
    var damage = FileDamage(seed: 12)
    for _ in 0..<150 {
      try Data(damage.copy(of: original)).write(to: shard(0))
      do {
        _ = try StoreFile(url).rows(SampleStore.hooks[0].name, 0..<6)
      } catch {
        #expect(error is StorageError, "\(error)")
      }
    }
  }

  @Test func `a store whose shard is gone is not gone on with`() throws {
    let unfinished = folder.file("b.epstore")
    try SampleStore.writer(unfinished).append(SampleStore.unit(0..<2))
    try FileManager.default.removeItem(
      at: unfinished.appending(path: "activations/000000.safetensors"))
    #expect(
      message { _ = try SampleStore.writer(unfinished) }.contains("000000.safetensors: not there"))
  }

  @Test func `what a store adds to its activations is small`() throws {
    let big = folder.file("big.epstore")
    let hook = StoreHook(name: "blocks.0.hook_resid_post", dimension: 576)
    let writer = try StoreWriter(
      big, provenance: SampleStore.provenance, hooks: [hook], elementType: .f32)
    for unit in 0..<4 {
      let entries = (0..<64).map { index in
        let text = String(repeating: "words of a chat ", count: 6)
        return StoreUnit.Entry(
          document: StoreDocument(
            id: "prompt-\(unit)-\(index)", kind: .prompt, set: "benign", split: "train",
            category: "home", topic: "a dripping tap", prompt: text, text: text, rowCount: 24,
            tokenCount: 24),
          tokens: StoreTokens(
            ids: (0..<24).map { ($0 * 7919 + Int32(index)) % 49_000 }, ends: (0..<24).map { $0 * 4 }
          ))
      }
      try writer.append(
        StoreUnit(entries: entries, rows: [[Float](repeating: 0.5, count: 64 * 24 * 576)]))
    }
    try writer.finish()
    let size = try FolderBytes(big).files.values.reduce(0) { $0 + $1.count }
    let raw = 4 * 64 * 24 * 576 * 4
    #expect(Double(size) / Double(raw) < 1.05, "\(size) bytes for \(raw)")
  }
}

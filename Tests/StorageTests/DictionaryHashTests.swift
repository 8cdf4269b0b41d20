import Foundation
import GRDB
import TensorFiles
import TestSupport
import Testing

@testable import Storage

/// What a dictionary's hashes find.
@Suite struct DictionaryHashTests {
  private let folder: TemporaryFolder
  private let url: URL
  private var directions: URL { url.appending(path: DictionarySchema.tensors) }
  private var database: URL { url.appending(path: DictionarySchema.database) }

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("a.epdict")
    try SampleDictionary.write(to: url)
  }

  @Test func `every tensor and table has a hash, and the identity is what it was`() throws {
    let file = try DictionaryFile(url)
    #expect(file.hasHashes)
    #expect(file.identity == SampleDictionary.dictionary.identity)
    try file.verify()
    let tensors = try SafetensorsFile(directions)
    for name in DictionaryHashes.tensors {
      let expected = try tensors.withBytes(name) { bytes in
        var hash = SHA256()
        hash.update(bytes)
        return hash.hexDigest()
      }
      #expect(file.hashes.ofTensor(name) == expected)
    }
    let tables = try file.read { db in
      try String.fetchAll(
        db,
        sql:
          "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
    }
    #expect(Set(tables) == Set(DictionaryHashes.tables.map(\.name)))
  }

  @Test func `a direction that was changed is refused by whoever computes with it`() throws {
    let sound = try Data(contentsOf: directions)
    let tensors = try SafetensorsFile(directions).tensors
    for name in DictionaryHashes.tensors {
      let range = try #require(tensors[name]?.byteRange)
      var bytes = sound
      // The last bit of a component: no check of values could find it.
      bytes[range.lowerBound] ^= 1
      try bytes.write(to: directions)
      let file = try DictionaryFile(url)
      let loading = storageError { _ = try file.load() }
      #expect(
        loading?.code == .damaged && loading?.message.hasPrefix("\(name): was changed") == true)
      #expect(storageError { try file.verify() }?.code == .damaged)
      switch name {
      case "center": #expect(storageError { _ = try file.centre() } != nil)
      case "exemplars":
        #expect(storageError { _ = try file.exemplarRows() } != nil)
        #expect(storageError { _ = try file.exemplars() } != nil)
        // Also where other rows are asked for: what is asked next may be the changed one.
        #expect(storageError { _ = try file.exemplars(rows: 2..<3) } != nil)
      case "means": #expect(storageError { _ = try file.means() } != nil)
      default: break
      }
    }
    try sound.write(to: directions)
    try DictionaryFile(url).verify()
  }

  @Test(arguments: [
    "UPDATE region SET coherence = coherence + 1e-9 WHERE id = 1",
    "UPDATE document SET text = 'The river bank was step' WHERE id = 0",
    "UPDATE context SET distance = 0.13 WHERE distance = 0.125",
    "UPDATE membership SET members = x'00' WHERE region = 0",
    "UPDATE word SET text = 'other' WHERE id = 0", "DELETE FROM growth",
    "UPDATE provenance SET value = 'other' WHERE key = 'model'",
    "UPDATE posting SET data = x'00000000' WHERE name = 'word'",
    "UPDATE documentText_config SET v = 9 WHERE k = 'version'",
  ])
  func `a table that was changed is found by verifying`(statement: String) throws {
    let queue = try DatabaseQueue(path: database.path(percentEncoded: false))
    let changes = try queue.write { db in
      try db.execute(sql: statement)
      return db.changesCount
    }
    try queue.close()
    try #require(changes > 0)
    let file = try DictionaryFile(url)
    #expect(storageError { try file.verify() }?.message.contains("was changed since") == true)
  }

  @Test func `a dictionary of before there were hashes says so and opens`() throws {
    try strip(keeping: 0)
    #expect(storageError { _ = try DictionaryFile(url) }?.message == "expected 16 hashes, found 0")
    // Without the word in the header it is one of then.
    let tensors = try SafetensorsFile(directions)
    let all = try tensors.names.map { name in
      let info = try tensors.info(name)
      return (
        name,
        SafetensorsTensor(
          info.elementType, shape: info.shape, bytes: try tensors.withBytes(name) { [UInt8]($0) })
      )
    }
    try SafetensorsWriter.write(
      all, metadata: ["identity": SampleDictionary.dictionary.identity], to: directions)
    let file = try DictionaryFile(url)
    #expect(!file.hasHashes)
    #expect(try file.load().identity == SampleDictionary.dictionary.identity)
    try file.verify()
  }

  @Test func `a hash that is missing is missed`() throws {
    try strip(keeping: 15)
    #expect(storageError { _ = try DictionaryFile(url) }?.message == "expected 16 hashes, found 15")
  }

  private func strip(keeping count: Int) throws {
    let queue = try DatabaseQueue(path: database.path(percentEncoded: false))
    try queue.write { db in
      try db.execute(
        sql: """
          DELETE FROM provenance WHERE key IN (
            SELECT key FROM provenance WHERE key LIKE 'hash.%' LIMIT -1 OFFSET ?)
          """, arguments: [count])
    }
    try queue.close()
  }

  @Test func `SHA-256 is the standard's`() {
    #expect(
      SHA256.hexDigest(of: "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      SHA256.hexDigest(of: String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}

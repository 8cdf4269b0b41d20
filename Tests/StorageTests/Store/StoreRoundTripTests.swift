import Foundation
import TensorFiles
import TestSupport
import Testing

@testable import Storage

struct StoreRoundTripTests {
  @Test(arguments: [ElementType.f32, .bf16, .f16])
  func `what was appended is read back`(type: ElementType) throws {
    let folder = try TemporaryFolder()
    let store = try SampleStore.write(folder.url.appending(path: "a.epstore"), type)
    #expect(store.isFinished)
    #expect(store.documentCount == 6)
    #expect(store.rowCount == 18)
    #expect(store.continuationCount == 5)
    #expect(store.provenance == SampleStore.provenance)
    #expect(store.hooks == SampleStore.hooks)
    #expect(store.elementType == type)
    for (hook, info) in SampleStore.hooks.enumerated() {
      // Small multiples of a quarter are exact in every type.
      let expected = (3..<15).flatMap { row in
        (0..<info.dimension).map { SampleStore.value(row: row, hook: hook, component: $0) }
      }
      #expect(try store.rows(info.name, 3..<15) == expected)
    }
    let documents = try store.documents()
    let (third, last) = (documents[2], documents[5])
    #expect(third.id == "prompt-2" && third.firstRow == 6 && third.rows == 6..<11)
    #expect(third.row(at: 4) == 10 && third.row(at: 5) == nil)
    #expect(last.kind == .text && last.topic == "topic 5" && last.category == nil)
    #expect(try store.tokens(of: third).ids == [200, 201, 202, 203, 204])
    #expect(try store.document(id: "prompt-4")?.index == 4)
    #expect(try store.document(atRow: 11)?.index == 3)
    #expect(try store.documents(ofSets: ["benign"]).map(\.index) == [1, 3, 5])
    #expect(try store.sets().map(\.documents) == [3, 3])
    #expect(
      try store.lastRows(SampleStore.hooks[1].name, of: [third, last]) == [
        10, 11.25, 17, 18.25,
      ])
    #expect(
      try store.rows(SampleStore.hooks[1].name, at: [17, 0, 1]) == [17, 18.25, 0, 1.25, 1, 2.25])
    let answers = try store.continuations()
    #expect(answers.map(\.document) == [0, 1, 2, 3, 4])
    #expect(answers[0].verdict?.phraseRange == 0..<8)
    #expect(answers[1].verdict == nil && answers[1].tokens == [5, 3, 9])
    #expect(try store.continuations(of: 3).count == 1)
    try store.verify()
  }

  @Test func `a moved store on a folder without write permission opens`() throws {
    let folder = try TemporaryFolder()
    let (first, second) = (
      folder.url.appending(path: "a.epstore"), folder.url.appending(path: "b.epstore")
    )
    try SampleStore.write(first)
    try FileManager.default.moveItem(at: first, to: second)
    chmod(second.path(percentEncoded: false), 0o555)
    defer { chmod(second.path(percentEncoded: false), 0o755) }
    let store = try StoreFile(second)
    #expect(try store.rows(SampleStore.hooks[0].name, 0..<1) == [0, 0.25, 0.5])
    try store.verify()
  }

  @Test func `an interrupted capture goes on, and its bytes do not show it`() throws {
    let folder = try TemporaryFolder()
    let (whole, parts) = (
      folder.url.appending(path: "a.epstore"), folder.url.appending(path: "b.epstore")
    )
    try SampleStore.write(whole)
    for first in stride(from: 0, to: 6, by: 2) {
      let writer = try SampleStore.writer(parts)
      #expect(writer.documentCount == first)
      #expect(writer.isResumed == (first > 0))
      try writer.append(SampleStore.unit(first..<first + 2))
      let store = try StoreFile(parts)
      #expect(!store.isFinished && store.documentCount == first + 2)
    }
    try SampleStore.writer(parts).finish()
    #expect(try FolderBytes(whole) == FolderBytes(parts))
  }

  @Test func `a shard that no transaction named is made again`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "a.epstore")
    do {
      let writer = try SampleStore.writer(url)
      try writer.append(SampleStore.unit(0..<2))
    }
    let activations = url.appending(path: "activations")
    try Data("half".utf8).write(to: activations.appending(path: "000001.safetensors"))
    try Data("half".utf8).write(to: activations.appending(path: ".abc.partial"))
    let writer = try SampleStore.writer(url)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: activations.path(percentEncoded: false))
        .filter { $0 != StoreLock.ownerName } == ["000000.safetensors"])
    try writer.append(SampleStore.unit(2..<6))
    try writer.finish()
    try StoreFile(url).verify()
  }

  @Test func `a capture of other settings is refused with both values`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "a.epstore")
    try SampleStore.write(url)
    var other = SampleStore.provenance
    other.seed = 8
    #expect {
      _ = try SampleStore.writer(url, provenance: other)
    } throws: {
      "\($0)".contains("seed there is 7, here 8")
        && ($0 as? StorageError)?.remedy == "\(.overwrite) replaces it"
    }
    #expect {
      _ = try SampleStore.writer(url, .bf16)
    } throws: { "\($0)".contains("dtype there is f32, here bf16") }
    var later = SampleStore.provenance
    later.created = "2027-01-01T00:00:00Z"
    #expect(try SampleStore.writer(url, provenance: later).isFinished)
    let replaced = try SampleStore.writer(url, provenance: other, overwrite: true)
    #expect(replaced.documentCount == 0)
  }

  @Test func `two processes do not append at once`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "a.epstore")
    let writer = try SampleStore.writer(url)
    #expect {
      _ = try SampleStore.writer(url)
    } throws: { ($0 as? StorageError)?.code == .busy }
    withExtendedLifetime(writer) {}
  }

  @Test func `a document that was there before leaves the store as it was`() throws {
    let folder = try TemporaryFolder()
    let url = folder.url.appending(path: "a.epstore")
    let writer = try SampleStore.writer(url)
    try writer.append(SampleStore.unit(0..<2))
    #expect {
      try writer.append(SampleStore.unit(0..<1))
    } throws: { "\($0)".contains("prompt-0 was there before") }
    try writer.append(SampleStore.unit(2..<6))
    try writer.finish()
    let store = try StoreFile(url)
    #expect(store.documentCount == 6)
    try store.verify()
  }

  @Test func `numbers that the type cannot hold are refused`() throws {
    let folder = try TemporaryFolder()
    var unit = SampleStore.unit(0..<1)
    unit.rows[0][1] = 1e6
    let halves = try SampleStore.writer(folder.url.appending(path: "h.epstore"), .f16)
    #expect { try halves.append(unit) } throws: { "\($0)".contains("too large for f16") }
    unit.rows[0][1] = .nan
    let floats = try SampleStore.writer(folder.url.appending(path: "f.epstore"))
    #expect { try floats.append(unit) } throws: { "\($0)".contains("finite") }
    #expect(floats.documentCount == 0)
  }
}

/// Every file of a folder with its bytes.
struct FolderBytes: Equatable {
  var files: [String: Data] = [:]

  init(_ folder: URL) throws {
    let paths = try FileManager.default.subpathsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    for path in paths {
      files[path] = (try? Data(contentsOf: folder.appending(path: path))) ?? Data()
    }
  }
}

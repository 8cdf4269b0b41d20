import Foundation
import Storage
import TestSupport
import Testing

@testable import Explorer

@Suite struct LibraryScanTests {
  private let folder: TemporaryFolder
  private let performer: EffectPerformer

  init() throws {
    folder = try TemporaryFolder()
    performer = EffectPerformer(.init(notebook: folder.file("notebook.sqlite")))
  }

  private func reason(_ entry: LibraryEntry) -> String? {
    if case .broken(let reason) = entry.content { reason } else { nil }
  }

  @Test func `what does not answer in time is listed as that, and keeps nothing else out`() throws {
    let url = folder.file("files/a.epdict")
    try FileManager.default.createDirectory(
      at: folder.file("files"), withIntermediateDirectories: true)
    try SampleDictionary.write(to: url)
    let scan = LibraryScan(performer: performer)
    #expect(scan.entries(under: [folder.file("files")]).map(reason) == [nil])
    let waited = LibraryScan.limited(to: .milliseconds(20)) { () -> LibraryEntry? in
      sleep(2)
      return nil
    }
    #expect(waited == .none)
    // No time at all may still be enough, now and then.
    let hasty = LibraryScan(performer: performer, limit: .zero)
    let reasons = (0..<100).lazy.map { _ in
      let entries = hasty.entries(under: [url])
      #expect(entries.map(\.name) == ["a.epdict"])
      return entries.first.flatMap(reason)
    }
    #expect(reasons.first { $0 != nil } == "did not answer within 0 s")
  }

  @Test
  func `the same weights are called the same, whether what names them says their name or not`()
    throws
  {
    let files = folder.file("files")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    func write(_ name: String, hash: String, calling own: String?) throws {
      var provenance = SampleDictionary.provenance
      (provenance.model, provenance.modelHash, provenance.modelName) = ("tiny.gguf", hash, own)
      try DictionaryWriter.write(
        SampleDictionary.dictionary(4), provenance: provenance, to: files.appending(path: name))
    }
    try write("a.epdict", hash: "aa", calling: nil)
    try write("b.epdict", hash: "aa", calling: "Tiny Own")
    try write("c.epdict", hash: "bb", calling: nil)
    let entries = LibraryScan(performer: performer).entries(under: [files])
    #expect(entries.map(\.group) == ["Tiny Own", "Tiny Own", "tiny"])
    // And so it is over its regions.
    let explorer = try ScriptedExplorer(folder: folder, paths: ["files"])
    let index = try #require(explorer.state.library.entries?.firstIndex { $0.name == "a.epdict" })
    explorer.type("g" + String(repeating: "j", count: index) + "<Enter>")
    #expect(explorer.state.regions?.dictionary.name == "a.epdict")
    #expect(explorer.screen.text(row: 0).contains("Tiny Own"))
  }

  @Test func `what was captured elsewhere renames no model`() throws {
    let (files, own) = (folder.file("files"), folder.file("files/own"))
    try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
    func write(_ url: URL, calling name: String?) throws {
      var provenance = SampleDictionary.provenance
      (provenance.model, provenance.modelHash, provenance.modelName) = ("tiny.gguf", "aa", name)
      try DictionaryWriter.write(SampleDictionary.dictionary(4), provenance: provenance, to: url)
    }
    try write(files.appending(path: "sample.epdict"), calling: nil)
    try write(own.appending(path: "captured.epdict"), calling: "Tiny 8k Mix1")
    let entries = LibraryScan(performer: performer).entries(under: [files])
    #expect(entries.first { $0.name == "sample.epdict" }?.group == "tiny")
    #expect(entries.first { $0.name == "own/captured.epdict" }?.group == "Tiny 8k Mix1")
    let explorer = try ScriptedExplorer(folder: folder, paths: ["files"])
    let index = try #require(
      explorer.state.library.entries?.firstIndex { $0.name == "sample.epdict" })
    explorer.type("g" + String(repeating: "j", count: index) + "<Enter>")
    #expect(explorer.state.regions?.dictionary.name == "sample.epdict")
    #expect(!explorer.screen.text(row: 0).contains("Tiny 8k"))
  }

  @Test func `names that are not UTF-8 are listed with their bytes spelled out`() throws {
    let files = folder.file("files")
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    let path = Array(files.path(percentEncoded: false).utf8)
    func made(_ name: [UInt8], _ make: (UnsafePointer<CChar>) -> Int32) throws {
      let whole = (path + [0x2f] + name + [0]).map { CChar(bitPattern: $0) }
      try #require(whole.withUnsafeBufferPointer { make($0.baseAddress.unsafelyUnwrapped) } == 0)
    }
    try made([0x61, 0xff] + Array(".epdict".utf8)) { mkdir($0, 0o700) }
    for name in [Array("caf".utf8) + [0xe9] + Array(".pkl".utf8), [0xfe] + Array(".txt".utf8)] {
      try made(name) { close(open($0, O_CREAT | O_WRONLY, 0o600)) }
    }
    try SampleDictionary.write(to: files.appending(path: "plain.epdict"))
    let entries = LibraryScan(performer: performer).entries(under: [files])
    #expect(entries.map(\.name).sorted() == [#"a\xff.epdict"#, #"caf\xe9.pkl"#, "plain.epdict"])
    #expect(entries.compactMap(reason).count == 2)
    #expect(entries.compactMap(reason).allSatisfy { $0.contains("not UTF-8") })
  }

  @Test func `a pickle that grows and a dictionary whose files change are other than before`()
    throws
  {
    let place = folder.file("files")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let (pickle, dictionary) = (place.appending(path: "a.pkl"), place.appending(path: "b.epdict"))
    try Data(count: 10).write(to: pickle)
    try FileManager.default.createDirectory(at: dictionary, withIntermediateDirectories: true)
    let first = LibraryScan.names(in: place)
    #expect(first.count == 2 && first == LibraryScan.names(in: place))
    try Data(count: 20).write(to: pickle)
    let second = LibraryScan.names(in: place)
    #expect(first.intersection(second).count == 1)
    try Data(count: 5).write(to: dictionary.appending(path: "directions.safetensors"))
    #expect(second.intersection(LibraryScan.names(in: place)).count == 1)
    try Data(count: 5).write(to: dictionary.appending(path: "notes.txt"))
    #expect(LibraryScan.names(in: place) == LibraryScan.names(in: place))
  }

  @Test func `a pipe in the place of a file is listed as broken`() throws {
    let files = folder.file("files")
    let names = [
      "a.epdict/dictionary.sqlite", "b.epstore/store.sqlite", "c/adapter_config.json", "d.pkl",
      "e.gguf",
    ]
    for name in names {
      let file = files.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try #require(mkfifo(file.path(percentEncoded: false), 0o600) == 0)
    }
    try Data().write(to: files.appending(path: "a.epdict/directions.safetensors"))
    let clock = ContinuousClock()
    let start = clock.now
    let entries = LibraryScan(performer: performer).entries(under: [files])
    #expect(clock.now - start < .seconds(4))
    #expect(entries.count == 5 && entries.allSatisfy { reason($0) != nil })
  }
}

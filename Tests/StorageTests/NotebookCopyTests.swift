import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// When copies of the notebook are made, which is taken, and what can be read of a damaged one.
@Suite struct NotebookCopyTests {
  private let folder: TemporaryFolder
  private let url: URL
  private let day = Date(timeIntervalSince1970: 1_767_225_600)

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("notebook.sqlite")
  }

  private func copies() -> [String] {
    let path = folder.file("backups").path(percentEncoded: false)
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  private func labels(ofCopy name: String) throws -> [String] {
    try Notebook(folder.file("backups/\(name)"), isReading: true).labels(for: "abc")
      .compactMap(\.text)
  }

  @Test func `a session that changed something leaves a copy at its end`() throws {
    let notebook = try Notebook(url)
    #expect(notebook.finish().isEmpty && copies().isEmpty)
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(notebook.finish().isEmpty)
    let name = try #require(copies().first)
    #expect(copies().count == 1 && name.hasSuffix("Z-quit.sqlite"))
    #expect(try labels(ofCopy: name) == ["one"])
    #expect(notebook.finish().isEmpty && copies().count == 1)
  }

  @Test func `copies are made at intervals while there are changes`() throws {
    let notebook = try Notebook(url, copyInterval: .zero)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(copies().count == 1 && copies()[0].contains("-hour"))
    let patient = try Notebook(url)
    try patient.setLabel("two", region: 2, identity: "abc")
    #expect(copies().count { $0.contains("-hour") } == 1)
    for region in 3..<20 { try notebook.setLabel("more", region: region, identity: "abc") }
    #expect(copies().count { $0.contains("-hour") } == 12)
  }

  @Test func `an import and a merge begin with a copy`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("mine", region: 1, identity: "abc")
    let lines = folder.file("labels.jsonl")
    try Data("{\"region\":2,\"label\":\"theirs\"}\n".utf8).write(to: lines)
    _ = try notebook.importLabels(lines, identity: "abc")
    let first = try #require(copies().first { $0.contains("-import") })
    #expect(try labels(ofCopy: first) == ["mine"])
    try Data().write(to: folder.file("base.jsonl"))
    _ = try notebook.mergeLabels(
      theirs: lines, base: folder.file("base.jsonl"), identity: "abc", regionCount: 9)
    let second = try #require(copies().first { $0.contains("-merge") })
    #expect(try labels(ofCopy: second) == ["mine", "theirs"])
  }

  @Test(arguments: [false, true])
  func `so does one in a session of its own, but not again where it adds nothing`(merges: Bool)
    throws
  {
    let earlier = try Notebook(url, now: day)
    try earlier.setLabel("mine", region: 1, identity: "abc")
    _ = try Notebook(url, now: day + 86_400)
    try earlier.setLabel("later", region: 3, identity: "abc")
    let lines = folder.file("labels.jsonl")
    try Data("{\"region\":2,\"label\":\"theirs\"}\n".utf8).write(to: lines)
    try Data().write(to: folder.file("base.jsonl"))
    for round in 0..<4 {
      let notebook = try Notebook(url, now: day + 86_401)
      if merges {
        _ = try notebook.mergeLabels(
          theirs: lines, base: folder.file("base.jsonl"), identity: "abc", regionCount: 9)
      } else {
        _ = try notebook.importLabels(lines, identity: "abc")
      }
      // The second is of what the first added; the others would be the same.
      let made = copies().filter { $0.contains(merges ? "-merge" : "-import") }
      #expect(made.count == min(round + 1, 2))
      #expect(try made.contains { try labels(ofCopy: $0) == ["mine", "later"] }, "\(made)")
    }
  }

  @Test func `an import is refused where no copy can be made before it`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("mine", region: 1, identity: "abc")
    try Data("in the way".utf8).write(to: folder.file("backups"))
    let error = storageError {
      _ = try notebook.importLines(
        "{\"region\":2,\"label\":\"theirs\"}", file: "labels.jsonl", identity: "abc")
    }
    #expect(error?.message.contains("no copy of it can be made") == true)
    #expect(try notebook.labels(for: "abc").compactMap(\.text) == ["mine"])
    #expect(notebook.finish().count == 1)
  }

  @Test func `a copy from the future does not win, and is not pruned`() throws {
    try Notebook(url, now: day).setLabel("kept", region: 1, identity: "abc")
    _ = try Notebook(url, now: day + 86_400)
    try Notebook(url, now: day + 86_400).setLabel("more", region: 2, identity: "abc")
    // The clock was wrong for a while, and the notebook had only this much then.
    try FileManager.default.copyItem(
      at: folder.file("backups/notebook-2026-01-02.sqlite"),
      to: folder.file("backups/notebook-2031-05-05.sqlite"))
    _ = try Notebook(url, now: day + 2 * 86_400)
    try Data("damaged".utf8).write(to: url)
    for suffix in ["-wal", "-shm"] { unlink(url.path(percentEncoded: false) + suffix) }
    let notebook = try Notebook(url, now: day + 3 * 86_400)
    #expect(notebook.openingReport.restoredFrom == "notebook-2026-01-03.sqlite")
    #expect(try notebook.labels(for: "abc").count == 2)
    for later in 4...60 { _ = try Notebook(url, now: day + Double(later) * 86_400) }
    #expect(copies().contains("notebook-2031-05-05.sqlite"))
    // Where all are from the future, the clock is what is wrong.
    try Data("damaged".utf8).write(to: url)
    for suffix in ["-wal", "-shm"] { unlink(url.path(percentEncoded: false) + suffix) }
    let early = try Notebook(url, now: Date(timeIntervalSince1970: 0))
    #expect(early.openingReport.restoredFrom == "notebook-2031-05-05.sqlite")
  }

  @Test func `copies of a clock that was set back are made, and the later of them wins`() throws {
    let notebook = try Notebook(url, now: day)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try notebook.keepCopy(.hour, at: day + 36_000)
    try notebook.setLabel("two", region: 2, identity: "abc")
    // Nine hours back.
    try notebook.keepCopy(.hour, at: day + 3600)
    try notebook.setLabel("three", region: 3, identity: "abc")
    try notebook.keepCopy(.hour, at: day + 3600)
    #expect(
      copies() == [
        "notebook-2026-01-01T010000Z-hour-2.sqlite", "notebook-2026-01-01T010000Z-hour.sqlite",
        "notebook-2026-01-01T100000Z-hour.sqlite",
      ])
    let newest = try NotebookBackups.copies(of: url, now: day + 7200).map(\.lastPathComponent)
    #expect(newest.last == "notebook-2026-01-01T100000Z-hour.sqlite")
    #expect(try labels(ofCopy: newest[0]).sorted() == ["one", "three", "two"])
    // What the wrong clock dated is not pruned, however many are made before it.
    for region in 10..<30 {
      try notebook.setLabel("more", region: region, identity: "abc")
      try notebook.keepCopy(.hour, at: day + 7200 + Double(region))
    }
    #expect(copies().contains("notebook-2026-01-01T100000Z-hour.sqlite"))
    #expect(copies().count == 13)
  }

  @Test func `of two writers whose clocks differ the one who wrote last is right`() throws {
    let (ahead, behind) = (try Notebook(url), try Notebook(url))
    try ahead.setLabel("of the clock ahead", region: 1, identity: "abc", at: day + 1_000_000)
    try behind.setLabel("later", region: 1, identity: "abc", at: day)
    #expect(try ahead.labels(for: "abc").map(\.text) == ["later"])
    #expect(
      try ahead.history(of: 1, identity: "abc").map(\.after) == ["of the clock ahead", "later"])
    try ahead.undo(identity: "abc", at: day - 5)
    #expect(try behind.labels(for: "abc").map(\.text) == ["of the clock ahead"])
    try behind.redo(identity: "abc", at: day + 2_000_000)
    #expect(try ahead.labels(for: "abc").map(\.text) == ["later"])
  }

  // MARK: - Salvage

  /// A notebook of many labels.
  private func writeLabels() throws {
    let notebook = try Notebook(url, now: day)
    for region in 0..<400 {
      try notebook.setLabel("label \(region)", region: region, identity: "abc")
    }
    let key = ContinuationKey(store: "s", document: "d", condition: "baseline", text: "No.")
    try notebook.setVerdict(.refused, on: key)
  }

  /// The same, and then one page of it overwritten.
  private func damage(page: (Int) -> Int) throws {
    try writeLabels()
    var bytes = try Data(contentsOf: url)
    let size = 4096
    let start = page(bytes.count / size) * size
    for index in start..<min(start + size, bytes.count) { bytes[index] = 0xa5 }
    try bytes.write(to: url)
  }

  @Test func `of a damaged notebook what can be read is offered before an empty one`() throws {
    var saved = 0
    try damage { $0 / 2 }
    let notebook = try Notebook(url, recovery: .offer, now: day + 60)
    let offer = try #require(notebook.openingReport.offer)
    #expect(offer.isSalvaged && offer.name == "notebook-2026-01-01T000100Z-salvaged.sqlite")
    saved = offer.labels
    #expect(saved > 300)
    try notebook.takeCopy(named: offer.name)
    let labels = try notebook.labels(for: "abc")
    #expect(labels.count == saved && labels.allSatisfy { $0.text == "label \($0.region)" })
    #expect(try notebook.verdicts().count == 1)
    try notebook.setLabel("after", region: 1000, identity: "abc")
  }

  @Test(arguments: [4096, 100, 16])
  func `a notebook whose first page is damaged is read all the same`(_ count: Int) throws {
    try writeLabels()
    var bytes = try Data(contentsOf: url)
    for index in 0..<count { bytes[index] = 0xa5 }
    try bytes.write(to: url)
    // No copy that could stand in for it.
    try? FileManager.default.removeItem(
      at: url.deletingLastPathComponent().appending(path: "backups"))
    let notebook = try Notebook(url, now: day + 60)
    #expect(notebook.openingReport.setAside != nil)
    let labels = try notebook.labels(for: "abc")
    #expect(labels.count == 400 && labels.allSatisfy { $0.text == "label \($0.region)" })
    #expect(try notebook.verdicts().count == 1)
  }

  @Test func `every page but the first may be lost without losing everything`() throws {
    try writeLabels()
    let whole = try Data(contentsOf: url)
    let pages = whole.count / 4096
    var damaged = 0
    for page in 1..<pages {
      let file = folder.file("p\(page)/notebook.sqlite")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      var bytes = whole
      for index in page * 4096..<(page + 1) * 4096 { bytes[index] = 0xa5 }
      try bytes.write(to: file)
      let notebook = try Notebook(file, now: day + 60)
      guard notebook.openingReport.setAside != nil else { continue }
      damaged += 1
      let labels = try notebook.labels(for: "abc")
      #expect(labels.count > 200, "page \(page): \(labels.count)")
      #expect(labels.allSatisfy { $0.text == "label \($0.region)" })
    }
    #expect(damaged > 0)
  }

  @Test func `what a damaged notebook no longer shows comes from the newest copy`() throws {
    try damage { $0 / 2 }
    let sound = folder.file("sound.sqlite")
    do {
      let notebook = try Notebook(sound, now: day)
      for region in 0..<300 {
        try notebook.setLabel("label \(region)", region: region, identity: "abc")
      }
    }
    try FileManager.default.createDirectory(
      at: folder.file("backups"), withIntermediateDirectories: true)
    try FileManager.default.moveItem(
      at: sound, to: folder.file("backups/notebook-2026-01-01.sqlite"))
    let notebook = try Notebook(url, now: day + 60)
    #expect(notebook.openingReport.restoredFrom?.contains("salvaged") == true)
    let labels = try notebook.labels(for: "abc")
    #expect(labels.count >= 300 && labels.allSatisfy { $0.text == "label \($0.region)" })
  }
}

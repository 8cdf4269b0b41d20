import Foundation
import Storage
import TestSupport
import Testing

/// A damaged notebook where somebody is there to ask.
@Suite struct NotebookOfferTests {
  private let folder: TemporaryFolder
  private let url: URL
  private let day = Date(timeIntervalSince1970: 1_767_225_600)
  private let damaged: Data

  /// A notebook of two labels with a copy of it, and then bytes that are no notebook.
  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("data/notebook.sqlite")
    // A notebook that is still open would write its pages over the damage as it closes.
    do {
      let notebook = try Notebook(url, now: day)
      try notebook.setLabel("kept", region: 1, identity: "abc")
      try notebook.setLabel("also kept", region: 2, identity: "abc")
      try notebook.setLabel("taken away", region: 3, identity: "abc")
      try notebook.setLabel(nil, region: 3, identity: "abc")
    }
    _ = try Notebook(url, now: day + 86_400)
    damaged = Data("not a database any more".utf8)
    try damaged.write(to: url)
    for suffix in ["-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: url.path(percentEncoded: false) + suffix)
    }
  }

  private func open() throws -> Notebook {
    try Notebook(url, recovery: .offer, now: day + 90_000)
  }

  @Test func `the newest copy is offered, and taken with its history`() throws {
    let notebook = try open()
    let report = notebook.openingReport
    let offer = try #require(report.offer)
    #expect(offer == Notebook.Offer(name: "notebook-2026-01-02.sqlite", labels: 2))
    #expect(report.restoredFrom == nil)
    #expect(try notebook.labels(for: "abc").isEmpty)

    try notebook.takeCopy(named: offer.name)
    #expect(try notebook.labels(for: "abc").compactMap(\.text).sorted() == ["also kept", "kept"])
    #expect(try notebook.undo(identity: "abc").count == 1)
    #expect(try notebook.labels(for: "abc").count == 3)
    let aside = url.deletingLastPathComponent().appending(path: report.setAside ?? "")
    #expect(try Data(contentsOf: aside) == damaged)
    #expect(try open().openingReport.offer == nil)
  }

  @Test func `what was noted since is never replaced`() throws {
    let first = try open()
    let offer = try #require(first.openingReport.offer)
    // Until something is noted it is offered again, and a second explorer may be quicker.
    #expect(try open().openingReport.offer == offer)
    try open().setLabel("new", region: 9, identity: "abc")
    let error = #expect(throws: StorageError.self) { try first.takeCopy(named: offer.name) }
    #expect(error?.code == .exists)
    #expect(try first.labels(for: "abc").compactMap(\.text) == ["new"])
    #expect(try open().openingReport.offer == nil)
  }

  @Test func `a copy that is damaged too is passed over`() throws {
    let backups = url.deletingLastPathComponent().appending(path: "backups")
    try Data("neither".utf8).write(to: backups.appending(path: "notebook-2026-01-03.sqlite"))
    #expect(try open().openingReport.offer?.name == "notebook-2026-01-02.sqlite")
    #expect(throws: StorageError.self) {
      try open().takeCopy(named: "notebook-2026-01-03.sqlite")
    }
    #expect(throws: StorageError.self) { try open().takeCopy(named: "../notebook.sqlite") }
  }
}

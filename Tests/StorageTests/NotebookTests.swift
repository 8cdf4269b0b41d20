import Foundation
import GRDB
import Storage
import TestSupport
import Testing

@Suite struct NotebookTests {
  let folder: TemporaryFolder
  let url: URL
  let day = Date(timeIntervalSince1970: 1_767_225_600.25)

  init() throws {
    folder = try TemporaryFolder()
    url = folder.url.appending(path: "data/exemplar/notebook.sqlite")
  }

  @Test func `a label is there after a restart`() throws {
    do {
      let notebook = try Notebook(url)
      try notebook.setLabel(
        "rivers \u{1b}[31m\0", region: 3, identity: "abc", author: "Ada", evidence: ["closest 1"],
        at: day)
    }
    let labels = try Notebook(url).labels(for: "abc")
    #expect(
      labels == [
        RegionLabel(
          identity: "abc", region: 3, text: "rivers \u{1b}[31m\0", author: "Ada", date: day,
          evidence: ["closest 1"])
      ])
    #expect(try Notebook(url).labels(for: "other").isEmpty)
  }

  @Test func `an acknowledged label is on disk at once`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("rivers", region: 3, identity: "abc", at: day)
    // What a process killed now would leave behind.
    let copy = folder.file("killed.sqlite")
    try FileManager.default.copyItem(at: url, to: copy)
    #expect(try Notebook(copy).labels(for: "abc").map(\.text) == ["rivers"])
    #expect(try notebook.labels(for: "abc").count == 1)
  }

  @Test func `a process killed while pages moved from the log loses nothing`() throws {
    let log = url.path() + "-wal"
    var kept = Data()
    do {
      let earlier = try EarlierVersion.open(url)
      let notebook = try Notebook(url)
      for region in 0..<20 { try notebook.setLabel("kept", region: region, identity: "abc") }
      kept = try Data(contentsOf: URL(filePath: log))
      try earlier.close()
    }
    // The first page says how long the file will be; the others were still to come.
    let whole = try Data(contentsOf: url)
    try whole.prefix(4096).write(to: url)
    try kept.write(to: URL(filePath: log))
    let notebook = try Notebook(url)
    #expect(notebook.openingReport == Notebook.OpeningReport())
    #expect(try notebook.labels(for: "abc").count == 20)
  }

  @Test(arguments: [
    "INSERT INTO annotation VALUES (X'ff', 1, 'label', '{}')",
    "INSERT INTO annotation VALUES ('abc', 'one', 'label', '{}')",
    "INSERT INTO annotation VALUES ('abc', 1, X'ff', '{}')",
    "UPDATE change SET region = 'one'", "UPDATE change SET date = X'ff'",
    "UPDATE change SET step = 1e300", "UPDATE change SET kind = X'ff'",
  ])
  func `values of kinds that no notebook has are errors where they are read`(sql: String) throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    let queue = try DatabaseQueue(path: url.path())
    try queue.write { try $0.execute(sql: sql) }
    let error = storageError {
      _ = try notebook.exportLines()
      _ = try notebook.history(of: 1, identity: "abc")
      try notebook.undo(identity: "abc")
      // Its changes go where another notebook lies.
      let other = folder.file("other.sqlite")
      try Notebook(other).setLabel("theirs", region: 2, identity: "abc")
      #expect(rename(other.path(), url.path()) == 0)
      _ = try notebook.version()
      throw StorageError(.damaged, "an update of a region is no error of its history")
    }
    #expect(error != nil)
  }

  @Test func `undo and redo walk through the steps`() throws {
    let notebook = try Notebook(url)
    func text() throws -> String? { try notebook.labels(for: "abc").first?.text }
    try notebook.setLabel("one", region: 3, identity: "abc", author: "Ada", at: day)
    try notebook.setLabel("two", region: 3, identity: "abc", author: "Bob", at: day + 1)
    try notebook.setLabel(nil, region: 3, identity: "abc", at: day + 2)
    #expect(try text() == nil)
    try notebook.undo(identity: "abc")
    #expect(try text() == "two")
    #expect(try notebook.labels(for: "abc").first?.author == "Bob")
    let undone = try notebook.undo(identity: "abc")
    #expect(undone.map(\.before) == ["two"])
    #expect(undone.map(\.after) == ["one"])
    try notebook.redo(identity: "abc")
    #expect(try text() == "two")
    try notebook.undo(identity: "abc")
    try notebook.undo(identity: "abc")
    #expect(try text() == nil)
    #expect(try notebook.undo(identity: "abc").isEmpty)
    for _ in 0..<3 { try notebook.redo(identity: "abc") }
    #expect(try notebook.redo(identity: "abc").isEmpty)
    #expect(try text() == nil)
  }

  @Test func `a new label ends redo but loses no history`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 3, identity: "abc", at: day)
    try notebook.undo(identity: "abc", at: day + 1)
    try notebook.setLabel("two", region: 3, identity: "abc", at: day + 2)
    #expect(try notebook.redo(identity: "abc").isEmpty)
    let history = try notebook.history(of: 3, identity: "abc")
    #expect(history.map(\.kind) == [.set, .undo, .set])
    #expect(history.map(\.after) == ["one", nil, "two"])
    #expect(history.map(\.date) == [day, day + 1, day + 2])
    try notebook.undo(identity: "abc")
    #expect(try notebook.labels(for: "abc").isEmpty)
  }

  @Test func `undo keeps to its dictionary`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("mine", region: 1, identity: "abc")
    try notebook.setLabel("other", region: 1, identity: "xyz")
    try notebook.undo(identity: "abc")
    #expect(try notebook.labels(for: "abc").isEmpty)
    #expect(try notebook.labels(for: "xyz").map(\.text) == ["other"])
  }

  @Test func `stars and notes are kept and undone like labels`() throws {
    let notebook = try Notebook(url)
    try notebook.setStar(true, region: 1, identity: "abc")
    try notebook.setStar(true, region: 4, identity: "abc")
    try notebook.setNote("look again", region: 4, identity: "abc")
    try notebook.setStar(false, region: 1, identity: "abc")
    #expect(try notebook.stars(for: "abc") == [4])
    #expect(try notebook.notes(for: "abc") == [4: "look again"])
    try notebook.undo(identity: "abc")
    #expect(try notebook.stars(for: "abc") == [1, 4])
    try notebook.undo(identity: "abc")
    #expect(try notebook.notes(for: "abc").isEmpty)
  }

  @Test func `setting what is there already is not a step`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 3, identity: "abc")
    let version = try notebook.version()
    try notebook.setLabel("one", region: 3, identity: "abc")
    try notebook.setStar(false, region: 3, identity: "abc")
    #expect(try notebook.version() == version)
  }

  @Test func `a second explorer sees the first one's label`() throws {
    let first = try Notebook(url)
    let second = try Notebook(url)
    let version = try second.version()
    try first.setLabel("rivers", region: 7, identity: "abc")
    #expect(try second.version() > version)
    #expect(try second.regionsChanged(since: version, identity: "abc") == [7])
    #expect(try second.regionsChanged(since: version, identity: "xyz").isEmpty)
    try second.setLabel("banks", region: 7, identity: "abc")
    #expect(try first.labels(for: "abc").map(\.text) == ["banks"])
  }

  @Test func `many writers at once lose nothing`() async throws {
    let url = url
    _ = try Notebook(url)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<4 {
        group.addTask {
          let notebook = try Notebook(url)
          for region in 0..<25 {
            try notebook.setLabel("\(writer)", region: writer * 100 + region, identity: "abc")
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try Notebook(url).labels(for: "abc").count == 100)
  }

  @Test func `a damaged notebook is set aside and the day's copy opened`() throws {
    do {
      let notebook = try Notebook(url, now: day)
      try notebook.setLabel("kept", region: 1, identity: "abc")
    }
    _ = try Notebook(url, now: day + 86_400)
    var bytes = try Data(contentsOf: url)
    for index in 100..<bytes.count { bytes[index] = 0xa5 }
    try bytes.write(to: url)

    let notebook = try Notebook(url, now: day + 90_000)
    let report = notebook.openingReport
    #expect(report.setAside == "notebook.sqlite.damaged-2026-01-02-1")
    #expect(report.restoredFrom == "notebook-2026-01-02.sqlite")
    #expect(try notebook.labels(for: "abc").map(\.text) == ["kept"])
    let aside = url.deletingLastPathComponent().appending(path: report.setAside ?? "")
    #expect(try Data(contentsOf: aside) == bytes)
  }

  @Test func `what is not a database at all is set aside too`() throws {
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    for attempt in 1...2 {
      try Data("my own notes".utf8).write(to: url)
      let notebook = try Notebook(url, now: day)
      #expect(notebook.openingReport.setAside == "notebook.sqlite.damaged-2026-01-01-\(attempt)")
      #expect(notebook.openingReport.restoredFrom == nil)
      try notebook.setLabel("new", region: 1, identity: "abc")
    }
  }

  @Test func `a day has one copy, made before its first change`() throws {
    func copies() throws -> [String] {
      let backups = url.deletingLastPathComponent().appending(path: "backups")
      return ((try? FileManager.default.contentsOfDirectory(atPath: backups.path())) ?? []).sorted()
    }
    try Notebook(url, now: day).setLabel("one", region: 1, identity: "abc")
    #expect(try copies() == [])
    try Notebook(url, now: day + 100).setLabel("two", region: 1, identity: "abc")
    _ = try Notebook(url, now: day + 200)
    #expect(try copies() == ["notebook-2026-01-01.sqlite"])
    for later in 1...40 { _ = try Notebook(url, now: day + Double(later) * 86_400) }
    #expect(try copies().count == 30)
    #expect(try copies().last == "notebook-2026-02-10.sqlite")
  }

  @Test func `a notebook of a later version is left alone`() throws {
    try Notebook(url).setLabel("one", region: 1, identity: "abc")
    try setVersion(9, of: url)
    let before = try Data(contentsOf: url)
    let error = storageError { _ = try Notebook(url) }
    #expect(error?.code == .newerVersion)
    #expect(error?.message == "is of version 9; this program reads up to 3")
    #expect(try Data(contentsOf: url) == before)
  }

  @Test func `a dictionary is not taken for a notebook`() throws {
    try SampleDictionary.write(to: folder.file("a.epdict"))
    let error = storageError {
      _ = try Notebook(folder.file("a.epdict").appending(path: "dictionary.sqlite"))
    }
    #expect(error?.code == .wrongKind)
  }
}

/// Writes SQLite's user version into the header of a database file.
func setVersion(_ version: UInt8, of url: URL) throws {
  let handle = try FileHandle(forUpdating: url)
  try handle.seek(toOffset: 60)
  try handle.write(contentsOf: Data([0, 0, 0, version]))
  try handle.close()
}

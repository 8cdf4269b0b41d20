import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

@Suite struct ReadOnlyNotebookTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("notebook.sqlite")
    let notebook = try Notebook(url)
    try notebook.setLabel("rivers", region: 3, identity: "abc")
    try notebook.queue.close()
    try? FileManager.default.removeItem(at: folder.file("backups"))
    try? FileManager.default.removeItem(at: folder.file("notebook.sqlite.lock"))
  }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).sorted()
  }

  @Test func `A notebook that is only read is left as it was`() throws {
    let before = try Data(contentsOf: url)
    let notebook = try Notebook(url, isReading: true)
    #expect(notebook.isReadOnly)
    #expect(try notebook.labels(for: "abc").map(\.text) == ["rivers"])
    let error = #expect(throws: StorageError.self) {
      try notebook.setLabel("lakes", region: 3, identity: "abc")
    }
    #expect(error?.code == .readOnly && error?.message.contains("read-only") == true)
    #expect(throws: StorageError.self) { _ = try notebook.undo(identity: "abc") }
    #expect(throws: StorageError.self) { try notebook.takeCopy(named: "x") }
    #expect(try Data(contentsOf: url) == before)
    #expect(try !files().contains { $0.contains("lock") || $0.contains("backups") })
  }

  @Test func `What still lies in the log is read with it`() throws {
    let earlier = try EarlierVersion.open(url)
    defer { try? earlier.close() }
    let notebook = try Notebook(url)
    try notebook.setLabel("lakes", region: 4, identity: "abc")
    let copy = try TemporaryFolder()
    for suffix in ["", "-wal"] {
      try FileManager.default.copyItem(
        atPath: url.path() + suffix, toPath: copy.file("notebook.sqlite").path() + suffix)
    }
    let memory = try DatabaseQueue()
    try NotebookSnapshot.copyWithLogs(copy.file("notebook.sqlite"), into: memory)
    #expect(try memory.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM annotation") } == 2)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: copy.url.path()).sorted()
        == ["notebook.sqlite", "notebook.sqlite-wal"])
    let reading = try Notebook(copy.file("notebook.sqlite"), isReading: true)
    #expect(try reading.labels(for: "abc").count == 2)
  }

  @Test func `A notebook of an earlier version is read without being moved on`() throws {
    let old = folder.file("old.sqlite")
    try FileManager.default.copyItem(
      at: Fixtures.url("notebook/version-1.sqlite"), to: old)
    let before = try Data(contentsOf: old)
    let notebook = try Notebook(old, isReading: true)
    #expect(try notebook.experiments(on: "abc").isEmpty)
    #expect(try Data(contentsOf: old) == before)
  }

  @Test func `Without a notebook there is an empty one, and nothing on the disk`() throws {
    let absent = folder.file("none/notebook.sqlite")
    let notebook = try Notebook(absent, isReading: true)
    #expect(try notebook.labels(for: "abc").isEmpty)
    #expect(!FileManager.default.fileExists(atPath: folder.file("none").path()))
  }

  @Test func `A damaged notebook that is only read is an error, and stays where it is`() throws {
    try Data(repeating: 7, count: 5000).write(to: url)
    #expect(throws: StorageError.self) { _ = try Notebook(url, isReading: true) }
    #expect(try files() == ["notebook.sqlite"])
  }

  // MARK: - Paths

  @Test(arguments: ["plain", "a b", "q?mode=ro#x", "per%20cent%41", "ünïcode", "file:x"])
  func `Names that mean something to SQLite are names`(_ name: String) throws {
    let folder = folder.file(name)
    let path = "//" + folder.path(percentEncoded: false) + "//notebook.sqlite"
    let notebook = try Notebook(URL(filePath: path))
    try notebook.setLabel("rivers", region: 1, identity: "abc")
    try notebook.queue.close()
    #expect(
      FileManager.default.fileExists(
        atPath: folder.path(percentEncoded: false) + "/notebook.sqlite"))
    let database = URL(filePath: path)
    for connection in [
      try DatabaseQueue.immutable(database), try StoreConnection.read(database),
    ] {
      #expect(
        try connection.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM annotation") } == 1)
    }
  }
}

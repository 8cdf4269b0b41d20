import Foundation
import TestSupport
import Testing

@testable import Storage

/// What stands in the place of a database and is no file: named before SQLite opens it, and never waited for.
@Suite(.timeLimit(.minutes(1))) struct OtherKindTests {
  enum Kind: String, CaseIterable {
    case pipe = "a pipe"
    case folder = "a folder"
    case device = "a device"

    func make(at path: String) throws {
      switch self {
      case .pipe: try #require(mkfifo(path, 0o600) == 0)
      case .folder: try #require(mkdir(path, 0o700) == 0)
      case .device: try #require(symlink("/dev/null", path) == 0)
      }
    }
  }

  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("notebook.sqlite")
  }

  private func path(_ suffix: String = "") -> String { url.path(percentEncoded: false) + suffix }

  private func expect(
    _ kind: Kind, _ file: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
  ) {
    let error = storageError(body)
    #expect(error?.code == .wrongKind, sourceLocation: sourceLocation)
    #expect(
      error?.description == "\(file): is not an ordinary file but \(kind.rawValue)",
      sourceLocation: sourceLocation)
  }

  @Test(arguments: Kind.allCases)
  func `what stands where the notebook should be is refused by name`(_ kind: Kind) throws {
    try kind.make(at: path())
    expect(kind, "notebook.sqlite") { _ = try Notebook(url) }
    expect(kind, "notebook.sqlite") { _ = try Notebook(url, recovery: .offer) }
    expect(kind, "notebook.sqlite") { _ = try Notebook(url, isReading: true) }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.url.path).allSatisfy {
        $0.hasPrefix("notebook.sqlite") && !$0.contains("damaged")
      })
  }

  @Test(arguments: Kind.allCases, ["-journal", "-wal", "-shm", ".lock"])
  func `so is what stands where something beside it should be`(_ kind: Kind, _ suffix: String)
    throws
  {
    try Notebook(url).setLabel("one", region: 1, identity: "abc")
    unlink(path(suffix))
    try kind.make(at: path(suffix))
    if suffix == ".lock", kind == .folder {
      #expect(
        storageError { _ = try Notebook(url) }?.description.hasPrefix("notebook.sqlite.lock: ")
          == true)
      return
    }
    expect(kind, "notebook.sqlite\(suffix)") { _ = try Notebook(url) }
    guard suffix != ".lock" else { return }
    expect(kind, "notebook.sqlite\(suffix)") { _ = try Notebook(url, isReading: true) }
    // Beside what a link leads to.
    let link = folder.file("link.sqlite")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: url)
    expect(kind, "link.sqlite\(suffix)") { _ = try Notebook(link) }
  }

  @Test(arguments: Kind.allCases)
  func `nothing is acknowledged while it stands there under an open notebook`(_ kind: Kind) throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try kind.make(at: path("-journal"))
    expect(kind, "notebook.sqlite-journal") {
      try notebook.setLabel("two", region: 2, identity: "abc")
    }
    try FileManager.default.removeItem(atPath: path("-journal"))
    try notebook.setLabel("three", region: 3, identity: "abc")
    try FileManager.default.removeItem(at: url)
    try kind.make(at: path())
    let error = storageError { try notebook.setLabel("four", region: 4, identity: "abc") }
    #expect(error?.message.contains("is not an ordinary file but \(kind.rawValue)") == true)
    #expect(error?.message.contains("what was noted is kept in backups/") == true)
    try FileManager.default.removeItem(at: url)
    try notebook.setLabel("five", region: 5, identity: "abc")
    #expect(try Notebook(url).labels(for: "abc").map(\.text) == ["one", "three", "five"])
  }

  @Test func `what stands among the copies is no copy`() throws {
    let day = Date(timeIntervalSince1970: 1_767_225_600)
    try Notebook(url, now: day).setLabel("kept", region: 1, identity: "abc")
    _ = try Notebook(url, now: day + 86_400)
    for (number, kind) in Kind.allCases.enumerated() {
      try kind.make(at: folder.file("backups/notebook-2026-01-0\(3 + number).sqlite").path)
    }
    try #require(symlink("nothing", folder.file("backups/notebook-2026-01-06.sqlite").path) == 0)
    try Data("not a database any more".utf8).write(to: url)
    let later = day + 6 * 86_400
    let notebook = try Notebook(url, now: later)
    #expect(notebook.openingReport.restoredFrom == "notebook-2026-01-02.sqlite")
    #expect(try notebook.labels(for: "abc").map(\.text) == ["kept"])
    #expect(notebook.finish().isEmpty)
  }

  @Test(arguments: Kind.allCases, [StoreSchema.database, StoreSchema.journal])
  func `what stands where a store's database or its journal should be is refused by name`(
    _ kind: Kind, _ name: String
  ) throws {
    let store = folder.file("a.epstore")
    try SampleStore.write(store)
    let place = store.appending(path: name)
    try? FileManager.default.removeItem(at: place)
    try kind.make(at: place.path(percentEncoded: false))
    expect(kind, "a.epstore/\(name)") { _ = try StoreFile(store) }
    expect(kind, "a.epstore/\(name)") {
      _ = try StoreWriter(
        store, provenance: SampleStore.provenance, hooks: SampleStore.hooks, elementType: .f32)
    }
  }
}

import Foundation
import TestSupport
import Testing

@testable import Storage

/// What becomes of labels when the notebook's file is taken away under an open one.
@Suite struct NotebookPlaceTests {
  private let folder: TemporaryFolder
  private let url: URL
  private var path: String { url.path(percentEncoded: false) }

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("data/notebook.sqlite")
    // There before the session that the tests open.
    try Notebook(url).setLabel("earlier", region: 0, identity: "abc")
  }

  private func labels(_ url: URL? = nil) throws -> [Int: String] {
    try Notebook(url ?? self.url, isReading: true).labels(for: "abc").reduce(into: [:]) {
      $0[$1.region] = $1.text
    }
  }

  private func remove(_ suffixes: [String] = ["", "-wal", "-shm", "-journal"]) {
    for suffix in suffixes { try? FileManager.default.removeItem(atPath: path + suffix) }
  }

  private func copies() -> [String] {
    let backups = url.deletingLastPathComponent().appending(path: "backups")
    return
      ((try? FileManager.default.contentsOfDirectory(atPath: backups.path(percentEncoded: false)))
      ?? []).sorted()
  }

  @Test(arguments: [
    (["", "-wal", "-shm"], true), ([""], true), (["-wal"], true), (["-shm"], true),
    (["-wal", "-shm"], true), ([""], false),
  ])
  func `a label noted after parts of the file were deleted is there, with all before it`(
    suffixes: [String], hasLog: Bool
  ) throws {
    let earlier = hasLog ? try EarlierVersion.open(url) : nil
    defer { try? earlier?.close() }
    let notebook = try Notebook(url)
    #expect(FileManager.default.fileExists(atPath: path + "-wal") == hasLog)
    try notebook.setLabel("one", region: 1, identity: "abc")
    remove(suffixes)
    try notebook.setLabel("two", region: 2, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one", 2: "two"])
    #expect(notebook.takeNews().count == 1)
    // It goes on as before, undo included.
    try notebook.setLabel("three", region: 3, identity: "abc")
    #expect(notebook.takeNews().isEmpty)
    try notebook.undo(identity: "abc")
    try notebook.undo(identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one"])
    #expect(try Notebook(url).labels(for: "abc").count == 2)
  }

  @Test func `a moved notebook is left alone, and all is written back to its place`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    let moved = folder.file("moved.sqlite")
    try FileManager.default.moveItem(at: url, to: moved)
    let before = try Data(contentsOf: moved)
    try notebook.setLabel("two", region: 2, identity: "abc")
    #expect(try Data(contentsOf: moved) == before)
    #expect(try labels() == [0: "earlier", 1: "one", 2: "two"])
    let news = notebook.takeNews()
    #expect(
      news.count == 1 && news[0].contains("deleted or moved") && news[0].contains("written back"))
  }

  @Test func `a folder that vanished is made again`() throws {
    let notebook = try Notebook(url)
    try FileManager.default.removeItem(at: url.deletingLastPathComponent())
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one"])
  }

  @Test func `looking for changes is enough to have a deleted notebook written back`() throws {
    let notebook = try Notebook(url)
    remove()
    _ = try notebook.version()
    #expect(try labels() == [0: "earlier"])
  }

  @Test func `a session's changes go into a notebook that took its place`() throws {
    let other = folder.file("other.sqlite")
    do {
      let notebook = try Notebook(other)
      try notebook.setLabel("theirs", region: 5, identity: "abc")
      try notebook.setLabel("theirs of one", region: 1, identity: "abc")
      try notebook.setLabel("same", region: 2, identity: "abc")
    }
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try notebook.setLabel("same", region: 2, identity: "abc")
    try notebook.setNote("a note", region: 2, identity: "xyz")
    let key = ContinuationKey(store: "s", document: "d", condition: "baseline", text: "No.")
    try notebook.setVerdict(.refused, on: key)
    try FileManager.default.moveItem(at: other, to: folder.file("data/other.sqlite"))
    #expect(rename(folder.file("data/other.sqlite").path(percentEncoded: false), path) == 0)
    try notebook.setLabel("three", region: 3, identity: "abc")

    #expect(try labels() == [1: "one", 2: "same", 3: "three", 5: "theirs"])
    let now = try Notebook(url, isReading: true)
    #expect(try now.notes(for: "xyz") == [2: "a note"])
    #expect(try now.verdicts().map(\.outcome) == [.refused])
    // What the other said is in the history, and the old content among the copies.
    #expect(try now.history(of: 1, identity: "abc").map(\.after) == ["theirs of one", "one"])
    let copy = try #require(copies().first { $0.contains("-replaced") })
    #expect(
      try labels(url.deletingLastPathComponent().appending(path: "backups/\(copy)"))
        == [0: "earlier", 1: "one", 2: "same"])
    let news = notebook.takeNews()
    #expect(news.count == 1)
    #expect(news[0].contains("1 conflict, this session's kept") && news[0].contains("(regions 1)"))
    #expect(news[0].contains(copy))
    // Once is enough.
    try notebook.setLabel("four", region: 4, identity: "abc")
    #expect(notebook.takeNews().isEmpty && copies().count { $0.contains("-replaced") } == 1)
    #expect(try labels()[4] == "four")
  }

  @Test func `a saved experiment keeps a number of its own in a notebook that took the place`()
    throws
  {
    func save(_ notebook: Notebook, _ title: String) throws -> Int64 {
      try notebook.save(
        SavedExperiment(
          identity: "abc", kind: .ablation, title: title, conclusion: "", isComplete: true,
          date: Date()), content: "{}")
    }
    let other = folder.file("data/other.sqlite")
    do {
      let notebook = try Notebook(other)
      for title in ["a", "b"] { _ = try save(notebook, title) }
    }
    let notebook = try Notebook(url)
    #expect(try save(notebook, "mine") == 1)
    #expect(rename(other.path(percentEncoded: false), path) == 0)
    let second = try save(notebook, "mine too")
    let titles = try Notebook(url, isReading: true).experiments().reduce(into: [:]) {
      $0[$1.id] = $1.title
    }
    #expect(titles.count == 4 && titles[second] == "mine too")
    #expect(Set(titles.values) == ["a", "b", "mine", "mine too"])
  }

  @Test func `an empty file in its place is given all there was`() throws {
    let notebook = try Notebook(url)
    remove()
    try Data().write(to: url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one"])
  }

  @Test func `what is no notebook in its place is set aside, or else nothing is acknowledged`()
    throws
  {
    let notebook = try Notebook(url)
    remove()
    try Data("my own notes".utf8).write(to: url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one"])

    try SampleDictionary.write(to: folder.file("a.epdict"))
    remove()
    try FileManager.default.copyItem(
      at: folder.file("a.epdict/dictionary.sqlite"), to: url)
    let foreign = try Data(contentsOf: url)
    let error = storageError { try notebook.setLabel("two", region: 2, identity: "abc") }
    #expect(error?.code == .wrongKind)
    for _ in 0..<3 { #expect(storageError { _ = try notebook.version() }?.code == .wrongKind) }
    #expect(
      copies().count { $0.contains("-replaced") } == 2, "one of each file that took the place")
    #expect(try Data(contentsOf: url) == foreign)
    // As soon as that is out of the way, all of it is there again.
    remove()
    try notebook.setLabel("two", region: 2, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one", 2: "two"])
  }

  @Test func `a link that leads elsewhere takes the session's changes along`() throws {
    let link = folder.file("link.sqlite")
    let (first, second) = (folder.file("first.sqlite"), folder.file("second.sqlite"))
    try Notebook(first).setLabel("of the first", region: 1, identity: "abc")
    try Notebook(second).setLabel("of the second", region: 2, identity: "abc")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: first)
    let notebook = try Notebook(link)
    try notebook.setLabel("before", region: 3, identity: "abc")
    try FileManager.default.removeItem(at: link)
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: second)
    try notebook.setLabel("after", region: 4, identity: "abc")
    #expect(try labels(second) == [2: "of the second", 3: "before", 4: "after"])
    #expect(try labels(first) == [1: "of the first", 3: "before"])
    #expect(
      try FileManager.default.destinationOfSymbolicLink(
        atPath: link.path(percentEncoded: false)) == second.path(percentEncoded: false))
  }

  @Test func `a link whose file was deleted leads to all of it again`() throws {
    let (link, file) = (folder.file("link.sqlite"), folder.file("far/file.sqlite"))
    try Notebook(file).setLabel("earlier", region: 0, identity: "abc")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
    let notebook = try Notebook(link)
    try FileManager.default.removeItem(at: folder.file("far"))
    try notebook.setLabel("one", region: 1, identity: "abc")
    #expect(try labels(file) == [0: "earlier", 1: "one"])
  }

  @Test func `two explorers of a deleted notebook both keep what they noted`() throws {
    let (first, second) = (try Notebook(url), try Notebook(url))
    try first.setLabel("first", region: 1, identity: "abc")
    try second.setLabel("second", region: 2, identity: "abc")
    remove()
    try first.setLabel("first again", region: 3, identity: "abc")
    try second.setLabel("second again", region: 4, identity: "abc")
    #expect(
      try labels() == [0: "earlier", 1: "first", 2: "second", 3: "first again", 4: "second again"])
  }

  @Test func `a disk without room for it is an error, and nothing is acknowledged`() async throws {
    let inside = folder.file("full")
    try FileManager.default.createDirectory(at: inside, withIntermediateDirectories: true)
    await #expect(processExitsWith: .success) {
      [path = inside.path(percentEncoded: false) as String] in
      let url = URL(filePath: path).appending(path: "notebook.sqlite")
      let notebook = try Notebook(url)
      for region in 0..<200 {
        try notebook.setLabel("kept \(region)", region: region, identity: "abc")
      }
      try FileManager.default.removeItem(at: url)
      signal(SIGXFSZ, SIG_IGN)
      var bound = rlimit(rlim_cur: 20_000, rlim_max: rlim_t.max)
      guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound) == 0 else { exit(2) }
      do {
        try notebook.setLabel("lost", region: 300, identity: "abc")
        exit(3)
      } catch {}
      bound.rlim_cur = rlim_t.max
      setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound)
      try notebook.setLabel("kept", region: 301, identity: "abc")
    }
    let kept = try labels(inside.appending(path: "notebook.sqlite"))
    #expect(kept.count == 201 && kept[301] == "kept")
  }
}

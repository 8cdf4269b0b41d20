import Foundation
import GRDB
import TestSupport
import Testing

@testable import Storage

/// What becomes of labels when a content is written over the notebook's in place, under an open one: the file stays the same.
@Suite struct NotebookOverwriteTests {
  private let folder: TemporaryFolder
  private let url: URL

  init() throws {
    folder = try TemporaryFolder()
    url = folder.file("data/notebook.sqlite")
    try Notebook(url).setLabel("earlier", region: 0, identity: "abc")
  }

  private func labels(_ url: URL? = nil) throws -> [Int: String] {
    try Notebook(url ?? self.url, isReading: true).labels(for: "abc").reduce(into: [:]) {
      $0[$1.region] = $1.text
    }
  }

  private func copies(_ reason: String) -> [URL] {
    let backups = url.deletingLastPathComponent().appending(path: "backups")
    return
      ((try? FileManager.default.contentsOfDirectory(
        at: backups, includingPropertiesForKeys: nil)) ?? [])
      .filter { $0.lastPathComponent.contains("-\(reason)") }
  }

  /// As `cp` does, by a program of its own: no descriptor of this process may be closed on a file that SQLite has locked.
  private func overwrite(_ bytes: Data, in steps: Int = 1, pause: String = "0") throws {
    let source = folder.file("source-\(UUID().uuidString)")
    try bytes.write(to: source)
    let size = max(1, (bytes.count + steps - 1) / steps)
    let script = """
      : > "$2"; i=0
      while [ $i -lt \(steps) ]; do
        dd if="$1" of="$2" bs=\(size) skip=$i seek=$i count=1 conv=notrunc 2> /dev/null; sleep \(pause); i=$((i + 1))
      done
      """
    let process = try Process.run(
      URL(filePath: "/bin/sh"),
      arguments: [
        "-c", script, "sh", source.path(percentEncoded: false), url.path(percentEncoded: false),
      ])
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func inode() -> UInt? { FileIdentity(path: url.path(percentEncoded: false))?.inode }

  private func other() throws -> Data {
    let other = folder.file("other.sqlite")
    do {
      let notebook = try Notebook(other)
      try notebook.setLabel("theirs", region: 5, identity: "abc")
      try notebook.setLabel("theirs of one", region: 1, identity: "abc")
    }
    return try Data(contentsOf: other)
  }

  @Test func `a session's changes go into what was written over it`() throws {
    let other = try other()
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    let key = ContinuationKey(store: "s", document: "d", condition: "baseline", text: "No.")
    try notebook.setVerdict(.refused, on: key)
    let before = inode()
    try overwrite(other)
    #expect(inode() == before)
    try notebook.setLabel("three", region: 3, identity: "abc")
    #expect(try labels() == [1: "one", 3: "three", 5: "theirs"])
    #expect(try Notebook(url, isReading: true).verdicts().map(\.outcome) == [.refused])
    let news = notebook.takeNews()
    #expect(news.count == 1 && news[0].contains("1 conflict, this session's kept"))
    let copy = try #require(copies("replaced").first)
    #expect(try labels(copy) == [0: "earlier", 1: "one"])
    // It goes on as before.
    try notebook.setLabel("four", region: 4, identity: "abc")
    try notebook.undo(identity: "abc")
    #expect(notebook.takeNews().isEmpty && copies("replaced").count == 1)
    #expect(try labels() == [1: "one", 3: "three", 5: "theirs"])
  }

  @Test func `looking is enough to have what was written over taken back`() throws {
    let other = try other()
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try overwrite(other)
    _ = try notebook.version()
    #expect(try labels() == [1: "one", 5: "theirs"])
  }

  @Test func `an earlier copy of itself does not take back what came after it`() throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    let earlier = folder.file("earlier.sqlite")
    try NotebookBackups.write(notebook.queue, to: earlier)
    try notebook.setLabel("two", region: 2, identity: "abc")
    try notebook.setLabel("one again", region: 1, identity: "abc")
    try overwrite(Data(contentsOf: earlier))
    _ = notebook.finish()
    #expect(try labels() == [0: "earlier", 1: "one again", 2: "two"])
  }

  @Test(arguments: [0, 10, 4096, 5000, 12_288])
  func `what was cut short or damaged in place is set aside, and all is written back`(
    _ count: Int
  ) throws {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    let whole = try Data(contentsOf: url)
    try overwrite(count < 12_288 ? whole.prefix(count) : Data(repeating: 0xa5, count: count))
    try notebook.setLabel("two", region: 2, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one", 2: "two"])
    #expect(notebook.takeNews().count == 1)
    let aside = try FileManager.default.contentsOfDirectory(
      atPath: url.deletingLastPathComponent().path(percentEncoded: false)
    ).filter { $0.contains("damaged") }
    #expect(aside.count == (count == 0 ? 0 : 1))
  }

  @Test func `another program's content is left there, and nothing is acknowledged meanwhile`()
    throws
  {
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    try SampleDictionary.write(to: folder.file("a.epdict"))
    let foreign = try Data(contentsOf: folder.file("a.epdict/dictionary.sqlite"))
    try overwrite(foreign)
    let error = storageError { try notebook.setLabel("two", region: 2, identity: "abc") }
    #expect(error?.code == .wrongKind)
    #expect(try Data(contentsOf: url) == foreign && copies("replaced").count == 1)
    try overwrite(Data())
    try notebook.setLabel("two", region: 2, identity: "abc")
    #expect(try labels() == [0: "earlier", 1: "one", 2: "two"])
  }

  @Test func `a content that SQLite's count in the file does not tell apart is`() throws {
    let other = folder.file("other.sqlite")
    try FileManager.default.copyItem(at: url, to: other)
    let notebook = try Notebook(url)
    for region in 1..<5 { try notebook.setLabel("mine", region: region, identity: "abc") }
    do {
      let other = try Notebook(other)
      for region in 1..<5 { try other.setLabel("that", region: region + 5, identity: "abc") }
    }
    var bytes = try Data(contentsOf: other)
    let own = try Data(contentsOf: url)
    try #require(bytes.count == own.count)
    bytes.replaceSubrange(24..<40, with: own[24..<40])
    bytes.replaceSubrange(92..<100, with: own[92..<100])
    try overwrite(bytes)
    try notebook.setLabel("after", region: 20, identity: "abc")
    let found = try labels()
    #expect(found.count == 10 && found[20] == "after" && found[1] == "mine" && found[6] == "that")
    let problem = try Notebook(url).read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    #expect(problem == "ok")
  }

  @Test func `a content that is written while a label is being kept loses neither`() throws {
    let other = try other()
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    var times = 0
    try notebook.write { db in
      times += 1
      try notebook.record(
        [(2, .label, Annotation(text: "two", author: nil, date: Date(), evidence: []))],
        kind: .set, "abc", Date(), db)
      if times == 1 { try overwrite(other) }
    }
    let found = try labels()
    #expect(found[1] == "one" && found[2] == "two")
    let problem = try Notebook(url).read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    #expect(problem == "ok")
  }

  @Test func `a copy that takes its time is waited for`() async throws {
    let other = try other()
    let notebook = try Notebook(url)
    try notebook.setLabel("one", region: 1, identity: "abc")
    async let writing: Void = overwrite(other, in: 8, pause: "0.05")
    for region in 10..<16 { try notebook.setLabel("more", region: region, identity: "abc") }
    try await writing
    _ = notebook.finish()
    let found = try labels()
    #expect(found[1] == "one" && (10..<16).allSatisfy { found[$0] == "more" })
    #expect(found[5] == "theirs")
  }

  @Test func `two explorers of a notebook that was written over both keep what they noted`() throws
  {
    let other = try other()
    let (first, second) = (try Notebook(url), try Notebook(url))
    try first.setLabel("first", region: 11, identity: "abc")
    try second.setLabel("second", region: 12, identity: "abc")
    try overwrite(other)
    try first.setLabel("first again", region: 13, identity: "abc")
    try second.setLabel("second again", region: 14, identity: "abc")
    try overwrite(Data(repeating: 7, count: 9000))
    _ = try second.version()
    _ = try first.version()
    let found = try labels()
    #expect(found[11] == "first" && found[12] == "second")
    #expect(found[13] == "first again" && found[14] == "second again")
  }

  @Test func `what other processes note is not taken for another content`() async throws {
    try await withThrowingTaskGroup(of: [String].self) { group in
      for writer in 0..<4 {
        group.addTask {
          let notebook = try Notebook(url)
          for count in 0..<25 {
            try notebook.setLabel("\(count)", region: writer * 100 + count, identity: "abc")
            if count % 5 == 4 { try notebook.undo(identity: "abc") }
            _ = try notebook.version()
          }
          return notebook.takeNews()
        }
      }
      for try await news in group { #expect(news.isEmpty) }
    }
    #expect(copies("replaced").isEmpty)
    let changes = try Notebook(url).read {
      try Int.fetchOne($0, sql: "SELECT count(*) FROM change")
    }
    #expect(changes == 1 + 4 * 30)
  }

  @Test func `an experiment that was removed is no reason to doubt the notebook`() throws {
    let (first, second) = (try Notebook(url), try Notebook(url))
    let saved = SavedExperiment(
      identity: "abc", kind: .ablation, title: "a", conclusion: "", isComplete: true, date: Date())
    let id = try first.save(saved, content: "{}")
    _ = try second.version()
    try first.removeExperiment(id)
    try second.setLabel("one", region: 1, identity: "abc")
    #expect(second.takeNews().isEmpty && copies("replaced").isEmpty)
  }
}

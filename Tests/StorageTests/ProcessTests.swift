import Foundation
import Storage
import TestSupport
import Testing

/// What is left behind by processes that end badly.
@Suite struct ProcessTests {
  @Test func `a label is there after kill -9`() async throws {
    let folder = try TemporaryFolder()
    let url = folder.file("notebook.sqlite")
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = url.path() as String] in
      let notebook = try Notebook(URL(filePath: path))
      for region in 0..<20 { try notebook.setLabel("kept", region: region, identity: "abc") }
      kill(getpid(), SIGKILL)
    }
    #expect(try Notebook(url).labels(for: "abc").count == 20)
  }

  @Test func `ten thousand labels, killed at random moments, lose nothing acknowledged`()
    async throws
  {
    let folder = try TemporaryFolder()
    let url = folder.file("notebook.sqlite")
    let acknowledged = folder.file("acknowledged")
    var last = 0
    let kills = 40
    for round in 0...kills where last < 10_000 {
      await #expect(processExitsWith: .signal(SIGKILL)) {
        [
          path = url.path() as String, log = acknowledged.path() as String, first = last as Int,
          round = round as Int, kills = kills as Int
        ] in
        let notebook = try Notebook(URL(filePath: path))
        // All rounds end in the middle of whatever they do, but for the last.
        if round < kills {
          Thread.detachNewThread {
            usleep(UInt32.random(in: 1000...60_000))
            kill(getpid(), SIGKILL)
          }
        }
        let file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var next = first
        while next < 10_000 {
          // One by itself, then many as an import makes them.
          try notebook.setLabel("label \(next)", region: next, identity: "abc")
          next += 1
          let many = next..<min(next + 60, 10_000)
          let lines = many.map { "{\"region\":\($0),\"label\":\"label \($0)\"}" }
          _ = try notebook.importLines(
            lines.joined(separator: "\n"), file: "labels.jsonl", identity: "abc")
          next = many.upperBound
          let text = Array("\(next)\n".utf8)
          pwrite(file, text, text.count, 0)
        }
        kill(getpid(), SIGKILL)
      }
      let told = (try? String(contentsOf: acknowledged, encoding: .utf8)) ?? ""
      let count = told.split(separator: "\n").first.flatMap { Int($0) } ?? last
      let notebook = try Notebook(url)
      #expect(notebook.openingReport.setAside == nil)
      let labels = try notebook.labels(for: "abc")
      #expect(labels.count >= count)
      #expect(labels.allSatisfy { $0.text == "label \($0.region)" })
      last = labels.count
    }
    #expect(last == 10_000)
  }

  @Test(arguments: [0, 1000, 9000, 20_000])
  func `a file that cannot grow leaves no output behind`(_ limit: Int) async throws {
    let folder = try TemporaryFolder()
    await #expect(processExitsWith: .success) { [path = folder.url.path() as String, limit] in
      // As on a full disk, writes past the limit fail.
      signal(SIGXFSZ, SIG_IGN)
      var bound = rlimit(rlim_cur: UInt(limit), rlim_max: UInt(limit))
      guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound) == 0 else { exit(2) }
      do {
        try SampleDictionary.write(to: URL(filePath: path).appending(path: "a.epdict"))
        exit(3)
      } catch {}
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).isEmpty)
  }
}

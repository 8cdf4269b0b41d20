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

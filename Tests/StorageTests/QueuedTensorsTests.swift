import Foundation
import TensorFiles
import TestSupport
import Testing

@testable import Storage

@Suite struct QueuedTensorsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static func tensors(_ url: URL, rows: Int) throws -> HashedTensors {
    try HashedTensors(
      url, regions: rows, dimension: 8, sampled: 0, identity: String(repeating: "0", count: 64))
  }

  @Test func `pieces of any size come to what they come to one after the other`() throws {
    let identity = String(repeating: "a", count: 64)
    let rows = 300_000
    let values = (0..<rows * 8).map { Float($0) }
    let plain = try Self.tensors(folder.file("plain"), rows: rows)
    let queued = QueuedTensors(try Self.tensors(folder.file("queued"), rows: rows))
    for name in ["center", "exemplars", "means"] {
      let all = name == "center" ? Array(values.prefix(8)) : values
      try plain.append(all, to: name)
      var start = 0
      // The last is larger than what is held beside others.
      for size in [8, 80, 8000, 80_000, .max] where start < all.count {
        let end = size == .max ? all.count : min(start + size, all.count)
        try queued.append(Array(all[start..<end]), to: name)
        start = end
      }
    }
    try plain.replace(identity: identity)
    try plain.finish()
    #expect(try queued.end(identity: identity) == plain.digests)
    try queued.wait()
    #expect(
      try Data(contentsOf: folder.file("queued")) == Data(contentsOf: folder.file("plain")))
  }

  @Test func `what is missing at the end is told, and nothing is left`() throws {
    let queued = QueuedTensors(try Self.tensors(folder.file("d"), rows: 2))
    try queued.append([Float](repeating: 1, count: 8), to: "exemplars")
    _ = try queued.end(identity: String(repeating: "a", count: 64))
    do {
      try queued.wait()
      Issue.record("half a file was made")
    } catch let error as TensorFileError {
      #expect(error.code == .shapeMismatch)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("d").path))
  }

  @Test(.timeLimit(.minutes(1))) func `a disk that fills ends it, however much is to come`()
    async throws
  {
    await #expect(processExitsWith: .success) { [path = folder.url.path() as String] in
      // As on a full disk, writes past the limit fail.
      signal(SIGXFSZ, SIG_IGN)
      let queued = QueuedTensors(
        try Self.tensors(URL(filePath: path).appending(path: "d"), rows: 100_000))
      var bound = rlimit(rlim_cur: 1 << 16, rlim_max: 1 << 16)
      guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &bound) == 0 else { exit(2) }
      do {
        for _ in 0..<100 {
          try queued.append([Float](repeating: 1, count: 8000), to: "exemplars")
        }
        exit(3)
      } catch let error as TensorFileError {
        guard error.code == .inputOutput else { exit(4) }
      }
      queued.abandon()
    }
  }
}

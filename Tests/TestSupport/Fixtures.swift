import Foundation

/// Golden files under `Tests/Fixtures`, found from this source file so that a test needs no bundle.
package enum Fixtures {
  package static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fixtures")

  /// The file or folder at `path` below `Tests/Fixtures`.
  package static func url(_ path: String) -> URL { root.appending(path: path) }
}

/// A fresh folder that is removed, with all in it, when the value goes away.
package final class TemporaryFolder: Sendable {
  package let url: URL

  package init() throws {
    url = FileManager.default.temporaryDirectory.appending(
      path: "exemplar-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  package func file(_ name: String) -> URL { url.appending(path: name) }
}
